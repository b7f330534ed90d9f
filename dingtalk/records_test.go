package dingtalk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dingtalk"
	"dakasync/privacy"
)

const recordPath = "/attendance/listRecord"

// punched is a row of listRecord as its page shows one that counts, at a time of 2026-11-01, with some keys changed.
func punched(t *testing.T, id int, checkType, plan, at string, change ...string) string {
	t.Helper()
	millis := func(clock string) int64 {
		parsed, err := time.ParseInLocation(time.DateTime, "2026-11-01 "+clock+":00", time.FixedZone("", 8*3600))
		require.NoError(t, err)
		return parsed.UnixMilli()
	}
	row := fmt.Sprintf(`{"id":%d,"bizId":"b%d","userId":"u","workDate":1793462400000,"userCheckTime":%d,"checkType":%q,"planId":1448%[5]d,`+
		`"planCheckTime":%[5]d,"baseCheckTime":%[5]d,"groupId":6,"classId":7,"timeResult":"Normal","locationResult":"Normal",`+
		`"sourceType":"USER","isLegal":"Y","userAddress":"浙江省"}`, id, id, millis(at), checkType, millis(plan))
	for i := 0; i+1 < len(change); i += 2 {
		require.Contains(t, row, change[i])
		row = strings.Replace(row, change[i], change[i+1], 1)
	}
	return row
}

func recordsOf(t *testing.T, rows ...string) (attendance.Answer, *fake) {
	t.Helper()
	f := newFake(t)
	f.says(recordPath, `{"errcode":0,"recordresult":[`+strings.Join(rows, ",")+`]}`)
	answers, err := f.client().Records(context.Background(), []string{"u"}, day(t, "2026-11-01"), day(t, "2026-11-01"))
	require.NoError(t, err)
	require.Len(t, answers, 1)
	return answers[0], f
}

func TestRecords(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says(recordPath, `{"errcode":0,"recordresult":[`+strings.Join([]string{
		punched(t, 11, "OnDuty", "09:00", "08:55", `"Normal","locationResult"`, `"Normal","procInstId":"leave","locationResult"`),
		punched(t, 12, "OffDuty", "18:00", "17:50", `"timeResult":"Normal"`, `"timeResult":"Early"`, `"Y"`, `"N"`),
		punched(t, 13, "OnDuty", "09:00", "08:55", `"userId":"u"`, `"userId":"v"`, `1793462400000`, `"1793548800000"`),
		punched(t, 14, "OnDuty", "09:00", "08:55", `1793462400000`, `1793289600000`), // another work date
		punched(t, 15, "OnDuty", "09:00", "08:55", `"userId":"u"`, `"userId":"stranger"`),
		`{"id":16,"userId":"u","userCheckTime":1793577600000,"isLegal":"N","invalidRecordType":"Other","sourceType":"USER"}`,
		`{"id":17,"userId":"u"}`, `7`,
	}, ",")+`]}`)
	answers, err := f.client().Records(context.Background(), []string{"v", "u", "w", "u"}, day(t, "2026-11-01"), day(t, "2026-11-02"))
	require.NoError(t, err)
	got := map[string][2]int{}
	for _, a := range answers {
		require.Equal(t, attendance.SourceRecords, a.Source)
		require.Equal(t, f.clock(), a.AskedAt)
		got[a.UserID+" "+a.WorkDate.String()] = [2]int{len(a.Results), len(a.Records)}
	}
	require.Equal(t, map[string][2]int{
		"u 2026-11-01": {2, 2}, "u 2026-11-02": {0, 1}, "v 2026-11-01": {0, 0}, "v 2026-11-02": {1, 1}, "w 2026-11-01": {0, 0}, "w 2026-11-02": {0, 0},
	}, got, "an answer for everything that was asked for, and nothing else")

	loc := answers[0].Results[0].PlanCheckTime.Location()
	nine, eighteen := time.Date(2026, 11, 1, 9, 0, 0, 0, loc), time.Date(2026, 11, 1, 18, 0, 0, 0, loc)
	require.Equal(t, []attendance.Result{
		{
			CheckType: "OnDuty", PlanCheckTime: nine, UserCheckTime: nine.Add(-5 * time.Minute), TimeResult: "Normal", LocationResult: "Normal",
			SourceType: "USER", RecordID: 11, PlanID: answers[0].Results[0].PlanID, GroupID: 6, ClassID: 7, ProcessInstanceID: "leave",
		},
		{
			CheckType: "OffDuty", PlanCheckTime: eighteen, UserCheckTime: eighteen.Add(-10 * time.Minute), TimeResult: "Early", LocationResult: "Normal",
			SourceType: "USER", RecordID: 12, PlanID: answers[0].Results[1].PlanID, GroupID: 6, ClassID: 7,
		},
	}, answers[0].Results)
	require.True(t, *answers[0].Records[1].Valid, "who leaves early has signed all the same")
	require.False(t, *answers[1].Records[0].Valid)
	require.Contains(t, f.log.String(), "rows=2")

	require.Empty(t, f.sent("/attendance/list"))
	sent := f.sent(recordPath)
	require.Len(t, sent, 1, "one call")
	require.Equal(t, map[string]any{
		"userIds": []any{"u", "v", "w"}, "checkDateFrom": "2026-10-31 12:00:00", "checkDateTo": "2026-11-04 00:00:00", "isI18n": false,
	}, sent[0].body)
}

