package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"dakasync/attendance"
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

func TestCompletenessIsAskedForNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeCompleteness{}
		c := newCompleteness(t.Context(), f, time.FixedZone("", 8*3600), slog.New(slog.DiscardHandler))
		const want = `
# HELP dakasync_ambiguous_drains Reads of the failed pushes of which nobody knows what they destroyed, and that no sweep has made good yet.
# TYPE dakasync_ambiguous_drains gauge
dakasync_ambiguous_drains 1
# HELP dakasync_blind_seconds_30d Seconds of the last 30 days in which no connection to DingTalk is proven to have lived.
# TYPE dakasync_blind_seconds_30d gauge
dakasync_blind_seconds_30d 1.5
# HELP dakasync_complete_through_timestamp_seconds When the last date ended up to which everything is in the ledger; 0 when none is.
# TYPE dakasync_complete_through_timestamp_seconds gauge
dakasync_complete_through_timestamp_seconds{domain="approvals"} 0
dakasync_complete_through_timestamp_seconds{domain="punches"} 1.7935488e+09
# HELP dakasync_open_gaps Times without a connection that no sweep has made good yet.
# TYPE dakasync_open_gaps gauge
dakasync_open_gaps 2
`
		for range 3 {
			require.NoError(t, testutil.CollectAndCompare(c, strings.NewReader(want)))
		}
		require.Equal(t, 1, f.asked, "scrapes may be many")

		f.slow = true
		time.Sleep(completenessAge)
		began := time.Now()
		require.Zero(t, testutil.CollectAndCount(c), "what is not known is not shown")
		require.Equal(t, completenessTime, time.Since(began), "a scrape waits no longer")

		f.slow, f.err = false, errors.New("away")
		time.Sleep(completenessAge)
		require.Zero(t, testutil.CollectAndCount(c))
	})
}
