package month

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"

	"dakasync/simulator/platform"
	"dakasync/stream"
)

// dialTime bounds the way to a connection.
const dialTime = 10 * time.Second

// socket is one Stream connection: what the platform pushes goes through the product's intake, and is answered.
type socket struct {
	connection *websocket.Conn
	intake     *stream.Intake
	failFunc   func(error)

	writes sync.Mutex
	frames sync.WaitGroup
	ended  chan struct{}
}

// dial opens the connection. Frames are answered until it is closed.
func dial(ctx context.Context, p *platform.Platform, intake *stream.Intake, fail func(error)) (*socket, error) {
	body, err := json.Marshal(map[string]any{
		"clientId": p.ClientID(), "clientSecret": p.ClientSecret(), "subscriptions": []map[string]string{{"type": "EVENT", "topic": "*"}},
	})
	if err != nil {
		return nil, fmt.Errorf("ask for a Stream connection: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL()+"/v1.0/gateway/connections/open", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask for a Stream connection: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	client := &http.Client{Timeout: dialTime}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for a Stream connection: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	var opened payload.ConnectionEndpointResponse
	if err := json.NewDecoder(response.Body).Decode(&opened); err != nil {
		return nil, fmt.Errorf("ask for a Stream connection: %w", err)
	}
	connection, answer, err := websocket.DefaultDialer.DialContext(ctx, opened.Endpoint+"?ticket="+opened.Ticket, nil)
	if err != nil {
		return nil, fmt.Errorf("open a Stream connection: %w", err)
	}
	if err := answer.Body.Close(); err != nil {
		return nil, fmt.Errorf("open a Stream connection: %w", err)
	}
	s := &socket{connection: connection, intake: intake, failFunc: fail, ended: make(chan struct{})}
	go s.read(context.WithoutCancel(ctx))
	return s, nil
}

func (s *socket) read(ctx context.Context) {
	defer close(s.ended)
	for {
		_, message, err := s.connection.ReadMessage()
		if err != nil {
			return
		}
		frame, err := payload.DecodeDataFrame(message)
		if err != nil {
			s.failFunc(fmt.Errorf("read a frame: %w", err))
			return
		}
		if frame.Type != "EVENT" {
			continue // signs of life
		}
		s.frames.Go(func() {
			if err := s.answer(ctx, frame); err != nil {
				s.failFunc(err)
			}
		})
	}
}

func (s *socket) answer(ctx context.Context, frame *payload.DataFrame) error {
	response, err := s.intake.OnFrame(ctx, frame)
	if err != nil {
		return fmt.Errorf("answer a frame: %w", err)
	}
	response.SetHeader(payload.DataFrameHeaderKMessageId, frame.GetMessageId())
	s.writes.Lock()
	defer s.writes.Unlock()
	if err := s.connection.WriteMessage(websocket.TextMessage, response.Encode()); err != nil {
		return fmt.Errorf("answer a frame: %w", err)
	}
	return nil
}

// close ends the connection when all frames are answered.
func (s *socket) close() {
	_ = s.connection.Close() // nobody listens any more
	<-s.ended
	s.frames.Wait()
}
