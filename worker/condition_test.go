package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
	"dakasync/ops"
)

type fakeCondition struct {
	now ledger.Condition
	err error
}

func (f *fakeCondition) Condition(context.Context) (ledger.Condition, error) { return f.now, f.err }

func TestConditionIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeCondition{}
		c := newCondition(t.Context(), f, slog.New(slog.DiscardHandler))
		none := scrape(t, c)
		require.Len(t, none, 24)
		for name, value := range none {
			require.Zero(t, value, "%s: nothing is there, and that is known", name)
		}

		f.now = ledger.Condition{
			Recent:      []ledger.EventCount{{Kind: "punch", Outcome: attendance.OutcomeDone, Events: 7}, {Kind: "other", Outcome: attendance.OutcomeRefused, Events: 1}},
			Pending:     []ledger.Pending{{Kind: "punch", Events: 2, Oldest: time.Now()}, {Kind: "day", Events: 1, Oldest: time.Now().Add(-time.Minute)}},
			Lag:         ledger.Lag{Events: 7, Median: time.Second, P95: 2 * time.Second, Longest: 3 * time.Second},
			Unexplained: 1, OverdueDays: 2, DueApprovalDays: 3, UnreadApprovals: 4, Differences: map[attendance.Domain]int64{attendance.DomainResults: 5},
			FailedPushes: map[ledger.PushState]int64{ledger.PushWaiting: 6}, Spent: map[string]bool{"pushes": true},
			Reconciled: time.Unix(100, 0), Drained: time.Unix(200, 0),
		}
		require.Equal(t, none, scrape(t, c), "scrapes may be many")
		ops.Sleep(t.Context(), scrapeAge)
		want := map[string]float64{
			"events_1h kind=punch outcome=done": 7, "events_1h kind=approval outcome=done": 0, "events_1h kind=day outcome=done": 0,
			"events_1h kind=other outcome=done": 0, "events_1h kind=other outcome=refused": 1,
			"pending_events kind=punch": 2, "pending_events kind=approval": 0, "pending_events kind=day": 1, "pending_events kind=other": 0,
			"oldest_pending_event_seconds": 60 + scrapeAge.Seconds(),
			"event_lag_events":             7, "event_lag_seconds quantile=0.5": 1, "event_lag_seconds quantile=0.95": 2, "event_lag_seconds quantile=1": 3,
			"unexplained_punches": 1, "overdue_user_days": 2, "due_approval_days": 3, "unread_approvals": 4,
			"differences_30d domain=punches": 0, "differences_30d domain=results": 5, "differences_30d domain=approvals": 0,
			"failed_pushes state=dispatched": 0, "failed_pushes state=waiting": 6, "failed_pushes state=unreadable": 0,
			"month_spent_says_dingtalk meter=calls": 0, "month_spent_says_dingtalk meter=pushes": 1,
			"last_reconciled_timestamp_seconds": 100, "last_drain_timestamp_seconds": 200,
		}
		require.Equal(t, want, scrape(t, c))

		f.err = errors.New("away")
		ops.Sleep(t.Context(), scrapeAge)
		require.Empty(t, scrape(t, c), "what is not known is not shown")
	})
}