// TestASlotShowsOneOfItsRecords: DingTalk counts the first clock-in of the morning and the last of the evening.
func TestASlotShowsOneOfItsRecords(t *testing.T) {
	t.Parallel()
	approved := []string{`"sourceType":"USER"`, `"sourceType":"APPROVE"`}
	for name, tt := range map[string]struct {
		rows    []string
		results []int64 // record ids
		valid   string  // of the records: y, n, ? if the row does not say
	}{
		"the first on duty":       {[]string{punched(t, 2, "OnDuty", "09:00", "08:58"), punched(t, 1, "OnDuty", "09:00", "08:55"), punched(t, 3, "OnDuty", "09:00", "08:59")}, []int64{1}, "yyy"},
		"the last off duty":       {[]string{punched(t, 2, "OffDuty", "18:00", "18:05"), punched(t, 3, "OffDuty", "18:00", "18:10"), punched(t, 1, "OffDuty", "18:00", "18:01")}, []int64{3}, "yyy"},
		"within one second":       {[]string{punched(t, 2, "OnDuty", "09:00", "08:58"), punched(t, 1, "OnDuty", "09:00", "08:58")}, []int64{1}, "yy"},
		"each half of a shift":    {[]string{punched(t, 1, "OnDuty", "08:30", "08:25"), punched(t, 2, "OnDuty", "13:30", "13:25")}, []int64{1, 2}, "yy"},
		"a make-up is the result": {[]string{punched(t, 1, "OffDuty", "18:00", "18:00", approved...), punched(t, 2, "OffDuty", "18:00", "18:05")}, []int64{1}, "yy"},
		"whichever comes first":   {[]string{punched(t, 2, "OffDuty", "18:00", "18:05"), punched(t, 1, "OffDuty", "18:00", "18:00", approved...)}, []int64{1}, "yy"},
		"without a plan's id":     {[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"planId"`, `"x"`), punched(t, 2, "OnDuty", "09:00", "08:55", `"planId"`, `"x"`)}, []int64{2}, "yy"},
		"the id on one of them":   {[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"planId"`, `"x"`), punched(t, 2, "OnDuty", "09:00", "08:55")}, []int64{2}, "yy"},
		"only a base time": {
			[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"planId"`, `"x"`, `"planCheckTime"`, `"y"`)}, []int64{1}, "y",
		},
		"only a plan's id": {
			[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"baseCheckTime"`, `"x"`, `"planCheckTime"`, `"y"`)}, []int64{1}, "y",
		},
		"an id of its own":      {[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"bizId"`, `"recordId":"9","bizId"`)}, []int64{9}, "y"},
		"legal in no sense":     {[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"Y"`, `"N"`, `"timeResult":"Normal"`, `"timeResult":"Late"`)}, []int64{1}, "y"},
		"nothing said of worth": {[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"isLegal"`, `"x"`)}, []int64{1}, "?"},
		"to be confirmed":       {[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"Y"`, `"N","invalidRecordType":"Security"`)}, nil, "n"},
		"with a reason only":    {[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"Y"`, `"N","invalidRecordMsg":"需要二次确认"`)}, nil, "n"},
		"matched by nothing":    {[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"Y"`, `"Y","validMatched":false`)}, nil, "n"},
		"free hours": {
			[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"planId"`, `"x"`, `"planCheckTime"`, `"y"`, `"baseCheckTime"`, `"z"`)}, nil, "y",
		},
		"a plan that is 0": {
			[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"planId"`, `"planId":0,"x"`, `"planCheckTime"`, `"y"`, `"baseCheckTime"`, `"z"`)}, nil, "y",
		},
		"no check type":   {[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"checkType"`, `"x"`)}, nil, "y"},
		"no time result":  {[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"timeResult"`, `"x"`)}, nil, "y"},
		"an odd plan":     {[]string{punched(t, 1, "OnDuty", "09:00", "08:58", `"planCheckTime":`, `"planCheckTime":"soon","x":`)}, nil, "y"},
		"the row again":   {[]string{punched(t, 1, "OnDuty", "09:00", "08:58"), punched(t, 1, "OnDuty", "09:00", "08:58")}, []int64{1}, "y"},
		"nobody signed":   {[]string{punched(t, 1, "OnDuty", "09:00", "09:00", `"timeResult":"Normal"`, `"timeResult":"NotSigned"`)}, nil, ""},
		"nobody was here": {nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, _ := recordsOf(t, tt.rows...)
			var ids []int64
			for _, r := range answer.Results {
				ids = append(ids, r.RecordID)
			}
			require.Equal(t, tt.results, ids)
			worth := ""
			for _, r := range answer.Records {
				switch {
				case r.Valid == nil:
					worth += "?"
				case *r.Valid:
					worth += "y"
				default:
					worth += "n"
				}
			}
			require.Equal(t, tt.valid, worth)
		})
	}
}

