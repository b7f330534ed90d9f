package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/config"
	"dakasync/ledger"
	"dakasync/postgres/pgtest"
	"dakasync/privacy"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestTheLedgerAsItIs(t *testing.T) {
	settings := config.Config{Database: config.Database{URL: privacy.Secret(pgtest.Database(t, "", nil))}}
	store, err := openLedger(t.Context(), settings)
	require.NoError(t, err, "migrate knows no company")
	require.NoError(t, store.Migrate(t.Context()))
	require.NoError(t, store.Migrate(t.Context()), "again does nothing")
	store.Close()

	settings.Company.CorpID, settings.Company.Zone.Location = "dingcorp", time.UTC
	store, err = openLedger(t.Context(), settings)
	require.NoError(t, err)
	defer store.Close()
	counts := []ledger.CallCount{
		{Hour: time.Now(), API: "/a", Outcome: "ok", Calls: 3, Counted: 3}, {Hour: time.Now(), API: "/a", Outcome: "network", Calls: 1},
		{Hour: time.Now().AddDate(0, -2, 0), API: "/a", Outcome: "ok", Calls: 50, Counted: 50},
	}
	require.NoError(t, store.(ledgerReader).CountCalls(t.Context(), counts))
	s, err := store.Standing(t.Context())
	require.NoError(t, err)
	require.Positive(t, s.SchemaVersion)
	require.Equal(t, []callsOfAPI{{"/a", 4, 3}}, s.Calls)
	require.Nil(t, s.LastEvent)
	require.Empty(t, s.Open)
	require.Empty(t, s.Complete, "nobody has been here")
	require.Nil(t, s.Decision)
	facts, err := store.BudgetFacts(t.Context(), time.Now().UTC())
	require.NoError(t, err)
	require.Equal(t, 3, facts.Calls)
	decision := budget.Decision{Mode: budget.ModeSweep, Reason: "because", DecidedAt: time.Now()}
	require.NoError(t, store.(ledgerReader).SaveDecision(t.Context(), decision))
	s, err = store.Standing(t.Context())
	require.NoError(t, err)
	require.Equal(t, "because", s.Decision.Reason)

	require.NoError(t, store.(ledgerReader).SaveCompany(t.Context()))
	_, err = store.(ledgerReader).SaveCoverage(t.Context(), "s", []attendance.Proof{
		{ID: "a", BeganAgo: time.Hour, ProvenAgo: 30 * time.Minute}, {ID: "b", BeganAgo: 10 * time.Minute},
	})
	require.NoError(t, err)
	s, err = store.Standing(t.Context())
	require.NoError(t, err)
	require.Len(t, s.Complete, 3)
	require.Empty(t, s.Complete[0].Through)
	require.Len(t, s.Gaps, 1)
	require.Equal(t, attendance.ProofCrashed, s.Gaps[0].Reason)
	require.InDelta(t, 20*60, s.BlindSeconds, 1)
	require.Len(t, s.Listeners, 1)
	require.Equal(t, 1, s.Listeners[0].Connections)
	require.Nil(t, s.Lag)
	born := time.Now().Add(-time.Minute)
	h := attendance.Hint{Kind: attendance.KindPunch, CorpID: "dingcorp", UserID: "u1", CheckTime: born, BornAt: born, ReceivedAt: born, Channel: attendance.ChannelStream}
	_, err = store.(ledgerReader).RecordHint(t.Context(), h, []byte(`{}`), h.Key())
	require.NoError(t, err)
	require.NoError(t, store.(ledgerReader).FinishEvent(t.Context(), h.Key(), attendance.OutcomeDone))
	s, err = store.Standing(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, s.Lag.Events)
	require.InDelta(t, 60, s.Lag.Median, 20)
}

func TestStandingOf(t *testing.T) {
	s := standingOf(ledger.Stats{
		Events: map[attendance.Outcome]int64{"pending": 2, "done": 5}, OldestPending: now, Punches: 3, Unexplained: 1,
	})
	require.Equal(t, []tally{{"done", 5}, {"pending", 2}}, s.Events)
	require.Equal(t, []tally{{"unexplained punches", 1}}, s.Open)
	require.Contains(t, s.Rows, tally{"punch", 3})
	require.Equal(t, now, *s.OldestPending)
	require.Nil(t, s.LastEvent)
}

// exportSettings are the settings of the environment.
func exportSettings(t *testing.T) config.Config {
	t.Helper()
	settings, err := config.Load(config.ForExport)
	require.NoError(t, err)
	return settings
}
