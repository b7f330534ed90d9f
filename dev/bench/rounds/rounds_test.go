package rounds_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/dev/bench/rounds"
)

func TestQuantile(t *testing.T) {
	require.Zero(t, rounds.Quantile([]int{}, rounds.Half))
	require.Equal(t, 7, rounds.Quantile([]int{7}, rounds.Most))
	hundred := make([]int, 0, 100)
	for n := range 100 {
		hundred = append(hundred, 100-n)
	}
	require.Equal(t, 50, rounds.Quantile(hundred, rounds.Half))
	require.Equal(t, 99, rounds.Quantile(hundred, rounds.Most))
	require.Equal(t, 100, rounds.Quantile(hundred, 1))
}

func TestMedian(t *testing.T) {
	require.Zero(t, rounds.Median(nil))
	require.InDelta(t, 2, rounds.Median([]float64{9, 1, 2}), 0)
	require.InDelta(t, 2.5, rounds.Median([]float64{9, 1, 2, 3}), 0)
	require.Zero(t, rounds.Ratio(1.0, 0.0))
}

func TestRate(t *testing.T) {
	began := time.Unix(100, 0)
	r := rounds.Round{{Pushed: began.Add(time.Second), Row: began.Add(2 * time.Second)}, {Pushed: began, Row: began.Add(4 * time.Second)}}
	require.InDelta(t, 0.5, r.Rate(), 1e-9)
	require.Equal(t, []time.Duration{time.Second, 4 * time.Second}, r.Rows())
}

func TestAgainstTakesRatiosRoundByRound(t *testing.T) {
	of := func(each time.Duration) rounds.Round { return rounds.Round{{Durable: each}} }
	side := []rounds.Round{of(10 * time.Millisecond), of(60 * time.Millisecond), of(30 * time.Millisecond)}
	other := []rounds.Round{of(10 * time.Millisecond), of(20 * time.Millisecond), of(20 * time.Millisecond)}
	require.InDelta(t, 1.5, rounds.Against(side, other, rounds.At(rounds.Half, rounds.Round.Durables)), 1e-9)
}

func TestTurns(t *testing.T) {
	sides := []string{"a", "b", "c"}
	var taken []string
	take := func(side string) error {
		taken = append(taken, side)
		return nil
	}
	require.NoError(t, rounds.Turns(0, sides, take))
	require.NoError(t, rounds.Turns(1, sides, take))
	require.Equal(t, []string{"a", "b", "c", "c", "b", "a"}, taken)
	require.Equal(t, []string{"a", "b", "c"}, sides, "the order is the caller's")
	failure := errors.New("it failed")
	require.ErrorIs(t, rounds.Turns(0, sides, func(side string) error {
		require.Equal(t, "a", side, "nobody's turn comes after a failure")
		return failure
	}), failure)
}
