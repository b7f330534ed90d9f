package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"dakasync/ops"
)

const (
	// reserveTime bounds how long a call waits for PostgreSQL to name its slot.
	reserveTime = time.Second
	// spread is how long one second's calls take: DingTalk counts them where they
	// arrive, and a call that is late on its way must not meet the next second's.
	spread = 1100 * time.Millisecond
)

// reserver hands out the fleet's slots for calls to one API.
type reserver interface {
	ReserveCall(ctx context.Context, api string, apart time.Duration) (wait time.Duration, err error)
}

// gate spaces the calls to each API evenly, with no burst, over all workers.
// While PostgreSQL is away each worker holds the rate by itself.
type gate struct {
	fleet reserver
	apart time.Duration // from one call to the next
	log   *slog.Logger

	mu    sync.Mutex
	local map[string]*rate.Limiter
}

func newGate(fleet reserver, qps int, log *slog.Logger) *gate {
	return &gate{fleet: fleet, apart: spread / time.Duration(qps), log: log, local: map[string]*rate.Limiter{}}
}

// wait returns when the call may be sent. The worker's own rate comes last: a
// machine that stood still wakes all whose slots have passed at once.
func (g *gate) wait(ctx context.Context, api string) error {
	if err := g.reserve(ctx, api); err != nil {
		return err
	}
	return g.limiter(api).Wait(ctx) //nolint:wrapcheck // The context's end, or that it is too near.
}

// reserve waits for the fleet's next slot.
func (g *gate) reserve(ctx context.Context, api string) error {
	reserve, cancel := context.WithTimeout(ctx, reserveTime)
	defer cancel()
	pause, err := g.fleet.ReserveCall(reserve, api, g.apart)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err() //nolint:wrapcheck // The context's own end.
		}
		g.log.DebugContext(ctx, "the fleet's rate is not known; this worker holds its own", "api", api, "error", err)
		return nil
	}
	if pause > 0 && !ops.Sleep(ctx, pause) {
		return ctx.Err() //nolint:wrapcheck // As above.
	}
	return nil
}

func (g *gate) limiter(api string) *rate.Limiter {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.local[api]
	if l == nil {
		l = rate.NewLimiter(rate.Every(g.apart), 1)
		g.local[api] = l
	}
	return l
}
