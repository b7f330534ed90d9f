package ops

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"
)

// Back-off of UntilUp, and how often it says again what it waits for.
const (
	firstPause  = 500 * time.Millisecond
	longestWait = 15 * time.Second
	repeatAfter = time.Minute
)

// UntilUp tries until it succeeds or ctx ends: what a process stands on may be
// away when it starts. It says once what it waits for and why, again when the
// reason changes or a minute has passed, and when the wait is over.
func UntilUp(ctx context.Context, log *slog.Logger, what string, try func(context.Context) error) error {
	pause, said, saidAt := firstPause, "", time.Time{}
	for {
		err := try(ctx)
		if err == nil {
			if said != "" {
				log.InfoContext(ctx, "is there now", "what", what)
			}
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("stopped while waiting for %s: %w", what, ctx.Err())
		}
		if reason := err.Error(); reason != said || time.Since(saidAt) >= repeatAfter {
			log.WarnContext(ctx, "waiting; nothing is lost meanwhile", "what", what, "error", reason)
			said, saidAt = reason, time.Now()
		}
		if !Sleep(ctx, Jitter(pause)) {
			return fmt.Errorf("stopped while waiting for %s: %w", what, ctx.Err())
		}
		pause = min(2*pause, longestWait)
	}
}

// Jitter spreads a pause over ±20 %, so that processes that lost the same
// server do not come back to it in step.
func Jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64())) //nolint:gosec // Nobody gains by guessing it.
}

// Sleep waits; it reports false when ctx ended first.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// IgnoreStop drops the error of a wait that was cut short by the process's end.
func IgnoreStop(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}
