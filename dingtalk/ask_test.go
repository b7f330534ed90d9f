package dingtalk_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dingtalk"
	"dakasync/privacy"
)

const fullDay = `{"errcode":0,"success":true,"request_id":"f1","result":{
  "userid":"u","corpId":"dinge8","work_date":"2026-11-01 00:00:00",
  "attendance_result_list":[
   {"record_id":53429818546,"plan_id":"176929277767","group_id":710705191,"class_id":709595172,
    "check_type":"OnDuty","plan_check_time":"2026-11-01 09:00:00","user_check_time":"2026-11-01 11:21:59",
    "time_result":"Late","location_result":"Normal","location_method":"MAP","source_type":"USER","user_address":"绿城未来park"},
   {"record_id":53429818999,"plan_id":176929277768,"check_type":"OffDuty","plan_check_time":"2026-11-01 18:00:00",
    "user_check_time":"2026-11-01 18:00:00","time_result":"Normal","location_result":"Normal","source_type":"APPROVE","procInst_id":"qWU68"},
   {"check_type":"OffDuty","plan_check_time":"2026-11-01 20:00:00","user_check_time":"2026-11-01 20:00:00","time_result":"NotSigned","source_type":"SYSTEM"},
   {"check_type":"OffDuty","plan_check_time":"2026-11-01 21:00:00","time_result":"Unheard","source_type":"NEW","surprise":{}},
   {"check_type":"OffDuty","plan_check_time":"the day after"},
   7],
  "check_record_list":[
   {"record_id":52710882700,"user_check_time":"2026-11-01 11:19:04","valid_matched":false,"source_type":"USER",
    "user_accuracy":"15.0","user_longitude":"120.017267","user_ssid":"alibaba-inc1","invalid_record_type":"Other","invalid_record_msg":"外勤打卡需要审批"},
   {"record_id":1,"user_check_time":1793531945000,"valid_matched":"true","source_type":"ATM"},
   {"record_id":2}],
  "approve_list":[
   {"procInst_id":"1234abcd","biz_type":3,"tag_name":"请假","sub_type":"年假","begin_time":"2026-11-01 00:00:00","end_time":"2026-11-02 00:00:00",
    "duration":"2.0","duration_unit":"day","gmt_finished":"2026-10-30 10:11:12"},
   {"biz_type":1}],
  "class_setting_info":{"rest_time_vo_list":[{"rest_begin_time":0}]}}}`

func TestUserDay(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says(dayPath, fullDay)
	a, err := f.client().UserDay(context.Background(), "u", day(t, "2026-11-01"))
	require.NoError(t, err)
	require.Equal(t, map[string]any{"userid": "u", "work_date": "2026-11-01 00:00:00"}, f.sent(dayPath)[0].body)
	require.Equal(t, attendance.SourceDetail, a.Source)
	require.Equal(t, f.clock(), a.AskedAt)

	require.Len(t, a.Results, 4, "rows that cannot be read are left out")
	first := a.Results[0]
	require.Equal(t, "2026-11-01T11:21:59+08:00", first.UserCheckTime.Format(time.RFC3339))
	require.Equal(t, "2026-11-01T09:00:00+08:00", first.PlanCheckTime.Format(time.RFC3339))
	require.Equal(t, []int64{53429818546, 176929277767, 710705191, 709595172}, []int64{first.RecordID, first.PlanID, first.GroupID, first.ClassID})
	require.Equal(t, "qWU68", a.Results[1].ProcessInstanceID)
	require.True(t, a.Results[2].UserCheckTime.IsZero(), "a slot nobody signed repeats the plan")
	require.Equal(t, "Unheard", a.Results[3].TimeResult)

	require.Len(t, a.Records, 2)
	require.Equal(t, int64(52710882700), a.Records[0].RecordID)
	require.False(t, *a.Records[0].Valid)
	require.Equal(t, "Other", a.Records[0].InvalidType)
	require.True(t, *a.Records[1].Valid)
	require.Equal(t, int64(1793531945000), a.Records[1].CheckTime.UnixMilli())
	require.Nil(t, a.Records[0].Extra)
	require.Nil(t, a.Results[0].Extra)

	require.Len(t, a.Approvals, 1)
	require.Equal(t, "2.0", a.Approvals[0].Duration)
	require.Equal(t, int64(3), a.Approvals[0].BizType)
	require.Contains(t, f.log.String(), "rows=4")
	require.NotContains(t, f.log.String(), "绿城")
}

