package event_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/dingtalk/event"
	"dakasync/privacy"
)

func TestMuted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		data           string
		muted, emptied bool // says the code; and has no content
	}{
		"as its page has it":      {`{"errCode":"20001","errMsg":"受调用量超量影响，当前我的消息服务已经暂停"}`, true, true},
		"a number":                {`{"errCode":20001}`, true, true},
		"another spelling":        {`{"err_code":2.0001e4,"errorMessage":"x"}`, true, true},
		"yet another":             {`{"errorCode":"20001"}`, true, true},
		"as a text":               {`"{\"errCode\":20001}"`, true, true},
		"wrapped":                 {`{"eventId":"e","data":{"errCode":20001}}`, true, true},
		"outside of the wrapper":  {`{"errCode":20001,"data":"{}"}`, true, true},
		"with an empty list":      {`{"errCode":20001,"dataList":[]}`, true, true},
		"with no list":            {`{"errCode":20001,"DataList":null}`, true, true},
		"with a text for a list":  {`{"errCode":20001,"dataList":"gone"}`, true, true},
		"with an emptied record":  {`{"errCode":20001,"dataList":[{"userId":"0126"}]}`, true, true},
		"of an approval":          {`{"errCode":20001,"processInstanceId":"","errMsg":"x"}`, true, true},
		"with a record":           {`{"errCode":20001,"dataList":[{"userId":"0126","checkTime":1570791880000}]}`, true, false},
		"another code":            {`{"errCode":20002}`, false, true},
		"the code in another key": {`{"errMsg":"20001"}`, false, true},
		"an odd code":             {`{"errCode":{"20001":1}}`, false, true},
		"the number in a record":  {punchData[:len(punchData)-3] + `,"x":20001}]}`, false, false},
		"its errCode in a record": {punchData[:len(punchData)-3] + `,"errCode":20001}]}`, false, false},
		"no JSON":                 {`20001 errCode`, false, true},
		"nothing":                 {``, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.muted, event.Muted([]byte(tt.data)))
			d, err := event.Decode(envelope(event.TypeCheckRecord), []byte(tt.data), shanghai(t), privacy.Minimal)
			if !tt.emptied {
				require.NoError(t, err)
				require.Len(t, d.Hints, 1)
				return
			}
			require.ErrorIs(t, err, event.ErrUnreadable, "whoever does not know about quotas keeps it as it came")
			if !tt.muted {
				require.NotErrorIs(t, err, event.ErrMuted)
				return
			}
			require.ErrorIs(t, err, event.ErrMuted)
			require.ErrorContains(t, err, "attendance_check_record: the month's pushes are used up")
			require.Empty(t, d)
		})
	}
	_, err := event.Decode(envelope("another"), []byte(`{"errCode":20001}`), shanghai(t), privacy.Minimal)
	require.NotErrorIs(t, err, event.ErrMuted, "of a type that is not read, Muted tells")
}
