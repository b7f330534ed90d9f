package e2e_test

import (
	"context"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"dakasync/simulator/platform"
	"dakasync/workflows"
)

// illness is one fault: in what surrounds the command, or in what it is told.
type illness struct {
	fall, heal func()
	env        map[string]string
	flags      []string
	found      string
	words      []string
	unasked    bool // DingTalk is
}

func (d *deployment) illnesses() map[string]illness {
	all := map[string]illness{}
	for _, some := range []map[string]illness{d.refusals(), d.otherSettings(), d.unwellDingTalk(), d.unwellLedger(), d.unwellTemporal()} {
		for name, one := range some {
			require.NotContains(d.t, all, name)
			all[name] = one
		}
	}
	return all
}

// faulty lets an API go wrong.
func (d *deployment) faulty(fault platform.Fault, found string, words ...string) illness {
	return illness{
		fall: func() { d.platform.AddFault(fault) }, heal: func() { d.platform.ClearFaults("") }, found: found, words: words,
	}
}

// refusals are what the app is not allowed, or not allowed from here.
func (d *deployment) refusals() map[string]illness {
	const denied = "60011"
	lacks := func(path string) platform.Fault {
		return platform.Fault{
			Path: path, Status: http.StatusForbidden,
			Body: `{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","message":"应用尚未开通所需的权限","requestid":"R"}`,
		}
	}
	old := func(path, code string) platform.Fault { return platform.Fault{Path: path, Body: refusal(code)} }
	return map[string]illness{
		"address not on the white list": d.faulty(old("/topapi/*", "60020"), "fault ip-whitelist", "服务器出口IP"),
		"no permission for clock-ins":   d.faulty(old("/attendance/list", denied), "fault permission/qyapi_get_attendance_data", "权限管理"),
		"no permission for schedules":   d.faulty(old("/topapi/attendance/schedule/listbyusers", denied), "fault permission/qyapi_attendance_group_read", "listbyusers"),
		"no permission for holidays":    d.faulty(lacks("/v1.0/attendance/holidays"), "fault permission/qyapi_attendance_group_read", "holidays"),
		"no permission for approvals":   d.faulty(lacks("/v1.0/workflow/processInstances"), "fault permission/Workflow.Instance.Read"),
		"no permission for forms":       d.faulty(lacks("/v1.0/workflow/processes/managements/templates"), "fault permission/Workflow.Form.Read"),
		"no permission for contacts": d.faulty(old("/topapi/user/listid", denied),
			"fault permission/qyapi_get_department_list, qyapi_get_member"),
		"no permission for people": d.faulty(old("/topapi/v2/user/get", denied), "fault permission/qyapi_get_member"),
		"throttled":                d.faulty(old("/attendance/listRecord", "90018"), "warning api/attendance/listRecord", "DAKASYNC_QPS"),
		"no Stream mode": d.faulty(platform.Fault{
			Path: "/v1.0/gateway/connections/open", Status: http.StatusBadRequest, Body: `{"code":"InvalidParameter","message":"not a stream app"}`,
		}, "fault stream", "Stream 模式推送"),
	}
}

