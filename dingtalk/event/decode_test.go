package event_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dingtalk/event"
	"dakasync/privacy"
)

const corp = "ding1"

func shanghai(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	return loc
}

func envelope(eventType string) event.Envelope {
	return event.Envelope{
		Type: eventType, ID: "e1", CorpID: corp, Channel: attendance.ChannelStream,
		BornAt: time.UnixMilli(1683533823336), ReceivedAt: time.UnixMilli(1683533824000),
	}
}

func decode(t *testing.T, eventType, data string) event.Decoded {
	t.Helper()
	d, err := event.Decode(envelope(eventType), []byte(data), shanghai(t), privacy.Minimal)
	require.NoError(t, err)
	require.Len(t, d.Payloads, len(d.Hints))
	return d
}

const punchData = `{"eventId":"3b15","dataList":[{
  "address":"somewhere","corpId":"ding1","checkTime":1570791880000,"locationResult":"Normal",
  "groupId":"4C63","latitude":30.285230848524307,"longitude":120.01713514539931,
  "bizId":"FF62","locationMethod":"MAP","userId":"0126","deviceSN":"160KN0294","checkByUser":true}]}`

func TestCheckRecord(t *testing.T) {
	t.Parallel()
	d := decode(t, event.TypeCheckRecord, punchData)
	require.Len(t, d.Hints, 1)
	h := d.Hints[0]
	require.Equal(t, attendance.KindPunch, h.Kind)
	require.Equal(t, "punch/ding1/0126/1570791880000", h.Key())
	require.Equal(t, "FF62", h.BizID)
	require.Equal(t, "MAP", h.LocationMethod)
	require.Equal(t, "Normal", h.LocationResult)
	require.Equal(t, "e1", h.EventID)
	for _, personal := range []string{"somewhere", "30.28", "120.0", "160KN"} {
		require.NotContains(t, string(d.Payloads[0]), personal)
	}
	require.Contains(t, string(d.Payloads[0]), `"bizId":"FF62"`)

	full, err := event.Decode(envelope(event.TypeCheckRecord), []byte(punchData), shanghai(t), privacy.Full)
	require.NoError(t, err)
	require.Contains(t, string(full.Payloads[0]), "30.285230848524307")
}

