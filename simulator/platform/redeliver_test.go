package platform_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/event"
	"github.com/stretchr/testify/require"

	"dakasync/simulator/platform"
)

// push pushes an event and waits for its end; it returns the event's id.
func (w *world) push(t *testing.T) string {
	t.Helper()
	id := w.PushEvent("x", "", json.RawMessage(`{}`))
	w.settled(t)
	return id
}

func TestRedeliverPublishesTheHistoryOnceMore(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.InFlight = 1
	w := newWorld(t, settings)
	failed := w.push(t)
	first := listen(t, w, always)
	acked := w.push(t)
	w.Configure(func(s *platform.Settings) { s.DropChance = 1 })
	dropped := w.push(t)
	before := w.Deliveries()
	require.Equal(t, []string{platform.StateFailed, platform.StateAcked, platform.StateDropped}, states(before))

	first.hangUp()
	require.Eventually(t, func() bool { return w.Connections() == 0 }, patience, time.Millisecond)
	second := listen(t, w, always)
	answer := w.send(t, http.MethodPost, "/control/redeliver", "", nil)
	require.InDelta(t, 3, answer.body["events"], 0, answer.text)
	w.settled(t)
	frames := second.received()
	require.Len(t, frames, 3)
	after := w.Deliveries()
	require.Equal(t, []string{platform.StateAcked, platform.StateAcked, platform.StateAcked}, states(after), "none is there twice")
	for index, id := range []string{failed, acked, dropped} {
		header := event.NewEventHeaderFromDataFrame(&frames[index])
		require.Equal(t, id, header.EventId, "in order of birth")
		require.Equal(t, before[index].BornAt.UnixMilli(), header.EventBornTime)
		require.Equal(t, before[index].Data, frames[index].Data)
		require.Equal(t, before[index].BornAt, after[index].BornAt)
		require.Len(t, after[index].Attempts, 1)
	}
	require.Len(t, first.received(), 1)
	require.Equal(t, 1, w.FailedCount(), "the failed list is as it was")
}

func states(deliveries []platform.Delivery) []string {
	list := []string{}
	for _, delivery := range deliveries {
		list = append(list, delivery.State)
	}
	return list
}

func TestRedeliverCallsOffWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.RetryDelays = []time.Duration{300 * time.Millisecond}
	w := newWorld(t, settings)
	w.PushEvent("x", "", json.RawMessage(`{}`))
	require.Eventually(t, func() bool { return len(w.Deliveries()[0].Attempts) == 1 }, patience, time.Millisecond, "it waits for its retry")
	l := listen(t, w, always)
	require.Equal(t, 1, w.Redeliver())
	w.settled(t)
	require.Equal(t, []string{platform.StateAcked}, states(w.Deliveries()))
	require.Len(t, l.received(), 1, "the retry was called off")
	require.Zero(t, w.Unsettled())
	require.Equal(t, 1, w.Redeliver())
	w.settled(t)
	require.Len(t, l.received(), 2)
}
