package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/ledger"
)

func TestLiveTests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, made, err := b.NewestLiveTest(t.Context())
	require.NoError(t, err)
	require.False(t, made)
	lost := ledger.LiveTest{RefusedAt: at("12:00:00").UTC(), EventType: "attendance_check_record", Refusals: 3, EndedAt: at("12:20:00").UTC()}
	listed := lost
	listed.RefusedAt, listed.ReachedAt = lost.RefusedAt.Add(time.Minute), lost.EndedAt
	for _, want := range []ledger.LiveTest{lost, listed} {
		require.NoError(t, b.SaveLiveTest(t.Context(), want))
		got, made, err := b.NewestLiveTest(t.Context())
		require.NoError(t, err)
		require.True(t, made)
		require.Equal(t, want, got)
	}
}

// An element is known by its type and the second of its birth, and only what was read since counts.
func TestListed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	born := time.Date(2026, 11, 1, 3, 59, 0, 300_000_000, time.UTC)
	b.exec(`INSERT INTO dakasync.drain (id, corp_id, requested_at, answered_at, count, has_more, state) VALUES
		('early', 'ding1', '2026-11-01 11:00+08', '2026-11-01 11:00:01+08', 1, false, 'stored'), ('d', 'ding1', '2026-11-01 12:01+08', '2026-11-01 12:01:01+08', 1, false, 'stored')`)
	look := func() (time.Time, time.Time) {
		t.Helper()
		var reached, read time.Time
		reached, read, err := b.Listed(t.Context(), "x", born, time.Date(2026, 11, 1, 4, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		return reached, read
	}
	b.exec(`INSERT INTO dakasync.failed_push (corp_id, drain_id, position, call_back_tag, event_time, raw, readable) VALUES
		('ding1', 'early', 0, 'x', '2026-11-01 11:59:00.3+08', '{}', true), ('ding1', 'd', 0, 'y', '2026-11-01 11:59:00+08', '{}', true), ('ding1', 'd', 1, 'x', '2026-11-01 11:59:01+08', '{}', true)`)
	answered := time.Date(2026, 11, 1, 4, 1, 1, 0, time.UTC)
	reached, read := look()
	require.Zero(t, reached)
	require.Equal(t, answered, read)
	b.exec(`INSERT INTO dakasync.failed_push (corp_id, drain_id, position, call_back_tag, event_time, raw, readable) VALUES ('ding1', 'd', 2, 'x', '2026-11-01 11:59:00+08', '{}', true)`)
	reached, _ = look()
	require.Equal(t, answered, reached)
}
