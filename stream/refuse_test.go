package stream

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRefuse: every event is answered LATER and told of, and a lost connection ends it.
func TestRefuse(t *testing.T) {
	g := newGateway(t)
	heard := make(chan Refusal, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- Refuse(context.WithoutCancel(t.Context()), g.server.URL, "id", "secret", func(r Refusal) { heard <- r })
	}()
	require.Eventually(t, func() bool { g.mu.Lock(); defer g.mu.Unlock(); return len(g.conns) == 1 }, 10*time.Second, time.Millisecond)
	g.mu.Lock()
	c := g.conns[0]
	g.mu.Unlock()
	require.NoError(t, c.ws.WriteJSON(map[string]any{"specVersion": "1.0", "type": "EVENT", "data": "{}", "headers": map[string]string{
		"topic": "*", "messageId": "m1", "eventType": "attendance_check_record", "eventId": "e1", "eventBornTime": "1762000000123",
	}}))
	require.Equal(t, Refusal{EventID: "e1", EventType: "attendance_check_record", BornAt: time.UnixMilli(1762000000123).UTC()}, <-heard)
	answer := <-c.answers
	require.Contains(t, answer["data"], "LATER")
	g.closeAll()
	require.ErrorIs(t, <-ended, errClosed, "it had lived, and brought an event")

	g.setRefusal(`{"code":"authFailed","message":"no"}`)
	require.ErrorIs(t, Refuse(t.Context(), g.server.URL, "id", "secret", nil), ErrCredentials)
}
