package doctor_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/budget"
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
	company  *company.Company
	platform *platform.Platform
	client   dingtalk.Options
	secret   privacy.Secret // of the Stream connection
	settings doctor.Settings
	ledger   doctor.LedgerFacts
	temporal doctor.TemporalFacts
	clock    doctor.Clock

	ledgerErr, temporalErr, spendErr error
	told                             int
}

func newWard(t *testing.T) *ward {
	t.Helper()
	start := time.Date(2026, time.November, 2, 0, 0, 0, 0, china)
	c := company.New(company.Options{Seed: 7, Employees: 40, Start: start, Location: china})
	c.Advance(now)
	p := platform.New(platform.Options{Company: c})
	require.NoError(t, p.Start(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	w := &ward{
		t: t, company: c, platform: p, secret: privacy.Secret(p.ClientSecret()),
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
		Settings: w.settings, DingTalk: client, NowFunc: func() time.Time { return now },
		StreamFunc: func(ctx context.Context) error {
			return stream.Probe(ctx, w.client.APIURL, w.client.ClientID, w.secret)
		},
		ClockFunc:    func() doctor.Clock { return w.clock },
		LedgerFunc:   func(context.Context) (doctor.LedgerFacts, error) { return w.ledger, w.ledgerErr },
		TemporalFunc: func(context.Context) (doctor.TemporalFacts, error) { return w.temporal, w.temporalErr },
		SpendFunc: func(calls int, _ doctor.LedgerFacts, _ bool) error {
			w.told = calls
			require.Zero(w.t, w.platform.Billed(), "what will be spent is said before")
			return w.spendErr
		},
	}
	return d.Examine(w.t.Context())
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

// refuse lets an API, or several with *, refuse.
func refuse(path string, code string) func(*ward) {
	return func(w *ward) {
		w.platform.AddFault(platform.Fault{Path: path, Body: `{"errcode":88,"sub_code":"` + code + `","sub_msg":"没有调用该接口的权限","errmsg":"ding talk error"}`})
	}
}

func refuseNew(path string, code string) func(*ward) {
	return func(w *ward) {
		w.platform.AddFault(platform.Fault{
			Path: path, Status: http.StatusForbidden, Body: `{"code":"` + code + `","message":"应用尚未开通所需的权限","requestid":"R"}`,
		})
	}
}

func answer(path string, body string) func(*ward) {
	return func(w *ward) { w.platform.AddFault(platform.Fault{Path: path, Body: body}) }
}

const (
	denied = "60011"
	lacks  = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
)

// TestEachFaultIsFoundAndNoOther injects one fault at a time.
func TestEachFaultIsFoundAndNoOther(t *testing.T) {
	for name, c := range map[string]struct {
		ill   func(*ward)
		found string
		words []string // in what was seen, or in the next step
	}{
		"wrong secret": {func(w *ward) { w.client.ClientSecret, w.secret = "wrong", "wrong" }, "fault credentials", []string{"DINGTALK_CLIENT_SECRET"}},
		"address not on the white list": {
			refuse("/topapi/*", "60020"), "fault ip-whitelist", []string{"服务器出口IP"},
		},
		"no answer": {
			func(w *ward) {
				w.platform.AddFault(platform.Fault{Path: "/v1.0/oauth2/accessToken", CutConnection: true})
			}, "fault dingtalk", []string{"443"},
		},
		"no permission for clock-ins": {
			refuse("/attendance/list", denied), "fault permission/qyapi_get_attendance_data", []string{"/attendance/list", "权限管理"},
		},
		"no permission for a day": {
			refuse("/topapi/attendance/getupdatedata", denied), "fault permission/qyapi_get_attendance_data", []string{"getupdatedata"},
		},
		"no permission for schedules": {
			refuse("/topapi/attendance/schedule/listbyusers", denied), "fault permission/qyapi_attendance_group_read", []string{"qyapi_attendance_group_read"},
		},
		"no permission for holidays": {refuseNew("/v1.0/attendance/holidays", lacks), "fault permission/qyapi_attendance_group_read", []string{"holidays"}},
		"no permission for approvals": {
			refuseNew("/v1.0/workflow/processInstances", lacks), "fault permission/Workflow.Instance.Read", []string{"Workflow.Instance.Read"},
		},
		"no permission for forms": {
			refuseNew("/v1.0/workflow/processes/managements/templates", lacks), "fault permission/Workflow.Form.Read", []string{"Workflow.Form.Read"},
		},
		"no permission for contacts": {
			refuse("/topapi/user/listid", denied), "fault permission/qyapi_get_department_list, qyapi_get_department_member", []string{"qyapi_get_department_member"},
		},
		"no permission for people": {refuse("/topapi/v2/user/get", denied), "fault permission/qyapi_get_member", nil},
		"quota spent by DingTalk's word": {
			func(w *ward) { w.platform.Configure(func(s *platform.Settings) { s.CallQuota = 1 }) }, "fault quota/calls", []string{"DAKASYNC_MONTHLY_CALLS"},
		},
		"quota spent, as DingTalk has said before": {func(w *ward) {
			w.platform.Configure(func(s *platform.Settings) { s.CallQuota = 1 })
			w.ledger.Budget.Refused = now
		}, "fault quota/calls", nil},
		"throttled": {
			refuse("/attendance/listRecord", "90018"), "warning api/attendance/listRecord", []string{"DAKASYNC_QPS"},
		},
		"Stream refused":     {func(w *ward) { w.secret = "another app's" }, "fault stream", []string{"Stream 模式推送"}},
		"clock a little off": {func(w *ward) { w.clock.Skew = -20 * time.Second }, "warning clock/dingtalk", []string{"20s ahead of DingTalk's"}},
		"clock far off":      {func(w *ward) { w.clock.Skew = 5 * time.Minute }, "fault clock/dingtalk", []string{"5m0s behind"}},
		"empty lists of an overseas company": {
			answer("/attendance/list", `{"errcode":0,"errmsg":"ok","hasMore":false,"recordresult":[]}`), "fault isI18n", []string{"attendance/list 0 results"},
		},
		"empty records of an overseas company": {
			answer("/attendance/listRecord", `{"errcode":0,"errmsg":"ok","recordresult":[]}`), "fault isI18n", []string{"listRecord 0 records"},
		},
		"wrong time zone": {func(w *ward) {
			berlin := time.FixedZone("Europe/Berlin", 3600)
			w.client.Location, w.settings.Location = berlin, berlin
		}, "fault time-zone", []string{"7h0m0s", "DAKASYNC_TIMEZONE"}},
		"no operator":            {func(w *ward) { w.settings.OperatorUserID, w.client.OperatorUserID = "", "" }, "warning operator", []string{"DINGTALK_OP_USER_ID"}},
		"operator is a stranger": {func(w *ward) { w.settings.OperatorUserID, w.client.OperatorUserID = "nobody", "nobody" }, "fault operator", []string{"nobody"}},
		"operator is no administrator": {func(w *ward) {
			w.settings.OperatorUserID = w.ledger.Scheduled[0]
			w.client.OperatorUserID = w.settings.OperatorUserID
		}, "fault operator", []string{"no administrator"}},
		"report off": {func(w *ward) { w.platform.Configure(func(s *platform.Settings) { s.Report = "off" }) }, "warning report", []string{"智能统计"}},
		"report without leave types": {
			func(w *ward) { w.platform.Configure(func(s *platform.Settings) { s.ReportLeaves = "年假,病假" }) }, "warning report/leave-types", []string{"事假, 调休", "报表设置"},
		},
		"leave type with null values": {
			func(w *ward) { w.platform.Configure(func(s *platform.Settings) { s.ReportNulls = "病假" }) }, "warning report/leave-types", []string{"add 病假 in"},
		},
		"report column with null values": {
			func(w *ward) { w.platform.Configure(func(s *platform.Settings) { s.ReportNulls = "迟到次数" }) }, "warning report/columns", []string{"迟到次数"},
		},
		"nobody is planned for": {
			answer("/topapi/attendance/schedule/listbyusers", `{"errcode":0,"success":true,"result":[]}`), "warning schedule/users", []string{"have no schedule"},
		},
		"PostgreSQL away":     {func(w *ward) { w.ledgerErr, w.spendErr = errors.New("connection refused"), errors.New("unknown") }, "fault postgresql", []string{"DATABASE_URL"}},
		"PostgreSQL standby":  {func(w *ward) { w.ledger.ReadOnly = true }, "fault postgresql", []string{"standby"}},
		"PostgreSQL old":      {func(w *ward) { w.ledger.ServerVersion = 130004 }, "fault postgresql", []string{"13.4"}},
		"schema behind":       {func(w *ward) { w.ledger.SchemaVersion = 20 }, "fault postgresql/schema", []string{"dakactl migrate"}},
		"schema ahead":        {func(w *ward) { w.ledger.SchemaVersion = 22 }, "warning postgresql/schema", nil},
		"PostgreSQL's clock":  {func(w *ward) { w.ledger.Skew = 2 * time.Minute }, "fault clock/postgresql", nil},
		"no events":           {func(w *ward) { w.ledger.Events = nil }, "warning events", []string{"事件订阅"}},
		"no approval events":  {func(w *ward) { w.ledger.Events = w.ledger.Events[:1] }, "warning events/bpms_instance_change", []string{"事件订阅"}},
		"no punch events":     {func(w *ward) { w.ledger.Events = w.ledger.Events[1:] }, "warning events/attendance_check_record", nil},
		"list never drained":  {func(w *ward) { w.ledger.Drained = time.Time{} }, "warning failed-pushes", []string{"qyapi_base"}},
		"list long undrained": {func(w *ward) { w.ledger.Drained = now.Add(-13 * time.Hour) }, "warning failed-pushes", nil},
		"unreadable pushes":   {func(w *ward) { w.ledger.UnreadFailures = 2 }, "warning failed-pushes", []string{"dakactl resync"}},
		"calls spent":         {func(w *ward) { w.ledger.Budget.Calls = 10_000 }, "fault quota/calls", nil},
		"calls refused":       {func(w *ward) { w.ledger.Budget.Refused = now }, "fault quota/calls", nil},
		"pushes muted":        {func(w *ward) { w.ledger.Budget.Muted = now }, "fault quota/pushes", nil},
		"pushes spent":        {func(w *ward) { w.ledger.Budget.Pushes = 10_001 }, "fault quota/pushes", []string{"DAKASYNC_MONTHLY_PUSHES"}},
		"Temporal away":       {func(w *ward) { w.temporalErr = errors.New("no answer") }, "fault temporal", []string{"TEMPORAL_ADDRESS"}},
		"short retention":     {func(w *ward) { w.temporal.Retention = 24 * time.Hour }, "warning temporal/retention", []string{"--retention 30d"}},
		"attribute missing":   {func(w *ward) { w.temporal.MissingAttributes = []string{"DakaUserId"} }, "fault temporal/search-attributes", []string{"--name DakaUserId"}},
		"schedule missing":    {func(w *ward) { w.temporal.Schedules[0].Missing = true }, "fault temporal/schedules", []string{"drain-failed-pushes"}},
		"schedule paused":     {func(w *ward) { w.temporal.Schedules[1].Paused = true }, "warning temporal/schedules", []string{"reconcile-day"}},
		"nobody polls":        {func(w *ward) { w.temporal.Queues[1].Pollers = 0 }, "fault temporal/task-queues", []string{"dakasync-dingtalk"}},
		"no deployment":       {func(w *ward) { w.temporal.DeploymentFound = false }, "fault temporal/deployment", nil},
		"no current version":  {func(w *ward) { w.temporal.CurrentBuild = "" }, "fault temporal/deployment", []string{"set-current-version"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			c.ill(w)
			r := w.examine()
			require.Equal(t, []string{c.found}, wrong(r), "%+v", r.Wrong())
			f := r.Wrong()[0]
			require.Equal(t, f.Severity, r.Worst)
			for _, words := range c.words {
				require.Contains(t, f.Saw+" → "+f.Next, words)
			}
			require.NotEmpty(t, f.Saw)
			require.NotEmpty(t, f.Why)
			require.NotEmpty(t, f.Next)
			require.LessOrEqual(t, w.platform.Billed(), doctor.Calls)
		})
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
	w.spendErr = errors.New("2 calls are left")
	r := w.examine()
	require.Empty(t, w.platform.Calls())
	require.Contains(t, r.Findings[len(r.Findings)-1].Saw, "2 calls are left")
}