func TestUserDayKeepsPersonalDataOnlyIfAsked(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says(dayPath, fullDay)
	a, err := f.client(func(o *dingtalk.Options) { o.Policy = privacy.Full }).UserDay(context.Background(), "u", day(t, "2026-11-01"))
	require.NoError(t, err)
	require.JSONEq(t, `{"user_address":"绿城未来park"}`, string(a.Results[0].Extra))
	require.JSONEq(t, `{"user_accuracy":"15.0","user_longitude":"120.017267","user_ssid":"alibaba-inc1"}`, string(a.Records[0].Extra))
	require.Nil(t, a.Results[1].Extra)
}

func TestUserDayOddAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body string
		kind dingtalk.Kind
	}{
		"empty day":          {emptyDay, ""},
		"no result":          {`{"errcode":0}`, ""},
		"null lists":         {`{"errcode":0,"result":{"approve_list":null,"check_record_list":null}}`, ""},
		"another user":       {`{"errcode":0,"result":{"userid":"v"}}`, dingtalk.KindMalformed},
		"result is a list":   {`{"errcode":0,"result":[]}`, dingtalk.KindMalformed},
		"a list is none":     {`{"errcode":0,"result":{"check_record_list":{"a":1}}}`, dingtalk.KindMalformed},
		"unknown user":       {`{"errcode":60121,"errmsg":"找不到该用户"}`, dingtalk.KindNotFound},
		"half a year ago":    {`{"errcode":850002,"errmsg":"禁止查询半年以前的数据"}`, dingtalk.KindTooOld},
		"permission missing": {`{"errcode":88,"sub_code":"60011","sub_msg":"没有调用该接口的权限"}`, dingtalk.KindPermissionMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.says(dayPath, tt.body)
			a, err := f.client().UserDay(context.Background(), "u", day(t, "2026-11-01"))
			if tt.kind == "" {
				require.NoError(t, err)
				require.True(t, a.Empty())
				return
			}
			e := requireKind(t, err, tt.kind)
			if tt.kind == dingtalk.KindPermissionMissing {
				require.Equal(t, []string{"qyapi_get_attendance_data"}, e.Scopes)
			}
		})
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	row := func(id int, user, date, check string) string {
		return fmt.Sprintf(`{"id":%d,"recordId":%d,"planId":1,"userId":%q,"workDate":%d,"checkType":%q,"timeResult":"Normal","locationResult":"Normal",`+
			`"sourceType":"USER","baseCheckTime":1793494800000,"userCheckTime":1793494800000}`,
			id, id, user, day(t, date).In(time.FixedZone("", 8*3600)).UnixMilli(), check)
	}
	f.says("/attendance/list",
		`{"errcode":0,"hasMore":true,"recordresult":[`+row(1, "u", "2026-11-01", "OnDuty")+`,`+row(2, "u", "2026-11-01", "OffDuty")+`]}`,
		`{"errcode":0,"hasMore":false,"recordresult":[`+row(2, "u", "2026-11-01", "OffDuty")+`,`+row(3, "v", "2026-11-03", "OnDuty")+`,`+row(4, "v", "2026-11-04", "OnDuty")+`,`+row(5, "stranger", "2026-11-03", "OnDuty")+`]}`)
	f.says("/attendance/listRecord", `{"errcode":0,"recordresult":[
		{"id":11,"bizId":"b","userId":"u","workDate":1793462400000,"userCheckTime":1793494800000,"checkType":"OnDuty","sourceType":"USER","isLegal":"Y","userAddress":"x"},
		{"id":12,"userId":"u","userCheckTime":1793577600000,"isLegal":"N","invalidRecordType":"Other","sourceType":"USER"},
		{"id":13,"userId":"u","workDate":1793376000000,"userCheckTime":1793462400000,"isLegal":"Y"},
		{"id":14,"userId":"v","userCheckTime":"1793600000000","procInstId":"p"},
		{"id":15,"userId":"u"},{"userCheckTime":1}]}`)
	answers, err := f.client().Window(context.Background(), []string{"v", "u", "u"}, day(t, "2026-11-01"), day(t, "2026-11-03"))
	require.NoError(t, err)

	require.Len(t, answers, 6, "one for every user and day")
	got := map[string][2]int{}
	for _, a := range answers {
		require.Equal(t, attendance.SourceSweep, a.Source)
		got[a.UserID+" "+a.WorkDate.String()] = [2]int{len(a.Results), len(a.Records)}
	}
	require.Equal(t, map[string][2]int{
		"u 2026-11-01": {2, 1}, "u 2026-11-02": {0, 1}, "u 2026-11-03": {0, 0},
		"v 2026-11-01": {0, 0}, "v 2026-11-02": {0, 1}, "v 2026-11-03": {1, 0},
	}, got)
	require.Equal(t, "b", answers[0].Records[0].BizID)
	require.Equal(t, int64(11), answers[0].Records[0].RecordID)
	require.True(t, *answers[0].Records[0].Valid)
	require.False(t, *answers[1].Records[0].Valid)

	lists := f.sent("/attendance/list")
	require.Len(t, lists, 2)
	require.Equal(t, map[string]any{
		"workDateFrom": "2026-11-01 00:00:00", "workDateTo": "2026-11-03 00:00:00", "userIdList": []any{"u", "v"},
		"offset": 50.0, "limit": 50.0, "isI18n": false,
	}, lists[1].body)
	records := f.sent("/attendance/listRecord")
	require.Len(t, records, 1)
	require.Equal(t, "2026-10-31 12:00:00", records[0].body["checkDateFrom"])
	require.Equal(t, "2026-11-05 00:00:00", records[0].body["checkDateTo"])
}

