package ledger_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
)

func TestConditionOfAnEmptyLedger(t *testing.T) {
	t.Parallel()
	c, err := setup(t).Condition(t.Context())
	require.NoError(t, err)
	require.Equal(t, ledger.Condition{
		Differences: map[attendance.Domain]int64{}, FailedPushes: map[ledger.PushState]int64{}, Spent: map[string]bool{},
	}, c)
}

// Each thing that is open is counted, and what is another company's, old or done is not. The test's store believes that
// it is three days after Monday.
func TestCondition(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.sql.Exec(t.Context(), `
		INSERT INTO dakasync.event (corp_id, event_key, origin, event_type, outcome, deliveries, born_at, received_at, updated_at) VALUES
			('ding1', 'punch/1', 'stream', 'x', 'done', 1, now() - interval '60 s', now() - interval '59 s', now() - interval '50 s'),
			('ding1', 'punch/2', 'stream', 'x', 'unexplained', 1, NULL, now() - interval '60 s', now() - interval '30 s'),
			('ding1', 'punch/3', 'stream', 'x', 'done', 2, now() - interval '1800 s', now() - interval '1800 s', now()),
			('ding1', 'punch/4', 'stream', 'x', 'done', 1, now() - interval '2 h', now() - interval '2 h', now()),
			('ding1', 'approval/1', 'stream', 'x', 'pending', 1, NULL, now() - interval '3 h', now()),
			('ding1', 'approval/2', 'stream', 'x', 'pending', 1, NULL, '2026-11-01 00:00Z', now()),
			('ding1', 'odd', 'stream', 'x', 'unreadable', 1, NULL, now(), now()),
			('other', 'punch/5', 'stream', 'x', 'refused', 1, NULL, now(), now());
		INSERT INTO dakasync.day (corp_id, user_id, work_date, last_trigger, settled_at) VALUES
			('ding1', 'u1', '2026-11-01', 'event', NULL), ('ding1', 'u1', '2026-11-02', 'event', NULL), ('ding1', 'u2', '2026-11-01', 'event', now());
		INSERT INTO dakasync.punch (corp_id, user_id, work_date, check_time, origin, explained, state) VALUES
			('ding1', 'u1', '2026-11-01', '2026-11-01 01:00Z', 'event', false, '{}'), ('ding1', 'u1', '2026-11-01', '2026-11-01 02:00Z', 'sweep', true, '{}');
		INSERT INTO dakasync.approval (corp_id, process_instance_id, kind, status, complete, state) VALUES
			('ding1', 'i1', 'leave', 'COMPLETED', true, '{}');
		INSERT INTO dakasync.approval_day (corp_id, process_instance_id, user_id, work_date, made_up_time, state, due_from) VALUES
			('ding1', 'i1', 'u1', '2026-11-01', now(), 'due', now()), ('ding1', 'i1', 'u1', '2026-11-02', now(), 'synced', now());
		INSERT INTO dakasync.employee (corp_id, user_id, first_seen_at, last_seen_at, left_at) VALUES
			('ding1', 'u1', now(), now(), now() - interval '6 days'), ('ding1', 'gone', now(), now(), now() - interval '8 days');
		INSERT INTO dakasync.day (corp_id, user_id, work_date, last_trigger) VALUES ('ding1', 'gone', '2026-11-01', 'event');
		INSERT INTO dakasync.punch (corp_id, user_id, work_date, check_time, origin, explained, state) VALUES
			('ding1', 'gone', '2026-11-01', '2026-11-01 01:00Z', 'event', false, '{}');
		INSERT INTO dakasync.approval_day (corp_id, process_instance_id, user_id, work_date, made_up_time, state, due_from) VALUES
			('ding1', 'i1', 'gone', '2026-11-01', now(), 'due', now());
		INSERT INTO dakasync.day (corp_id, user_id, work_date, last_trigger) VALUES ('ding1', 'u1', '2026-05-08', 'event');
		INSERT INTO dakasync.punch (corp_id, user_id, work_date, check_time, origin, explained, state) VALUES
			('ding1', 'u1', '2026-05-08', '2026-05-08 01:00Z', 'event', false, '{}');
		INSERT INTO dakasync.approval_day (corp_id, process_instance_id, user_id, work_date, made_up_time, state, due_from) VALUES
			('ding1', 'i1', 'u1', '2026-05-08', now(), 'due', now());
		INSERT INTO dakasync.unread_approval (corp_id, process_instance_id, work_date, reason) VALUES
			('ding1', 'i1', '2026-11-01', 'Malformed'), ('ding1', 'i2', '2026-11-01', 'Malformed'), ('ding1', 'i3', '2026-11-01', 'NotFound');
		INSERT INTO dakasync.difference (corp_id, work_date, domain, what, why, workflow_id) VALUES
			('ding1', '2026-11-01', 'punches', 'w', 'w', 'r'), ('ding1', '2026-11-02', 'punches', 'w', 'w', 'r'), ('ding1', '2026-09-01', 'results', 'w', 'w', 'r');
		INSERT INTO dakasync.reconciliation (corp_id, work_date, asked_at, reconciled_at, user_days, differences, workflow_id) VALUES
			('ding1', '2026-11-01', '2026-11-03 01:00Z', '2026-11-03 02:00Z', 1, 1, 'r');
		INSERT INTO dakasync.drain (id, corp_id, requested_at, answered_at, count, state) VALUES
			('old', 'ding1', '2026-11-01 00:00Z', '2026-11-01 00:00Z', 3, 'stored'), ('new', 'ding1', now(), '2026-11-04 00:00Z', 3, 'stored'),
			('refused', 'ding1', now(), '2026-11-05 00:00Z', NULL, 'stored');
		INSERT INTO dakasync.failed_push (corp_id, drain_id, position, raw, readable, dispatched_at) VALUES
			('ding1', 'old', 0, '', true, now()), ('ding1', 'old', 1, '', true, NULL), ('ding1', 'old', 2, '', false, NULL),
			('ding1', 'new', 0, '', true, now()), ('ding1', 'new', 1, '', true, now()), ('ding1', 'new', 2, '', false, NULL);
		INSERT INTO dakasync.quota_word (corp_id, kind, month, first_at, last_at, again_at) VALUES
			('ding1', 'calls', '2026-11-01', now(), now(), NULL), ('ding1', 'pushes', '2026-10-01', now(), now(), NULL),
			('ding1', 'pushes', '2026-11-01', now(), now(), now() + interval '1 second')`)
	require.NoError(t, err)
	c, err := b.Condition(t.Context())
	require.NoError(t, err)

	require.Equal(t, []ledger.EventCount{
		{Kind: "other", Outcome: "unreadable", Events: 1}, {Kind: "punch", Outcome: "done", Events: 2}, {Kind: "punch", Outcome: "unexplained", Events: 1},
	}, c.Recent)
	require.Equal(t, []ledger.Pending{{Kind: "approval", Events: 2, Oldest: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}}, c.Pending)
	require.Equal(t, ledger.Lag{Events: 2, Median: 20 * time.Second, P95: 29 * time.Second, Longest: 30 * time.Second}, c.Lag)
	c.Recent, c.Pending, c.Lag = nil, nil, ledger.Lag{}
	require.Equal(t, ledger.Condition{
		Unexplained: 1, OverdueDays: 1, DueApprovalDays: 1, UnreadApprovals: 1,
		Differences:  map[attendance.Domain]int64{attendance.DomainPunches: 2},
		Reconciled:   time.Date(2026, 11, 3, 2, 0, 0, 0, time.UTC),
		FailedPushes: map[ledger.PushState]int64{ledger.PushDispatched: 2, ledger.PushWaiting: 1, ledger.PushUnreadable: 1},
		Drained:      time.Date(2026, 11, 4, 0, 0, 0, 0, time.UTC), Spent: map[string]bool{"calls": true},
	}, c)
}

