package ledger_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
)

func exec(t *testing.T, url, sql string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	_, err = c.Exec(t.Context(), sql)
	require.NoError(t, err)
	require.NoError(t, c.Close(t.Context()))
}

func TestHealth(t *testing.T) {
	ctx := t.Context()
	url := migrated(t)
	open := func(clock func() time.Time) *ledger.Store {
		s, err := ledger.Open(ctx, ledger.Options{URL: url, CorpID: corp, Location: shanghai, NowFunc: clock})
		require.NoError(t, err)
		t.Cleanup(s.Close)
		return s
	}
	s := open(time.Now)
	h, err := s.Health(ctx)
	require.NoError(t, err)
	require.GreaterOrEqual(t, h.ServerVersion, 140000)
	require.Positive(t, h.SizeBytes)
	require.False(t, h.ReadOnly)
	require.Less(t, h.Skew.Abs(), time.Minute)
	require.Empty(t, h.Arrived)
	require.Zero(t, h.Listening)
	require.Zero(t, h.Drained)
	require.False(t, h.SignedIsThere)

	today := attendance.DateOf(time.Now(), shanghai)
	day := today.AddDays(-2)
	exec(t, url, `INSERT INTO dakasync.event (corp_id, event_key, origin, event_type, received_at, outcome) VALUES
		('`+corp+`', 'punch/1', 'stream', 'attendance_check_record', now() - interval '1 hour', 'done'),
		('`+corp+`', 'punch/2', 'stream', 'attendance_check_record', now() - interval '2 hours', 'done'),
		('`+corp+`', 'punch/3', 'stream', 'bpms_instance_change', now() - interval '9 days', 'done'),
		('another', 'punch/1', 'stream', 'user_add_org', now(), 'refused')`)
	require.NoError(t, s.SaveEmployees(ctx, []string{"u1", "u2", "u3"}, time.Now()))
	exec(t, url, `INSERT INTO dakasync.day (corp_id, user_id, work_date, scheduled, last_trigger) VALUES
		('`+corp+`', 'u1', '`+day.String()+`', true, 'sweep'), ('`+corp+`', 'u2', '`+day.String()+`', false, 'sweep'),
		('`+corp+`', 'gone', '`+day.String()+`', true, 'sweep')`)
	exec(t, url, `INSERT INTO dakasync.result (corp_id, user_id, work_date, slot, check_type, plan_check_time, user_check_time, time_result, source_type, record_id, origin) VALUES
		('`+corp+`', 'u1', '`+day.String()+`', 0, 'OnDuty', now(), now(), 'Normal', 'USER', 7, 'detail'),
		('`+corp+`', 'gone', '`+day.String()+`', 0, 'OnDuty', now(), now(), 'Normal', 'USER', 8, 'detail')`)
	h, err = s.Health(ctx)
	require.NoError(t, err)
	require.Len(t, h.Arrived, 1, "what came nine days ago is too old, and another company's is not ours")
	require.Equal(t, int64(2), h.Arrived[0].Events)
	require.WithinDuration(t, time.Now().Add(-time.Hour), h.Arrived[0].Last, time.Minute)
	require.False(t, h.Listening.IsZero())
	require.Equal(t, []string{"u1"}, h.Scheduled)
	require.True(t, h.SignedIsThere)
	require.Equal(t, attendance.UserDay{UserID: "u1", WorkDate: day}, h.Signed, "one who left is not asked about")

	h, err = open(func() time.Time { return time.Now().Add(-time.Hour) }).Health(ctx)
	require.NoError(t, err)
	require.InDelta(t, time.Hour.Seconds(), h.Skew.Seconds(), 30)
}
