package stream

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"dakasync/ops"
)

const (
	reasonStart     = "start"     // the process is new: what was before it, it does not know
	reasonReconnect = "reconnect" // its own coverage had a hole
	reasonLater     = "later"     // a frame was answered LATER: DingTalk may give it up
)

const (
	requestTime = 2 * time.Second
	// requestRest is between requests for one reason: one wakes a recovery that
	// takes minutes, and whatever happens meanwhile wants one more.
	requestRest = 30 * time.Second
)

// Recovery makes up for what may not have arrived (Temporal).
type Recovery interface {
	// Request returns nil when a recovery will begin after this moment.
	Request(ctx context.Context, reason string) error
}

// requests remembers for which reasons recovery is wanted, and asks until it
// is heard. Wanting never waits.
type requests struct {
	recovery Recovery
	metrics  *Metrics
	log      *slog.Logger
	nowFunc  func() moment

	mu     sync.Mutex
	wanted map[string]bool
	sent   map[string]moment

	trouble trouble // only run's
}

func newRequests(r Recovery, m *Metrics, log *slog.Logger, now func() moment) *requests {
	return &requests{
		recovery: r, metrics: m, log: log, nowFunc: now, wanted: map[string]bool{}, sent: map[string]moment{},
		trouble: trouble{says: "recovery could not be requested from Temporal yet; it is asked for until it is heard"},
	}
}

func (r *requests) want(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted[reason] = true
}

// run asks until ctx ends.
func (r *requests) run(ctx context.Context) {
	for ops.Sleep(ctx, keepPause) {
		r.send(ctx, requestRest)
	}
}

// send asks once for every reason that is due: after a rest since the last time.
func (r *requests) send(ctx context.Context, rest time.Duration) {
	var failed error
	for _, reason := range r.due(rest) {
		ask, cancel := context.WithTimeout(ctx, requestTime)
		err := r.recovery.Request(ask, reason)
		cancel()
		if err != nil {
			r.want(reason)
			failed = firstOf(failed, err)
			continue
		}
		r.metrics.recoveries.WithLabelValues(reason).Inc()
		r.log.InfoContext(ctx, "recovery is requested", "reason", reason)
		r.mu.Lock()
		r.sent[reason] = r.nowFunc()
		r.mu.Unlock()
	}
	r.trouble.note(ctx, r.log, time.Now(), failed)
}

// due takes the wanted reasons; what is wanted after it is wanted again.
func (r *requests) due(rest time.Duration) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var due []string
	for _, reason := range []string{reasonStart, reasonReconnect, reasonLater} {
		sent, before := r.sent[reason]
		if r.wanted[reason] && (!before || r.nowFunc().since(sent) >= rest) {
			delete(r.wanted, reason)
			due = append(due, reason)
		}
	}
	return due
}
