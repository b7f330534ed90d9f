package ledger_test

import (
	"context"
	"sync"
	"testing"
	"time"

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