// A scrape's cost must not grow with the years that are in the ledger.
func TestConditionReadsByIndex(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	filler, err := pgx.Connect(ctx, b.sql.Config().ConnString())
	require.NoError(t, err)
	for _, fill := range []string{
		`INSERT INTO dakasync.day (corp_id, user_id, work_date, last_trigger, settled_at)
			SELECT 'ding1', 'u' || u, '2020-01-01'::date + d, 'sweep', now() FROM generate_series(1, 20) u, generate_series(1, 2000) d`,
		`INSERT INTO dakasync.punch (corp_id, user_id, work_date, check_time, origin, explained, state)
			SELECT corp_id, user_id, work_date, work_date + interval '9 hours', 'sweep', true, '{}' FROM dakasync.day`,
		`INSERT INTO dakasync.event (corp_id, event_key, origin, event_type, outcome, born_at, received_at)
			SELECT corp_id, 'punch/' || user_id || work_date, 'stream', 'x', 'done', work_date, work_date FROM dakasync.day`,
		`INSERT INTO dakasync.difference (corp_id, work_date, domain, what, why, workflow_id)
			SELECT corp_id, work_date - 100, 'punches', 'w', 'w', 'r' FROM dakasync.day`,
		`ANALYZE dakasync.day, dakasync.punch, dakasync.event, dakasync.difference`,
	} {
		_, err := filler.Exec(ctx, fill)
		require.NoError(t, err)
	}
	// As in TestHotPathReadsByIndex.
	require.NoError(t, filler.Close(ctx))
	require.Eventually(t, func() bool {
		return b.count(`SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_user_tables WHERE relname = 'difference'`) >= 40_000
	}, 20*time.Second, 20*time.Millisecond)
	_, err = b.sql.Exec(ctx, `SELECT pg_stat_reset()`)
	require.NoError(t, err)
	_, err = b.Condition(ctx)
	require.NoError(t, err)
	b.Close()
	require.Eventually(t, func() bool {
		return b.count(`SELECT coalesce(sum(coalesce(seq_scan, 0) + coalesce(idx_scan, 0)), 0) FROM pg_stat_user_tables WHERE relname = 'quota_word'`) > 0
	}, 20*time.Second, 20*time.Millisecond)
	read := b.rows(`SELECT relname || ' ' || seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables
		WHERE relname IN ('day', 'punch', 'event', 'difference') AND seq_tup_read + coalesce(idx_tup_fetch, 0) > 100`)
	require.Empty(t, read)
}
