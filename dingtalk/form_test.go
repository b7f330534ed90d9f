package dingtalk

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
)

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func readInstance(t testing.TB, title, components string) attendance.Instance {
	t.Helper()
	o, ok := loose.ParseObject([]byte(`{"status":"COMPLETED","result":"agree","originatorUserId":"me","title":` + quoted(title) + `,"formComponentValues":` + components + `}`))
	require.True(t, ok)
	r := reader{loc: beijing()}
	return r.instance(o)
}

const (
	madeUpExt = `{"planId":123456,"planTip":"周二 ( 08.04 下班) 补卡","planText":"2026-08-05 10:39","workDate":1785772800000,"timeStamp":1785772800000,"userCheckTime":1785873600000}`
)

func TestMakeUpShapes(t *testing.T) {
	t.Parallel()
	flat := `{"id":"DDDateField-JYNRW51O","name":"补卡时间","componentType":"DDDateField","bizAlias":"userCheckTime","value":"2026-08-05 04:00","extValue":` + quoted(madeUpExt) + `}`
	child := `[{"componentName":"DDDateField","props":{"bizAlias":"userCheckTime","id":"x","label":"补卡时间"},"value":"2026-08-05 04:00","extValue":` + quoted(madeUpExt) + `}]`
	container := `{"componentType":"DDBizSuite","name":"补卡","value":` + quoted(child) + `}`
	label := `{"name":"补卡时间","componentType":"DDDateField","value":"2026-08-05 04:00","extValue":` + quoted(madeUpExt) + `}`
	legacy := `{"name":"repairCheckTime","value":"1785873600000","extValue":` + quoted(`{"planText":"x","planId":123456,"workDate":1785772800000}`) + `}`
	want := []attendance.MakeUp{{
		UserID: "me", At: time.UnixMilli(1785873600000).In(beijing()), WorkDate: attendance.NewDate(2026, 8, 4), PlanID: 123456,
	}}
	reason := `{"name":"补卡理由","componentType":"TextareaField","value":"忘了"}`
	for name, components := range map[string]string{
		"1 flattened":               `[` + reason + `,` + flat + `]`,
		"2 container":               `[` + container + `,` + reason + `]`,
		"2 container, a real array": `[{"componentType":"DDBizSuite","value":` + child + `}]`,
		"2 by label":                `[` + label + `]`,
		"3 legacy":                  `[` + legacy + `]`,
		"the surest way wins":       `[{"name":"repairCheckTime","value":"1"},{"name":"补卡时间","value":"2020-01-01 00:00"},` + flat + `,` + flat + `]`,
		"the whole form in a text":  quoted(`[` + flat + `]`),
		"an unreadable surest way":  `[{"bizAlias":"userCheckTime","value":"soon"},` + legacy + `]`,
		"old API's spelling":        `[{"name":"补卡时间","biz_alias":"userCheckTime","component_type":"DDDateField","value":"2026-08-05 04:00","ext_value":` + quoted(madeUpExt) + `}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := readInstance(t, "张三提交的补卡申请", components)
			require.Equal(t, attendance.ApprovalMakeUp, i.Kind)
			require.Equal(t, want, i.MakeUps)
			require.Empty(t, i.Spans)
		})
	}
}

func TestMakeUpWithLittle(t *testing.T) {
	t.Parallel()
	i := readInstance(t, "", `[{"bizAlias":"userCheckTime","value":"2026-08-05 04:00"}]`)
	require.Equal(t, "2026-08-05T04:00:00+08:00", i.MakeUps[0].At.Format(time.RFC3339))
	require.True(t, i.MakeUps[0].WorkDate.IsZero())

	i = readInstance(t, "", `[{"bizAlias":"userCheckTime","value":"2026-08-05 04:00","extValue":"{\"timeStamp\":1785772800000}"}]`)
	require.Equal(t, "2026-08-04", i.MakeUps[0].WorkDate.String())
	i = readInstance(t, "", `[{"bizAlias":"userCheckTime","value":"2026-08-05 04:00","extValue":"{\"timeStamp\":1785772800001}"}]`)
	require.True(t, i.MakeUps[0].WorkDate.IsZero(), "no midnight, no work day")

	for _, value := range []string{`""`, `null`, `"soon"`, `{}`, `"9999999999999999"`} {
		i = readInstance(t, "", `[{"bizAlias":"userCheckTime","value":`+value+`}]`)
		require.Equal(t, attendance.ApprovalMakeUp, i.Kind)
		require.Empty(t, i.MakeUps, value)
	}
}

// days prints spans shortly.
func shortly(spans []attendance.Span) []string {
	var list []string
	for _, s := range spans {
		text := s.Begin.Format("01-02 15:04") + "–" + s.End.Format("01-02 15:04")
		for _, u := range s.UserIDs {
			text += " " + u
		}
		list = append(list, text)
	}
	return list
}

func TestSpans(t *testing.T) {
	t.Parallel()
	holiday := func(value, ext string) string {
		return `[{"componentType":"DDHolidayField","name":"[\"开始时间\",\"结束时间\"]","value":` + quoted(value) + `,"extValue":` + quoted(ext) + `}]`
	}
	people := func(alias string, ids ...string) string {
		list := "["
		for i, id := range ids {
			if i > 0 {
				list += ","
			}
			list += `{"emplId":"` + id + `","name":"n"}`
		}
		return `{"componentType":"InnerContactField","name":"x","bizAlias":"` + alias + `","value":"n","extValue":` + quoted(list+"]") + `}`
	}
	child := func(alias, value string) string {
		return `{"componentName":"DDDateField","props":{"bizAlias":"` + alias + `","label":"x"},"value":"` + value + `"}`
	}
	flat := func(alias, value string) string {
		return `{"componentType":"DDDateField","name":"x","bizAlias":"` + alias + `","value":"` + value + `"}`
	}
	out := flat("startTime", "2026-08-05 09:00") + `,` + flat("finishTime", "2026-08-06 18:00")
	for name, tt := range map[string]struct {
		title, components string
		kind              attendance.ApprovalKind
		want              []string
	}{
		"leave, hours":          {"", holiday(`["2026-08-05 09:00","2026-08-05 12:30",3.5,"hour","年假","请假类型"]`, `{}`), attendance.ApprovalLeave, []string{"08-05 09:00–08-05 12:30 me"}},
		"leave, days":           {"", holiday(`["2026-08-05","2026-08-06",2,"day","年假","请假类型"]`, `{}`), attendance.ApprovalLeave, []string{"08-05 00:00–08-07 00:00 me"}},
		"leave, days as times":  {"", holiday(`["2026-08-05 00:00","2026-08-06 00:00",2,"day"]`, `{}`), attendance.ApprovalLeave, []string{"08-05 00:00–08-07 00:00 me"}},
		"leave, unit beside it": {"", holiday(`["2026-08-05 00:00","2026-08-06 00:00"]`, `{"unit":"DAY"}`), attendance.ApprovalLeave, []string{"08-05 00:00–08-07 00:00 me"}},
		"leave to midnight":     {"", holiday(`["2026-08-05 22:00","2026-08-06 00:00",2,"hour"]`, `{}`), attendance.ApprovalLeave, []string{"08-05 22:00–08-06 00:00 me"}},
		"leave, half days":      {"", holiday(`["2026-08-05 下午","2026-08-06 上午",1,"halfDay"]`, `{}`), attendance.ApprovalLeave, []string{"08-05 12:00–08-06 12:00 me"}},
		"leave, one half day":   {"", holiday(`["2026-08-05 上午","2026-08-05 上午",0.5,"halfDay"]`, `{}`), attendance.ApprovalLeave, []string{"08-05 00:00–08-05 12:00 me"}},
		"leave, last half day":  {"", holiday(`["2026-08-05 上午","2026-08-05 下午",1,"halfDay"]`, `{}`), attendance.ApprovalLeave, []string{"08-05 00:00–08-06 00:00 me"}},
		"leave, only details": {
			"", holiday(`["?","?"]`, `{"detailList":[{"workDate":1785859200000,"approveInfo":{"fromTime":1785891600000,"toTime":1785924000000}},{"approveInfo":{}},{}]}`),
			attendance.ApprovalLeave, []string{"08-05 09:00–08-05 18:00 me"},
		},
		"leave backwards": {"", holiday(`["2026-08-06","2026-08-05",2,"day"]`, `{}`), attendance.ApprovalLeave, nil},
		"40 years":        {"", holiday(`["2026-08-06","2066-08-05",2,"day"]`, `{}`), attendance.ApprovalLeave, []string{"08-06 00:00–08-06 00:00 me"}},
		"out":             {"", `[` + out + `,` + people("traveler", "b", "a") + `]`, attendance.ApprovalOut, []string{"08-05 09:00–08-06 18:00 a b me"}},
		"out alone":       {"", `[` + out + `,` + people("traveler") + `]`, attendance.ApprovalOut, []string{"08-05 09:00–08-06 18:00 me"}},
		"trip by title":   {"张三提交的出差申请", `[` + out + `,` + people("traveler", "me", "a") + `]`, attendance.ApprovalTrip, []string{"08-05 09:00–08-06 18:00 a me"}},
		"trip by type":    {"", `[{"bizAlias":"type","value":"出差"},` + out + `,` + people("traveler", "a") + `]`, attendance.ApprovalTrip, []string{"08-05 09:00–08-06 18:00 a me"}},
		"trip of legs": {
			"", `[{"componentType":"DDBizSuite","extValue":"{\"bizType\":\"alitrip.business\"}","value":` + quoted(`[`+people("traveler", "a")+`,{"componentName":"TableField","props":{"bizAlias":"itinerary"},"value":`+
				quoted(`[{"rowValue":[`+flat("startTime", "2026-08-05 上午")+`,`+flat("finishTime", "2026-08-05 下午")+`]},{"rowValue":[`+flat("startTime", "2026-08-07")+`,`+flat("finishTime", "2026-08-08")+`]}]`)+`}]`) + `}]`,
			attendance.ApprovalTrip, []string{"08-05 00:00–08-06 00:00 a me", "08-07 00:00–08-09 00:00 a me"},
		},
		"overtime of others": {
			"", `[{"componentType":"DDBizSuite","bizAlias":"batchovertime","value":` + quoted(`[{"componentName":"InnerContactField","props":{"bizAlias":"partner"},"value":"n","extendValue":[{"emplId":"b"},{"emplId":"a"}]},`+
				child("startTime", "2026-08-05 19:00")+`,`+child("finishTime", "2026-08-05 21:00")+
				`,{"componentName":"TableField","props":{"bizAlias":"everyDayDuration"},"value":[{"rowValue":[`+flat("startTime", "2026-08-05 19:00")+`,`+flat("finishTime", "2026-08-05 20:00")+`]}]}]`) + `}]`,
			attendance.ApprovalOvertime, []string{"08-05 19:00–08-05 21:00 a b"},
		},
		"overtime of nobody named": {"", `[` + people("partner") + `,` + flat("startTime", "2026-08-05 19:00") + `,` + flat("finishTime", "1785934800000") + `]`, attendance.ApprovalOvertime, []string{"08-05 19:00–08-05 21:00 me"}},
		"a range, with a tag": {
			"", `[{"componentType":"DDDateRangeField","value":"[\"2026-08-05 09:00\",\"2026-08-05 18:00\"]","extValue":"{\"pushTag\":\"外出\"}"}]`,
			attendance.ApprovalOut, []string{"08-05 09:00–08-05 18:00 me"},
		},
		"labels, with a tag": {
			"", `[{"name":"开始时间","value":"2026-08-05 09:00","extValue":"{\"pushTag\":\"加班\"}"},{"name":"结束时间","value":"2026-08-05 18:00"}]`,
			attendance.ApprovalOvertime, []string{"08-05 09:00–08-05 18:00 me"},
		},
		"times by alias, unknown":   {"", `[` + out + `]`, attendance.ApprovalOther, []string{"08-05 09:00–08-06 18:00 me"}},
		"another form's range":      {"会议室", `[{"componentType":"DDDateRangeField","value":"[\"2026-08-05 09:00\",\"2026-08-05 18:00\"]"}]`, attendance.ApprovalOther, nil},
		"another form's labels":     {"", `[{"name":"开始时间","value":"2026-08-05 09:00"},{"name":"结束时间","value":"2026-08-05 18:00"}]`, attendance.ApprovalOther, nil},
		"a title alone says little": {"请假条打印申请", `[{"name":"x","value":"y"}]`, attendance.ApprovalOther, nil},
		"no form":                   {"", `null`, attendance.ApprovalOther, nil},
		"no form but a text":        {"", `"x"`, attendance.ApprovalOther, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := readInstance(t, tt.title, tt.components)
			require.Equal(t, tt.kind, i.Kind)
			require.Equal(t, tt.want, shortly(i.Spans))
			require.Empty(t, i.MakeUps)
		})
	}
}

func TestSpanToTheEndOfTime(t *testing.T) {
	t.Parallel()
	i := readInstance(t, "", `[{"componentType":"DDHolidayField","value":"[\"2026-08-05\",\"9999-12-31\",1,\"day\"]"}]`)
	require.Len(t, i.Spans, 1)
	_, err := json.Marshal(i)
	require.NoError(t, err)
}

func FuzzInstance(f *testing.F) {
	for _, s := range []string{
		`[{"bizAlias":"userCheckTime","value":"2026-08-05 04:00","extValue":` + quoted(madeUpExt) + `}]`,
		`[{"componentType":"DDBizSuite","value":"[{\"props\":{\"bizAlias\":\"partner\"},\"extendValue\":[{\"emplId\":1}]}]"}]`,
		`[{"componentType":"DDHolidayField","value":"[\"2026-08-05 上午\",\"2026-08-06\",1,\"day\"]","extValue":"{\"detailList\":[{\"approveInfo\":{\"fromTime\":1,\"toTime\":2}}]}"}]`,
		`[{"componentType":"TableField","value":[{"rowValue":[{"bizAlias":"startTime","value":"1"},{"bizAlias":"finishTime","value":"2"}]}]}]`,
		`[{"bizAlias":"traveler","extValue":[{"emplId":"a"}]},{"name":"开始时间","value":"2026-08-05"}]`,
	} {
		f.Add("出差", []byte(s))
	}
	f.Fuzz(func(t *testing.T, title string, components []byte) {
		if !json.Valid(components) {
			return
		}
		i := readInstance(t, title, string(components))
		require.LessOrEqual(t, len(i.Spans), maxFormParts)
		require.NotEmpty(t, i.Kind)
		for _, s := range i.Spans {
			require.True(t, s.Begin.Before(s.End))
			require.NotEmpty(t, s.UserIDs)
		}
		for _, m := range i.MakeUps {
			require.Equal(t, "me", m.UserID)
			require.False(t, m.At.IsZero())
		}
		_, err := json.Marshal(i)
		require.NoError(t, err)
	})
}
