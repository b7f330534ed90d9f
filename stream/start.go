package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"dakasync/attendance"
)

// startAll starts a run for every happening, several at once, and returns
// those that have none, with the first reason. The first failure sends what
// follows to PostgreSQL for a while.
func (in *Intake) startAll(ctx context.Context, starts []Happening) (left []Happening, reason error) {
	var mu sync.Mutex
	var unkept error // no fault of Temporal's
	var group errgroup.Group
	group.SetLimit(frameStarts)
	for _, h := range starts {
		group.Go(func() error {
			if err := in.start(ctx, h); err != nil {
				mu.Lock()
				defer mu.Unlock()
				left = append(left, h)
				if errors.Is(err, errNotKept) {
					unkept = firstOf(unkept, err)
				} else {
					reason = firstOf(reason, err)
				}
			}
			return nil
		})
	}
	_ = group.Wait() // no start returns an error to the group
	if reason != nil {
		in.temporalFailed(ctx, reason)
	}
	return left, firstOf(reason, unkept)
}

// errNotKept says that PostgreSQL did not take what a second event says of an
// approval.
var errNotKept = errors.New("PostgreSQL does not keep what the event says of an approval")

// start starts a run, and hears what a repeated delivery has to say.
func (in *Intake) start(ctx context.Context, h Happening) error {
	started, err := in.startRun(ctx, h)
	if err == nil && !started {
		return in.repeated(ctx, h)
	}
	return err
}

func (in *Intake) startRun(ctx context.Context, h Happening) (started bool, err error) {
	if err := in.starts.Acquire(ctx, 1); err != nil {
		return false, err
	}
	defer in.starts.Release(1)
	return in.Starter.Start(ctx, h)
}

// temporalFailed opens the breaker and says so once.
func (in *Intake) temporalFailed(ctx context.Context, reason error) {
	if in.breaker.trip(in.NowFunc()) {
		in.Metrics.temporalUp.Set(0)
		in.Log.WarnContext(ctx, "Temporal does not take events; they go to PostgreSQL and are relayed when it is back", "error", reason)
	}
	in.wakeRelay()
}

// repeated takes in a delivery of what has a run already. A punch or a day is
// told of by one type of event: such a delivery says something about DingTalk and
// nothing about anybody's day, and is counted later, if somebody has the time. An
// approval is told of by two types, each of which knows what the other does not
// (event-bpms-instance-change; its originator and exact times, and
// leave-overtime-business-trip-out-of-office-status-change-events; its kind):
// the ledger must have it before it is acknowledged.
func (in *Intake) repeated(ctx context.Context, h Happening) error {
	in.Metrics.repeated.Inc()
	if h.Hint.Kind == attendance.KindApproval {
		if err := in.Inbox.CountDelivery(ctx, h.Hint); err != nil {
			return fmt.Errorf("%w: %w", errNotKept, err)
		}
		return nil
	}
	select {
	case in.repeats <- h.Hint:
	default:
	}
	return nil
}

// countRepeats runs until ctx ends.
func (in *Intake) countRepeats(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case hint := <-in.repeats:
			count, cancel := context.WithTimeout(ctx, repeatTime)
			if err := in.Inbox.CountDelivery(count, hint); err != nil {
				in.Log.DebugContext(ctx, "a repeated delivery was not counted", "key", hint.Key(), "error", err)
			}
			cancel()
		}
	}
}
