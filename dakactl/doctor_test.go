package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/budget"
	"dakasync/config"
	"dakasync/dakactl/say"
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
	a := newBench(t, nil).app
	fault, warning := doctor.Finding{Check: "a", Severity: doctor.Fault}, doctor.Finding{Check: "b", Severity: doctor.Warning}
	r := doctor.Report{}.With(doctor.Finding{Check: "c", Severity: doctor.Note})
	require.NoError(t, a.unwell(r))
	r = r.With(warning)
	requireExit(t, 3, a.unwell(r))
	r = r.With(fault).With(warning)
	requireExit(t, 4, a.unwell(r))
	require.EqualError(t, a.unwell(r), "1 fault and 2 warnings want an action")
	a.words = say.Chinese
	require.EqualError(t, a.unwell(r), "需要处理：1 故障、2 警告")
}

// patient is an examination that found something of each kind.
func patient() examined {
	zone := time.FixedZone("Asia/Shanghai", 8*3600)
	refused := doctor.LiveTest{Refused: now, Refusals: 3, EventType: "attendance_check_record", Ended: now.Add(15 * time.Minute)}
	r := doctor.Report{}.With(doctor.Uncounted(errors.New("connection refused")))
	for _, f := range []doctor.Finding{doctor.JudgeLive(doctor.LiveTest{}, zone), doctor.JudgeLive(refused, zone)} {
		r = r.With(f)
	}
	return examined{Report: r, Calls: spentCalls{Sent: 1200, Billed: 13}}
}

// TestDoctorSpeaksBothLanguages: to people, in theirs; to programs, the same to everybody.
func TestDoctorSpeaksBothLanguages(t *testing.T) {
	b := newBench(t, nil)
	require.NoError(t, b.app.showExamined(patient(), true))
	english := b.out.String()
	b.out.Reset()
	require.NoError(t, b.app.showExamined(patient(), false))
	require.Equal(t, `warning  quota/counted       the calls to DingTalk were not counted: connection refused
                             why:  the month's budget believes that more is left than there is
                             next: nothing, if it is few calls; otherwise lower DAKASYNC_MONTHLY_CALLS for this month by what doctor has spent
note     failed-pushes/live  nobody has tried whether DingTalk puts failed Stream pushes on the failed-push list
                             next: dakactl livetest, at a quiet hour
warning  failed-pushes/live  attendance_check_record, refused 3 times from 2026-11-03 12:00:00 on, did not come onto the failed-push list within 15m0s
                             why:  what DingTalk cannot push is then found by sweeps only: the one after blind time, and the nightly one
                             next: leave both sweeps on, run two starters, and watch blind time (dakactl status); dakactl livetest tries again
1,200 calls to DingTalk, 13 of them billed
`, b.out.String())

	b.app.words = say.Chinese
	b.out.Reset()
	require.NoError(t, b.app.showExamined(patient(), false))
	require.Equal(t, `警告     quota/counted       对钉钉的调用没能计数：connection refused
                             影响：  当月预算会以为剩下的比实际多
                             下一步：调用不多就不用处理；否则把本月的 DAKASYNC_MONTHLY_CALLS 减去 doctor 花掉的次数
提示     failed-pushes/live  还没有人试过，钉钉会不会把推送失败的 Stream 事件放进推送失败列表
                             下一步：在打卡少的时段运行 dakactl livetest
警告     failed-pushes/live  attendance_check_record 被拒收 3 次，从 2026-11-03 12:00:00 起，等了 15m0s 也没有进入推送失败列表
                             影响：  那么钉钉推送不了的只能靠核对找回：空窗之后的那次，和每晚的那次
                             下一步：两种核对都保持开启，运行两个 starter，留意空窗（dakactl status）；可以用 dakactl livetest 再试
向钉钉发出 1,200 次调用，其中计费 13 次
`, b.out.String())

	b.out.Reset()
	require.NoError(t, b.app.showExamined(patient(), true))
	require.Equal(t, english, b.out.String())
	var read examined
	require.NoError(t, json.Unmarshal(b.out.Bytes(), &read))
	require.Equal(t, "dakactl livetest, at a quiet hour", read.Findings[1].Next.String())
	require.NotContains(t, english, `"why": ""`, "what is not said is not there")

	b.out.Reset()
	facts := doctor.LedgerFacts{Budget: budget.Facts{At: now, Calls: 60}}
	require.True(t, b.app.mayAsk(budget.Budget{Calls: 100}, examination{}, doctor.Calls, facts, true).IsZero())
	require.Equal(t, "询问钉钉最多需 13 次调用；本月还剩 40\n", b.out.String())
	for _, command := range []string{"doctor", "livetest"} {
		b.out.Reset()
		require.NoError(t, b.run(t, command, "--help"))
		require.NotRegexp(t, `[a-z]+ [a-z]+ [a-z]+`, b.out.String(), "no English sentence is left")
	}
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
			refusal := b.app.mayAsk(month, examination{force: c.force}, doctor.Calls, facts, c.known)
			if c.asks {
				require.True(t, refusal.IsZero())
				require.Contains(t, b.out.String(), c.saying)
				return
			}
			require.Contains(t, refusal.String(), c.saying)
			require.Contains(t, refusal.String(), "--force")
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
	require.ErrorIs(t, c.write(t.Context(), store), ledger.ErrSchema)
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
