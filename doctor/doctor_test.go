package doctor_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/dakactl/say"
	"dakasync/dingtalk"
	"dakasync/doctor"
	"dakasync/privacy"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
	"dakasync/stream"
)

// now is a Friday noon in Shanghai, three weeks into the company's life.
var now = time.Date(2026, time.November, 20, 12, 0, 0, 0, china)

var china = time.FixedZone("Asia/Shanghai", 8*3600)

// ward is an installation that is well, on a simulated DingTalk: a test makes it ill.
type ward struct {
	t        *testing.T
	now      time.Time
	company  *company.Company
	platform *platform.Platform
	client   dingtalk.Options
	secret   privacy.Secret // of the Stream connection
	settings doctor.Settings
	ledger   doctor.LedgerFacts
	temporal doctor.TemporalFacts
	clock    doctor.Clock

	ledgerErr, temporalErr error
	refusal                doctor.Message
	told                   int
}

func newWard(t *testing.T) *ward {
	t.Helper()
	return newWardAt(t, now)
}

// newWardAt is one whose company is three weeks old at that time.
func newWardAt(t *testing.T, now time.Time) *ward {
	t.Helper()
	start := time.Date(now.Year(), now.Month(), now.Day()-18, 0, 0, 0, 0, china)
	c := company.New(company.Options{Seed: 7, Employees: 40, Start: start, Location: china})
	c.Advance(now)
	p := platform.New(platform.Options{Company: c})
	require.NoError(t, p.Start(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	w := &ward{
		t: t, now: now, company: c, platform: p, secret: privacy.Secret(p.ClientSecret()),
		client: dingtalk.Options{
			ClientID: p.ClientID(), ClientSecret: privacy.Secret(p.ClientSecret()), APIURL: p.URL(), OAPIURL: p.URL(), Location: china,
			OperatorUserID: company.AdminUserID, NowFunc: func() time.Time { return now },
		},
		settings: doctor.Settings{
			Location: china, OperatorUserID: company.AdminUserID, Budget: budget.Budget{Calls: 10_000, Pushes: 10_000, Drain: time.Hour, Window: -1},
		},
		ledger: doctor.LedgerFacts{
			ServerVersion: 170002, SchemaVersion: 21, WantedVersion: 21, SizeBytes: 1 << 30,
			Events:    []doctor.EventType{{Name: "attendance_check_record", Count: 900, Last: now}, {Name: "bpms_instance_change", Count: 40, Last: now}},
			Listening: now.AddDate(0, 0, -14), Drained: now.Add(-20 * time.Minute), Budget: budget.Facts{At: now, Employees: 40, Calls: 500, Pushes: 700},
		},
		temporal: doctor.TemporalFacts{
			Namespace: "default", Retention: 30 * 24 * time.Hour, Schedules: []doctor.Schedule{{ID: "drain-failed-pushes"}, {ID: "reconcile-day"}},
			Queues:     []doctor.Queue{{Name: "dakasync", Kind: "workflow", Pollers: 4}, {Name: "dakasync-dingtalk", Kind: "activity", Pollers: 4}},
			Deployment: "attendance", DeploymentFound: true, CurrentBuild: "1.5.0",
		},
		clock: doctor.Clock{Known: true, Skew: time.Second},
	}
	w.remember()
	return w
}

// remember gives the ledger what it would know: who works by a plan, and one day
// with a punch in a slot.
func (w *ward) remember() {
	for _, group := range []string{"office", "workshop", "rotation", "night"} {
		for n := 0; ; n++ {
			employee, ok := w.company.Pick(group, n)
			if !ok {
				break
			}
			w.ledger.Scheduled = append(w.ledger.Scheduled, employee.UserID)
		}
	}
	for _, result := range w.company.Truth().Results {
		if result.RecordID != 0 && result.UserCheckTime != nil && result.SourceType == "USER" {
			date, err := attendance.ParseDate(result.WorkDate.String())
			require.NoError(w.t, err)
			w.ledger.Signed, w.ledger.SignedIsThere = attendance.UserDay{UserID: result.UserID, WorkDate: date}, true
		}
	}
	require.True(w.t, w.ledger.SignedIsThere, "somebody has punched")
}

func (w *ward) examine() doctor.Report {
	w.t.Helper()
	client, err := dingtalk.New(w.client)
	require.NoError(w.t, err)
	d := doctor.Doctor{
		Settings: w.settings, DingTalk: client, NowFunc: func() time.Time { return w.now },
		StreamFunc: func(ctx context.Context) error {
			return stream.Probe(ctx, w.client.APIURL, w.client.ClientID, w.secret)
		},
		ClockFunc:    func() doctor.Clock { return w.clock },
		LedgerFunc:   func(context.Context) (doctor.LedgerFacts, error) { return w.ledger, w.ledgerErr },
		TemporalFunc: func(context.Context) (doctor.TemporalFacts, error) { return w.temporal, w.temporalErr },
		SpendFunc: func(calls int, _ doctor.LedgerFacts, _ bool) doctor.Message {
			w.told = calls
			require.Zero(w.t, w.platform.Billed(), "what will be spent is said before")
			return w.refusal
		},
	}
	r := d.Examine(w.t.Context())
	requireChinese(w.t, r)
	return r
}

// sentence is three English words after each other.
var sentence = regexp.MustCompile(`\b[a-z]+ [a-z]+ [a-z]+\b`)

// requireChinese: every sentence of a finding, and every word in it, is in both languages. What was seen may quote an error, behind
// a colon.
func requireChinese(t *testing.T, r doctor.Report) {
	t.Helper()
	for _, f := range r.Findings {
		for n, m := range []doctor.Message{f.Saw, f.Why, f.Next} {
			text := m.In(say.Chinese.Text)
			require.NotContains(t, m.String()+text, "%!", "it takes the values that it is given: %s", f.Check)
			require.Equal(t, m.IsZero(), text == "", f.Check)
			if n == 0 {
				text, _, _ = strings.Cut(text, "：")
			}
			if !strings.HasPrefix(text, "temporal ") { // a command
				require.NotRegexp(t, sentence, text, "a word is not in Chinese: %s", f.Check)
			}
		}
	}
}

// wrong are the checks that found something, with how bad it is.
func wrong(r doctor.Report) []string {
	list := []string{}
	for _, f := range r.Wrong() {
		list = append(list, string(f.Severity)+" "+f.Check)
	}
	return list
}

func TestNothingIsFoundWhereAllIsWell(t *testing.T) {
	w := newWard(t)
	r := w.examine()
	require.Empty(t, wrong(r), "%+v", r.Wrong())
	for _, f := range r.Findings {
		require.NotEqual(t, doctor.Skipped, f.Severity, "everything was checked: %+v", f)
		require.NotEmpty(t, f.Saw)
	}
	require.Equal(t, doctor.Calls, w.told)
	require.LessOrEqual(t, w.platform.Billed(), doctor.Calls, "%v", w.platform.Calls())
	require.Positive(t, w.platform.Billed())
	require.Zero(t, w.platform.Calls()["/call_back/get_call_back_failed_result"].Calls, "reading the failed pushes would destroy them")
}

// TestEachFaultIsFoundAndNoOther injects one fault at a time.
func TestEachFaultIsFoundAndNoOther(t *testing.T) {
	for name, c := range illnesses() {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			c.ill(w)
			r := w.examine()
			require.Equal(t, []string{c.found}, wrong(r), "%+v", r.Wrong())
			f := r.Wrong()[0]
			require.Equal(t, f.Severity, r.Worst)
			for _, words := range c.words {
				require.Contains(t, f.Saw.String()+" → "+f.Next.String(), words)
			}
			require.NotEmpty(t, f.Saw)
			require.NotEmpty(t, f.Why)
			require.NotEmpty(t, f.Next)
			require.LessOrEqual(t, w.platform.Billed(), doctor.Calls)
		})
	}
}

// TestNothingIsFoundOnAnyDay looks on each day of four weeks: rotations and the company's holidays come round in that time.
func TestNothingIsFoundOnAnyDay(t *testing.T) {
	for n := range 28 {
		w := newWardAt(t, now.AddDate(0, 0, n))
		w.ledger.Drained, w.ledger.Budget.At = w.now, w.now
		r := w.examine()
		require.Empty(t, wrong(r), "%s: %+v", w.now, r.Wrong())
	}
}

func TestOfflineAsksDingTalkNothing(t *testing.T) {
	w := newWard(t)
	w.settings.Offline = true
	r := w.examine()
	require.Empty(t, wrong(r))
	require.Empty(t, w.platform.Calls())
	require.Zero(t, w.told)
	require.Equal(t, doctor.Skipped, r.Worst)
}

func TestNothingIsSpentThatMayNotBe(t *testing.T) {
	w := newWard(t)
	w.refusal = doctor.Textf("2 calls are left")
	r := w.examine()
	require.Empty(t, w.platform.Calls())
	require.Contains(t, r.Findings[len(r.Findings)-1].Saw.String(), "2 calls are left")
}
