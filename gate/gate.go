// Package gate spaces the calls to DingTalk's APIs over all processes that make any.
//
// It guarantees that no second sees more calls to one API than the rate, and that a
// call of high priority waits for at most one slot that a lower one has taken.
// PostgreSQL is authoritative for the slots; while it is away each process holds the
// rate by itself. A wait ends with its context. It does not count calls, and knows
// nothing of a month's budget.
package gate

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"golang.org/x/time/rate"

	"dakasync/ops"
	"dakasync/workflows"
)

const (
	// reserveTime bounds how long a call waits for PostgreSQL to name its slot.
	reserveTime = time.Second
	// spread is how long one second's calls take: DingTalk counts them where they
	// arrive, and a call that is late on its way must not meet the next second's.
	spread = 1100 * time.Millisecond
	// yieldShare of the time between two calls is for how long a slot must have lain
	// free before a call of the next lower priority takes it, and longestYield bounds
	// it: together they must not use up what spread leaves. soonest is when a slot
	// that somebody else took is asked for again at the earliest.
	yieldShare   = 20
	longestYield = 10 * time.Millisecond
	soonest      = time.Millisecond
)

// Slots are the fleet's, for calls to each API.
type Slots interface {
	// ReserveCall takes the next slot, and says how long to wait for it.
	ReserveCall(ctx context.Context, api string, apart time.Duration) (wait time.Duration, err error)
	// TakeCall takes a slot that is due and that nobody has wanted for idle, or says
	// when to ask again.
	TakeCall(ctx context.Context, api string, apart, idle time.Duration) (taken bool, again time.Duration, err error)
}

// Gate spaces the calls to each API evenly, with no burst, over all workers.
// While PostgreSQL is away each worker holds the rate by itself.
//
// A live call takes the next slot. One of a lower priority only ever takes a slot
// that is due, and the lower it is, the longer the slot must have lain free. So
// however many of them wait, on however many workers, they are in a live call's way
// for one slot at most. A worker asks for one call of each priority at a time, in
// the order in which they came.
type Gate struct {
	fleet Slots
	apart time.Duration // from one call to the next
	log   *slog.Logger

	mu    sync.Mutex
	local map[string]*rate.Limiter
	turns map[turn]chan struct{}
}

// turn is what calls of a priority to an API wait for within a worker.
type turn struct {
	api      string
	priority int
}

// New makes a gate of qps calls a second to each API.
func New(fleet Slots, qps int, log *slog.Logger) *Gate {
	return &Gate{
		fleet: fleet, apart: spread / time.Duration(qps), log: log, local: map[string]*rate.Limiter{}, turns: map[turn]chan struct{}{},
	}
}

// Wait returns when the call may be sent, by the priority of the step that makes it.
func (g *Gate) Wait(ctx context.Context, api string) error {
	priority := workflows.PriorityLive
	if activity.IsActivity(ctx) {
		priority = activity.GetInfo(ctx).Priority.PriorityKey
	}
	return g.Pass(ctx, api, priority)
}

// Pass returns when a call of a priority may be sent. The worker's own rate comes
// last: a machine that stood still wakes all whose slots have passed at once.
func (g *Gate) Pass(ctx context.Context, api string, priority int) error {
	slot := g.reserve
	if priority > workflows.PriorityLive {
		turns := g.turnsOf(turn{api, priority})
		select {
		case turns <- struct{}{}:
			defer func() { <-turns }()
		case <-ctx.Done():
			return ctx.Err()
		}
		yield := min(g.apart/yieldShare, longestYield) * time.Duration(min(priority, workflows.PriorityBackfill)-workflows.PriorityLive)
		slot = func(ctx context.Context, api string) error { return g.take(ctx, api, yield) }
	}
	if err := slot(ctx, api); err != nil {
		return err
	}
	return g.limiter(api).Wait(ctx) // The context's end, or that it is too near.
}

// reserve waits for the fleet's next slot.
func (g *Gate) reserve(ctx context.Context, api string) error {
	reserve, cancel := context.WithTimeout(ctx, reserveTime)
	defer cancel()
	pause, err := g.fleet.ReserveCall(reserve, api, g.apart)
	if err != nil {
		return g.alone(ctx, api, err)
	}
	if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) < pause {
		return context.DeadlineExceeded // a question within a task goes to the queue at once
	}
	if pause > 0 && !ops.Sleep(ctx, pause) {
		return ctx.Err()
	}
	return nil
}

// take waits until a slot of the fleet's is due and nobody of a higher priority
// wants it.
func (g *Gate) take(ctx context.Context, api string, yield time.Duration) error {
	for {
		taken, again, err := g.tryToTake(ctx, api, yield)
		switch {
		case err != nil:
			return g.alone(ctx, api, err)
		case taken:
			return nil
		case !ops.Sleep(ctx, max(again, soonest)):
			return ctx.Err()
		}
	}
}

func (g *Gate) tryToTake(ctx context.Context, api string, yield time.Duration) (taken bool, again time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, reserveTime)
	defer cancel()
	return g.fleet.TakeCall(ctx, api, g.apart, yield) // It is only logged.
}

// alone lets a call go on without the fleet, unless its context has ended.
func (g *Gate) alone(ctx context.Context, api string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	g.log.DebugContext(ctx, "the fleet's rate is not known; this worker holds its own", "api", api, "error", err)
	return nil
}

func (g *Gate) limiter(api string) *rate.Limiter {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.local[api]
	if l == nil {
		l = rate.NewLimiter(rate.Every(g.apart), 1)
		g.local[api] = l
	}
	return l
}

func (g *Gate) turnsOf(t turn) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	turns := g.turns[t]
	if turns == nil {
		turns = make(chan struct{}, 1)
		g.turns[t] = turns
	}
	return turns
}
