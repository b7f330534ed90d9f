package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dakasync/attendance"
)

// completenessLedger says how far the ledger can be relied on.
type completenessLedger interface {
	BlindTime(ctx context.Context, since time.Time) (blind time.Duration, openGaps int, err error)
	CompleteThrough(ctx context.Context) ([]attendance.Completeness, error)
	AbandonDrains(ctx context.Context, before time.Time) ([]string, error)
}

// completeness shows how far the ledger can be relied on as metrics.
type completeness struct {
	*scraped

	ledger completenessLedger
	zone   *time.Location
	log    *slog.Logger

	blind, gaps, through, drains *prometheus.Desc
}

func newCompleteness(ctx context.Context, l completenessLedger, zone *time.Location, log *slog.Logger) *completeness {
	c := &completeness{
		ledger: l, zone: zone, log: log,
		blind: prometheus.NewDesc("dakasync_blind_seconds_30d",
			"Seconds of the last 30 days in which no connection to DingTalk is proven to have lived.", nil, nil),
		gaps: prometheus.NewDesc("dakasync_open_gaps", "Times without a connection that no sweep has made good yet.", nil, nil),
		through: prometheus.NewDesc("dakasync_complete_through_timestamp_seconds",
			"When the last date ended up to which everything is in the ledger; 0 when none is.", []string{"domain"}, nil),
		drains: prometheus.NewDesc("dakasync_ambiguous_drains",
			"Reads of the failed pushes of which nobody knows what they destroyed, and that no sweep has made good yet.", nil, nil),
	}
	c.scraped = newScraped(ctx, c.ask, c.blind, c.gaps, c.through, c.drains)
	return c
}

func (c *completeness) ask(ctx context.Context) []prometheus.Metric {
	var list []prometheus.Metric
	add := func(d *prometheus.Desc, value float64, labels ...string) {
		list = append(list, gauge(d, value, labels...))
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