func TestCheckRecordShapes(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"history page":         `{"DataList":[{"checkTime":1570791880000,"userId":"0126","corpId":"ding1"}]}`,
		"numbers as texts":     `{"dataList":[{"checkTime":"1570791880000","userId":126,"x":null}]}`,
		"one record bare":      `{"checkTime":1570791880000,"userid":"0126"}`,
		"list in a string":     `{"dataList":"[{\"checkTime\":1570791880000,\"user_id\":\"0126\"}]"}`,
		"data in a string":     `"{\"dataList\":[{\"checkTime\":1570791880000,\"userId\":\"0126\"}]}"`,
		"record in a string":   `{"dataList":["{\"checkTime\":1570791880000,\"userId\":\"0126\"}"]}`,
		"the SDK's whole view": `{"eventCorpId":"ding1","data":{"dataList":[{"checkTime":1570791880000,"userId":"0126"}]}}`,
		"list of one object":   `{"dataList":{"checkTime":1570791880000,"userId":"0126"}}`,
		"a text for the time":  `{"dataList":[{"checkTime":"2019-10-11 19:04:40","userId":"0126"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := decode(t, event.TypeCheckRecord, data)
			require.Empty(t, d.Bad)
			require.Len(t, d.Hints, 1)
			require.Equal(t, int64(1570791880000), d.Hints[0].CheckTime.UnixMilli())
			require.Contains(t, []string{"0126", "126"}, d.Hints[0].UserID)
		})
	}
}

func TestReplayIsADay(t *testing.T) {
	t.Parallel()
	h := decode(t, event.TypeCheckRecord, `{"dataList":[{"checkTime":1570809600000,"userId":"u","checkByUser":false}]}`).Hints[0]
	require.Equal(t, attendance.KindDay, h.Kind)
	require.Equal(t, "2019-10-12", h.WorkDate.String(), "midnight in Shanghai is the day before in UTC")
	require.Equal(t, "day/ding1/u/2019-10-12/e1", h.Key())
}

func TestMadeUpPunchKeepsItsMadeUpTime(t *testing.T) {
	t.Parallel()
	h := decode(t, event.TypeCheckRecord, `{"eventId":"3b15","dataList":[{"checkTime":1756083600000,"corpId":"ding1","locationResult":"Normal",
		"groupId":"8901A7","bizId":"23244E","locationMethod":"OTHER","checkByUser":true,"userId":"0225"}]}`).Hints[0]
	require.Equal(t, "2025-08-25T09:00:00+08:00", h.CheckTime.Format(time.RFC3339))
	require.Equal(t, "OTHER", h.LocationMethod)
}

func TestInstanceChange(t *testing.T) {
	t.Parallel()
	d := decode(t, event.TypeInstanceChange, `{"eventId":"eff6","resource":"/v1.0/event/bpms_instance_change/x",
		"processInstanceId":"qWU68--WSIasZMhIzLHxuA04431756109057","processCode":"PROC-1","bizCategoryId":"attendance.supply","businessId":"2025",
		"type":"finish","result":"agree","title":"t","staffId":"0225","createTime":1756109057000,"finishTime":1756110624000,"url":"https://x","businessType":""}`)
	h := d.Hints[0]
	require.Equal(t, attendance.KindApproval, h.Kind)
	require.Equal(t, "approval/ding1/qWU68--WSIasZMhIzLHxuA04431756109057/finish", h.Key())
	require.Equal(t, "0225", h.UserID)
	require.Equal(t, attendance.ApprovalHint{
		ProcessInstanceID: "qWU68--WSIasZMhIzLHxuA04431756109057", ProcessCode: "PROC-1", BizCategoryID: "attendance.supply",
		Type: "finish", Result: "agree",
		CreatedAt: time.UnixMilli(1756109057000).In(shanghai(t)), FinishedAt: time.UnixMilli(1756110624000).In(shanghai(t)),
	}, *h.Approval)

	h = decode(t, event.TypeInstanceChange, `{"processInstanceId":"p","type":"start","staffId":"s","createTime":1,"finishTime":"soon"}`).Hints[0]
	require.True(t, h.Approval.FinishedAt.IsZero(), "an odd time is done without")
}

func TestApproveStatus(t *testing.T) {
	t.Parallel()
	h := decode(t, event.TypeApproveStatus,
		`{"approveType":"LEAVE","processInstanceId":"p1","mainProcessInstanceId":"p0","corpId":"ding1","processCode":"PROC-2","status":"finish"}`).Hints[0]
	require.Equal(t, "approval/ding1/p1/finish", h.Key())
	require.Equal(t, "LEAVE", h.Approval.ApproveType)
	require.Equal(t, "p0", h.Approval.MainProcessInstanceID)
	require.Empty(t, h.UserID)
	require.Empty(t, h.Approval.Result)
}

func TestBothApprovalEventsMeetInOneKey(t *testing.T) {
	t.Parallel()
	a := decode(t, event.TypeInstanceChange, `{"processInstanceId":"p1","type":"finish","staffId":"s"}`).Hints[0]
	b := decode(t, event.TypeApproveStatus, `{"processInstanceId":"p1","status":"finish"}`).Hints[0]
	require.Equal(t, a.Key(), b.Key())
}

func TestChangedDays(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ eventType, data, key string }{
		"summary":          {event.TypeDailySummary, `{"workDate":"2023-12-12","userId":"1234"}`, "day/ding1/1234/2023-12-12/e1"},
		"summary at a ms":  {event.TypeDailySummary, `{"workDate":1684944000000,"userId":1234}`, "day/ding1/1234/2023-05-25/e1"},
		"boss check":       {event.TypeBossCheck, `{"workDate":"2020-11-10 00:00:00","action":"attend_bossCheck_update","planId":123,"userId":"001"}`, "day/ding1/001/2020-11-10/e1"},
		"overtime, a list": {event.TypeOvertimeDuration, `{"dataList":[{"workHoursPerDay":8,"workDate":1684944000000,"corpId":"ding1","userid":"u","key":"k","timestamp":1684980455459}]}`, "day/ding1/u/2023-05-25/e1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := decode(t, tt.eventType, tt.data)
			require.Len(t, d.Hints, 1)
			require.Equal(t, tt.key, d.Hints[0].Key())
		})
	}
}

func TestDayWithoutIDOrBirthStillHasAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	env := envelope(event.TypeOvertimeDuration)
	env.ID, env.BornAt = "", time.Time{}
	d, err := event.Decode(env, []byte(`{"dataList":[{"workDate":1684944000000,"userid":"u","timestamp":1684980455459}]}`), shanghai(t), privacy.Minimal)
	require.NoError(t, err)
	require.Equal(t, "day/ding1/u/2023-05-25/1684980455459", d.Hints[0].Key())

	env.Type = event.TypeDailySummary
	d, err = event.Decode(env, []byte(`{"workDate":"2023-12-12","userId":"u"}`), shanghai(t), privacy.Minimal)
	require.NoError(t, err)
	require.Equal(t, "day/ding1/u/2023-12-12/1683533824000", d.Hints[0].Key())
}

func TestEmptyListIsNoHintAndNoError(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`{"dataList":[]}`, `{"DataList":null}`, `{"eventId":"x","dataList":[]}`, `[]`} {
		d := decode(t, event.TypeCheckRecord, data)
		require.Empty(t, d.Hints, data)
		require.Empty(t, d.Bad, data)
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	for _, data := range []string{``, `{`, `null`, `7`, `"text"`, `{}`, `{"eventId":"e"}`, `{"dataList":7}`, `{"dataList":"x"}`, `<html>`} {
		_, err := event.Decode(envelope(event.TypeCheckRecord), []byte(data), shanghai(t), privacy.Minimal)
		require.ErrorIs(t, err, event.ErrUnreadable, data)
	}
	_, err := event.Decode(envelope("user_add_org"), []byte(punchData), shanghai(t), privacy.Minimal)
	require.ErrorIs(t, err, event.ErrUnreadable)
}

func TestOneBadRecordSpoilsNoOther(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("很", 101)
	d := decode(t, event.TypeCheckRecord, `{"dataList":[
		{"checkTime":1570791880000,"userId":"a"},
		7,
		{"checkTime":1570791880000,"latitude":30.1},
		{"userId":"b"},
		{"userId":"c","checkTime":"soon"},
		{"userId":"d","checkTime":-62135596800000},
		{"userId":"e","checkTime":253402300800000},
		{"userId":"`+long+`","checkTime":1570791880000},
		{"userId":"f","checkTime":0},
		{"userId":"g","checkTime":"2199-01-01 00:00:00"},
		{"checkTime":1570791880000,"userId":"z"}]}`)
	var users []string
	for _, h := range d.Hints {
		users = append(users, h.UserID)
	}
	require.Equal(t, []string{"a", "f", "g", "z"}, users, "an absurd but representable time is still a hint")
	require.Len(t, d.Bad, 7)
	for _, b := range d.Bad {
		require.NotEmpty(t, b.Why)
		require.NotContains(t, string(b.Raw), "30.1")
		require.NotContains(t, b.Why, long)
	}
}

func TestIDsOf200CharactersAreHints(t *testing.T) {
	t.Parallel()
	d := decode(t, event.TypeInstanceChange, `{"processInstanceId":"`+strings.Repeat("p", 200)+`","type":"finish","staffId":"`+strings.Repeat("s", 200)+`"}`)
	require.Len(t, d.Hints, 1)
}

func TestRecordOfAnotherCorpKeepsItsCorp(t *testing.T) {
	t.Parallel()
	d := decode(t, event.TypeCheckRecord, `{"dataList":[{"checkTime":1570791880000,"userId":"a","corpId":"other"},{"checkTime":1570791880000,"userId":"a"}]}`)
	require.Equal(t, "other", d.Hints[0].CorpID)
	require.Equal(t, corp, d.Hints[1].CorpID)
	require.Equal(t, [][]string{{corp, "other"}, {corp}}, d.Corps)

	wrapped := decode(t, event.TypeCheckRecord, `{"corpid":"other","callbackData":{"dataList":[{"checkTime":1570791880000,"userId":"a","corpId":"ding1"}]}}`)
	require.Equal(t, "other", event.CorpOf(wrapped.Corps[0], corp), "whoever names another one, it is not ours alone")
	require.Equal(t, corp, event.CorpOf([]string{corp, corp}, corp))
	require.Equal(t, corp, event.CorpOf(nil, corp))
}

func TestKnown(t *testing.T) {
	t.Parallel()
	for _, eventType := range event.Types() {
		require.True(t, event.Known(eventType))
	}
	require.False(t, event.Known("check_in"))
	require.False(t, event.Known(""))
}

func FuzzDecode(f *testing.F) {
	f.Add(event.TypeCheckRecord, []byte(punchData))
	f.Add(event.TypeInstanceChange, []byte(`{"processInstanceId":"p","type":"finish","staffId":"s","createTime":1}`))
	f.Add(event.TypeApproveStatus, []byte(`{"processInstanceId":"p","status":"finish"}`))
	f.Add(event.TypeDailySummary, []byte(`{"workDate":"2023-12-12","userId":"1234"}`))
	f.Add(event.TypeOvertimeDuration, []byte(`{"data":"{\"dataList\":[{\"userid\":\"u\",\"workDate\":1}]}"}`))
	f.Add(event.TypeCheckRecord, []byte(`{"errCode":"20001","errMsg":"受调用量超量影响，当前我的消息服务已经暂停"}`))
	f.Add("another", []byte(`{"data":"{\"errCode\":20001}"}`))
	loc := shanghai(f)
	f.Fuzz(func(t *testing.T, eventType string, data []byte) {
		d, err := event.Decode(envelope(eventType), data, loc, privacy.Minimal)
		if err != nil {
			require.ErrorIs(t, err, event.ErrUnreadable)
		}
		muted := event.Muted(data)
		require.True(t, muted || !errors.Is(err, event.ErrMuted))
		require.True(t, !muted || !event.Known(eventType) || len(d.Hints) > 0 || errors.Is(err, event.ErrMuted))
		requireSound(t, d)
	})
}

func requireSound(t *testing.T, d event.Decoded) {
	t.Helper()
	require.Len(t, d.Payloads, len(d.Hints))
	for i, h := range d.Hints {
		require.LessOrEqual(t, len(h.Key()), 900)
		require.True(t, json.Valid(d.Payloads[i]))
		b, err := json.Marshal(h)
		require.NoError(t, err)
		var back attendance.Hint
		require.NoError(t, json.Unmarshal(b, &back))
		require.Equal(t, h.Key(), back.Key(), "a hint survives Temporal's history")
	}
}
