package ops

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

type statusError struct{}

func (statusError) Error() string   { return "two faults" }
func (statusError) ExitStatus() int { return 2 }

func TestExitStatus(t *testing.T) {
	for name, test := range map[string]struct {
		told   bool
		err    error
		status int
		stderr string
	}{
		"done":                   {false, nil, 0, ""},
		"told to stop":           {true, nil, 0, ""},
		"told, and so cancelled": {true, fmt.Errorf("wait: %w", context.Canceled), 0, ""},
		"failed":                 {false, errors.New("no room"), 1, "x: no room\n"},
		"cancelled by itself":    {false, context.Canceled, 1, "x: context canceled\n"},
		"settings":               {false, fmt.Errorf("load: %w", statusError{}), 2, "x: load: two faults\n"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var stderr bytes.Buffer
			require.Equal(t, test.status, run(ctx, "x", &stderr, func(context.Context, *Stack) error {
				if test.told {
					cancel()
				}
				return test.err
			}))
			require.Equal(t, test.stderr, stderr.String())
		})
	}
}

func TestCleanupsRunLastFirstWithinTheDrainTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var order []string
		began := time.Now()
		require.Equal(t, 0, run(t.Context(), "x", &log, func(_ context.Context, stop *Stack) error {
			stop.LogTo(slog.New(slog.NewTextHandler(&log, nil)))
			stop.Push("first", func(ctx context.Context) error {
				order = append(order, "first")
				return ctx.Err()
			})
			stop.Push("stuck", func(ctx context.Context) error {
				Sleep(context.WithoutCancel(ctx), time.Minute) // ignores its context
				return nil
			})
			stop.Push("broken", func(context.Context) error {
				order = append(order, "broken")
				return errors.New("no")
			})
			return nil
		}))
		require.Equal(t, []string{"broken", "first"}, order)
		require.Equal(t, DrainTime-lastTime, time.Since(began))
		require.Contains(t, log.String(), "part=stuck")
		Sleep(t.Context(), time.Hour) // lets the stuck one end: synctest waits for every goroutine
	})
}

// What the body takes to return is a part of the drain time, and the last clean-ups have their part all the same.
func TestTheDrainTimeBeginsWhenTheProcessIsTold(t *testing.T) {
	for slow, want := range map[time.Duration]time.Duration{6 * time.Second: DrainTime - lastTime, time.Minute: time.Minute + lastTime} {
		synctest.Test(t, func(t *testing.T) {
			ctx, tell := context.WithCancel(t.Context())
			began := time.Now()
			first := false
			require.Equal(t, 0, run(ctx, "x", io.Discard, func(ctx context.Context, stop *Stack) error {
				stop.Push("first", func(ctx context.Context) error {
					first = ctx.Err() == nil
					return nil
				})
				stop.Push("stuck", func(ctx context.Context) error {
					Sleep(context.WithoutCancel(ctx), 5*time.Minute)
					return nil
				})
				tell()
				Sleep(context.WithoutCancel(ctx), slow)
				return nil
			}))
			require.Equal(t, want, time.Since(began))
			require.True(t, first)
			Sleep(t.Context(), time.Hour) // lets the stuck one end: synctest waits for every goroutine
		})
	}
}

func TestUntilUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		tries := 0
		began := time.Now()
		require.NoError(t, UntilUp(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), "PostgreSQL", func(context.Context) error {
			if tries++; time.Since(began) < 3*time.Minute {
				return errors.New("connection refused")
			}
			return nil
		}))
		require.Less(t, tries, 30, "it backs off")
		require.Greater(t, tries, 12, "but does not sleep through the recovery")
		require.LessOrEqual(t, bytes.Count(log.Bytes(), []byte("level=WARN")), 4, "and does not flood the log")
		require.Contains(t, log.String(), "is there now")
	})
}

func TestUntilUpStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := UntilUp(ctx, slog.New(slog.DiscardHandler), "Temporal", func(context.Context) error { return errors.New("away") })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "Temporal")
	})
}