func TestWindowOfAWeekAsksForRecordsTwice(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says("/attendance/list", `{"errcode":0,"hasMore":true,"recordresult":[]}`) // an empty page is the last, whatever it says
	f.says("/attendance/listRecord", `{"errcode":0,"recordresult":[{"id":11,"userId":"u","userCheckTime":1793980800000}]}`)
	answers, err := f.client().Window(context.Background(), []string{"u"}, day(t, "2026-11-01"), day(t, "2026-11-07"))
	require.NoError(t, err)
	require.Len(t, answers[6].Records, 1, "a row in both answers is one")
	records := f.sent("/attendance/listRecord")
	require.Len(t, records, 2)
	require.Equal(t, []any{"2026-10-31 12:00:00", "2026-11-07 12:00:00", "2026-11-07 12:00:00", "2026-11-09 00:00:00"},
		[]any{records[0].body["checkDateFrom"], records[0].body["checkDateTo"], records[1].body["checkDateFrom"], records[1].body["checkDateTo"]})

	_, err = f.client().Window(context.Background(), []string{"u"}, day(t, "2026-11-19"), day(t, "2026-11-20"))
	require.NoError(t, err)
	require.Equal(t, "2026-11-21 00:00:00", f.sent("/attendance/listRecord")[2].body["checkDateTo"], "not beyond today")

	oldest := attendance.DateOf(f.clock(), f.clock().Location()).AddDays(-attendance.HorizonDays)
	_, err = f.client().Window(context.Background(), []string{"u"}, oldest, oldest)
	require.NoError(t, err)
	require.Equal(t, oldest.String()+" 00:00:00", f.sent("/attendance/listRecord")[3].body["checkDateFrom"], "not before the horizon")
}

// Each page is paid for: what was throttled later is waited for, and not begun anew.
func TestWindowGoesOnAfterAThrottling(t *testing.T) {
	t.Parallel()
	const throttled = `{"errcode":90018,"errmsg":"too many calls"}`
	f := newFake(t)
	f.says("/attendance/list", `{"errcode":0,"hasMore":true,"recordresult":[{"id":1,"userId":"u","workDate":1604160000000,"checkType":"OnDuty"}]}`,
		throttled, `{"errcode":0,"hasMore":false,"recordresult":[]}`)
	f.says("/attendance/listRecord", throttled, `{"errcode":0,"recordresult":[]}`)
	c := f.client(func(o *dingtalk.Options) {
		o.SleepFunc = func(_ context.Context, d time.Duration) bool { f.pass(d); return true }
	})
	from := attendance.NewDate(2020, time.November, 1)
	_, err := c.Window(context.Background(), []string{"u"}, from, from)
	require.NoError(t, err)
	require.Len(t, f.sent("/attendance/list"), 3)
	require.Len(t, f.sent("/attendance/listRecord"), 2)

	f.says("/attendance/listRecord", throttled)
	_, err = c.Records(context.Background(), []string{"u"}, from, from)
	requireKind(t, err, dingtalk.KindThrottled)
	require.Len(t, f.sent("/attendance/listRecord"), 3, "the first of them is the queue's to repeat")
}

