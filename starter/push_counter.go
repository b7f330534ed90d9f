package main

import (
	"context"
	"log/slog"
	"time"

	"dakasync/budget"
	"dakasync/ledger"
	"dakasync/ops"
)

// pushLedger keeps what DingTalk's month counts.
type pushLedger interface {
	CountPushes(ctx context.Context, counts []ledger.PushCount) error
	SaveQuotaWord(ctx context.Context, meter string, at time.Time) error
}

// pushCounter counts the frames that DingTalk pushes: stream.Pushes on the
// ledger. Repetitions count, as DingTalk may bill them.
type pushCounter struct {
	tally *ops.Tally[pushKey, pushes]
}

type pushKey struct {
	hour      time.Time
	eventType string
}

type pushes struct {
	frames int
	muted  time.Time // when the last frame said that the month's pushes are used up; zero if none did
}

func newPushCounter(l pushLedger, log *slog.Logger) *pushCounter {
	add := func(a, b pushes) pushes {
		if a.muted.After(b.muted) {
			b.muted = a.muted
		}
		return pushes{a.frames + b.frames, b.muted}
	}
	return &pushCounter{ops.NewTally("pushes", add, func(ctx context.Context, sums map[pushKey]pushes) error {
		counts := make([]ledger.PushCount, 0, len(sums))
		for key, sum := range sums {
			if !sum.muted.IsZero() { // first: it may be said again, but a count only once
				if err := l.SaveQuotaWord(ctx, budget.MeterPushes, sum.muted); err != nil {
					return err // The tally says what was to be written.
				}
			}
			counts = append(counts, ledger.PushCount{Hour: key.hour, EventType: key.eventType, Pushes: sum.frames})
		}
		return l.CountPushes(ctx, counts)
	}, log)}
}

// Count implements stream.Pushes. It never blocks.
func (c *pushCounter) Count(eventType string, muted bool, at time.Time) {
	one := pushes{frames: 1}
	if muted {
		one.muted = at
	}
	c.tally.Add(pushKey{at.UTC().Truncate(time.Hour), eventType}, one)
}