// otherSettings are wrong ones.
func (d *deployment) otherSettings() map[string]illness {
	with := func(found string, words []string, settings ...string) illness {
		env := map[string]string{}
		for i := 0; i < len(settings); i += 2 {
			env[settings[i]] = settings[i+1]
		}
		return illness{env: env, found: found, words: words}
	}
	nobody := freeAddress(d.t)
	user := script{deployment: d}.someone("office", 1)
	return map[string]illness{
		"wrong secret": with("fault credentials", []string{"DINGTALK_CLIENT_SECRET"}, "DINGTALK_CLIENT_SECRET", "wrong"),
		"DingTalk cannot be reached": with("fault dingtalk", []string{"443"},
			"DINGTALK_API_URL", "http://"+nobody, "DINGTALK_OAPI_URL", "http://"+nobody),
		"clock off":                    with("fault clock/dingtalk", []string{"behind DingTalk's"}, "DINGTALK_OAPI_URL", skewed(d.t, d.platform.URL(), 5*time.Minute), "DINGTALK_API_URL", skewed(d.t, d.platform.URL(), 5*time.Minute)),
		"wrong time zone":              with("fault time-zone", []string{"DAKASYNC_TIMEZONE"}, "DAKASYNC_TIMEZONE", "Asia/Tokyo"),
		"no operator":                  with("warning operator", []string{"DINGTALK_OP_USER_ID"}, "DINGTALK_OP_USER_ID", ""),
		"operator is a stranger":       with("fault operator", []string{"nobody"}, "DINGTALK_OP_USER_ID", "nobody"),
		"operator is no administrator": with("fault operator", []string{"no administrator"}, "DINGTALK_OP_USER_ID", user),
		"no PostgreSQL": func() illness {
			one := with("fault postgresql", []string{"DATABASE_URL"}, "DATABASE_URL", "postgres://somebody@"+nobody+"/daka")
			one.unasked = true
			return one
		}(),
		"PostgreSQL is read-only": func() illness {
			one := with("fault postgresql", []string{"takes no writes"}, "DATABASE_URL", d.env["DATABASE_URL"]+"&default_transaction_read_only=on")
			one.unasked = true
			return one
		}(),
		"calls spent": func() illness {
			one := with("fault quota/calls", []string{"DAKASYNC_EDITION"}, "DAKASYNC_MONTHLY_CALLS", "5")
			one.unasked = true
			return one
		}(),
		"calls spent, and forced": func() illness {
			one := with("fault quota/calls", nil, "DAKASYNC_MONTHLY_CALLS", "5")
			one.flags = []string{"--force"}
			return one
		}(),
		"pushes spent":  with("fault quota/pushes", []string{"DAKASYNC_MONTHLY_PUSHES"}, "DAKASYNC_MONTHLY_PUSHES", "5"),
		"no Temporal":   with("fault temporal", []string{"TEMPORAL_ADDRESS"}, "TEMPORAL_ADDRESS", nobody),
		"nobody polls":  with("fault temporal/task-queues", []string{"elsewhere (workflow)", "DAKASYNC_TASK_QUEUE"}, "DAKASYNC_TASK_QUEUE", "elsewhere"),
		"no deployment": with("fault temporal/deployment", []string{"is not there"}, "DAKASYNC_DEPLOYMENT", "unknown"),
	}
}

// unwellDingTalk is what is set up wrongly on DingTalk's side.
func (d *deployment) unwellDingTalk() map[string]illness {
	set := func(change func(*platform.Settings), found string, words ...string) illness {
		was := d.platform.Settings()
		return illness{
			fall: func() { d.platform.Configure(change) }, heal: func() { d.platform.Configure(func(s *platform.Settings) { *s = was }) },
			found: found, words: words,
		}
	}
	quota := set(func(s *platform.Settings) { s.CallQuota = 1 }, "fault quota/calls", "DAKASYNC_MONTHLY_CALLS")
	refill := quota.heal
	quota.heal = func() {
		refill()
		d.execute("DELETE FROM dakasync.quota_word") // a worker may have heard it too
	}
	answer := func(path, body string) platform.Fault { return platform.Fault{Path: path, Body: body} }
	return map[string]illness{
		"quota spent": quota,
		"report off":  set(func(s *platform.Settings) { s.Report = "off" }, "warning report", "智能统计"),
		"report without leave types": set(func(s *platform.Settings) { s.ReportLeaves = "年假,病假" },
			"warning report/leave-types", "事假, 调休", "报表设置"),
		"leave type with null values": set(func(s *platform.Settings) { s.ReportNulls = "病假" }, "warning report/leave-types", "add 病假 in"),
		"column with null values":     set(func(s *platform.Settings) { s.ReportNulls = "迟到次数" }, "warning report/columns", "迟到次数"),
		"empty lists of an overseas company": d.faulty(answer("/attendance/list", `{"errcode":0,"errmsg":"ok","hasMore":false,"recordresult":[]}`),
			"fault isI18n", "attendance/list 0 results"),
		"empty records of an overseas company": d.faulty(answer("/attendance/listRecord", `{"errcode":0,"errmsg":"ok","recordresult":[]}`),
			"fault isI18n", "listRecord 0 records"),
		"nobody is planned for": d.faulty(answer("/topapi/attendance/schedule/listbyusers", `{"errcode":0,"success":true,"result":[]}`),
			"warning schedule/users", "have no schedule"),
	}
}