func TestWindowRefusesWhatDingTalkWould(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := f.client()
	for _, tt := range []struct {
		users    int
		from, to string
	}{{0, "2026-11-01", "2026-11-01"}, {51, "2026-11-01", "2026-11-01"}, {1, "2026-11-01", "2026-11-08"}, {1, "2026-11-02", "2026-11-01"}} {
		_, err := c.Window(context.Background(), make([]string, tt.users), day(t, tt.from), day(t, tt.to))
		requireKind(t, err, dingtalk.KindInvalidRequest)
	}
	require.Empty(t, f.sent("/attendance/list"))

	f.says("/attendance/list", `{"errcode":0,"hasMore":true,"recordresult":[{}]}`)
	_, err := c.Window(context.Background(), []string{"u"}, day(t, "2026-11-01"), day(t, "2026-11-01"))
	requireKind(t, err, dingtalk.KindMalformed)
	require.Len(t, f.sent("/attendance/list"), 200, "a list that never ends is left")
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	const path = "/topapi/attendance/schedule/listbyusers"
	f.says(path, `{"errcode":0,"result":[
		{"id":1,"userid":"u","group_id":2,"shift_id":3,"check_type":"OnDuty","plan_check_time":"2026-11-01 09:00:00","work_date":"2026-11-01 00:00:00","is_rest":"N"},
		{"id":4,"userid":"u","work_date":1793548800000,"is_rest":"Y"},{"userid":"u"},{"work_date":1}]}`)
	_, err := f.client(func(o *dingtalk.Options) { o.OperatorUserID = "" }).Schedule(context.Background(), []string{"u"}, day(t, "2026-11-01"), day(t, "2026-11-02"))
	require.ErrorIs(t, err, dingtalk.ErrNoOperator)
	require.Empty(t, f.sent(path))

	planned, err := f.client().Schedule(context.Background(), []string{"u", "v"}, day(t, "2026-11-01"), day(t, "2026-11-02"))
	require.NoError(t, err)
	require.Len(t, planned, 2)
	require.Equal(t, "2026-11-01", planned[0].WorkDate.String())
	require.Equal(t, int64(3), planned[0].ClassID)
	require.False(t, planned[0].Rest)
	require.True(t, planned[1].Rest)
	require.Equal(t, "2026-11-02", planned[1].WorkDate.String())
	require.Equal(t, map[string]any{"op_user_id": "boss", "userids": "u,v", "from_date_time": 1793462400000.0, "to_date_time": 1793635199000.0}, f.sent(path)[0].body)
}

func TestInstance(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	const path = "/v1.0/workflow/processInstances"
	f.answers(path, answer{body: `{"result":{"title":"某用户提交的客户信息预约","businessId":"202604161534000376553","status":"COMPLETED","result":"agree",
		"createTime":"2026-04-16T15:34Z","finishTime":"2026-04-16T15:50Z","originatorUserId":"0932","bizAction":"REVOKE","mainProcessInstanceId":"m",
		"attachedProcessInstanceIds":["a","b"],"formComponentValues":[{"name":"客户名称","componentType":"TextField","value":"ttt"}]},"success":"true"}`},
		answer{body: `{"result":null,"success":true}`}, answer{body: `{"result":{}}`}, answer{body: `{"result":[1]}`},
		answer{status: 400, body: `{"code":"processInstanceNotExist","message":"x"}`})
	c := f.client()
	i, err := c.Instance(context.Background(), "p&1", "PROC-1")
	require.NoError(t, err)
	require.Equal(t, attendance.Instance{
		ProcessInstanceID: "p&1", ProcessCode: "PROC-1", Kind: attendance.ApprovalOther, OriginatorUserID: "0932", Status: "COMPLETED", Result: "agree",
		BizAction: "REVOKE", MainProcessInstanceID: "m", AttachedIDs: []string{"a", "b"}, ReadAt: f.clock(),
		CreatedAt: i.CreatedAt, FinishedAt: i.FinishedAt,
	}, i)
	require.Equal(t, "2026-04-16T15:34:00+08:00", i.CreatedAt.Format(time.RFC3339), "the Z is false")
	require.True(t, i.Approved())
	require.Equal(t, []string{"p&1"}, f.sent(path)[0].query["processInstanceId"])
	require.Equal(t, "token-1", f.sent(path)[0].token)
	require.NotContains(t, f.sent(path)[0].query, "access_token")

	for _, kind := range []dingtalk.Kind{dingtalk.KindMalformed, dingtalk.KindMalformed, dingtalk.KindMalformed, dingtalk.KindNotFound} {
		_, err = c.Instance(context.Background(), "p", "")
		requireKind(t, err, kind)
	}
}

