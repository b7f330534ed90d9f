package ledger_test

import (
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
