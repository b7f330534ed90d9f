package ledger_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

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

// The comments are the data dictionary: there is one for everything.
func TestEveryTableAndColumnIsExplained(t *testing.T) {
	t.Parallel()
	sql, err := pgx.Connect(t.Context(), migrated(t))
	require.NoError(t, err)
	defer func() { require.NoError(t, sql.Close(t.Context())) }()
	answer, err := sql.Query(t.Context(), `SELECT c.relname || coalesce('.' || a.attname, '')
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN LATERAL (SELECT attname, attnum FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
			UNION ALL SELECT NULL, 0) a ON true
		WHERE n.nspname = 'dakasync' AND c.relkind = 'r' AND c.relname <> 'schema_version'
			AND coalesce(col_description(c.oid, a.attnum), CASE WHEN a.attnum = 0 THEN obj_description(c.oid, 'pg_class') END) IS NULL`)
	require.NoError(t, err)
	bare, err := pgx.CollectRows(answer, pgx.RowTo[string])
	require.NoError(t, err)
	require.Empty(t, bare)
}
