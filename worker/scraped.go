package main

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// scrapeAge is how old the answers may be that a scrape shows.
	scrapeAge = 15 * time.Second
	// scrapeTime is how long a scrape waits for new ones.
	scrapeTime = 2 * time.Second
)

// scraped are metrics that are asked for when they are scraped: nobody pays for
// what nobody looks at. What is not answered in time is left out.
type scraped struct {
	life    context.Context //nolint:containedctx // A scrape has none: the process's.
	askFunc func(context.Context) []prometheus.Metric
	descs   []*prometheus.Desc

	mu     sync.Mutex
	last   []prometheus.Metric
	lastAt time.Time
}

func newScraped(life context.Context, ask func(context.Context) []prometheus.Metric, descs ...*prometheus.Desc) *scraped {
	return &scraped{life: life, askFunc: ask, descs: descs}
}

// Describe implements prometheus.Collector.
func (s *scraped) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range s.descs {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *scraped) Collect(ch chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.lastAt) >= scrapeAge {
		ctx, cancel := context.WithTimeout(s.life, scrapeTime)
		defer cancel()
		s.last, s.lastAt = s.askFunc(ctx), time.Now()
	}
	for _, m := range s.last {
		ch <- m
	}
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}