func TestInstanceIDs(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	const path = "/v1.0/workflow/processes/instanceIds/query"
	f.says(path, `{"result":{"list":["b","a"],"nextToken":"20"},"success":true}`, `{"result":{"list":["c"],"nextToken":40}}`,
		`{"result":{"list":["c"],"nextToken":"20"}}`, `{"result":{"list":[]}}`)
	c := f.client()
	ids, err := c.InstanceIDs(context.Background(), "PROC-1", attendance.StatusCompleted, []string{"u"}, f.clock().AddDate(0, 0, -7), f.clock().Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, ids)
	sent := f.sent(path)
	require.Len(t, sent, 3, "a token that comes again ends it")
	require.InDelta(t, 20, sent[1].body["nextToken"], 0)
	require.NotContains(t, sent[0].body, "endTime", "up to now: an end of our clock's would miss the last minute")
	require.Equal(t, []any{"COMPLETED"}, sent[0].body["statuses"])

	users := strings.Split("a b c d e f g h i j k", " ")
	ids, err = c.InstanceIDs(context.Background(), "PROC-1", attendance.StatusCompleted, users, f.clock().AddDate(-3, 0, 0), f.clock())
	require.NoError(t, err)
	require.Empty(t, ids)
	require.Len(t, f.sent(path), 3+2*4, "ten users and 120 days at a time, a year back at most")
	for n, end := range []any{true, true, true, nil} {
		require.Equal(t, end == nil, f.sent(path)[3+n].body["endTime"] == nil, "only the last piece goes up to now")
	}

	ids, err = c.InstanceIDs(context.Background(), "PROC-1", attendance.StatusCompleted, users, f.clock(), f.clock().Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, ids, "nothing to ask about the future")
	f.says(path, `{"result":null,"success":true}`)
	ids, err = c.InstanceIDs(context.Background(), "PROC-1", attendance.StatusCompleted, users, f.clock().Add(-time.Hour), f.clock())
	require.NoError(t, err)
	require.Empty(t, ids)
	for _, odd := range []string{`{"result":{"list":["a"],"nextToken":"next"}}`, `{"errcode":0,"errmsg":"ok"}`} {
		f.says(path, odd)
		_, err = c.InstanceIDs(context.Background(), "PROC-1", attendance.StatusCompleted, users, f.clock().Add(-time.Hour), f.clock())
		requireKind(t, err, dingtalk.KindMalformed)
	}
}

func TestInstanceIDsOfEverybody(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	const path = "/v1.0/workflow/processes/instanceIds/query"
	f.says(path, `{"result":{"list":["a"]},"success":true}`)
	ids, err := f.client().InstanceIDs(context.Background(), "PROC-1", attendance.StatusCompleted, nil, f.clock().AddDate(0, 0, -7), f.clock())
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, ids, "nobody named is everybody, not nobody")
	require.Len(t, f.sent(path), 1)
	require.NotContains(t, f.sent(path)[0].body, "userIds")
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	const path = "/v1.0/workflow/processes/managements/templates"
	f.says(path, `{"result":[{"flowTitle":"补卡申请","processCode":"PROC-1","attendanceType":1},{"flowTitle":"请假","processCode":"PROC-2","attendanceType":"2"},
		{"flowTitle":"other","processCode":"PROC-3"},{"flowTitle":"none","attendanceType":1}],"success":true}`)
	c := f.client()
	for range 3 {
		codes, err := c.MakeUpCodes(context.Background())
		require.NoError(t, err)
		require.Equal(t, []string{"PROC-1"}, codes)
		codes, err = c.LeaveCodes(context.Background())
		require.NoError(t, err)
		require.Equal(t, []string{"PROC-2"}, codes)
	}
	require.Len(t, f.sent(path), 1)
	f.pass(time.Hour)
	together(t, 10, func() error { _, err := c.MakeUpCodes(context.Background()); return err })
	require.Len(t, f.sent(path), 2)

	codes, err := f.client(func(o *dingtalk.Options) { o.MakeUpCodes = []string{"P"} }).MakeUpCodes(context.Background())
	require.NoError(t, err)
	require.Equal(t, []string{"P"}, codes)
	codes, err = f.client(func(o *dingtalk.Options) { o.OperatorUserID = "" }).MakeUpCodes(context.Background())
	require.NoError(t, err)
	require.Empty(t, codes)
	require.Len(t, f.sent(path), 2)
}

