package crowd

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/dev/bench/rounds"
)

// took is a round whose punches took so long.
func took(times ...time.Duration) rounds.Round {
	var round rounds.Round
	for _, each := range times {
		pushed := time.Unix(100, 0)
		round = append(round, rounds.Sample{Pushed: pushed, Row: pushed.Add(each)})
	}
	return round
}

func TestReport(t *testing.T) {
	alone := &side{Name: "alone", Rounds: []rounds.Round{took(100*time.Millisecond, 120*time.Millisecond), took(140 * time.Millisecond)}}
	beside := &side{Name: "beside", Runs: 1, UserDays: 351, Calls: 9.5, Rounds: []rounds.Round{took(130*time.Millisecond, 150*time.Millisecond, 200*time.Millisecond)}}
	delayed := &side{Name: "delayed", Runs: 26, Rounds: []rounds.Round{took(130*time.Millisecond, 140*time.Millisecond, 800*time.Millisecond)}}
	f := figures{Options: Defaults(), Sides: []*side{alone, beside, delayed}}
	text, err := report(f)
	require.NoError(t, err)
	for _, line := range []string{
		"answers every call after 40 ms",
		"| half of the punches | 120 | 150 | 140 |", "| 99 of 100 | 140 | 200 | 800 |", "| the last of 3 | 140 | 200 | 800 |",
		"| later than alone: half, 99 of 100 |  | +30, +60 | +20, +660 |",
		"| at most one call's wait (90 ms: a slot and the call) |  | kept | missed |",
		"| user-days that the backfills got, a second |  | 351 | 0 |", "| calls that they made, a second |  | 9.5 |",
	} {
		require.Contains(t, text, line)
	}
}

func TestOptions(t *testing.T) {
	require.NoError(t, Defaults().check())
	for _, spoil := range []func(*Options){
		func(o *Options) { o.Rounds = 0 }, func(o *Options) { o.Days = 181 }, func(o *Options) { o.Latency = -1 }, func(o *Options) { o.QPS = 0 },
	} {
		o := Defaults()
		spoil(&o)
		require.ErrorIs(t, o.check(), errOptions)
	}
}
