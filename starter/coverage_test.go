package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/ops/processtest"
	"dakasync/postgres/pgtest"
)

// stretch is a row of dakasync.coverage.
type stretch struct {
	ID     string
	Began  time.Time
	Proven time.Time
	Ended  *string
}

func stretches(t *testing.T, databaseURL string) []stretch {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), databaseURL)
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close(t.Context())) }()
	answer, err := connection.Query(t.Context(), `SELECT id, began_at, proven_until, ended FROM dakasync.coverage ORDER BY id`)
	require.NoError(t, err)
	list, err := pgx.CollectRows(answer, pgx.RowToStructByPos[stretch])
	require.NoError(t, err)
	return list
}

// What is proven grows while the process is connected, though Temporal is away,
// and it says that it ended.
func TestCoverageIsProvenUntilTheEnd(t *testing.T) {
	p := dingTalk(t)
	databaseURL := pgtest.Database(t, "starter", migrate)
	process := processtest.Start(t, processtest.Build(t), variables(t, p, databaseURL))
	process.AwaitReady(t, http.StatusOK)
	shortest := func() time.Duration {
		list := stretches(t, databaseURL)
		if len(list) != 2 {
			return 0
		}
		return min(list[0].Proven.Sub(list[0].Began), list[1].Proven.Sub(list[1].Began))
	}
	require.Eventually(t, func() bool { return shortest() > 2*time.Second }, 30*time.Second, 200*time.Millisecond)
	for _, s := range stretches(t, databaseURL) {
		require.Nil(t, s.Ended)
		require.Less(t, time.Since(s.Proven), 10*time.Second)
	}
	_, metrics := process.Get(t, "/metrics")
	require.Contains(t, metrics, "dakasync_stream_last_proof_timestamp_seconds 1.")

	process.Terminate(t)
	list := stretches(t, databaseURL)
	require.Len(t, list, 2, "no stretch was cut")
	for _, s := range list {
		require.NotNil(t, s.Ended)
		require.Equal(t, "stopped", *s.Ended)
		require.LessOrEqual(t, s.Proven, time.Now())
	}

	connection, err := pgx.Connect(t.Context(), databaseURL)
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close(t.Context())) }()
	var corp string
	require.NoError(t, connection.QueryRow(t.Context(), `SELECT corp_id FROM dakasync.company`).Scan(&corp))
	require.Equal(t, p.Company().CorpID(), corp)
}
