package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

// What a punch costs must not grow with the years that are in the ledger.
func TestHotPathReadsByIndex(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	b.save(detail(monday, at("10:00:00"), result("USER", at("09:00:00"), at("08:59:00"))))
	filler, err := pgx.Connect(ctx, b.sql.Config().ConnString())
	require.NoError(t, err)
	for _, fill := range []string{
		`INSERT INTO dakasync.day (corp_id, user_id, work_date, last_trigger)
			SELECT 'ding1', 'u' || u, '2020-01-01'::date + d, 'sweep' FROM generate_series(1, 20) u, generate_series(1, 2000) d ON CONFLICT DO NOTHING`,
		`INSERT INTO dakasync.punch (corp_id, user_id, work_date, check_time, origin, explained, state)
			SELECT corp_id, user_id, work_date, work_date + interval '9 hours', 'sweep', true, '{}' FROM dakasync.day ON CONFLICT DO NOTHING`,
		`INSERT INTO dakasync.result (corp_id, user_id, work_date, slot, check_type, user_check_time, time_result, origin)
			SELECT corp_id, user_id, work_date, 1, 'OnDuty', check_time, 'Normal', 'sweep' FROM dakasync.punch ON CONFLICT DO NOTHING`,
		`ANALYZE dakasync.day, dakasync.punch, dakasync.result`,
	} {
		_, err := filler.Exec(ctx, fill)
		require.NoError(t, err)
	}
	// What the filling itself read is counted when its session ends, and must not be counted after the reset.
	require.NoError(t, filler.Close(ctx))
	require.Eventually(t, func() bool {
		return b.count(`SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_user_tables WHERE relname = 'result'`) >= 40_000
	}, 20*time.Second, 20*time.Millisecond)
	_, err = b.sql.Exec(ctx, `SELECT pg_stat_reset()`)
	require.NoError(t, err)
	const writes = 10
	for n := range writes {
		b.record(punchHint(at("11:00:00").Add(time.Duration(n)*time.Second), at("12:00:00")))
		a := detail(monday, at("13:00:00").Add(time.Duration(n)*time.Second), result("USER", at("09:00:00"), at("11:00:00").Add(time.Duration(n)*time.Second)))
		require.NoError(t, b.SaveAnswers(ctx, []attendance.Answer{a}, why))
	}
	b.Close() // its sessions report what they read when they end
	require.Eventually(t, func() bool {
		return b.count(`SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_user_tables WHERE relname = 'punch'`) >= writes
	}, 20*time.Second, 20*time.Millisecond)
	read := b.rows(`SELECT relname || ' ' || seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables
		WHERE relname IN ('punch', 'result') AND seq_tup_read + coalesce(idx_tup_fetch, 0) > $1`, 2*writes*100)
	require.Empty(t, read, "rows read by twenty writes: %s", strings.Join(read, ", "))
}

// Nor with the people of a first date, of which PostgreSQL has counted nothing yet: what
// is planned then stays so for minutes.
func TestAFirstDateReadsItsOwnRows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	for _, table := range []string{"event", "day", "day_version", "result", "punch", "approval_day"} {
		_, err := b.sql.Exec(ctx, "ALTER TABLE dakasync."+table+" SET (autovacuum_enabled = false)")
		require.NoError(t, err)
	}
	const swept, told, mostRows, mostBlocks = 1000, 1000, 30, 130
	b.save(manyAnswers(swept)...)
	for n := range told {
		h := punchHint(at("09:00:00"), at("09:00:01"))
		h.UserID = fmt.Sprint("told", n)
		mentioned, err := b.PunchMentioned(ctx, h.UserID, h.CheckTime)
		require.NoError(t, err)
		require.False(t, mentioned)
		a := detail(monday, at("09:00:03"), result("USER", h.CheckTime, h.CheckTime))
		a.UserID = h.UserID
		why := attendance.Why{Trigger: attendance.TriggerEvent, WorkflowID: h.Key()}
		require.NoError(t, b.ConcludeHint(ctx, h, []byte(`{}`), []attendance.Answer{a}, why, attendance.OutcomeDone))
	}
	b.Close() // its sessions report what they read when they end
	require.Eventually(t, func() bool {
		return b.count(`SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_user_tables WHERE relname = 'result'`) >= swept+told
	}, 20*time.Second, 20*time.Millisecond)
	read := b.count(`SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables`)
	require.LessOrEqual(t, read/(swept+told), mostRows, "rows read for each user-day")
	read = b.count(`SELECT sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0)) FROM pg_statio_user_tables`)
	require.LessOrEqual(t, read/(swept+told), mostBlocks, "blocks looked at for each user-day")
}

