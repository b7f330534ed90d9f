package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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

type fakeFleet struct {
	mu   sync.Mutex
	next map[string]time.Time
	late []time.Duration // of the first calls: what holds them up
	err  error
}

func (f *fakeFleet) ReserveCall(_ context.Context, api string, apart time.Duration) (time.Duration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return 0, f.err
	}
	now := time.Now()
	slot := f.next[api]
	if slot.Before(now) {
		slot = now
	}
	f.next[api] = slot.Add(apart)
	if len(f.late) > 0 {
		slot, f.late = slot.Add(f.late[0]), f.late[1:]
	}
	return slot.Sub(now), nil
}

// Whether PostgreSQL names the slots or not, no second sees more calls to one
// API than the rate, and other APIs do not wait for it.
func TestGate(t *testing.T) {
	const qps, callers = 10, 50
	for name, err := range map[string]error{"with the fleet": nil, "alone": errors.New("PostgreSQL is away")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fleet := &fakeFleet{next: map[string]time.Time{}, err: err}
				// Two workers share the fleet; alone each holds its own rate.
				gates := []*gate{newGate(fleet, qps, slog.New(slog.DiscardHandler)), newGate(fleet, qps, slog.New(slog.DiscardHandler))}
				if err != nil {
					gates = gates[:1]
				}
				var mu sync.Mutex
				var sent []time.Time
				var group sync.WaitGroup
				for i := range callers {
					group.Go(func() {
						if gates[i%len(gates)].wait(t.Context(), "/a") == nil {
							mu.Lock()
							sent = append(sent, time.Now())
							mu.Unlock()
						}
					})
				}
				began := time.Now()
				require.NoError(t, gates[0].wait(t.Context(), "/b"))
				require.Less(t, time.Since(began), 200*time.Millisecond)
				group.Wait()
				require.Len(t, sent, callers)
				requireRate(t, sent, qps)
			})
		})
	}
}

// requireRate fails the test if any qps+1 calls lie within a second and a bit.
func requireRate(t *testing.T, sent []time.Time, qps int) {
	t.Helper()
	for i := qps; i < len(sent); i++ {
		require.Greater(t, sent[i].Sub(sent[i-qps]), time.Second+50*time.Millisecond)
	}
}

// A machine that stood still for a moment does not send what has gathered at once.
func TestGateAfterAStandstill(t *testing.T) {
	const qps, callers, standstill = 10, 40, 500 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		fleet := &fakeFleet{next: map[string]time.Time{}}
		for slot := time.Duration(0); slot < standstill; slot += spread / qps {
			fleet.late = append(fleet.late, standstill-slot)
		}
		g := newGate(fleet, qps, slog.New(slog.DiscardHandler))
		var mu sync.Mutex
		var sent []time.Time
		var group sync.WaitGroup
		for range callers {
			group.Go(func() {
				if g.wait(t.Context(), "/a") == nil {
					mu.Lock()
					defer mu.Unlock()
					sent = append(sent, time.Now())
				}
			})
		}
		group.Wait()
		require.Len(t, sent, callers)
		requireRate(t, sent, qps)
	})
}

func TestGateEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(&fakeFleet{next: map[string]time.Time{"/a": time.Now().Add(time.Hour)}}, 1, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, g.wait(ctx, "/a"), context.DeadlineExceeded)
	})
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
	shown := scrape(t, newSpending(t.Context(), fakeSpending{d, true}, budget.Budget{Calls: 5000}, log))
	require.Equal(t, map[string]float64{
		"mode mode=live": 0, "mode mode=batched": 1, "mode mode=sweep": 0, "mode mode=stopped": 0,
		"batch_window_seconds": 300, "month_spent meter=calls": 12, "month_spent meter=pushes": 34,
		"month_forecast meter=calls": 56, "month_forecast meter=pushes": 78, "month_budget meter=calls": 5000,
	}, shown)
}
