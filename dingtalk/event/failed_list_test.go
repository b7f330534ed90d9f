package event_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dingtalk/event"
	"dakasync/privacy"
)

const officialSample = `{"errcode":0,"errmsg":"ok","has_more":false,
 "failed_list":[
  {"call_back_tag":"user_add_org","event_time":1606126433000,
   "user_add_org":{"userid":["zhangsan"],"corpid":"ding1"}},
  {"call_back_tag":"bpms_instance_change","event_time":1606126433000,
   "bpms_instance_change":{"bpmsCallBackData":{},"corpid":"ding1"}},
  {"call_back_tag":"label_conf_add","event_time":1606126433000,
   "label_conf_add":{"roleLabelChange":{},"corpid":"ding1"}}]}`

// The third pitfall of the guide that the project grew from: the list must be
// taken from the body's bytes, since its elements' keys are their tags.
func TestPitfallFailedListIsReadFromRawBytes(t *testing.T) {
	t.Parallel()
	raw := `{"call_back_tag":"attendance_check_record","event_time":1606126433000,"attendance_check_record":{"callbackData":{"dataList":[` +
		`{"userId":"0126","checkTime":1606126430000,"bizId":"FF62","someKeyNobodyDocumented":12345678901234567890}]},"corpid":"ding1"}}`
	page, err := event.SplitFailedList([]byte(`{"errcode":0,"errmsg":"ok","has_more":true,"failed_list":[`+raw+`]}`), privacy.Minimal)
	require.NoError(t, err)
	require.True(t, page.HasMore)
	require.Nil(t, page.Body)
	require.Equal(t, []attendance.FailedElement{{
		Position: 0, Tag: "attendance_check_record", EventTime: time.UnixMilli(1606126433000).UTC(), Raw: raw, Readable: true,
	}}, page.Elements)

	e, err := event.DecodeElement([]byte(page.Elements[0].Raw), time.Now(), shanghai(t), privacy.Minimal)
	require.NoError(t, err)
	require.Equal(t, "punch/ding1/0126/1606126430000", e.Hints[0].Key())
	require.Equal(t, attendance.ChannelFailedPush, e.Hints[0].Channel)
	require.Equal(t, attendance.TriggerDrain, e.Hints[0].Trigger())
}

func TestSplitOfficialSample(t *testing.T) {
	t.Parallel()
	page, err := event.SplitFailedList([]byte(officialSample), privacy.Minimal)
	require.NoError(t, err)
	require.False(t, page.HasMore)
	require.Len(t, page.Elements, 3)
	for i, e := range page.Elements {
		require.Equal(t, i, e.Position)
		require.True(t, e.Readable)
	}
	e, err := event.DecodeElement([]byte(page.Elements[0].Raw), time.Now(), shanghai(t), privacy.Minimal)
	require.NoError(t, err)
	require.False(t, e.Known)
	require.Equal(t, "ding1", e.CorpID)
	_, err = event.DecodeElement([]byte(page.Elements[1].Raw), time.Now(), shanghai(t), privacy.Minimal)
	require.ErrorIs(t, err, event.ErrUnreadable, "an approval without an instance")
	require.JSONEq(t, officialSample, string(page.Body), "kept because of it")
}

func TestSplitTolerates(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body     string
		elements int
		more     bool
		odd      bool
	}{
		"nothing failed":        {`{"errcode":0,"errmsg":"ok","has_more":false,"failed_list":[]}`, 0, false, false},
		"no list at all":        {`{"errcode":0,"errmsg":"ok"}`, 0, false, false},
		"null list":             {`{"errcode":0,"failed_list":null}`, 0, false, false},
		"more as a text":        {`{"errcode":"0","failed_list":[],"has_more":"true"}`, 0, true, false},
		"list before the code":  {`{"failed_list":[{"call_back_tag":"a"}],"errcode":0}`, 1, false, false},
		"list in a string":      {`{"errcode":0,"failed_list":"[{\"call_back_tag\":\"a\"},{}]"}`, 2, false, true},
		"the newer API":         {`{"failedList":[{"callBackTag":"a","corpId":"c","eventTime":1,"callBackData":"{}"}],"hasMore":true}`, 1, true, false},
		"elements of any type":  {`{"errcode":0,"failed_list":[1,null,"x",[],{}]}`, 5, false, true},
		"a byte order mark":     {"\xef\xbb\xbf" + `{"errcode":0,"failed_list":[]}`, 0, false, false},
		"white space around it": {" \n" + `{"errcode":0,"failed_list":[]}` + "\n ", 0, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := event.SplitFailedList([]byte(tt.body), privacy.Minimal)
			require.NoError(t, err)
			require.Len(t, page.Elements, tt.elements)
			require.Equal(t, tt.more, page.HasMore)
			require.Equal(t, tt.odd, page.Body != nil, "a body is kept because something in it cannot be read")
		})
	}
}