func TestRecordsRefusesWhatDingTalkWould(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := f.client()
	for _, tt := range []struct {
		users    int
		from, to string
	}{{0, "2026-11-01", "2026-11-01"}, {51, "2026-11-01", "2026-11-01"}, {1, "2026-11-01", "2026-11-08"}, {1, "2026-11-02", "2026-11-01"}} {
		for _, ask := range []func(context.Context, []string, attendance.Date, attendance.Date) ([]attendance.Answer, error){c.Records, c.Results} {
			_, err := ask(context.Background(), make([]string, tt.users), day(t, tt.from), day(t, tt.to))
			requireKind(t, err, dingtalk.KindInvalidRequest)
		}
	}
	require.Empty(t, f.sent(recordPath))
	require.Empty(t, f.sent("/attendance/list"))
	f.says(recordPath, `{"errcode":0,"recordresult":{}}`)
	_, err := c.Records(context.Background(), []string{"u"}, day(t, "2026-11-01"), day(t, "2026-11-01"))
	requireKind(t, err, dingtalk.KindMalformed)
}

// TestHowManyCallsRecordsTakes: up to five days are one call, six if today is the last of them.
func TestHowManyCallsRecordsTakes(t *testing.T) {
	t.Parallel()
	for days, want := range map[int]struct{ past, upToToday int }{1: {1, 1}, 2: {1, 1}, 5: {1, 1}, 6: {2, 1}, 7: {2, 2}} {
		f := newFake(t)
		f.says(recordPath, `{"errcode":0,"recordresult":[]}`)
		today := attendance.DateOf(f.clock(), f.clock().Location())
		for _, tt := range []struct {
			to   attendance.Date
			want int
		}{{today.AddDays(-9), want.past}, {today, want.upToToday}} {
			before := len(f.sent(recordPath))
			answers, err := f.client().Records(context.Background(), []string{"u"}, tt.to.AddDays(1-days), tt.to)
			require.NoError(t, err)
			require.Len(t, answers, days)
			require.Len(t, f.sent(recordPath), before+tt.want, "%d days up to %s", days, tt.to)
		}
	}
}

