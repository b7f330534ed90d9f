package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"dakasync/budget"
	"dakasync/dingtalk"
	"dakasync/ledger"
	"dakasync/ops/processtest"
	"dakasync/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(processtest.Main(m, pgtest.Main)) }

func variables(t *testing.T, databaseURL string) map[string]string {
	t.Helper()
	return map[string]string{
		"DINGTALK_CLIENT_ID": "dingapp", "DINGTALK_CLIENT_SECRET": "top-secret", "DINGTALK_CORP_ID": "dingcorp",
		"DATABASE_URL": databaseURL, "TEMPORAL_ADDRESS": processtest.FreeAddr(t), // nobody is there
	}
}

func TestSettingsAreNamedAtOnce(t *testing.T) {
	process := processtest.Start(t, processtest.Build(t), map[string]string{"DINGTALK_CORPID": "x", "DAKASYNC_BUILD_ID": "1"})
	require.Equal(t, 2, process.AwaitExit(t))
	for _, name := range []string{
		"DINGTALK_CLIENT_ID", "DINGTALK_CLIENT_SECRET", "DINGTALK_CORP_ID", "DATABASE_URL", "DAKASYNC_DEPLOYMENT", "did you mean DINGTALK_CORP_ID?",
	} {
		require.Contains(t, process.Said(), name)
	}
}

func TestPostgresDownAtStart(t *testing.T) {
	process := processtest.Start(t, processtest.Build(t), variables(t, "postgres://u:hidden@"+processtest.FreeAddr(t)+"/daka"))
	process.AwaitSaid(t, "PostgreSQL (schema)")
	status, body := process.Get(t, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, "postgresql")
	require.Contains(t, body, "(DATABASE_URL)")
	process.Terminate(t)
	require.NotContains(t, process.Said(), "hidden")
	require.Less(t, strings.Count(process.Said(), "\n"), 20, "no hot loop")
}

// Temporal is away: the worker brings the schema up all the same, says what it
// waits for, and goes when it is told to.
func TestTemporalDownAtStart(t *testing.T) {
	databaseURL := pgtest.Database(t, "empty", nil)
	process := processtest.Start(t, processtest.Build(t), variables(t, databaseURL))
	process.AwaitSaid(t, "TEMPORAL_ADDRESS")
	store, err := ledger.Open(t.Context(), ledger.Options{URL: databaseURL, CorpID: "dingcorp"})
	require.NoError(t, err)
	defer store.Close()
	wanted, err := ledger.WantedVersion()
	require.NoError(t, err)
	version, err := store.Version(t.Context())
	require.NoError(t, err)
	require.Equal(t, wanted, version)

	status, body := process.Get(t, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, `"postgresql":"ok"`)
	process.Terminate(t)
}

type fakeCallLedger struct {
	err    error
	counts []ledger.CallCount
}

func (f *fakeCallLedger) CountCalls(_ context.Context, counts []ledger.CallCount) error {
	if f.err == nil {
		f.counts = append(f.counts, counts...)
	}
	return f.err
}

func TestCallsAreAddedUpAndKeptWhilePostgresIsAway(t *testing.T) {
	l := &fakeCallLedger{err: errors.New("away")}
	c := newCallCounter(l, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	at := time.Date(2026, 11, 2, 9, 59, 59, 0, time.UTC)
	call := dingtalk.Call{API: "/topapi/attendance/getupdatedata", Outcome: dingtalk.OutcomeOK, Billed: true, At: at}
	c.count(call)
	require.Error(t, c.tally.Flush(t.Context()))
	c.count(call)
	call.Billed, call.Outcome = false, dingtalk.OutcomeThrottled
	c.count(call)
	l.err = nil
	require.NoError(t, c.tally.Flush(t.Context()))
	require.NoError(t, c.tally.Flush(t.Context()))
	hour := at.Truncate(time.Hour)
	require.ElementsMatch(t, []ledger.CallCount{
		{Hour: hour, API: call.API, Outcome: "ok", Calls: 2, Counted: 2},
		{Hour: hour, API: call.API, Outcome: "throttled", Calls: 1},
	}, l.counts)
}

type fakeSpending struct {
	decision budget.Decision
	decided  bool
}

func (f fakeSpending) CurrentDecision(context.Context) (budget.Decision, bool, error) {
	return f.decision, f.decided, nil
}

func TestSpendingIsShown(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	require.Empty(t, scrape(t, newSpending(t.Context(), fakeSpending{}, budget.Budget{}, log)), "nothing was decided yet")
	d := budget.Decision{Mode: budget.ModeBatched, Window: 5 * time.Minute, Calls: 12, Pushes: 34, ForecastCalls: 56, ForecastPushes: 78}
	shown := scrape(t, newSpending(t.Context(), fakeSpending{d, true}, budget.Budget{Calls: 5000, Reserve: 500, Pushes: 3000}, log))
	require.Equal(t, map[string]float64{
		"mode mode=live": 0, "mode mode=batched": 1, "mode mode=sweep": 0, "mode mode=stopped": 0,
		"batch_window_seconds": 300, "month_spent meter=calls": 12, "month_spent meter=pushes": 34,
		"month_forecast meter=calls": 56, "month_forecast meter=pushes": 78, "month_budget meter=calls": 5000, "month_limit meter=calls": 4500,
		"month_budget meter=pushes": 3000, "month_limit meter=pushes": 3000,
	}, shown)
	shown = scrape(t, newSpending(t.Context(), fakeSpending{d, true}, budget.Budget{}, log))
	for name := range shown {
		require.NotRegexp(t, "month_(budget|limit)", name, "there is no bound")
	}
}

// Traces are on and nobody takes them, by variables that are half wrong: the process works, says so in its own form, shows no
// value, and ends in time.
func TestTracesWithoutACollector(t *testing.T) {
	settings := variables(t, pgtest.Database(t, "empty", nil))
	settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://" + processtest.FreeAddr(t)
	settings["OTEL_EXPORTER_OTLP_HEADERS"] = "hidden"
	settings["OTEL_TRACES_SAMPLER"] = "nonsense"
	settings["DAKASYNC_LOG_FORMAT"] = "json"
	process := processtest.Start(t, processtest.Build(t), settings)
	process.AwaitSaid(t, "traces are on")
	process.AwaitSaid(t, "TEMPORAL_ADDRESS")
	process.Terminate(t)
	for line := range strings.SplitSeq(strings.TrimSpace(process.Said()), "\n") {
		require.True(t, json.Valid([]byte(line)), line)
	}
	require.Contains(t, process.Said(), "traces may be incomplete")
	require.NotContains(t, process.Said(), "hidden")
}
