package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"dakasync/ops"
)

// reserveTime bounds how long a call waits for PostgreSQL to name its slot.
const reserveTime = time.Second

// reserver hands out the fleet's slots for calls to one API.
type reserver interface {
	ReserveCall(ctx context.Context, api string, perSecond int) (wait time.Duration, err error)
}

// gate spaces the calls to each API evenly, with no burst, over all workers.
// While PostgreSQL is away each worker holds the rate by itself.
type gate struct {
	fleet reserver
	qps   int
	log   *slog.Logger

	mu    sync.Mutex
	local map[string]*rate.Limiter
}

func newGate(fleet reserver, qps int, log *slog.Logger) *gate {
	return &gate{fleet: fleet, qps: qps, log: log, local: map[string]*rate.Limiter{}}
}

// wait returns when the call may be sent.
func (g *gate) wait(ctx context.Context, api string) error {
	if err := g.limiter(api).Wait(ctx); err != nil {
		return err //nolint:wrapcheck // The context's end, or that it is too near.
	}
	reserve, cancel := context.WithTimeout(ctx, reserveTime)
	defer cancel()
	pause, err := g.fleet.ReserveCall(reserve, api, g.qps)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err() //nolint:wrapcheck // As above.
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
		l = rate.NewLimiter(rate.Limit(g.qps), 1)
		g.local[api] = l
	}
	return l
}