func TestRecordsKeepPersonalDataOnlyIfAsked(t *testing.T) {
	t.Parallel()
	answer, f := recordsOf(t, punched(t, 1, "OnDuty", "09:00", "08:58"))
	require.Nil(t, answer.Results[0].Extra)
	require.Nil(t, answer.Records[0].Extra)
	answers, err := f.client(func(o *dingtalk.Options) { o.Policy = privacy.Full }).
		Records(context.Background(), []string{"u"}, day(t, "2026-11-01"), day(t, "2026-11-01"))
	require.NoError(t, err)
	require.JSONEq(t, `{"userAddress":"浙江省"}`, string(answers[0].Records[0].Extra))
}

// TestWindowTakesTheClassFromWhoSigned: attendance/list does not name it.
func TestWindowTakesTheClassFromWhoSigned(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	list := func(id int, plan int64, checkType string) string {
		return fmt.Sprintf(`{"id":%d,"recordId":%d,"planId":1448%d,"userId":"u","workDate":1793462400000,"checkType":%q,"timeResult":"Normal","locationResult":"Normal",`+
			`"sourceType":"USER","baseCheckTime":%d,"userCheckTime":%d}`, id, id, plan, checkType, plan, plan)
	}
	const nine, ten = 1793494800000, 1793498400000
	f.says("/attendance/list", `{"errcode":0,"hasMore":false,"recordresult":[`+list(1, nine, "OnDuty")+`,`+list(2, nine+9*3600_000, "OffDuty")+`]}`)
	f.says(recordPath, `{"errcode":0,"recordresult":[`+
		punched(t, 1, "OnDuty", "09:00", "08:58")+`,`+
		punched(t, 2, "OffDuty", "18:00", "18:01", fmt.Sprintf(`"planCheckTime":%d,"baseCheckTime":%d`, nine+9*3600_000, nine+9*3600_000), fmt.Sprintf(`"planCheckTime":%d`, ten+9*3600_000))+`]}`)
	answers, err := f.client().Window(context.Background(), []string{"u"}, day(t, "2026-11-01"), day(t, "2026-11-01"))
	require.NoError(t, err)
	require.Len(t, answers[0].Results, 2)
	require.Equal(t, []int64{7, 6}, []int64{answers[0].Results[0].ClassID, answers[0].Results[0].GroupID})
	require.Zero(t, answers[0].Results[1].ClassID, "of another shift, which the plan had when that was signed")
	require.Equal(t, int64(1), answers[0].Results[0].RecordID)
}

// TestWindowAsksForNoPageTooMany: what the last page says is believed.
func TestWindowAsksForNoPageTooMany(t *testing.T) {
	t.Parallel()
	rows := func(from, to int) string {
		var list []string
		for id := from; id < to; id++ {
			list = append(list, fmt.Sprintf(`{"id":%d,"userId":"u","workDate":1793462400000,"checkType":"OnDuty","timeResult":"Normal"}`, id))
		}
		return strings.Join(list, ",")
	}
	for total, pages := range map[int]int{0: 1, 1: 1, 49: 1, 50: 1, 51: 2, 100: 2, 101: 3} {
		f := newFake(t)
		var bodies []string
		for from := 0; from == 0 || from < total; from += 50 {
			to := min(from+50, total)
			bodies = append(bodies, fmt.Sprintf(`{"errcode":0,"hasMore":%t,"recordresult":[%s]}`, to < total, rows(from, to)))
		}
		f.says("/attendance/list", bodies...)
		f.says(recordPath, `{"errcode":0,"recordresult":[]}`)
		w := attendance.Window{UserIDs: []string{"u"}, Days: attendance.DateRange{From: day(t, "2026-11-01"), To: day(t, "2026-11-01")}}
		answers, err := f.client().Window(context.Background(), w.UserIDs, w.Days.From, w.Days.To)
		require.NoError(t, err)
		require.Len(t, answers[0].Results, total)
		require.Len(t, f.sent("/attendance/list"), pages, "%d rows", total)
		require.Len(t, f.sent(recordPath), 1)
		require.Equal(t, pages+1, w.Calls(answers), "as it is foretold")
	}
}
