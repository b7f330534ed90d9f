package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dakasync/dingtalk"
	"dakasync/ledger"
	"dakasync/ops"
)

// flushPause is how long a counted call may be missing from the ledger. What a
// killed worker counted since its last flush is lost to the count.
const flushPause = 3 * time.Second

// callLedger keeps the counts.
type callLedger interface {
	CountCalls(ctx context.Context, counts []ledger.CallCount) error
}

// callCounter adds up the calls to DingTalk and writes the sums to the ledger
// now and then: a row for each call would cost more than it tells.
type callCounter struct {
	ledger callLedger
	log    *slog.Logger
	metric *prometheus.CounterVec

	mu   sync.Mutex
	sums map[callKey]ledger.CallCount
}

type callKey struct {
	hour    time.Time
	api     string
	outcome string
}

func newCallCounter(l callLedger, r prometheus.Registerer, log *slog.Logger) *callCounter {
	c := &callCounter{ledger: l, log: log, sums: map[callKey]ledger.CallCount{}, metric: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "dakasync_dingtalk_calls_total", Help: "Calls sent to DingTalk.",
	}, []string{"api", "outcome"})}
	r.MustRegister(c.metric)
	return c
}

// count never blocks.
func (c *callCounter) count(call dingtalk.Call) {
	c.metric.WithLabelValues(call.API, string(call.Outcome)).Inc()
	one := ledger.CallCount{Hour: call.At.UTC().Truncate(time.Hour), API: call.API, Outcome: string(call.Outcome), Calls: 1}
	if call.Billed {
		one.Counted = 1
	}
	c.add(one)
}

func (c *callCounter) add(counts ...ledger.CallCount) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range counts {
		key := callKey{hour: one.Hour, api: one.API, outcome: one.Outcome}
		sum, ok := c.sums[key]
		if !ok {
			sum = ledger.CallCount{Hour: one.Hour, API: one.API, Outcome: one.Outcome}
		}
		sum.Calls += one.Calls
		sum.Counted += one.Counted
		c.sums[key] = sum
	}
}

// run flushes until ctx ends.
func (c *callCounter) run(ctx context.Context) {
	for ops.Sleep(ctx, flushPause) {
		if err := c.flush(ctx); err != nil && ctx.Err() == nil {
			c.log.DebugContext(ctx, "counted calls wait for PostgreSQL", "error", err)
		}
	}
}

// flush writes the sums; what could not be written is kept.
func (c *callCounter) flush(ctx context.Context) error {
	c.mu.Lock()
	counts := make([]ledger.CallCount, 0, len(c.sums))
	for _, sum := range c.sums {
		counts = append(counts, sum)
	}
	clear(c.sums)
	c.mu.Unlock()
	if len(counts) == 0 {
		return nil
	}
	if err := c.ledger.CountCalls(ctx, counts); err != nil {
		c.add(counts...)
		return fmt.Errorf("write the count of calls: %w", err)
	}
	return nil
}