// Nor must what is asked every night, every hour, or by a person grow with them.
func TestQuestionsReadByIndex(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	filler, err := pgx.Connect(ctx, b.sql.Config().ConnString())
	require.NoError(t, err)
	for _, fill := range []string{
		`INSERT INTO dakasync.company VALUES ('ding1', 'Asia/Shanghai')`,
		`INSERT INTO dakasync.day (corp_id, user_id, work_date, last_trigger, settled_at)
			SELECT 'ding1', 'u' || u, '2020-01-01'::date + d, 'sweep', now() FROM generate_series(1, 10) u, generate_series(1, 2000) d`,
		`INSERT INTO dakasync.punch (corp_id, user_id, work_date, check_time, origin, explained, state)
			SELECT corp_id, user_id, work_date, work_date + interval '9 hours', 'sweep', true, '{}' FROM dakasync.day`,
		`INSERT INTO dakasync.event (corp_id, event_key, origin, event_type, received_at, outcome)
			SELECT 'ding1', 'e' || n, 'stream', 'x', '2020-01-01'::timestamptz + interval '1 minute' * n, 'done' FROM generate_series(1, 20000) n`,
		`INSERT INTO dakasync.approval (corp_id, process_instance_id, process_code, kind, status, result, created_at, complete, state, updated_at)
			SELECT 'ding1', 'i' || n, 'PROC-' || n % 3, CASE n % 3 WHEN 0 THEN 'other' ELSE 'leave' END, 'COMPLETED', 'agree',
				'2020-01-01'::timestamptz + interval '1 hour' * n, true, '{}', '2020-01-01'::timestamptz + interval '1 hour' * n FROM generate_series(1, 20000) n`,
		`INSERT INTO dakasync.drain (id, corp_id, requested_at, answered_at, count, has_more, state)
			SELECT 'd' || n, 'ding1', '2020-01-01'::timestamptz + interval '1 hour' * n, now(), 0, false, 'stored' FROM generate_series(1, 20000) n`,
		`INSERT INTO dakasync.decision SELECT 'ding1', '2020-01-01'::timestamptz + interval '1 hour' * n, 'live', '0', '', 0, 0, 0, 0, false FROM generate_series(1, 20000) n`,
		`INSERT INTO dakasync.employee SELECT 'ding1', 'u' || n, now(), now() FROM generate_series(1, 20000) n`,
		`VACUUM (ANALYZE) dakasync.day, dakasync.punch, dakasync.event, dakasync.approval, dakasync.drain, dakasync.decision, dakasync.company, dakasync.employee`,
	} {
		_, err := filler.Exec(ctx, fill)
		require.NoError(t, err, fill)
	}
	require.NoError(t, filler.Close(ctx))
	require.Eventually(t, func() bool {
		return b.count(`SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_user_tables WHERE relname = 'decision'`) >= 20_000
	}, 20*time.Second, 20*time.Millisecond)
	_, err = b.sql.Exec(ctx, `SELECT pg_stat_reset()`)
	require.NoError(t, err)
	recent := time.Date(2022, 4, 1, 0, 0, 0, 0, time.UTC) // some days before the last of the filled
	for range 10 {                                        // a general plan may come after the fifth
		stats, err := b.Stats(ctx)
		require.NoError(t, err)
		require.True(t, stats.Reckoned)
		require.EqualValues(t, 20_000, stats.Events[attendance.OutcomeDone])
		codes, err := b.ApprovalCodes(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"PROC-1", "PROC-2"}, codes)
		searches, err := b.ApprovalSearches(ctx, recent)
		require.NoError(t, err)
		require.Len(t, searches, 2)
		_, err = b.UnlistedApprovals(ctx, codes, attendance.TimeRange{From: recent, To: recent.AddDate(0, 1, 0)}, nil, 20)
		require.NoError(t, err)
		require.NoError(t, b.JudgeApprovals(ctx, recent))
		_, err = b.LostReads(ctx, time.Time{})
		require.NoError(t, err)
		_, err = b.ReadsInVain(ctx)
		require.NoError(t, err)
		_, _, err = b.CurrentDecision(ctx)
		require.NoError(t, err)
		page, err := b.EmployeesAfter(ctx, "u2", 50, recent)
		require.NoError(t, err)
		require.Len(t, page, 50)
		require.Equal(t, "u20", page[0])
	}
	b.Close()
	require.Eventually(t, func() bool {
		return b.count(`SELECT coalesce(sum(idx_tup_fetch), 0) FROM pg_stat_user_tables WHERE relname = 'approval'`) > 0
	}, 20*time.Second, 20*time.Millisecond)
	read := b.rows(`SELECT relname || ' ' || seq_tup_read FROM pg_stat_user_tables WHERE seq_tup_read >= 20000`)
	require.Empty(t, read, "rows read from end to end: %s", strings.Join(read, ", "))
}