// Every approval of another kind asks for the templates: an operator who may not
// see them must not cost a call each time.
func TestTemplatesThatAreRefusedAreAskedForNowAndThen(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	const path = "/v1.0/workflow/processes/managements/templates"
	f.answers(path, answer{status: 400, body: `{"code":"invalidUserId","message":"userId 无效或没有权限"}`}, answer{body: `{"result":[{"processCode":"P","attendanceType":1}]}`})
	c := f.client()
	for range 5 {
		_, err := c.MakeUpCodes(context.Background())
		requireKind(t, err, dingtalk.KindInvalidRequest)
	}
	require.Len(t, f.sent(path), 1)
	f.pass(10 * time.Minute)
	codes, err := c.MakeUpCodes(context.Background())
	require.NoError(t, err)
	require.Equal(t, []string{"P"}, codes)

	f.answers(path, answer{status: 500, body: `{"code":"systemError"}`})
	f.pass(time.Hour)
	for range 2 {
		_, err = c.MakeUpCodes(context.Background())
		requireKind(t, err, dingtalk.KindTransient)
	}
	require.Len(t, f.sent(path), 4, "trouble passes")
}

func TestHolidays(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says("/v1.0/attendance/holidays", `{"result":[{"userId":"u","holidays":[{"workDate":1793462400000,"holidayName":"春节","holidayType":"festival","realWorkDate":null},{}]},{"userId":"v"}]}`)
	holidays, err := f.client().Holidays(context.Background(), []string{"u", "v"}, day(t, "2026-11-01"), day(t, "2026-11-30"))
	require.NoError(t, err)
	require.Equal(t, []dingtalk.Holiday{{UserID: "u", WorkDate: day(t, "2026-11-01"), Name: "春节", Type: "festival"}}, holidays)
}

func TestFailedPushes(t *testing.T) {
	t.Parallel()
	const path = "/call_back/get_call_back_failed_result"
	cutOff := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"errcode":0,"failed_list":[{"call_back_tag":"a"},`))
	}
	silent := func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	}
	for name, tt := range map[string]struct {
		answer     answer
		want       string
		kind       dingtalk.Kind
		turnedAway bool
	}{
		"as it came":             {answer{body: " {\"errcode\":0, \"failed_list\":[{\"z\":1,\"a\":2}]}\n"}, " {\"errcode\":0, \"failed_list\":[{\"z\":1,\"a\":2}]}\n", "", false},
		"no JSON":                {answer{body: "\xff\x00 odd"}, "\xff\x00 odd", "", false},
		"cut off":                {answer{do: cutOff}, `{"errcode":0,"failed_list":[{"call_back_tag":"a"},`, "", false},
		"a ban":                  {answer{body: "<!DOCTYPE html><html>"}, "", dingtalk.KindThrottled, true},
		"an error":               {answer{body: `{"errcode":88,"sub_code":"60011"}`}, "", dingtalk.KindPermissionMissing, true},
		"a list beside an error": {answer{body: `{"errcode":-1,"failed_list":[{"call_back_tag":"a"}]}`}, `{"errcode":-1,"failed_list":[{"call_back_tag":"a"}]}`, "", false},
		"a list it calls failed": {answer{body: `{"errcode":0,"success":false,"failed_list":[{}]}`}, `{"errcode":0,"success":false,"failed_list":[{}]}`, "", false},
		"an error with none":     {answer{body: `{"errcode":88,"sub_code":"60011","failed_list":[]}`}, "", dingtalk.KindPermissionMissing, true},
		"a busy system":          {answer{status: 503}, "", dingtalk.KindTransient, false},
		"nothing":                {answer{do: silent}, "", dingtalk.KindNetwork, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.says(dayPath, emptyDay)
			f.answers(path, tt.answer)
			c := f.client()
			require.NoError(t, f.askDay(c), "so that there is a kept connection")
			body, err := c.FailedPushes(context.Background())
			require.Len(t, f.sent(path), 1, "sent once, whatever came of it")
			if tt.kind != "" {
				require.Equal(t, tt.turnedAway, requireKind(t, err, tt.kind).TurnedAway())
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, string(body))
		})
	}
}
