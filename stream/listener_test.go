package stream

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "16"); err != nil { // they wait for connections, not for processors
		panic(err)
	}
	setSDKLogger(slog.New(slog.NewTextHandler(sdkLog, &slog.HandlerOptions{Level: slog.LevelDebug})))
	watchDials()
	goleak.VerifyTestMain(m)
}

// sdkLog is what the SDK had to say in all tests: it has one logger.
var sdkLog = &syncBuffer{}

// syncBuffer is a log that several goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// listen runs a listener against a gateway until the test ends.
func listen(t *testing.T, g *gateway, b *bench, connections int, hurry ...func(*Listener)) (l *Listener, log *syncBuffer, stop func()) {
	t.Helper()
	log = &syncBuffer{}
	slogger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	l = NewListener(ListenerOptions{
		ClientID: "dingapp", ClientSecret: "top secret", APIURL: g.server.URL, Connections: connections,
		Intake: b.intake, Coverage: b.coverage, Recovery: b.recovery, Metrics: b.metrics, Log: slogger,
	})
	for _, h := range hurry {
		h(l)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { l.Run(ctx); close(done) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return l, log, stop
}

func eventFrame(id string, data string) map[string]any {
	return map[string]any{"specVersion": "1.0", "type": "EVENT", "data": data, "headers": map[string]string{
		"topic": "*", "messageId": id, "contentType": "application/json", "eventType": "attendance_check_record",
		"eventId": "e-" + id, "eventCorpId": corp, "eventBornTime": "1762000000000",
	}}
}

func disconnectFrame() map[string]any {
	return map[string]any{"type": "SYSTEM", "data": `{"reason":"connection is expired"}`, "headers": map[string]string{"topic": "disconnect", "messageId": "d"}}
}

func up(t *testing.T, l *Listener, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return l.Up() == n }, 15*time.Second, 10*time.Millisecond)
}

func TestFrameThroughTheSDK(t *testing.T) {
	b, g := newBench(), newGateway(t)
	l, log, stop := listen(t, g, b, 2)
	up(t, l, 2)
	require.NoError(t, l.Check(t.Context()))

	c := g.connection(t, 1)
	c.send(t, eventFrame("m1", punches(3).Data))
	a := c.answer(t)
	require.EqualValues(t, 200, a["code"])
	require.Contains(t, a["data"], "SUCCESS")
	require.Equal(t, "m1", a["headers"].(map[string]any)["messageId"])
	require.Equal(t, 3, b.temporal.count())

	b.temporal.set(errAway)
	b.postgres.set(errAway)
	c.send(t, eventFrame("m2", punches(3).Data))
	require.Contains(t, c.answer(t)["data"], "LATER")

	c.send(t, map[string]any{"type": "SYSTEM", "data": `{"opaque":"o1"}`, "headers": map[string]string{"topic": "ping", "messageId": "p"}})
	require.JSONEq(t, `{"opaque":"o1"}`, c.answer(t)["data"].(string))

	stop()
	require.ErrorIs(t, l.Check(t.Context()), errDown)
	for _, secret := range []string{secretTicket, "top secret", "secret street", "30.28"} {
		require.NotContains(t, log.String(), secret)
		require.NotContains(t, sdkLog.String(), secret)
	}
	require.Contains(t, sdkLog.String(), "stream SDK: connect success")
}

// The successor is there before the recycled connection goes, and the old one
// still answers what it was asked.
func TestRecycledConnection(t *testing.T) {
	t.Parallel()
	b, g := newBench(), newGateway(t)
	b.temporal.delay = 300 * time.Millisecond
	l, _, _ := listen(t, g, b, 1)
	up(t, l, 1)
	old := g.connection(t, 0)
	old.send(t, eventFrame("m1", punches(1).Data))
	require.Eventually(t, func() bool { return b.temporal.questions() > 0 }, 10*time.Second, time.Millisecond)
	old.send(t, disconnectFrame())
	require.Contains(t, old.answer(t)["data"], "SUCCESS", "the frame is answered first")
	require.Equal(t, "d", old.answer(t)["headers"].(map[string]any)["messageId"], "then the disconnect")
	g.mu.Lock()
	require.Len(t, g.conns, 2, "and by then the successor is there")
	g.mu.Unlock()
	require.Nil(t, old.answer(t), "then it closes")

	next := g.connection(t, 1)
	next.send(t, eventFrame("m2", punches(1).Data))
	require.Contains(t, next.answer(t)["data"], "SUCCESS")
	require.Equal(t, 1, l.Up())
}

