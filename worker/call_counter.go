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
	tally   *ops.Tally[callKey, calls]
	metric  *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

type callKey struct {
	hour    time.Time
	api     string
	outcome string
}

type calls struct{ sent, billed int }

func newCallCounter(l callLedger, r prometheus.Registerer, log *slog.Logger) *callCounter {
	c := &callCounter{metric: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "dakasync_dingtalk_calls_total", Help: "Calls sent to DingTalk, by API and outcome: ok, error, throttled, quota (the month's calls are spent) or network.",
	}, []string{"api", "outcome"}), seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "dakasync_dingtalk_call_seconds", Help: "Time from a call's request to its answer, waiting for its turn not included.",
		Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"api"})}
	r.MustRegister(c.metric, c.seconds)
	add := func(a, b calls) calls { return calls{a.sent + b.sent, a.billed + b.billed} }
	c.tally = ops.NewTally("calls", add, func(ctx context.Context, sums map[callKey]calls) error {
		counts := make([]ledger.CallCount, 0, len(sums))
		for key, sum := range sums {
			counts = append(counts, ledger.CallCount{
				Hour: key.hour, API: key.api, Outcome: key.outcome, Calls: sum.sent, Counted: sum.billed,
			})
		}
		return l.CountCalls(ctx, counts) // The tally says what was to be written.
	}, log)
	return c
}

// count never blocks.
func (c *callCounter) count(call dingtalk.Call) {
	c.metric.WithLabelValues(call.API, string(call.Outcome)).Inc()
	c.seconds.WithLabelValues(call.API).Observe(call.Took.Seconds())
	one := calls{sent: 1}
	if call.Billed {
		one.billed = 1
	}
	c.tally.Add(callKey{call.At.UTC().Truncate(time.Hour), call.API, string(call.Outcome)}, one)
}
