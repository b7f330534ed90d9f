package queue

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/config"
	"dakasync/dev/bench/rig"
	"dakasync/dev/bench/rounds"
	"dakasync/postgres/pgtest"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestReport(t *testing.T) {
	began := time.Unix(1000, 0)
	ofRate := func(each time.Duration) []rounds.Round {
		var r rounds.Round
		for n := range 20 {
			r = append(r, rounds.Sample{Pushed: began, Durable: each, Row: began.Add(time.Duration(n+1) * each)})
		}
		return []rounds.Round{r}
	}
	const ms = time.Millisecond
	text, err := report(figures{Options: Defaults(), Machine: rig.Machine{Cores: 2}, Sides: []*side{
		{Name: "product", Words: "it", Even: ofRate(10 * ms), Burst: ofRate(20 * ms), CPU: rig.CPU{Programs: 9 * ms}, Idle: 64 << 20},
		{Name: "River", Words: "not it", Even: ofRate(5 * ms), Burst: ofRate(10 * ms), CPU: rig.CPU{Programs: 6 * ms}, Idle: 32 << 20},
	}})
	require.NoError(t, err)
	require.Contains(t, text, "| rows a second, saturated | 50 | 100 (**0.50**) |")
	require.Contains(t, text, "| ack p50, ms | 10 | 5.0 (**2.00**) |")
	require.Contains(t, text, "| CPU of an event: together, ms | 9.0 | 6.0 (**1.50**) |")
	require.Contains(t, text, "| memory of own programs, idle, MiB | 64 | 32 (**2.00**) |")
	require.NotContains(t, text, "no value")
}

func TestRoundOf(t *testing.T) {
	require.Equal(t, 0, roundOf([]byte(`{}`)))
	require.Equal(t, 2, roundOf([]byte(`{"snoozes": 2, "river:x": 1}`)))
	require.Equal(t, 0, roundOf(nil))
}

// fakes are a ledger and a DingTalk of which nothing is known but what the test says.
type fakes struct {
	known    bool
	shown    bool
	outcomes []attendance.Outcome
	written  int // answers, with or without an outcome
	asked    []attendance.Date
}

func (f *fakes) RecordHint(context.Context, attendance.Hint, []byte, string) (attendance.Recall, error) {
	return attendance.Recall{Known: f.known}, nil
}

func (f *fakes) SaveAnswers(_ context.Context, answers []attendance.Answer, _ attendance.Why) error {
	f.written += len(answers)
	return nil
}

func (f *fakes) Conclude(_ context.Context, answers []attendance.Answer, _ attendance.Why, _ string, o attendance.Outcome) error {
	f.written, f.outcomes = f.written+len(answers), append(f.outcomes, o)
	return nil
}

func (f *fakes) UserDay(_ context.Context, _ string, day attendance.Date) (attendance.Answer, error) {
	f.asked = append(f.asked, day)
	if !f.shown {
		return attendance.Answer{}, nil
	}
	return attendance.Answer{Records: []attendance.Record{{CheckTime: morning()}}}, nil
}

func morning() time.Time {
	return time.Now().AddDate(0, 0, -3).Truncate(24 * time.Hour).Add(2 * time.Hour)
}

func aPunch() punchJob {
	hint := attendance.Hint{Kind: attendance.KindPunch, CorpID: "c", UserID: "u", CheckTime: morning()}
	return punchJob{Key: hint.Key(), Hint: hint}
}

func TestTheJobDecides(t *testing.T) {
	of := func(f *fakes) *puncher {
		return &puncher{ledger: f, dingtalk: f, zone: time.UTC, delays: []time.Duration{time.Second}, nowFunc: time.Now}
	}
	known := &fakes{known: true}
	over, err := of(known).record(t.Context(), aPunch())
	require.NoError(t, err)
	require.True(t, over)
	require.Equal(t, []attendance.Outcome{attendance.OutcomeDone}, known.outcomes)

	shown := &fakes{shown: true}
	answers, ok, err := of(shown).fetch(t.Context(), aPunch(), false)
	require.NoError(t, err)
	require.True(t, ok)
	require.Len(t, answers, 1)
	require.Len(t, shown.asked, 1, "the first date shows it")

	lost := &fakes{}
	answers, ok, err = of(lost).fetch(t.Context(), aPunch(), true)
	require.NoError(t, err)
	require.False(t, ok)
	require.ErrorContains(t, of(lost).wait(t.Context(), aPunch(), answers, 0), "1s")
	require.Equal(t, len(answers), lost.written, "what is paid for is kept")
}

// Both forms bring a punch from the simulator's socket to an explained row, with the program's own settings.
func TestAPunchBecomesARow(t *testing.T) {
	for _, form := range []string{formWhole, formStepped} {
		t.Run(form, func(t *testing.T) {
			now := time.Now()
			people := company.New(company.Options{Seed: 1, Employees: 20, CorpID: "dingqueue", Start: now.AddDate(0, 0, -10), Quiet: true})
			people.Advance(now)
			settings := platform.Defaults()
			settings.QPS = 0
			ding := platform.New(platform.Options{Company: people, Settings: &settings})
			require.NoError(t, ding.Start(t.Context(), "127.0.0.1:0"))
			t.Cleanup(func() { require.NoError(t, ding.Close()) })
			url := pgtest.Database(t, "", nil)
			for name, value := range map[string]string{
				"DATABASE_URL": url, "DINGTALK_API_URL": ding.URL(), "DINGTALK_OAPI_URL": ding.URL(), "DINGTALK_CORP_ID": people.CorpID(),
				"DINGTALK_CLIENT_ID": ding.ClientID(), "DINGTALK_CLIENT_SECRET": ding.ClientSecret(), "DAKASYNC_QPS": "1000",
			} {
				t.Setenv(name, value)
			}
			c, err := config.Load(config.ForWorker)
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- serve(ctx, c, form, slog.New(slog.DiscardHandler)) }()
			require.Eventually(t, func() bool { return ding.Connections() > 0 }, 10*time.Second, 20*time.Millisecond)
			_, err = people.Punch(company.PunchRequest{User: people.Employees()[0].UserID, At: now.Add(-time.Minute).Truncate(time.Second)})
			require.NoError(t, err)
			db, err := pgx.Connect(t.Context(), url)
			require.NoError(t, err)
			t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
			require.Eventually(t, func() bool {
				var rows int
				err := db.QueryRow(t.Context(), `SELECT count(*) FROM dakasync.punch p JOIN dakasync.event e USING (user_id, check_time)
					WHERE p.explained AND p.origin = 'detail' AND e.outcome = 'done'`).Scan(&rows)
				return err == nil && rows == 1
			}, 10*time.Second, 20*time.Millisecond)
			cancel()
			require.NoError(t, <-ended)
		})
	}
}
