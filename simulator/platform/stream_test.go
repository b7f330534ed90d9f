package platform_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/client"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/event"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

var monday = time.Date(2026, time.November, 2, 0, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))

const patience = 10 * time.Second

// world is a quiet company at Monday 12:00 behind a platform that retries fast.
type world struct {
	*platform.Platform
	company *company.Company
	user    string
}

func fast() platform.Settings {
	settings := platform.Defaults()
	settings.AckDeadline = patience // no slow machine makes a push fail
	settings.RetryDelays = []time.Duration{20 * time.Millisecond, 60 * time.Millisecond}
	settings.Grace = 20 * time.Millisecond
	return settings
}

func newWorld(t *testing.T, settings platform.Settings) *world {
	t.Helper()
	c := company.New(company.Options{Seed: 1, Start: monday, Quiet: true})
	c.Advance(monday.Add(12 * time.Hour))
	p := platform.New(platform.Options{Company: c, Settings: &settings, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, p.Start(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	employee, ok := c.Pick("office", 0)
	require.True(t, ok)
	return &world{Platform: p, company: c, user: employee.UserID}
}

func (w *world) settled(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, w.AwaitSettled(ctx))
}

func (w *world) punch(t *testing.T) company.PunchResult {
	t.Helper()
	result, err := w.company.Punch(company.PunchRequest{User: w.user})
	require.NoError(t, err)
	return result
}

// listener is the official Go SDK with a handler that answers as told.
type listener struct {
	mu     sync.Mutex
	frames []payload.DataFrame
	answer func(attempt int) event.EventProcessStatusType
	hangUp func()
}

func listen(t *testing.T, w *world, answer func(attempt int) event.EventProcessStatusType) *listener {
	t.Helper()
	l := &listener{answer: answer}
	before := w.Connections()
	sdk := client.NewStreamClient(
		client.WithAppCredential(client.NewAppCredentialConfig(w.ClientID(), w.ClientSecret())),
		client.WithOpenApiHost(w.URL()), client.WithAutoReconnect(false),
	)
	sdk.RegisterAllEventRouter(l.handle)
	require.NoError(t, sdk.Start(t.Context()))
	l.hangUp = sdk.Close
	t.Cleanup(sdk.Close)
	require.Eventually(t, func() bool { return w.Connections() > before }, patience, time.Millisecond)
	return l
}

func (l *listener) handle(_ context.Context, frame *payload.DataFrame) (*payload.DataFrameResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frames = append(l.frames, *frame)
	if l.answer(len(l.frames)) == event.EventProcessStatusKLater {
		return event.NewLaterResponse()
	}
	return event.NewSuccessResponse()
}

func (l *listener) received() []payload.DataFrame {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]payload.DataFrame(nil), l.frames...)
}

func always(int) event.EventProcessStatusType { return event.EventProcessStatusKSuccess }
func never(int) event.EventProcessStatusType  { return event.EventProcessStatusKLater }

func TestGoSDKConnectsReadsAndAcks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fast())
	l := listen(t, w, always)
	w.punch(t)
	w.settled(t)
	frames := l.received()
	require.Len(t, frames, 1)
	header := event.NewEventHeaderFromDataFrame(&frames[0])
	require.Equal(t, "attendance_check_record", header.EventType)
	require.Equal(t, w.company.CorpID(), header.EventCorpId)
	require.NotZero(t, header.EventBornTime)
	deliveries := w.Deliveries()
	require.Len(t, deliveries, 1)
	require.Equal(t, platform.StateAcked, deliveries[0].State)
	require.Equal(t, header.EventId, deliveries[0].EventID)
	require.Positive(t, deliveries[0].Latency)
}

func TestGoSDKIsRedeliveredToAfterLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fast())
	l := listen(t, w, func(attempt int) event.EventProcessStatusType {
		if attempt < 3 {
			return event.EventProcessStatusKLater
		}
		return event.EventProcessStatusKSuccess
	})
	w.punch(t)
	w.settled(t)
	frames := l.received()
	require.Len(t, frames, 3)
	first := event.NewEventHeaderFromDataFrame(&frames[0])
	for _, again := range frames[1:] {
		require.Equal(t, first.EventId, event.NewEventHeaderFromDataFrame(&again).EventId)
		require.NotEqual(t, frames[0].Headers["messageId"], again.Headers["messageId"])
	}
	require.Equal(t, platform.StateAcked, w.Deliveries()[0].State)
	require.Zero(t, w.FailedCount())
}

func TestRefusedEventsEndOnTheFailedList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fast())
	l := listen(t, w, never)
	w.punch(t)
	w.settled(t)
	require.Len(t, l.received(), 3)
	delivery := w.Deliveries()[0]
	require.Equal(t, platform.StateFailed, delivery.State)
	for number, delay := range w.Settings().RetryDelays {
		waited := delivery.Attempts[number+1].At.Sub(delivery.Attempts[number].At)
		require.GreaterOrEqual(t, waited, delay, "retry %d", number+1)
	}
	require.Equal(t, 1, w.FailedCount())
}

// No page says that the failed list covers Stream: it may as well be that nobody ever hears of a refused event again.
func TestRefusedEventsMayBeLost(t *testing.T) {
	t.Parallel()
	settings := fast()
	require.NoError(t, settings.Set("refused_pushes", "lost"))
	w := newWorld(t, settings)
	listen(t, w, never)
	w.punch(t)
	w.settled(t)
	delivery := w.Deliveries()[0]
	require.Equal(t, platform.StateDropped, delivery.State)
	require.Len(t, delivery.Attempts, 1+len(w.Settings().RetryDelays), "it was tried as often as any")
	require.Zero(t, w.FailedCount())
}
