package status_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/dev/status"
	"dakasync/ledger"
	"dakasync/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestTheLedgerIsReadAsItIs(t *testing.T) {
	url := pgtest.Database(t, "", nil)
	reader := status.NewReader(url)
	defer reader.Close(context.WithoutCancel(t.Context()))
	_, err := reader.Read(t.Context())
	require.ErrorIs(t, err, status.ErrNoSchema)

	store, err := ledger.Open(t.Context(), ledger.Options{URL: url, CorpID: "corp"})
	require.NoError(t, err)
	defer store.Close()
	require.NoError(t, store.Migrate(t.Context()))
	empty, err := reader.Read(t.Context())
	require.NoError(t, err, "the schema is the worker's own")
	require.Equal(t, status.Status{}, empty)

	execute(t, url, `INSERT INTO dakasync.event (corp_id, event_key, origin, event_type, received_at, outcome) VALUES
		('corp', 'a', 'stream', 'x', now() - interval '90 s', 'pending'), ('corp', 'b', 'stream', 'x', now(), 'pending'),
		('corp', 'c', 'stream', 'x', now() - interval '1 h', 'done'), ('corp', 'd', 'stream', 'x', now(), 'unexplained')`)
	execute(t, url, `INSERT INTO dakasync.api_call (corp_id, hour, api, outcome, calls, counted) VALUES
		('corp', date_trunc('hour', now()), '/a', 'ok', 3, 3), ('corp', date_trunc('hour', now()), '/a', 'error', 2, 1)`)
	now, err := reader.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int64{4, 2, 1, 5}, []int64{now.Events, now.Pending, now.Odd, now.Calls})
	require.InDelta(t, 90, now.Lag.Seconds(), 20)
}

func TestALostConnectionIsOpenedAgain(t *testing.T) {
	url := pgtest.Database(t, "", nil)
	reader := status.NewReader(url)
	defer reader.Close(context.WithoutCancel(t.Context()))
	_, err := reader.Read(t.Context())
	require.ErrorIs(t, err, status.ErrNoSchema)
	execute(t, url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	_, err = reader.Read(t.Context())
	require.Error(t, err)
	_, err = reader.Read(t.Context())
	require.ErrorIs(t, err, status.ErrNoSchema)
}

func TestTheLine(t *testing.T) {
	const line = "events in 12 (2 pending) (1 to look at) · rows written 9 punches, 8 results · calls spent 10 · lag 0.5 s"
	require.Equal(t, line, status.Status{Events: 12, Pending: 2, Odd: 1, Punches: 9, Results: 8, Calls: 10, Lag: 500 * time.Millisecond}.String())
	for _, page := range []string{"README.md", "README.zh-CN.md"} {
		text, err := os.ReadFile("../../" + page)
		require.NoError(t, err)
		require.Contains(t, string(text), "\n    "+line+"\n", page)
	}
}

func execute(t *testing.T, url, statement string) {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	_, err = connection.Exec(t.Context(), statement)
	require.NoError(t, err)
	require.NoError(t, connection.Close(t.Context()))
}
