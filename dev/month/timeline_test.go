package month

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestTimeline: whatever processes sleep and begin, each goes on at its time, in the order of times, and Settle returns when all sleep.
func TestTimeline(t *testing.T) {
	start := time.Unix(0, 0)
	rapid.Check(t, func(t *rapid.T) {
		line := newTimeline(start, rapid.IntRange(1, 4).Draw(t, "parallel"))
		naps := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 9), 1, 4), 1, 6).Draw(t, "naps")
		var mu sync.Mutex
		type step struct{ at, due time.Duration }
		var steps []step
		note := func(due time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			steps = append(steps, step{line.Now().Sub(start), due})
		}
		total := 0
		for _, process := range naps {
			total += len(process)
			line.Go(start.Add(time.Duration(process[0])*time.Second), func() {
				due := time.Duration(process[0]) * time.Second
				note(due)
				for _, nap := range process[1:] {
					due += time.Duration(nap) * time.Second
					line.Sleep(start.Add(due))
					note(due)
				}
			})
		}
		for second := range 40 {
			line.Set(start.Add(time.Duration(second) * time.Second))
			line.Settle()
		}
		require.Len(t, steps, total)
		for _, s := range steps {
			require.Equal(t, s.due, s.at)
		}
		require.True(t, slices.IsSortedFunc(steps, func(a, b step) int { return int(a.at - b.at) }))
		line.End()
	})
}

// TestTimelineEnds: what sleeps is woken early, and what has not begun hears that it need not.
func TestTimelineEnds(t *testing.T) {
	start := time.Unix(0, 0)
	line := newTimeline(start, 1)
	var woken, begun, idle bool
	line.Go(start, func() { line.Sleep(start.Add(time.Hour)); woken = line.Ended() })
	line.Go(start.Add(time.Hour), func() { begun, idle = true, line.Ended() })
	line.Settle()
	require.False(t, woken)
	line.End()
	require.True(t, woken)
	require.True(t, begun && idle)
	line.Sleep(start.Add(time.Hour)) // returns
}
