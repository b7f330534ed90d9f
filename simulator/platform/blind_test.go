package platform_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/platform"
)

// awaitBlind waits for so many blind times, the last of which is open or not.
func awaitBlind(t *testing.T, w *world, count int, open bool) []platform.Interval {
	t.Helper()
	var times []platform.Interval
	require.Eventually(t, func() bool {
		times = w.BlindTimes()
		return len(times) == count && (count == 0 || times[count-1].To.IsZero() == open)
	}, patience, time.Millisecond, "%v", times)
	return times
}

func TestBlindTimesBeginWithTheFirstConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fast())
	require.Empty(t, w.BlindTimes(), "nobody has ever listened")
	listen(t, w, always)
	require.Empty(t, w.BlindTimes())

	before := time.Now()
	require.Equal(t, 1, w.Disconnect())
	blind := w.BlindTimes()
	require.Len(t, blind, 1, "at once, and not when it is gone")
	require.True(t, blind[0].To.IsZero())
	require.WithinRange(t, blind[0].From, before, time.Now())
	require.Eventually(t, func() bool { return w.Connections() == 0 }, patience, time.Millisecond)
	listen(t, w, always)
	blind = awaitBlind(t, w, 1, false)
	require.True(t, blind[0].To.After(blind[0].From))

	listen(t, w, always)
	require.Equal(t, 2, w.Silence())
	awaitBlind(t, w, 2, true)
	require.Equal(t, 2, w.Connections(), "they are open, and deliver nothing")
	listen(t, w, always)
	awaitBlind(t, w, 2, false)

	require.Equal(t, 3, w.Cut())
	blind = w.BlindTimes()
	require.Len(t, blind, 3, "at once")
	require.Positive(t, w.send(t, http.MethodGet, "/control/status", "", nil).body["blind_seconds"])
	for earlier, later := 0, 1; later < len(blind); earlier, later = later, later+1 {
		require.True(t, blind[later].From.After(blind[earlier].To))
	}
}

func TestMakeBeforeBreakIsNotBlind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fast())
	old := listen(t, w, always)
	listen(t, w, always)
	old.hangUp()
	require.Eventually(t, func() bool { return w.Connections() == 1 }, patience, time.Millisecond)
	listen(t, w, always)
	require.Empty(t, w.BlindTimes())
	require.Equal(t, 2, w.Cut())
	require.Len(t, w.BlindTimes(), 1)
	require.Eventually(t, func() bool { return w.Connections() == 0 }, patience, time.Millisecond)
	last := listen(t, w, always)
	require.False(t, w.BlindTimes()[0].To.IsZero())
	old = listen(t, w, always)
	old.hangUp()
	require.Eventually(t, func() bool { return w.Connections() == 1 }, patience, time.Millisecond)
	require.Len(t, w.BlindTimes(), 1, "the other one still delivers")
	last.hangUp()
	awaitBlind(t, w, 2, true)
}
