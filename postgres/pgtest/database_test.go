//go:build unix

package pgtest_test

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	migrations := 0
	migrate := func(ctx context.Context, address string) error {
		migrations++
		connection, err := pgx.Connect(ctx, address)
		if err != nil {
			return err
		}
		defer func() { _ = connection.Close(ctx) }()
		_, err = connection.Exec(ctx, "CREATE TABLE thing (id int PRIMARY KEY)")
		return err
	}
	key := t.Name() + os.Getenv("TEST_DATABASE_URL")
	first := pgtest.Database(t, key, migrate)
	second := pgtest.Database(t, key, migrate)
	require.NotEqual(t, first, second)
	require.LessOrEqual(t, migrations, 1, "the template is made once")
	for _, address := range []string{first, second} {
		connection, err := pgx.Connect(t.Context(), address)
		require.NoError(t, err)
		_, err = connection.Exec(t.Context(), "INSERT INTO thing VALUES (1)")
		require.NoError(t, err, "the other test's row is not here")
		require.NoError(t, connection.Close(t.Context()))
	}
}

func TestADatabaseIsDroppedWithItsTest(t *testing.T) {
	var address string
	t.Run("inner", func(t *testing.T) { address = pgtest.Database(t, "", nil) })
	_, err := pgx.Connect(t.Context(), address)
	require.ErrorContains(t, err, "does not exist")
}

func TestDatabasesAreMadeAtOnce(t *testing.T) {
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { pgtest.Database(t, "empty", func(context.Context, string) error { return nil }) })
	}
	group.Wait()
}
