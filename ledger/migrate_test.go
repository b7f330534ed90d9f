package ledger_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
	"dakasync/postgres/pgtest"
)

func TestMigrateUpDownUp(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t, "", nil)
	s := open(t, url)
	wanted, err := ledger.WantedVersion()
	require.NoError(t, err)
	version := func() int64 {
		v, err := s.Version(t.Context())
		require.NoError(t, err)
		return v
	}
	_, err = s.CountEmployees(t.Context(), time.Time{})
	require.ErrorIs(t, err, ledger.ErrSchema)
	require.Zero(t, version())
	for range 2 {
		require.NoError(t, s.Migrate(t.Context()))
		require.Equal(t, wanted, version())
		_, err := s.CountEmployees(t.Context(), time.Time{})
		require.NoError(t, err)
		require.NoError(t, s.MigrateDown(t.Context()))
		require.Zero(t, version())
		_, err = s.CountEmployees(t.Context(), time.Time{})
		require.ErrorIs(t, err, ledger.ErrSchema)
	}
}

func TestMigrateByManyAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t, "", nil)
	var group sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		s := open(t, url)
		group.Go(func() { errs[i] = s.Migrate(t.Context()) })
	}
	waiting := open(t, url)
	require.NoError(t, waiting.WaitForSchema(t.Context()))
	group.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.NoError(t, waiting.Ping(t.Context()))
}

func TestWaitForSchemaEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Database(t, "", nil))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.WaitForSchema(ctx), context.DeadlineExceeded)
}

// Made-up rows are counted where there are no real ones, and are gone then.
func TestFirstStatisticsTouchNoLedger(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("migrations/00009_first_statistics.sql")
	require.NoError(t, err)
	_, begun, _ := strings.Cut(string(text), "-- +goose StatementBegin\n")
	block, _, found := strings.Cut(begun, "-- +goose StatementEnd")
	require.True(t, found)
	const rows = `SELECT (SELECT count(*) FROM dakasync.event) + (SELECT count(*) FROM dakasync.day) + (SELECT count(*) FROM dakasync.day_version)
		+ (SELECT count(*) FROM dakasync.result) + (SELECT count(*) FROM dakasync.punch) + (SELECT count(*) FROM dakasync.approval)
		+ (SELECT count(*) FROM dakasync.approval_day)`
	for name, fill := range map[string]func(b bundle){
		"nothing": func(bundle) {},
		"an event": func(b bundle) {
			b.rows(`INSERT INTO dakasync.event (corp_id, event_key, origin, event_type, received_at) VALUES ('c', 'e', 'stream', 'x', now()) RETURNING 1`)
		},
		"days": func(b bundle) { b.save(manyAnswers(3)...) },
		"an approval": func(b bundle) {
			b.instance(attendance.Instance{ProcessInstanceID: "i", Status: attendance.StatusCompleted})
		},
	} {
		b := setup(t)
		require.Zero(t, b.count(rows))
		require.Equal(t, 7, b.count(`SELECT count(DISTINCT tablename) FROM pg_stats WHERE schemaname = 'dakasync'`), "what a new ledger knows")
		fill(b)
		before := b.count(rows)
		require.Equal(t, name != "nothing", before > 0, name)
		_, err := b.sql.Exec(t.Context(), block)
		require.NoError(t, err, name)
		require.Equal(t, before, b.count(rows), name)
	}
}

// Counting documents costs much and helps no query.
func TestNoDocumentIsCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const documents = `SELECT count(*) FROM pg_attribute WHERE attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'dakasync'::regnamespace)
		AND atttypid = 'jsonb'::regtype AND NOT attisdropped`
	require.Positive(t, b.count(documents))
	require.Zero(t, b.count(documents+` AND attstattarget IS DISTINCT FROM 0`))
}
