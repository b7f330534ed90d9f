package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dakasync/dingtalk"
	"dakasync/ledger"
	"dakasync/ops"
)

// callLedger keeps the counts.
type callLedger interface {
	CountCalls(ctx context.Context, counts []ledger.CallCount) error
}

// callCounter counts the calls to DingTalk, as a metric and in the ledger.
type callCounter struct {
	tally  *ops.Tally[callKey, calls]
	metric *prometheus.CounterVec
}

type callKey struct {
	hour    time.Time
	api     string
	outcome string
}

type calls struct{ sent, billed int }

func newCallCounter(l callLedger, r prometheus.Registerer, log *slog.Logger) *callCounter {
	c := &callCounter{metric: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "dakasync_dingtalk_calls_total", Help: "Calls sent to DingTalk.",
	}, []string{"api", "outcome"})}
	r.MustRegister(c.metric)
	add := func(a, b calls) calls { return calls{a.sent + b.sent, a.billed + b.billed} }
	c.tally = ops.NewTally("calls", add, func(ctx context.Context, sums map[callKey]calls) error {
		counts := make([]ledger.CallCount, 0, len(sums))
		for key, sum := range sums {
			counts = append(counts, ledger.CallCount{
				Hour: key.hour, API: key.api, Outcome: key.outcome, Calls: sum.sent, Counted: sum.billed,
			})
		}
		return l.CountCalls(ctx, counts) //nolint:wrapcheck // The tally says what was to be written.
	}, log)
	return c
}

// count never blocks.
func (c *callCounter) count(call dingtalk.Call) {
	c.metric.WithLabelValues(call.API, string(call.Outcome)).Inc()
	one := calls{sent: 1}
	if call.Billed {
		one.billed = 1
	}
	c.tally.Add(callKey{call.At.UTC().Truncate(time.Hour), call.API, string(call.Outcome)}, one)
}
