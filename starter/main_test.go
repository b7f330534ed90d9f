package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/ledger"
	"dakasync/ops/processtest"
	"dakasync/postgres/pgtest"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

func TestMain(m *testing.M) { os.Exit(processtest.Main(m, pgtest.Main)) }

// dingTalk is a simulated DingTalk that repeats what is not acknowledged soon.
func dingTalk(t *testing.T) *platform.Platform {
	t.Helper()
	settings := platform.Defaults()
	settings.RetryDelays = []time.Duration{500 * time.Millisecond, time.Second, time.Second, time.Second, time.Second, time.Second, time.Second, time.Second}
	settings.NoConnection = platform.NoConnectionRetry
	world := company.New(company.Options{Seed: 1, Employees: 8, Start: time.Now().AddDate(0, 0, -1), Quiet: true})
	p := platform.New(platform.Options{Company: world, Settings: &settings})
	require.NoError(t, p.Start(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

func variables(t *testing.T, p *platform.Platform, databaseURL string) map[string]string {
	t.Helper()
	return map[string]string{
		"DINGTALK_CLIENT_ID": p.ClientID(), "DINGTALK_CLIENT_SECRET": p.ClientSecret(), "DINGTALK_CORP_ID": p.Company().CorpID(),
		"DINGTALK_API_URL": p.URL(), "DINGTALK_OAPI_URL": p.URL(), "DATABASE_URL": databaseURL,
		"TEMPORAL_ADDRESS": processtest.FreeAddr(t), // nobody is there
	}
}

func migrate(ctx context.Context, databaseURL string) error {
	store, err := ledger.Open(ctx, ledger.Options{URL: databaseURL, CorpID: "any"})
	if err != nil {
		return err
	}
	defer store.Close()
	return store.Migrate(ctx)
}

// rows are the event rows by outcome.
func rows(t *testing.T, databaseURL string) map[string]int {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), databaseURL)
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close(t.Context())) }()
	answer, err := connection.Query(t.Context(), `SELECT outcome, count(*) FROM dakasync.event GROUP BY outcome`)
	require.NoError(t, err)
	by := map[string]int{}
	var outcome string
	var n int
	_, err = pgx.ForEachRow(answer, []any{&outcome, &n}, func() error { by[outcome] = n; return nil })
	require.NoError(t, err)
	return by
}

func push(p *platform.Platform, user string) string {
	return p.PushEvent("attendance_check_record", "", json.RawMessage(
		`{"dataList":[{"userId":"`+user+`","checkTime":1762000000000,"checkByUser":true,"address":"secret street"}]}`))
}

func delivery(p *platform.Platform, id string) platform.Delivery {
	for _, d := range p.Deliveries() {
		if d.EventID == id {
			return d
		}
	}
	return platform.Delivery{}
}

func acked(p *platform.Platform, id string) func() bool {
	return func() bool { return !delivery(p, id).AckedAt.IsZero() }
}

func TestSettingsAreNamedAtOnce(t *testing.T) {
	process := processtest.Start(t, processtest.Build(t), map[string]string{"DAKASYNC_QPS": "many", "DAKASYNC_TIMEZON": "UTC"})
	require.Equal(t, 2, process.AwaitExit(t))
	for _, name := range []string{
		"DINGTALK_CLIENT_ID", "DINGTALK_CLIENT_SECRET", "DINGTALK_CORP_ID", "DATABASE_URL", "DAKASYNC_QPS", "DAKASYNC_TIMEZON",
	} {
		require.Contains(t, process.Said(), name)
	}
}

// Temporal is not there from the start: events are kept in PostgreSQL before
// they are acknowledged.
func TestTemporalDownAtStart(t *testing.T) {
	p := dingTalk(t)
	databaseURL := pgtest.Database(t, "starter", migrate)
	process := processtest.Start(t, processtest.Build(t), variables(t, p, databaseURL))
	process.AwaitReady(t, http.StatusOK)
	process.AwaitSaid(t, "TEMPORAL_ADDRESS")

	ours := push(p, "u1")
	strangers := p.PushEvent("attendance_check_record", "dingstranger", json.RawMessage(`{"dataList":[{"userId":"u2","checkTime":1762000000000}]}`))
	odd := p.PushEvent("attendance_check_record", "", json.RawMessage(`"no object"`))
	empty := p.PushEvent("attendance_check_record", "", json.RawMessage(`{"dataList":[]}`))
	require.True(t, p.PushRaw([]byte(`{"type":"EVENT","headers":`)))
	for _, id := range []string{ours, strangers, odd, empty} {
		require.Eventually(t, acked(p, id), 20*time.Second, 20*time.Millisecond, id)
	}
	require.Equal(t, map[string]int{"pending": 1, "refused": 1, "unreadable": 1}, rows(t, databaseURL))
	_, metrics := process.Get(t, "/metrics")
	require.Contains(t, metrics, `dakasync_stream_frames_total{outcome="stored",type="attendance_check_record"} 1`)
	process.Terminate(t)
	require.NotContains(t, process.Said(), "secret street")
	require.NotContains(t, process.Said(), p.ClientSecret())
}

// Neither store is there: nothing is acknowledged, nothing crashes, and when
// PostgreSQL comes, and then its schema, the events that DingTalk repeats are
// kept.
func TestEverythingDownAtStart(t *testing.T) {
	p := dingTalk(t)
	databaseURL := pgtest.Database(t, "empty", nil)
	target, err := url.Parse(databaseURL)
	require.NoError(t, err)
	gate := processtest.NewGate(t, target.Host)
	away := *target
	away.Host = gate.Addr
	process := processtest.Start(t, processtest.Build(t), variables(t, p, away.String()))
	process.AwaitSaid(t, "Stream connection is up")
	process.AwaitReady(t, http.StatusServiceUnavailable)

	id := push(p, "u1")
	require.Eventually(t, func() bool { return len(delivery(p, id).Attempts) >= 2 }, 20*time.Second, 20*time.Millisecond)
	require.False(t, acked(p, id)(), "no store has it")
	require.Less(t, strings.Count(process.Said(), "\n"), 60, "no hot loop")

	gate.Open(t)
	require.NoError(t, migrate(t.Context(), databaseURL))
	require.Eventually(t, acked(p, id), 30*time.Second, 50*time.Millisecond)
	require.Equal(t, map[string]int{"pending": 1}, rows(t, databaseURL))
	process.AwaitReady(t, http.StatusOK)
	process.Terminate(t)
}

func TestWrongSecret(t *testing.T) {
	p := dingTalk(t)
	v := variables(t, p, pgtest.Database(t, "starter", migrate))
	v["DINGTALK_CLIENT_SECRET"] = "wrong-secret"
	process := processtest.Start(t, processtest.Build(t), v)
	process.AwaitSaid(t, "check DINGTALK_CLIENT_ID and DINGTALK_CLIENT_SECRET")
	status, body := process.Get(t, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, "no Stream connection is up")
	process.Terminate(t)
	require.NotContains(t, process.Said(), "wrong-secret")
}