// unwellLedger is what the tables tell of.
func (d *deployment) unwellLedger() map[string]illness {
	sql := func(fall, heal, found string, words ...string) illness {
		return illness{fall: func() { d.execute(fall) }, heal: func() { d.execute(heal) }, found: found, words: words}
	}
	later := func(of, which string) (fall, heal string) {
		return "UPDATE dakasync.event SET " + of + " = " + of + " - interval '30 days' WHERE " + which,
			"UPDATE dakasync.event SET " + of + " = " + of + " + interval '30 days' WHERE " + which
	}
	all, none := later("received_at", "true")
	noPunches, punches := later("received_at", "event_type = 'attendance_check_record'")
	noApprovals, approvals := later("received_at", "event_type = 'bpms_instance_change'")
	behind := sql(`UPDATE dakasync.schema_version SET version_id = -version_id WHERE version_id = (SELECT max(version_id) FROM dakasync.schema_version)`,
		`UPDATE dakasync.schema_version SET version_id = -version_id WHERE version_id < 0`, "fault postgresql/schema", "dakactl migrate")
	behind.unasked = true
	return map[string]illness{
		"schema behind": behind,
		"schema ahead": sql(`INSERT INTO dakasync.schema_version (version_id, is_applied) VALUES (9999, true)`,
			`DELETE FROM dakasync.schema_version WHERE version_id = 9999`, "warning postgresql/schema", "9999"),
		"no events":          sql(all, none, "warning events", "事件订阅"),
		"no punch events":    sql(noPunches, punches, "warning events/attendance_check_record", "事件订阅"),
		"no approval events": sql(noApprovals, approvals, "warning events/bpms_instance_change"),
		"list long undrained": sql(`UPDATE dakasync.drain SET answered_at = answered_at - interval '2 days'`,
			`UPDATE dakasync.drain SET answered_at = answered_at + interval '2 days'`, "warning failed-pushes", "qyapi_base"),
		"unreadable pushes": sql(`INSERT INTO dakasync.failed_push (corp_id, drain_id, position, raw, readable)
				SELECT corp_id, id, 9999, '?', false FROM dakasync.drain LIMIT 1`,
			`DELETE FROM dakasync.failed_push WHERE position = 9999`, "warning failed-pushes", "dakactl resync"),
		"pushes muted": sql(`INSERT INTO dakasync.quota_word (corp_id, month, kind, first_at, last_at)
				SELECT '`+d.company.CorpID()+`', date_trunc('month', now() AT TIME ZONE 'Asia/Shanghai'), 'pushes', now(), now()`,
			`DELETE FROM dakasync.quota_word`, "fault quota/pushes"),
	}
}

// execute changes the tables.
func (d *deployment) execute(statement string) {
	d.t.Helper()
	_, err := d.db.Exec(context.WithoutCancel(d.t.Context()), statement)
	require.NoError(d.t, err)
}

// unwellTemporal is what is missing there.
func (d *deployment) unwellTemporal() map[string]illness {
	ctx := context.WithoutCancel(d.t.Context())
	schedules := d.temporal.ScheduleClient()
	change := func(do func() error) func() { return func() { require.NoError(d.t, do()) } }
	setCurrent := func(build string) func() error {
		return func() error {
			_, err := d.temporal.WorkerDeploymentClient().GetHandle("attendance").SetCurrentVersion(ctx,
				client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build})
			return err
		}
	}
	attributes := func() error {
		_, err := d.temporal.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: d.name, SearchAttributes: map[string]enumspb.IndexedValueType{"DakaOutcome": enumspb.INDEXED_VALUE_TYPE_KEYWORD},
		})
		return err
	}
	return map[string]illness{
		"short retention": {
			fall: func() { d.keep(24 * time.Hour) }, heal: func() { d.keep(monthOfDays) }, found: "warning temporal/retention", words: []string{"--retention 30d"},
		},
		"schedule paused": {
			fall: change(func() error {
				return schedules.GetHandle(ctx, workflows.ScheduleReconcile).Pause(ctx, client.SchedulePauseOptions{})
			}),
			heal: change(func() error {
				return schedules.GetHandle(ctx, workflows.ScheduleReconcile).Unpause(ctx, client.ScheduleUnpauseOptions{})
			}),
			found: "warning temporal/schedules", words: []string{workflows.ScheduleReconcile},
		},
		"no current version": {
			fall: change(setCurrent("")), heal: change(setCurrent("1.5.0")), found: "fault temporal/deployment", words: []string{"set-current-version"},
		},
		"attribute missing": {
			fall: change(func() error {
				_, err := d.temporal.OperatorService().RemoveSearchAttributes(ctx, &operatorservice.RemoveSearchAttributesRequest{
					Namespace: d.name, SearchAttributes: []string{"DakaOutcome"},
				})
				return err
			}),
			heal: change(attributes), found: "fault temporal/search-attributes", words: []string{"--name DakaOutcome"},
		},
	}
}
