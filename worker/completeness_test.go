package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ops"
)

// fakeCompleteness counts how often it is asked, and may be slow or away.
type fakeCompleteness struct {
	asked int
	slow  bool
	err   error
}

func (f *fakeCompleteness) BlindTime(ctx context.Context, since time.Time) (time.Duration, int, error) {
	f.asked++
	if f.slow {
		<-ctx.Done()
		return 0, 0, ctx.Err()
	}
	if time.Since(since) != 30*24*time.Hour {
		return 0, 0, errors.New("not thirty days")
	}
	return 1500 * time.Millisecond, 2, f.err
}

func (f *fakeCompleteness) CompleteThrough(context.Context) ([]attendance.Completeness, error) {
	return []attendance.Completeness{
		{Domain: attendance.DomainPunches, Through: attendance.NewDate(2026, 11, 1)}, {Domain: attendance.DomainApprovals},
	}, nil
}

func (f *fakeCompleteness) AbandonDrains(_ context.Context, before time.Time) ([]string, error) {
	if !before.IsZero() {
		return nil, errors.New("a scrape gives up on no drain")
	}
	return []string{"d"}, nil
}

// scrape is what a scrape shows, by name and label.
func scrape(t *testing.T, c prometheus.Collector) map[string]float64 {
	t.Helper()
	r := prometheus.NewRegistry()
	require.NoError(t, r.Register(c))
	families, err := r.Gather()
	require.NoError(t, err)
	shown := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := strings.TrimPrefix(f.GetName(), "dakasync_")
			for _, l := range m.GetLabel() {
				name += " " + l.GetName() + "=" + l.GetValue()
			}
			shown[name] = m.GetGauge().GetValue()
		}
	}
	return shown
}

func TestCompletenessIsAskedForNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeCompleteness{}
		zone := time.FixedZone("", 8*3600)
		c := newCompleteness(t.Context(), f, zone, slog.New(slog.DiscardHandler))
		for range 3 {
			require.Equal(t, map[string]float64{
				"ambiguous_drains": 1, "blind_seconds_30d": 1.5, "open_gaps": 2,
				"complete_through_timestamp_seconds domain=approvals": 0,
				"complete_through_timestamp_seconds domain=punches":   float64(time.Date(2026, 11, 2, 0, 0, 0, 0, zone).Unix()),
			}, scrape(t, c))
		}
		require.Equal(t, 1, f.asked, "scrapes may be many")

		f.slow = true
		ops.Sleep(t.Context(), scrapeAge)
		began := time.Now()
		require.Empty(t, scrape(t, c), "what is not known is not shown")
		require.Equal(t, scrapeTime, time.Since(began), "a scrape waits no longer")

		f.slow, f.err = false, errors.New("away")
		ops.Sleep(t.Context(), scrapeAge)
		require.Empty(t, scrape(t, c))
	})
}