func TestSplitKeepsTheBodyItCannotSplit(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body     string
		elements int
	}{
		"empty":               {``, 0},
		"not JSON":            {`busy`, 0},
		"an array":            {`[]`, 0},
		"an empty object":     {`{}`, 0},
		"an error":            {`{"errcode":88,"sub_code":"90018"}`, 0},
		"a list of no kind":   {`{"errcode":0,"failed_list":{"a":1}}`, 0},
		"a text for a list":   {`{"errcode":0,"failed_list":"[{"}`, 0},
		"something after it":  {`{"errcode":0,"failed_list":[{"call_back_tag":"a"}]}x`, 1},
		"cut in the third":    {`{"errcode":0,"failed_list":[{"call_back_tag":"a"},{"call_back_tag":"b"},{"call_ba`, 2},
		"cut after the list":  {`{"errcode":0,"failed_list":[{"call_back_tag":"a"}]`, 1},
		"a stray comma in it": {`{"errcode":0,"failed_list":[{"call_back_tag":"a"},,{"call_back_tag":"b"}]}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := event.SplitFailedList([]byte(tt.body), privacy.Minimal)
			require.Error(t, err)
			require.Equal(t, tt.body, string(page.Body))
			require.Len(t, page.Elements, tt.elements, "what could be read is there all the same")
		})
	}
}

func TestSplitScrubsAndEscapes(t *testing.T) {
	t.Parallel()
	body := `{"errcode":0,"failed_list":[{"call_back_tag":"attendance_check_record","attendance_check_record":` +
		`"{\"callbackData\":{\"DataList\":[{\"userId\":\"u\",\"latitude\":30.5}]}}"},{"call_back_tag":"t` + "\xff" + `","x":"\u0000"}]}`
	page, err := event.SplitFailedList([]byte(body), privacy.Minimal)
	require.NoError(t, err)
	require.NotContains(t, page.Elements[0].Raw, "latitude")
	require.JSONEq(t, `{"call_back_tag":"t\u00ff","x":"\u0000"}`, page.Elements[1].Raw)
	require.True(t, strings.HasSuffix(page.Elements[1].Raw, `"x":"\u0000"}`))

	cut := body[:strings.Index(body, "30.5")+3]
	page, err = event.SplitFailedList([]byte(cut), privacy.Minimal)
	require.Error(t, err)
	require.NotContains(t, string(page.Body), "30.")
	require.Contains(t, string(page.Body), "userId")

	page, err = event.SplitFailedList([]byte(body), privacy.Full)
	require.NoError(t, err)
	require.Contains(t, page.Elements[0].Raw, "latitude")
}

func TestDecodeElementShapes(t *testing.T) {
	t.Parallel()
	const list = `{"dataList":[{"userId":"u","checkTime":1606126430000}]}`
	quoted := func(s string) string {
		b, err := json.Marshal(s)
		require.NoError(t, err)
		return string(b)
	}
	head := `{"call_back_tag":"attendance_check_record","event_time":1606126433000,`
	for name, raw := range map[string]string{
		"callbackData":             head + `"attendance_check_record":{"callbackData":` + list + `,"corpid":"ding1"}}`,
		"callbackData in a string": head + `"attendance_check_record":{"callbackData":` + quoted(list) + `,"corpid":"ding1"}}`,
		"all in a string":          head + `"attendance_check_record":` + quoted(`{"callbackData":`+list+`,"corpid":"ding1"}`) + `}`,
		"data":                     head + `"attendance_check_record":{"data":` + list + `,"corpid":"ding1"}}`,
		"directly":                 head + `"attendance_check_record":{"dataList":[{"userId":"u","checkTime":1606126430000}],"corpid":"ding1"}}`,
		"DataList":                 head + `"attendance_check_record":{"callbackData":{"DataList":[{"userId":"u","checkTime":"1606126430000"}]},"corpid":"ding1"}}`,
		"record directly":          head + `"attendance_check_record":{"userId":"u","checkTime":1606126430000,"corpId":"ding1"}}`,
		"list in callbackData":     head + `"attendance_check_record":{"callbackData":[{"userId":"u","checkTime":1606126430000}],"corpid":"ding1"}}`,
		"no key of the tag":        head + `"corpid":"ding1","data":` + quoted(list) + `}`,
		"the newer API":            `{"callBackTag":"attendance_check_record","corpId":"ding1","eventTime":1606126433000,"callBackData":` + quoted(list) + `}`,
		"the log for vendors":      `{"id":1,"call_back_tag":"attendance_check_record","corpid":"ding1","event_time":1606126433000,"call_back_data":` + quoted(list) + `}`,
		"the element in a string":  quoted(head + `"attendance_check_record":{"callbackData":` + list + `,"corpid":"ding1"}}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := event.DecodeElement([]byte(raw), time.UnixMilli(1606126500000), shanghai(t), privacy.Minimal)
			require.NoError(t, err)
			require.True(t, e.Known)
			require.Empty(t, e.Bad)
			require.Len(t, e.Hints, 1)
			require.Equal(t, "punch/ding1/u/1606126430000", e.Hints[0].Key())
			require.Equal(t, "ding1", e.CorpID)
			require.Equal(t, int64(1606126433000), e.Hints[0].BornAt.UnixMilli())
			require.Equal(t, int64(1606126500000), e.Hints[0].ReceivedAt.UnixMilli())
		})
	}
}

