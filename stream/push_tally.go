package stream

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"dakasync/budget"
	"dakasync/ops"
)

// PushStore keeps what DingTalk's month counts.
type PushStore interface {
	CountPushes(ctx context.Context, counts []budget.PushCount) error
	SaveQuotaWord(ctx context.Context, meter string, at time.Time) error
	WithdrawQuotaWord(ctx context.Context, meter string, at time.Time) error
}

// PushTally counts the frames that DingTalk pushes: Pushes for a store. Repetitions
// count, as DingTalk may bill them.
type PushTally struct {
	*ops.Tally[pushKey, pushes]
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

// NewPushTally makes a tally that keeps nothing before it runs or is flushed.
func NewPushTally(store PushStore, log *slog.Logger) *PushTally {
	return &PushTally{ops.NewTally("pushes", pushes.add, func(ctx context.Context, sums map[pushKey]pushes) error {
		counts := make([]budget.PushCount, 0, len(sums))
		var all pushes
		for key, sum := range sums {
			all = all.add(sum)
			counts = append(counts, budget.PushCount{Hour: key.hour, EventType: key.eventType, Pushes: sum.frames})
		}
		if !all.muted.IsZero() { // first: it may be said again, but a count only once
			if err := store.SaveQuotaWord(ctx, budget.MeterPushes, all.muted); err != nil {
				return err // The tally says what was to be written.
			}
		}
		// Whatever this process has heard: another one may have been told that they are used up.
		if !all.whole.IsZero() {
			if err := store.WithdrawQuotaWord(ctx, budget.MeterPushes, all.whole); err != nil {
				return err // As above.
			}
		}
		return store.CountPushes(ctx, counts)
	}, log)}
}

// Count implements Pushes. It never blocks.
func (t *PushTally) Count(eventType string, content Content, at time.Time) {
	one := pushes{frames: 1}
	switch content {
	case ContentMuted:
		one.muted = at
	case ContentWhole:
		one.whole = at
	case ContentUnknown:
	}
	t.Add(pushKey{at.UTC().Truncate(time.Hour), eventType}, one)
}
