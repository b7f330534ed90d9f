package rig

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCPU(t *testing.T) {
	a, b := CPU{Programs: 9, Postgres: 6, Rest: 3}, CPU{Programs: 1, Postgres: 2, Rest: 3}
	require.Equal(t, CPU{Programs: 8, Postgres: 4}, a.Minus(b))
	require.Equal(t, CPU{Programs: 10, Postgres: 8, Rest: 6}, a.Plus(b))
	require.Equal(t, CPU{Programs: 3, Postgres: 2, Rest: 1}, a.Each(3))
	require.Equal(t, a, a.Each(0), "no event: nothing to divide by")
	require.Equal(t, 18*time.Nanosecond, a.Together())
}

func TestWhatFailsCostsNothing(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("there is no /proc")
	}
	m := Meter{postmaster: os.Getpid()} // any process will do
	began := CPU{Programs: time.Second}
	sum, failure := began, errors.New("it failed")
	require.ErrorIs(t, m.During(&sum, nil, func() error { return failure }), failure)
	require.Equal(t, began, sum)

	require.NoError(t, m.During(&sum, nil, func() error {
		for start, err := CPUOf(os.Getpid(), false); ; {
			now, again := CPUOf(os.Getpid(), false)
			if err != nil || again != nil || now-start >= 2*tick {
				return errors.Join(err, again)
			}
		}
	}))
	require.Equal(t, began.Programs, sum.Programs, "no program was asked about")
	require.GreaterOrEqual(t, sum.Rest, 2*tick)
}