func TestDecodeElementSeenInTheWild(t *testing.T) {
	t.Parallel()
	e, err := event.DecodeElement([]byte(`{"event_time":1553995508000,"call_back_tag":"bpms_instance_change","bpms_instance_change":{"corpid":"ding064c",
		"bpmsCallBackData":{"createTime":1553956752000,"title":"t","staffId":"manager405","processCode":"PROC-1","processInstanceId":"6996855b-1",
		"bizCategoryId":"","EventType":"bpms_instance_change","type":"delete","corpId":"ding064c"}}}`), time.Now(), shanghai(t), privacy.Minimal)
	require.NoError(t, err)
	require.Equal(t, "approval/ding064c/6996855b-1/delete", e.Hints[0].Key())
	require.Equal(t, "manager405", e.Hints[0].UserID)

	e, err = event.DecodeElement([]byte(`{"call_back_tag":"user_modify_org","event_time":1,"user_modify_org":"{corpid=dingb40b}"}`), time.Now(), shanghai(t), privacy.Minimal)
	require.NoError(t, err)
	require.False(t, e.Known)
	require.Empty(t, e.Hints)

	e, err = event.DecodeElement([]byte(`{"call_back_tag":"attend_user_daily_summary_refresh","event_time":1606126433000,`+
		`"attend_user_daily_summary_refresh":{"callbackData":{"workDate":"2020-11-23","userId":"u"},"corpid":"ding1"}}`), time.Now(), shanghai(t), privacy.Minimal)
	require.NoError(t, err)
	require.Equal(t, "day/ding1/u/2020-11-23/1606126433000", e.Hints[0].Key())
}

func TestDecodeElementUnreadable(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{``, `1`, `null`, `"x"`, `[]`, `{}`, `{"event_time":1}`, `{"call_back_tag":"attendance_check_record"}`,
		`{"call_back_tag":"attendance_check_record","attendance_check_record":"{corpid=ding1}"}`} {
		e, err := event.DecodeElement([]byte(raw), time.Now(), shanghai(t), privacy.Minimal)
		require.ErrorIs(t, err, event.ErrUnreadable, raw)
		require.Empty(t, e.Hints)
	}
}

func FuzzSplitFailedList(f *testing.F) {
	f.Add([]byte(officialSample))
	f.Add([]byte(`{"errcode":0,"failed_list":[{"call_back_tag":"attendance_check_record","event_time":1,"attendance_check_record":"{\"data\":{\"DataList\":[{}]}}"},{"a`))
	f.Add([]byte(`{"failedList":"[{\"callBackTag\":\"attendance_overtime_duration\",\"callBackData\":\"{}\"}]","hasMore":1}`))
	f.Add([]byte("{\"errcode\":0,\"failed_list\":[\"\xff\"]}"))
	loc := shanghai(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := event.SplitFailedList(body, privacy.Minimal)
		odd := err != nil
		defer func() { require.Equal(t, odd, page.Body != nil) }()
		for i, e := range page.Elements {
			require.Equal(t, i, e.Position)
			require.True(t, json.Valid([]byte(e.Raw)))
			require.NotContains(t, e.Raw, "\x00")
			decoded, err := event.DecodeElement([]byte(e.Raw), time.UnixMilli(1), loc, privacy.Minimal)
			odd = odd || err != nil || len(decoded.Bad) > 0
			if err == nil {
				requireSound(t, decoded.Decoded)
			}
		}
	})
}
