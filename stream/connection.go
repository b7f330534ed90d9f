package stream

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"dakasync/attendance"
	"dakasync/ops"
)

const (
	dialTime     = 10 * time.Second
	firstBackoff = time.Second
	mostBackoff  = 30 * time.Second
	// A connection that lived this long ended for a reason of its own: the next
	// one is dialled at once.
	goodLife  = 5 * time.Second
	repeatLog = time.Minute
	// overlapMargin is how far its stretch reaches into its successor's: PostgreSQL
	// dates ends too early and beginnings too late, by what a write may take.
	overlapMargin = proveTime
	// overlapTime is how long a connection that has a successor waits for a proof
	// of that.
	overlapTime = overlapMargin + keepAlive + time.Second
	overlapLook = 50 * time.Millisecond
)

// connection keeps one Stream connection up: one session after another, and
// the next before the last goes, wherever that is possible. Its fields but up
// belong to run.
type connection struct {
	listener *Listener
	number   int
	up       atomic.Bool

	current  *session
	since    time.Time      // when it was opened
	retiring sync.WaitGroup // those before it, which still answer

	backoff time.Duration // before the next dial, after a failure
	said    string        // the last failure in the log,
	saidAt  time.Time     // and when
}

// run keeps the connection up until ctx ends, then lets the frames under way be
// answered before it closes.
func (c *connection) run(ctx context.Context) {
	c.backoff = firstBackoff
	for ctx.Err() == nil {
		reason := c.watch(ctx)
		if ctx.Err() == nil {
			c.succeed(ctx, reason)
		}
	}
	if c.current != nil {
		c.current.retire(context.WithoutCancel(ctx), attendance.ProofStopped)
	}
	c.retiring.Wait()
	c.setUp(false)
}

// watch returns when there is no connection any more, or with the reason why
// there should be another.
func (c *connection) watch(ctx context.Context) string {
	s := c.current
	if s == nil {
		return ""
	}
	look := time.NewTicker(c.listener.tempo.look)
	defer look.Stop()
	for !s.isGone() { // first: one that was to be replaced may be
		select {
		case <-ctx.Done():
			return ""
		case <-s.gone:
		case <-s.recycled:
			return replacedDisconnect
		case <-look.C:
			if reason := c.examine(s); reason != "" {
				return reason
			}
		}
	}
	c.lost(ctx)
	return ""
}

func (c *connection) examine(s *session) string {
	l := c.listener
	reason, lastFrame := s.vitals.verdict(l.keeper.now(), l.tempo, len(l.connections)-1)
	if reason == replacedZombie {
		l.keeper.worthless(s.track, lastFrame)
	}
	return reason
}

func (c *connection) lost(ctx context.Context) {
	c.current = nil
	c.setUp(false)
	c.listener.options.Log.InfoContext(ctx, "a Stream connection was lost; dialling again", "connection", c.number)
	if time.Since(c.since) < goodLife {
		c.pause(ctx) // it is no use to dial a gateway that hangs up
		return
	}
	c.backoff = firstBackoff
}

// succeed opens the next session, before the one that is there goes.
func (c *connection) succeed(ctx context.Context, reason string) {
	next, err := c.listener.open(ctx)
	old := c.current
	if err == nil && old != nil && !overlap(ctx, old, next) {
		next.discard()
		err = errHungUp
	}
	if err != nil {
		c.failed(ctx, err)
		return
	}
	c.said = ""
	c.listener.options.Log.InfoContext(ctx, "Stream connection is up", "connection", c.number)
	if old != nil {
		c.listener.options.Metrics.replaced.WithLabelValues(reason).Inc()
		c.listener.options.Log.InfoContext(ctx, "it takes the place of another", "connection", c.number, "reason", reason)
		c.retiring.Go(func() { old.retire(context.WithoutCancel(ctx), attendance.ProofReplaced) })
		if time.Since(c.since) >= goodLife {
			c.backoff = firstBackoff
		}
	}
	c.current, c.since = next, time.Now()
	c.setUp(true)
}

// overlap waits until the old session is proven to have lived while the next one
// was up, or cannot be any more; it is false when the next one did not last, or
// is not needed any more.
func overlap(ctx context.Context, old, next *session) bool {
	limit := time.NewTimer(overlapTime)
	defer limit.Stop()
	look := time.NewTicker(overlapLook)
	defer look.Stop()
	for !old.overlaps(next) {
		select {
		case <-next.gone:
			return false
		case <-old.gone:
			return true
		case <-limit.C:
			return true
		case <-ctx.Done():
			return false
		case <-look.C:
		}
	}
	return true
}

func (c *connection) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	if reason, now := err.Error(), time.Now(); reason != c.said || now.Sub(c.saidAt) >= repeatLog {
		c.listener.options.Log.WarnContext(ctx, "no Stream connection; trying again", "connection", c.number, "error", reason)
		c.said, c.saidAt = reason, now
	}
	c.pause(ctx)
}

// pause backs off, but no longer than there is a connection, if there is one.
func (c *connection) pause(ctx context.Context) {
	timer := time.NewTimer(ops.Jitter(c.backoff))
	defer timer.Stop()
	c.backoff = min(2*c.backoff, mostBackoff)
	var gone chan struct{}
	if c.current != nil {
		gone = c.current.gone
	}
	select {
	case <-ctx.Done():
	case <-gone:
	case <-timer.C:
	}
}

func (c *connection) setUp(up bool) {
	if c.up.Swap(up) != up {
		c.listener.connectionChanged()
	}
}
