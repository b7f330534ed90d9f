package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dakasync/attendance"
)

const (
	// completenessAge is how old the answers may be that a scrape shows.
	completenessAge = 15 * time.Second
	// completenessTime is how long a scrape waits for new ones.
	completenessTime = 2 * time.Second
)

// completenessLedger says how far the ledger can be relied on.
type completenessLedger interface {
	BlindTime(ctx context.Context, since time.Time) (blind time.Duration, openGaps int, err error)
	CompleteThrough(ctx context.Context) ([]attendance.Completeness, error)
	AbandonDrains(ctx context.Context, before time.Time) ([]string, error)
}

// completeness shows how far the ledger can be relied on as metrics. It asks when
// it is scraped: nobody pays for what nobody looks at. What PostgreSQL does not
// answer in time is left out.
type completeness struct {
	ledger completenessLedger
	zone   *time.Location
	log    *slog.Logger
	life   context.Context //nolint:containedctx // A scrape has none: the process's.

	blind, gaps, through, drains *prometheus.Desc

	mu     sync.Mutex
	last   []prometheus.Metric
	lastAt time.Time
}

func newCompleteness(ctx context.Context, l completenessLedger, zone *time.Location, log *slog.Logger) *completeness {
	return &completeness{
		ledger: l, zone: zone, log: log, life: ctx,
		blind: prometheus.NewDesc("dakasync_blind_seconds_30d",
			"Seconds of the last 30 days in which no connection to DingTalk is proven to have lived.", nil, nil),
		gaps: prometheus.NewDesc("dakasync_open_gaps", "Times without a connection that no sweep has made good yet.", nil, nil),
		through: prometheus.NewDesc("dakasync_complete_through_timestamp_seconds",
			"When the last date ended up to which everything is in the ledger; 0 when none is.", []string{"domain"}, nil),
		drains: prometheus.NewDesc("dakasync_ambiguous_drains",
			"Reads of the failed pushes of which nobody knows what they destroyed, and that no sweep has made good yet.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *completeness) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.blind, c.gaps, c.through, c.drains} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *completeness) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.lastAt) >= completenessAge {
		ctx, cancel := context.WithTimeout(c.life, completenessTime)
		defer cancel()
		c.last, c.lastAt = c.ask(ctx), time.Now()
	}
	for _, m := range c.last {
		ch <- m
	}
}

func (c *completeness) ask(ctx context.Context) []prometheus.Metric {
	var list []prometheus.Metric
	add := func(d *prometheus.Desc, value float64, labels ...string) {
		list = append(list, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
	}
	blind, gaps, err := c.ledger.BlindTime(ctx, time.Now().Add(-attendance.BlindSpan))
	if err != nil {
		c.log.DebugContext(ctx, "the blind time is not known", "error", err)
		return nil
	}
	add(c.blind, blind.Seconds())
	add(c.gaps, float64(gaps))
	ambiguous, err := c.ledger.AbandonDrains(ctx, time.Time{}) // none is that old: they are only listed
	if err != nil {
		c.log.DebugContext(ctx, "the ambiguous drains are not known", "error", err)
		return list
	}
	add(c.drains, float64(len(ambiguous)))
	domains, err := c.ledger.CompleteThrough(ctx)
	if err != nil {
		c.log.DebugContext(ctx, "how far the ledger is complete is not known", "error", err)
		return list
	}
	for _, d := range domains {
		var at float64
		if !d.Through.IsZero() {
			at = float64(d.Through.AddDays(1).In(c.zone).Unix())
		}
		add(c.through, at, string(d.Domain))
	}
	return list
}
