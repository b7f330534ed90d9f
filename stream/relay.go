package stream

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"dakasync/ops"
)

const (
	relayPause   = 5 * time.Second // between looks when nothing wakes the relay
	healthPause  = time.Second     // between looks at Temporal while it is away
	healthTime   = 2 * time.Second
	relayBatch   = 20 // their rows are held until all of them are started
	relayWorkers = 4
	relayTime    = 30 * time.Second // bound of one batch
	startTime    = 5 * time.Second
)

// relayFails is what the log says while the relay does not get on; a runbook quotes it.
const relayFails = "stored events could not be relayed yet; they stay stored"

// Run relays stored events to Temporal and counts repeated deliveries until ctx
// ends. Any number of starters may do so: PostgreSQL gives a row to one of them.
func (in *Intake) Run(ctx context.Context) {
	var group errgroup.Group
	group.Go(func() error { in.countRepeats(ctx); return nil })
	group.Go(func() error { in.relayLoop(ctx); return nil })
	_ = group.Wait() // neither returns an error
}

func (in *Intake) relayLoop(ctx context.Context) {
	for ctx.Err() == nil {
		pause := relayPause
		switch {
		case !in.temporalBack(ctx):
			pause = healthPause
		case in.relayAll(ctx):
			continue // there may be more
		}
		in.measureBacklog(ctx)
		in.pause(ctx, ops.Jitter(pause))
	}
}

// pause ends early when there is work and Temporal takes it.
func (in *Intake) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	wake := in.wake
	if in.breaker.open() {
		wake = nil // every frame wakes us now, and none of them can be relayed
	}
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
	}
}

// temporalBack reports whether Temporal takes events, asking it if it did not.
func (in *Intake) temporalBack(ctx context.Context) bool {
	if !in.breaker.open() {
		return true
	}
	if !in.breaker.rested(in.NowFunc(), healthPause) {
		return false
	}
	ask, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	if err := in.Starter.Health(ask); err != nil {
		return false
	}
	if in.breaker.mend() {
		in.Metrics.temporalUp.Set(1)
		in.Log.InfoContext(ctx, "Temporal takes events again")
	}
	return true
}

// relayAll hands one batch for every worker to Temporal; it reports whether it
// is worth going on at once.
func (in *Intake) relayAll(ctx context.Context) bool {
	batch, cancel := context.WithTimeout(ctx, relayTime)
	defer cancel()
	counts := make([]int, relayWorkers)
	var group errgroup.Group
	for i := range relayWorkers {
		group.Go(func() error {
			n, err := in.Inbox.Relay(batch, relayBatch, in.startRelayed)
			counts[i] = n
			return err
		})
	}
	err := group.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	if total > 0 {
		in.Metrics.relayed.Add(float64(total))
		in.Log.InfoContext(ctx, "relayed stored events to Temporal", "events", total)
	}
	in.relayTrouble.note(ctx, in.Log, in.NowFunc(), err)
	return err == nil && total > 0
}

// errPaused says that Temporal is not asked for now.
var errPaused = errors.New("starts are paused: Temporal does not take events at the moment")

// startRelayed starts one stored event. One that Temporal refuses for itself
// stays stored and does not stop the others; only a Temporal that is not well
// does.
func (in *Intake) startRelayed(ctx context.Context, h Happening) error {
	if in.breaker.open() {
		return errPaused
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	// That the run is there already is no repeated delivery: its row counted this
	// one. To count it here would wait for the row that the relay holds.
	_, err := in.startRun(ctx, h)
	if err == nil {
		return nil
	}
	ask, cancelAsk := context.WithTimeout(context.WithoutCancel(ctx), healthTime)
	defer cancelAsk()
	if in.Starter.Health(ask) != nil {
		in.temporalFailed(ctx, err)
	}
	return err
}

func (in *Intake) measureBacklog(ctx context.Context) {
	ask, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	if n, err := in.Inbox.Backlog(ask); err == nil {
		in.Metrics.backlog.Set(float64(n))
	}
}
