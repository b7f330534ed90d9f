package platform

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// frame is what the server sends; all header values are strings.
type frame struct {
	SpecVersion string            `json:"specVersion"`
	Type        string            `json:"type"`
	Headers     map[string]string `json:"headers"`
	Data        string            `json:"data"`
}

// reply is what a client sends back.
type reply struct {
	Code    int               `json:"code"`
	Message string            `json:"message"`
	Headers map[string]string `json:"headers"`
	Data    string            `json:"data"`
}

// accepts says whether the reply is an ack: code 200 without a status, or with SUCCESS. Some SDKs send no status.
func (r reply) accepts() (bool, string) {
	var data struct {
		Status string `json:"status"`
	}
	_ = json.Unmarshal([]byte(r.Data), &data)
	switch {
	case r.Code != 200:
		return false, fmt.Sprintf("code %d %s", r.Code, data.Status)
	case data.Status == "" || data.Status == "SUCCESS":
		return true, "acked"
	default:
		return false, data.Status
	}
}

// connection is one websocket of a listener.
type connection struct {
	id     string
	socket *websocket.Conn
	opened time.Time
	writes sync.Mutex
	gone   chan struct{}
	once   sync.Once

	mu      sync.Mutex
	waiting map[string]chan reply
	silent  bool
	leaving bool
}

const writeDeadline = 5 * time.Second

func newConnection(id string, socket *websocket.Conn) *connection {
	c := &connection{
		id: id, socket: socket, opened: time.Now(), gone: make(chan struct{}), waiting: map[string]chan reply{},
	}
	answerPing := socket.PingHandler()
	socket.SetPingHandler(func(data string) error {
		if c.isSilent() {
			return nil
		}
		return answerPing(data)
	})
	return c
}

func (c *connection) close() {
	c.once.Do(func() {
		close(c.gone)
		_ = c.socket.Close()
	})
}

func (c *connection) isSilent() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.silent
}

// isClosed says whether nothing can come of the connection any more, though it may not have been taken off the list yet.
func (c *connection) isClosed() bool {
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}

// delivers says whether an event could arrive on the connection.
func (c *connection) delivers() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.leaving && !c.silent && !c.isClosed()
}

// available says whether pushes may choose the connection. A silent one may be chosen: the platform does not know.
func (c *connection) available() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.leaving
}

func (c *connection) set(change func(*connection)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

// read takes replies until the socket ends.
func (c *connection) read() {
	defer c.close()
	for {
		_, message, err := c.socket.ReadMessage()
		if err != nil {
			return
		}
		var r reply
		if json.Unmarshal(message, &r) != nil || c.isSilent() {
			continue
		}
		c.mu.Lock()
		waiting := c.waiting[r.Headers["messageId"]]
		delete(c.waiting, r.Headers["messageId"])
		c.mu.Unlock()
		if waiting != nil {
			waiting <- r
		}
	}
}

// write sends raw text; nothing leaves a silent connection.
func (c *connection) write(text []byte) error {
	if c.isSilent() {
		return nil
	}
	c.writes.Lock()
	defer c.writes.Unlock()
	if err := c.socket.SetWriteDeadline(time.Now().Add(writeDeadline)); err != nil {
		return fmt.Errorf("write to stream connection: %w", err)
	}
	if err := c.socket.WriteMessage(websocket.TextMessage, text); err != nil {
		c.close()
		return fmt.Errorf("write to stream connection: %w", err)
	}
	return nil
}

// send writes a frame and returns where its reply will come.
func (c *connection) send(f frame) (<-chan reply, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode frame: %w", err)
	}
	answered := make(chan reply, 1)
	c.set(func(c *connection) { c.waiting[f.Headers["messageId"]] = answered })
	if err := c.write(text); err != nil {
		return nil, err
	}
	return answered, nil
}

func (c *connection) forget(messageID string) {
	c.set(func(c *connection) { delete(c.waiting, messageID) })
}

// system sends a SYSTEM frame; now is the platform's clock.
func (c *connection) system(now time.Time, topic string, data any) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode %s frame: %w", topic, err)
	}
	text, err := json.Marshal(frame{
		SpecVersion: "1.0", Type: "SYSTEM", Data: string(encoded),
		Headers: map[string]string{
			"topic": topic, "messageId": unique(12), "contentType": "application/json", "connectionId": c.id,
			"time": strconv.FormatInt(now.UnixMilli(), 10),
		},
	})
	if err != nil {
		return fmt.Errorf("encode %s frame: %w", topic, err)
	}
	return c.write(text)
}

// leave announces the end of a connection, and ends it after the grace.
func (p *Platform) leave(c *connection, grace time.Duration) {
	p.alter(c, func(c *connection) { c.leaving = true })
	_ = c.system(p.now(), "disconnect", map[string]string{"reason": "connection is expired"})
	time.AfterFunc(grace, c.close)
}

// tend pings a connection and recycles it when its time has come.
func (p *Platform) tend(c *connection) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	pinged := c.opened
	for {
		select {
		case <-c.gone:
			return
		case now := <-ticker.C:
			settings := p.Settings()
			if settings.PingInterval > 0 && now.Sub(pinged) >= settings.PingInterval {
				pinged = now
				_ = c.system(p.now(), "ping", map[string]string{"opaque": unique(6)})
			}
			if settings.RecycleAfter > 0 && now.Sub(c.opened) >= settings.RecycleAfter && c.available() {
				p.leave(c, settings.Grace)
			}
		}
	}
}
