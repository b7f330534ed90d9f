package doctor_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/doctor"
	"dakasync/simulator/platform"
)

// illness is one fault, and what is to be found of it.
type illness struct {
	ill   func(*ward)
	found string
	words []string // in what was seen, or in the next step
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

// plan has everybody planned for so many days in one group.
func (w *ward) plan(days int) {
	var rows []string
	for _, user := range w.ledger.Scheduled {
		for n := 1; n <= days; n++ {
			rows = append(rows, fmt.Sprintf(`{"userid":%q,"group_id":7,"work_date":"%s 00:00:00","check_type":"OnDuty","plan_check_time":"%[2]s 09:00:00","is_rest":"N"}`,
				user, w.now.AddDate(0, 0, n).Format(time.DateOnly)))
		}
	}
	answer("/topapi/attendance/schedule/listbyusers", `{"errcode":0,"success":true,"result":[`+strings.Join(rows, ",")+`]}`)(w)
}

// spend has so much spent in the month, evenly.
func (w *ward) spend(calls, pushes int) {
	facts := &w.ledger.Budget
	facts.Calls, facts.Pushes = calls, pushes
	for n := range w.now.Day() - 1 {
		facts.Days = append(facts.Days, budget.Day{
			Date: attendance.DateOf(w.now, china).AddDays(n + 1 - w.now.Day()), Calls: calls / w.now.Day(), Pushes: pushes / w.now.Day(),
		})
	}
}

const (
	denied = "60011"
	lacks  = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
)

// illnesses are the faults that are injected, one at a time.
func illnesses() map[string]illness {
	return map[string]illness{
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
			refuse("/topapi/user/listid", denied), "fault permission/qyapi_get_department_list, qyapi_get_member", []string{"qyapi_get_member"},
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
		"schedule ends": {func(w *ward) {
			w.plan(5)
		}, "warning schedule", []string{"group 7 ends on 2026-11-25", "排班"}},
		"report without columns": {answer("/topapi/attendance/getattcolumns", `{"errcode":0,"result":{"columns":[{"alias":"leave_","name":"年假"}]}}`), "warning report/columns", []string{"统计字段"}},
		"calls will not last":    {func(w *ward) { w.spend(9000, 0) }, "warning quota/calls", []string{"forecast"}},
		"pushes will not last":   {func(w *ward) { w.spend(0, 9000) }, "warning quota/pushes", []string{"forecast"}},
		"nobody is planned for": {
			answer("/topapi/attendance/schedule/listbyusers", `{"errcode":0,"success":true,"result":[]}`), "warning schedule/users", []string{"have no schedule"},
		},
		"PostgreSQL away":                 {func(w *ward) { w.ledgerErr, w.refusal = errors.New("connection refused"), doctor.Textf("unknown") }, "fault postgresql", []string{"DATABASE_URL"}},
		"PostgreSQL standby":              {func(w *ward) { w.ledger.ReadOnly = true }, "fault postgresql", []string{"standby"}},
		"PostgreSQL old":                  {func(w *ward) { w.ledger.ServerVersion = 130004 }, "fault postgresql", []string{"13.4"}},
		"schema behind":                   {func(w *ward) { w.ledger.SchemaVersion = 20 }, "fault postgresql/schema", []string{"dakactl migrate"}},
		"schema ahead":                    {func(w *ward) { w.ledger.SchemaVersion = 22 }, "warning postgresql/schema", nil},
		"PostgreSQL's clock":              {func(w *ward) { w.ledger.Skew = 2 * time.Minute }, "fault clock/postgresql", nil},
		"PostgreSQL's clock a little off": {func(w *ward) { w.ledger.Skew = 20 * time.Second }, "warning clock/postgresql", []string{"behind PostgreSQL's"}},
		"no events":                       {func(w *ward) { w.ledger.Events = nil }, "warning events", []string{"事件订阅"}},
		"no approval events":              {func(w *ward) { w.ledger.Events = w.ledger.Events[:1] }, "warning events/bpms_instance_change", []string{"事件订阅"}},
		"no punch events":                 {func(w *ward) { w.ledger.Events = w.ledger.Events[1:] }, "warning events/attendance_check_record", nil},
		"list never drained":              {func(w *ward) { w.ledger.Drained = time.Time{} }, "warning failed-pushes", []string{"qyapi_base"}},
		"list long undrained":             {func(w *ward) { w.ledger.Drained = now.Add(-13 * time.Hour) }, "warning failed-pushes", nil},
		"refused pushes are lost": {
			func(w *ward) {
				w.ledger.Live = doctor.LiveTest{Refused: now.Add(-time.Hour), Refusals: 3, EventType: "attendance_check_record", Ended: now.Add(-30 * time.Minute)}
			},
			"warning failed-pushes/live", []string{"within 30m0s", "dakactl livetest"},
		},
		"unreadable pushes":  {func(w *ward) { w.ledger.UnreadFailures = 2 }, "warning failed-pushes", []string{"dakactl resync"}},
		"calls spent":        {func(w *ward) { w.ledger.Budget.Calls = 10_000 }, "fault quota/calls", nil},
		"calls refused":      {func(w *ward) { w.ledger.Budget.Refused = now }, "fault quota/calls", nil},
		"pushes muted":       {func(w *ward) { w.ledger.Budget.Muted = now }, "fault quota/pushes", nil},
		"pushes spent":       {func(w *ward) { w.ledger.Budget.Pushes = 10_001 }, "fault quota/pushes", []string{"DAKASYNC_MONTHLY_PUSHES"}},
		"Temporal away":      {func(w *ward) { w.temporalErr = errors.New("no answer") }, "fault temporal", []string{"TEMPORAL_ADDRESS"}},
		"short retention":    {func(w *ward) { w.temporal.Retention = 24 * time.Hour }, "warning temporal/retention", []string{"--retention 30d"}},
		"attribute missing":  {func(w *ward) { w.temporal.MissingAttributes = []string{"DakaUserId"} }, "fault temporal/search-attributes", []string{"--name DakaUserId"}},
		"schedule missing":   {func(w *ward) { w.temporal.Schedules[0].Missing = true }, "fault temporal/schedules", []string{"drain-failed-pushes"}},
		"schedule paused":    {func(w *ward) { w.temporal.Schedules[1].Paused = true }, "warning temporal/schedules", []string{"reconcile-day"}},
		"nobody polls":       {func(w *ward) { w.temporal.Queues[1].Pollers = 0 }, "fault temporal/task-queues", []string{"dakasync-dingtalk"}},
		"no deployment":      {func(w *ward) { w.temporal.DeploymentFound = false }, "fault temporal/deployment", nil},
		"no current version": {func(w *ward) { w.temporal.CurrentBuild = "" }, "fault temporal/deployment", []string{"set-current-version"}},
	}
}
