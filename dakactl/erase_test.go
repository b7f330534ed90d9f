package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/config"
	"dakasync/ledger"
	"dakasync/postgres/pgtest"
	"dakasync/privacy"
)

func TestErase(t *testing.T) {
	b := newBench(t, complete())
	b.ledger.rows = []ledger.RowCount{{Table: "punch", What: "deleted", Rows: 12}}
	require.NoError(t, b.run(t, "erase", "u1"))
	require.Contains(t, b.out.String(), "u1: would be erased; add --yes")
	require.NoError(t, b.run(t, "erase", "u1", "--yes", "--still-present"))
	require.Equal(t, []ledger.EraseRequest{{UserID: "u1", DryRun: true}, {UserID: "u1", Present: true}}, b.ledger.erased)
	require.Contains(t, b.out.String(), "u1: erased\n  punch                  12  deleted\nleft, to be looked at:\n")
	require.Contains(t, b.out.String(), `--query "DakaUserId = 'u1'"`)

	b.out.Reset()
	require.NoError(t, b.run(t, "erase", "u1", "--json"))
	var report struct {
		UserID string            `json:"user_id"`
		DryRun bool              `json:"dry_run"`
		Done   []ledger.RowCount `json:"done"`
	}
	require.NoError(t, json.Unmarshal(b.out.Bytes(), &report))
	require.True(t, report.DryRun)
	require.Equal(t, b.ledger.rows, report.Done)

	b.out.Reset()
	b.ledger.rows = nil
	require.NoError(t, b.run(t, "erase", "u2"))
	require.Contains(t, b.out.String(), "knows nothing of this user")
	b.ledger.err = fmt.Errorf("erase: %w", ledger.ErrPresent)
	err := b.run(t, "erase", "u1", "--yes")
	requireExit(t, 1, err)
	require.ErrorContains(t, err, "--still-present")
	requireExit(t, 1, b.run(t, "erase"))
}

func TestPruneCommand(t *testing.T) {
	b := newBench(t, complete())
	b.ledger.rows = []ledger.RowCount{{Table: "event", What: "deleted", Rows: 3}}
	require.NoError(t, b.run(t, "prune", "--keep", "events=400,versions=90"))
	require.Equal(t, map[string]time.Duration{"events": 400 * 24 * time.Hour, "versions": 90 * 24 * time.Hour}, b.ledger.pruned[0])
	require.Contains(t, b.out.String(), "would be deleted; add --yes")
	require.NoError(t, b.run(t, "prune", "--keep", "events=400", "--yes"))
	require.Contains(t, b.out.String(), "\ndeleted:\n  event                   3  deleted\n")
	require.NoError(t, b.run(t, "prune", "--keep", "events=400", "--json"))
	b.ledger.rows = nil
	require.NoError(t, b.run(t, "prune", "--keep", "events=400"))
	require.Contains(t, b.out.String(), "nothing is older")

	requireExit(t, 1, b.run(t, "prune"))
	requireExit(t, 1, b.run(t, "prune", "--keep", "events=soon"))
	pruned := len(b.ledger.pruned)
	requireExit(t, 1, b.run(t, "prune", "--keep", "events=213904", "--yes")) // as a duration: 400 days
	require.Len(t, b.ledger.pruned, pruned)
	b.ledger.err = errors.New("connection refused")
	require.ErrorContains(t, b.run(t, "prune", "--keep", "events=400"), "nothing was deleted: connection refused")
	require.NoError(t, b.run(t, "prune", "--help"))
	for _, kind := range ledger.Kinds() {
		require.Contains(t, b.out.String(), kind)
	}
}

// The real ledger answers the commands.
func TestEraseAndPruneTheLedgerAsItIs(t *testing.T) {
	settings := config.Config{Database: config.Database{URL: privacy.Secret(pgtest.Database(t, "", nil))}}
	settings.Company.CorpID, settings.Company.Zone.Location = "dingcorp", time.UTC
	store, err := openLedger(t.Context(), settings)
	require.NoError(t, err)
	defer store.Close()
	require.NoError(t, store.Migrate(t.Context()))
	require.NoError(t, store.(ledgerReader).SaveEmployees(t.Context(), []string{"u1"}, time.Now()))
	_, err = store.Erase(t.Context(), ledger.EraseRequest{UserID: "u1"})
	require.ErrorIs(t, err, ledger.ErrPresent)
	done, err := store.Erase(t.Context(), ledger.EraseRequest{UserID: "u1", Present: true})
	require.NoError(t, err)
	require.Equal(t, []ledger.RowCount{{Table: "employee", What: "deleted", Rows: 1}}, done.Done)
	pruned, err := store.Prune(t.Context(), map[string]time.Duration{ledger.KindCounts: 2400 * time.Hour}, false)
	require.NoError(t, err)
	require.Empty(t, pruned)
}