func TestLostConnectionComesBack(t *testing.T) {
	t.Parallel()
	b, g := newBench(), newGateway(t)
	l, _, _ := listen(t, g, b, 1)
	up(t, l, 1)
	lost := time.Now()
	require.NoError(t, g.connection(t, 0).ws.Close())
	c := g.connection(t, 1)
	require.Less(t, time.Since(lost), 3*time.Second)
	c.send(t, eventFrame("m1", punches(1).Data))
	require.Contains(t, c.answer(t)["data"], "SUCCESS")
}

func TestWrongSecret(t *testing.T) {
	t.Parallel()
	b, g := newBench(), newGateway(t)
	g.setRefusal(`{"requestid":"r","code":"authFailed","message":"鉴权失败"}`)
	l, log, _ := listen(t, g, b, 2)
	require.Eventually(t, func() bool { return g.tickets() >= 4 }, 10*time.Second, 10*time.Millisecond)
	require.Contains(t, log.String(), "check DINGTALK_CLIENT_ID and DINGTALK_CLIENT_SECRET")
	require.Zero(t, l.Up())
	require.Less(t, g.tickets(), 10, "no hot loop")
	require.NotContains(t, log.String(), "top secret")

	g.setRefusal("")
	up(t, l, 2)
}

// Frames that no DingTalk would send.
func TestHostileFrames(t *testing.T) {
	b, g := newBench(), newGateway(t)
	l, _, _ := listen(t, g, b, 1)
	up(t, l, 1)
	c := g.connection(t, 0)
	for _, text := range []string{
		``, `{`, `null`, `[]`, `"x"`, `{"type":"EVENT"}`, `{"type":"EVENT","headers":{}}`, `{"type":"EVENT","headers":{"topic":1}}`,
		`{"type":"SYSTEM","headers":{"topic":"ping"}}`, "\x00\xff", `{"type":"EVENT","headers":{"topic":"*"},"data":{"a":1}}`,
	} {
		require.NoError(t, c.ws.WriteMessage(websocket.TextMessage, []byte(text)))
	}
	require.NoError(t, c.ws.WriteMessage(websocket.BinaryMessage, []byte{0, 1, 2}))
	c.send(t, eventFrame("after", punches(1).Data))
	for {
		if a := c.answer(t); a["headers"].(map[string]any)["messageId"] == "after" {
			require.Contains(t, a["data"], "SUCCESS")
			return
		}
	}
}

func TestStopAnswersWhatArrived(t *testing.T) {
	t.Parallel()
	b, g := newBench(), newGateway(t)
	b.temporal.delay = 500 * time.Millisecond
	l, _, stop := listen(t, g, b, 1)
	up(t, l, 1)
	c := g.connection(t, 0)
	c.send(t, eventFrame("m1", punches(1).Data))
	require.Eventually(t, func() bool { return b.temporal.questions() > 0 }, 5*time.Second, time.Millisecond)
	stop()
	require.Contains(t, c.answer(t)["data"], "SUCCESS")
	require.Nil(t, c.answer(t))
}

func TestSDKLogger(t *testing.T) {
	var log bytes.Buffer
	l := sdkLogger{log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	l.Debugf("[wire] %s", "frame")
	l.Infof("connect success, sessionId=[%s]", secretTicket)
	l.Warningf("connection handler capacity reached, message is left unacknowledged for retry")
	l.Errorf("connection process read message error: messageType=[%d] message=[%s] error=[%s]", 1, "frame", fmt.Errorf(`parse "ws://h/connect?ticket=%s&a=b"`, secretTicket))
	require.NotContains(t, log.String(), secretTicket)
	require.NotContains(t, log.String(), "frame")
	require.Contains(t, log.String(), "capacity reached")
	require.Contains(t, log.String(), "read message error")
	require.Contains(t, log.String(), "<ticket>&a=b")
}

func TestExplain(t *testing.T) {
	require.ErrorIs(t, explain(fmt.Errorf(`{"code":"authFailed","message":"鉴权失败"}`)), ErrCredentials)
	require.EqualError(t, explain(fmt.Errorf(`{"code":"ServiceUnavailable","message":"busy"}`)), "cannot connect to DingTalk Stream: the gateway answered ServiceUnavailable busy")
	require.LessOrEqual(t, len(explain(fmt.Errorf("<html>%01000d", 1)).Error()), 400)
	require.NoError(t, explain(nil))
}
