package stream

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// gateway is a DingTalk that does what a test tells it to.
type gateway struct {
	server *httptest.Server

	mu       sync.Mutex
	refuse   string // body of a 401, if not empty
	hangUp   bool   // at once, on whoever connects
	opened   int    // tickets given
	conns    []*gatewayConn
	connAt   []time.Time
	upgrader websocket.Upgrader
}

// gatewayConn is one websocket with what the client sent on it.
type gatewayConn struct {
	ws      *websocket.Conn
	mute    atomic.Bool         // it answers no ping
	answers chan map[string]any // closed with the connection
}

const secretTicket = "ticket-that-opens-a-connection"

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1.0/gateway/connections/open", g.open)
	mux.HandleFunc("/connect", g.connect)
	g.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		g.closeAll()
		g.server.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections() // the SDK's
	})
	return g
}

func (g *gateway) open(w http.ResponseWriter, _ *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened++
	if g.refuse != "" {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(g.refuse))
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{ //nolint:errchkjson // Two strings.
		"endpoint": strings.Replace(g.server.URL, "http://", "ws://", 1) + "/connect", "ticket": secretTicket,
	})
}

func (g *gateway) connect(w http.ResponseWriter, r *http.Request) {
	ws, err := g.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &gatewayConn{ws: ws, answers: make(chan map[string]any, 1000)}
	pong := ws.PingHandler()
	ws.SetPingHandler(func(data string) error {
		if c.mute.Load() {
			return nil
		}
		return pong(data)
	})
	g.mu.Lock()
	g.conns, g.connAt = append(g.conns, c), append(g.connAt, time.Now())
	hangUp := g.hangUp
	g.mu.Unlock()
	if hangUp {
		_ = ws.Close()
	}
	defer close(c.answers)
	for {
		var answer map[string]any
		if err := ws.ReadJSON(&answer); err != nil {
			return
		}
		c.answers <- answer
	}
}

func (g *gateway) closeAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.conns {
		_ = c.ws.Close()
	}
}

func (g *gateway) setRefusal(body string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refuse = body
}

func (g *gateway) setHangUp(hangUp bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hangUp = hangUp
}

func (g *gateway) tickets() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened
}

// connection waits for the nth connection, counted from 0.
func (g *gateway) connection(t *testing.T, n int) *gatewayConn {
	t.Helper()
	var c *gatewayConn
	require.Eventually(t, func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		if len(g.conns) > n {
			c = g.conns[n]
		}
		return c != nil
	}, 10*time.Second, 10*time.Millisecond)
	return c
}

func (c *gatewayConn) send(t *testing.T, frame any) {
	t.Helper()
	require.NoError(t, c.ws.WriteJSON(frame))
}

// answer is the next frame that the client sends; nil when it closed.
func (c *gatewayConn) answer(t *testing.T) map[string]any {
	t.Helper()
	select {
	case a := <-c.answers:
		return a
	case <-time.After(10 * time.Second):
		t.Fatal("no answer")
		return nil
	}
}
