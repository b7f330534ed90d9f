package dingtalk

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
	"dakasync/privacy"
)

func FuzzUserDay(f *testing.F) {
	f.Add([]byte(`{"errcode":0,"result":{"userid":"u","attendance_result_list":[{"check_type":"OnDuty","plan_check_time":"2021-01-14 09:00:00","user_address":"x"}],
		"check_record_list":[{"user_check_time":1,"valid_matched":"Y","user_ssid":"s"}],"approve_list":[{"procInst_id":"p","begin_time":"?"}]}}`))
	f.Add([]byte(`{"result":{"check_record_list":"[{\"user_check_time\":\"2021-01-14 09:00:00\"}]"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, policy := range []privacy.Policy{privacy.Minimal, privacy.Full} {
			r := reader{loc: beijing(), policy: policy}
			a := attendance.Answer{UserID: "u", WorkDate: attendance.NewDate(2021, 1, 14)}
			if r.userDay(body, &a) != nil {
				continue
			}
			requireSoundAnswer(t, a, policy)
		}
	})
}

func requireSoundAnswer(t *testing.T, a attendance.Answer, policy privacy.Policy) {
	t.Helper()
	for _, row := range a.Records {
		require.False(t, row.CheckTime.IsZero())
		require.True(t, policy == privacy.Full || row.Extra == nil)
	}
	for _, row := range a.Results {
		require.True(t, row.TimeResult != notSigned || row.UserCheckTime.IsZero())
	}
	_, err := json.Marshal(a)
	require.NoError(t, err)
}

func FuzzWindow(f *testing.F) {
	f.Add([]byte(`{"errcode":0,"hasMore":"true","recordresult":[{"id":1,"userId":"u","workDate":1610553600000,"checkType":"OnDuty","userCheckTime":1610588400000}]}`))
	f.Add([]byte(`{"recordresult":[{"userId":"u","userCheckTime":"2021-01-14 09:00:00","isLegal":"N","userAddress":"x"},{"userId":"u","workDate":"2021-01-14"}]}`))
	f.Add([]byte(`{"recordresult":[{"id":7,"userId":"u","workDate":1610553600000,"checkType":"OnDuty","timeResult":"Late","sourceType":"USER","planId":"9",
		"planCheckTime":"1610586000000","userCheckTime":"1610588400000","isLegal":"N"},{"id":8,"userId":"u","workDate":1610553600000,"checkType":"OnDuty",
		"timeResult":"Normal","sourceType":"USER","baseCheckTime":1610586000000,"userCheckTime":1610585000000}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		date := attendance.NewDate(2021, 1, 14)
		w := newWindow([]string{"u"}, date, date, attendance.SourceSweep, now())
		r := reader{loc: beijing(), policy: privacy.Full}
		_, _, _ = r.resultPage(body, w)
		_ = r.recordPage(body, w)
		w.classify()
		answers := w.answers()
		require.Len(t, answers, 1)
		requireSoundAnswer(t, answers[0], privacy.Full)
		slots := w.signed[attendance.UserDay{UserID: "u", WorkDate: date}]
		require.LessOrEqual(t, len(slots), len(answers[0].Records), "a slot is signed by a clock-in")
		for i, row := range slots {
			require.NotEmpty(t, row.CheckType)
			require.NotEmpty(t, row.TimeResult)
			require.False(t, slices.ContainsFunc(slots[:i], func(o attendance.Result) bool { return sameSlot(o, row) }), "a slot has one result")
		}
	})
}

func FuzzLists(f *testing.F) {
	f.Add([]byte(`{"result":{"list":["a",1],"nextToken":"10"}}`))
	f.Add([]byte(`{"result":[{"processCode":"P","attendanceType":"1","flowTitle":"x"}]}`))
	f.Add([]byte(`{"result":[{"userId":"u","holidays":[{"workDate":1,"realWorkDate":"x"}]}]}`))
	f.Add([]byte(`{"result":[{"userid":"u","work_date":"2021-01-14 00:00:00","is_rest":"Y"}]}`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		_, _, _ = idsOf(body)
		_, _ = templatesOf(body)
		r := reader{loc: beijing()}
		_, _ = r.holidays(body)
		o, _ := loose.ParseObject(body)
		for _, row := range o.Objects("result") {
			_, _ = r.planned(row)
		}
	})
}

func TestRecordSpansCoverTheirWindow(t *testing.T) {
	t.Parallel()
	today := attendance.DateOf(now(), beijing())
	for back := range attendance.HorizonDays + 1 {
		for days := range attendance.WindowDays {
			from := today.AddDays(-back)
			to := from.AddDays(days)
			spans := recordSpans(from, to, now(), beijing())
			require.NotEmpty(t, spans)
			require.False(t, spans[0].begin.After(from.In(beijing())))
			for i, s := range spans {
				require.LessOrEqual(t, s.end.Sub(s.begin), 7*24*time.Hour)
				require.True(t, i == 0 || s.begin.Equal(spans[i-1].end))
			}
			last := spans[len(spans)-1].end
			require.True(t, last.After(now()) || !last.Before(to.AddDays(2).In(beijing())))
			require.False(t, last.After(today.AddDays(1).In(beijing())))
		}
	}
	require.Empty(t, recordSpans(today.AddDays(3), today.AddDays(4), now(), beijing()), "nothing to ask about the future")
}
