package main

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"dakasync/budget"
	"dakasync/ledger"
	"dakasync/ops"
	"dakasync/stream"
)

// pushLedger keeps what DingTalk's month counts.
type pushLedger interface {
	CountPushes(ctx context.Context, counts []ledger.PushCount) error
	SaveQuotaWord(ctx context.Context, meter string, at time.Time) error
	WithdrawQuotaWord(ctx context.Context, meter string, at time.Time) error
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
	whole  time.Time // when the last frame showed that there are some; zero if none did
}

func (p pushes) add(more pushes) pushes {
	latest := func(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }
	return pushes{p.frames + more.frames, latest(p.muted, more.muted), latest(p.whole, more.whole)}
}

func newPushCounter(l pushLedger, log *slog.Logger) *pushCounter {
	return &pushCounter{ops.NewTally("pushes", pushes.add, func(ctx context.Context, sums map[pushKey]pushes) error {
		counts := make([]ledger.PushCount, 0, len(sums))
		var all pushes
		for key, sum := range sums {
			if !sum.muted.IsZero() { // first: it may be said again, but a count only once
				if err := l.SaveQuotaWord(ctx, budget.MeterPushes, sum.muted); err != nil {
					return err // The tally says what was to be written.
				}
			}
			all = all.add(sum)
			counts = append(counts, ledger.PushCount{Hour: key.hour, EventType: key.eventType, Pushes: sum.frames})
		}
		// Whatever this process has heard: another one may have been told that they are used up.
		if !all.whole.IsZero() {
			if err := l.WithdrawQuotaWord(ctx, budget.MeterPushes, all.whole); err != nil {
				return err // As above.
			}
		}
		return l.CountPushes(ctx, counts)
	}, log)}
}

// Count implements stream.Pushes. It never blocks.
func (c *pushCounter) Count(eventType string, content stream.Content, at time.Time) {
	one := pushes{frames: 1}
	switch content {
	case stream.ContentMuted:
		one.muted = at
	case stream.ContentWhole:
		one.whole = at
	case stream.ContentUnknown:
	}
	c.tally.Add(pushKey{at.UTC().Truncate(time.Hour), eventType}, one)
}
