package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/budget"
	"dakasync/config"
	"dakasync/dingtalk"
	"dakasync/doctor"
	"dakasync/ledger"
	"dakasync/postgres/pgtest"
	"dakasync/privacy"
)

func TestDoctorNeedsSettings(t *testing.T) {
	b := newBench(t, nil)
	require.NoError(t, b.run(t, "doctor", "--help"))
	require.Contains(t, b.out.String(), "--offline")
	require.Contains(t, b.out.String(), "at most 13")

	err := newBench(t, map[string]string{"DINGTALK_CORP_ID": "dingcorp"}).run(t, "doctor", "--offline")
	requireExit(t, 2, err)
	require.ErrorContains(t, err, "DATABASE_URL")
	require.ErrorContains(t, err, "DINGTALK_CLIENT_ID")
}

func TestDoctorEndsByTheWorst(t *testing.T) {
	fault, warning := doctor.Finding{Check: "a", Severity: doctor.Fault}, doctor.Finding{Check: "b", Severity: doctor.Warning}
	x := examined{Report: doctor.Report{}.With(warning)}
	requireExit(t, 3, x)
	x.Report = x.With(fault).With(warning)
	requireExit(t, 4, x)
	require.EqualError(t, x, "1 fault and 2 warnings want an action")
}

// TestDoctorSpendsWhatAPersonMay: the reserve is for people, the whole budget is the end, and what cannot be counted is not spent.
func TestDoctorSpendsWhatAPersonMay(t *testing.T) {
	month := budget.Budget{Calls: 100, Reserve: 50}
	for name, c := range map[string]struct {
		spent  int
		known  bool
		force  bool
		asks   bool
		saying string
	}{
		"in the reserve":      {60, true, false, true, "asking DingTalk costs at most 13 calls; 40 are left this month\n"},
		"to the last":         {87, true, false, true, "; 13 are left this month\n"},
		"over it":             {88, true, false, false, "12 are left"},
		"over it, forced":     {88, true, true, true, "(forced)\n"},
		"not known":           {0, false, false, false, "could not be counted"},
		"not known, insisted": {0, false, true, true, "are not counted\n"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			facts := doctor.LedgerFacts{Budget: budget.Facts{At: now, Calls: c.spent}}
			err := b.app.mayAsk(month, examination{force: c.force}, doctor.Calls, facts, c.known)
			if c.asks {
				require.NoError(t, err)
				require.Contains(t, b.out.String(), c.saying)
				return
			}
			require.ErrorContains(t, err, c.saying)
			require.ErrorContains(t, err, "--force")
			require.Empty(t, b.out.String())
		})
	}
}

// TestDoctorReadsTheClock: of several answers the one with the shortest way tells best.
func TestDoctorReadsTheClock(t *testing.T) {
	at, way := now, 4*time.Second
	date := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = []string{date}
		at = at.Add(way)
	}))
	defer server.Close()
	c := &clockReader{nowFunc: func() time.Time { return at }}
	require.False(t, c.read().Known)
	ask := func(said string, took time.Duration) doctor.Clock {
		t.Helper()
		date, way = said, took
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		require.NoError(t, err)
		response, err := c.RoundTrip(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return c.read()
	}
	require.False(t, ask("soon", time.Second).Known)
	require.Equal(t, doctor.Clock{Known: true, Skew: 30*time.Second + halfSecond - 2*time.Second}, ask(at.Add(30*time.Second).Format(http.TimeFormat), 4*time.Second))
	best := ask(at.Add(10*time.Second).Format(http.TimeFormat), time.Second)
	require.InDelta(t, 10, best.Skew.Seconds(), 1)
	require.Equal(t, best, ask(at.Add(time.Hour).Format(http.TimeFormat), 2*time.Second))
}

func TestDoctorsCallsAreCounted(t *testing.T) {
	url := pgtest.Database(t, "", nil)
	store, err := ledger.Open(t.Context(), ledger.Options{URL: url, CorpID: "dingcorp"})
	require.NoError(t, err)
	defer store.Close()
	var c callCount
	for _, one := range []dingtalk.Call{
		{API: "/a", Outcome: dingtalk.OutcomeOK, Billed: true, At: now}, {API: "/a", Outcome: dingtalk.OutcomeOK, Billed: true, At: now},
		{API: "/b", Outcome: dingtalk.OutcomeThrottled, At: now},
	} {
		c.add(one)
	}
	require.Equal(t, spentCalls{Sent: 3, Billed: 2}, c.spent())
	require.ErrorContains(t, c.write(t.Context(), store), "were not counted")
	require.NoError(t, store.Migrate(t.Context()))
	require.NoError(t, c.write(t.Context(), store))
	facts, err := store.BudgetFacts(t.Context(), now)
	require.NoError(t, err)
	require.Equal(t, 2, facts.Calls)
}

// TestDoctorIsInterrupted: nothing is found by somebody who does not wait.
func TestDoctorIsInterrupted(t *testing.T) {
	b := newBench(t, complete())
	for name, value := range map[string]string{"DINGTALK_CLIENT_ID": "id", "DINGTALK_CLIENT_SECRET": "secret", "TEMPORAL_ADDRESS": "127.0.0.1:1"} {
		t.Setenv(name, value)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	root := newRoot(b.app)
	root.SetArgs([]string{"doctor"})
	require.ErrorIs(t, root.ExecuteContext(ctx), context.Canceled)
	require.Empty(t, b.out.String())
}

// TestAWardWithoutSchema: of a database that nobody has migrated the server is looked at all the same.
func TestAWardWithoutSchema(t *testing.T) {
	settings := config.Config{
		Database: config.Database{URL: privacy.Secret(pgtest.Database(t, "", nil))},
		App:      config.App{ClientID: "id", ClientSecret: "secret"},
	}
	settings.Company.CorpID, settings.Company.Zone.Location, settings.Sync.QPS = "dingcorp", time.UTC, 20
	w, err := newWard(t.Context(), settings, time.Now)
	require.NoError(t, err)
	defer w.close()
	facts, err := w.lookAtLedger(t.Context())
	require.NoError(t, err)
	require.Zero(t, facts.SchemaVersion)
	require.Positive(t, facts.SizeBytes)
	require.False(t, facts.Serves())

	require.NoError(t, w.store.Migrate(t.Context()))
	facts, err = w.lookAtLedger(t.Context())
	require.NoError(t, err)
	require.True(t, facts.Serves())
	require.Equal(t, facts.WantedVersion, facts.SchemaVersion)
	require.False(t, facts.Budget.At.IsZero())
}
