package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWithin(t *testing.T) {
	c := Typical(200, time.Hour)
	for fresh, want := range map[time.Duration]step{
		0:                {mode: ModeLive},
		-time.Second:     {mode: ModeLive},
		90 * time.Second: {mode: ModeBatched, window: 90 * time.Second},
		3 * time.Hour:    {mode: ModeBatched, window: time.Hour},
		24 * time.Hour:   {mode: ModeSweep},
		48 * time.Hour:   {mode: ModeSweep},
	} {
		o := c.Within(fresh, DefaultReserve)
		require.Equal(t, want, step{mode: o.Mode, window: o.Window}, fresh)
		require.Equal(t, o.Cost.Calls(), o.Calls)
		require.True(t, o.Edition.Suffices(o.Calls, o.Cost.Pushes, DefaultReserve))
	}
}

func TestOptions(t *testing.T) {
	words := []string{}
	for i, o := range Typical(200, time.Hour).Options(DefaultReserve) {
		words = append(words, o.Words()+": "+o.FreshWords())
		require.Equal(t, i == Rungs+1, o.Cost.Pushes == 0)
	}
	require.Equal(t, []string{
		"at once: seconds", "in batches of 1 minute: 1 minute", "in batches of 5 minutes: 5 minutes", "in batches of 15 minutes: 15 minutes",
		"in batches of an hour: an hour", "by the nightly sweep alone: the next morning",
	}, words)
}
