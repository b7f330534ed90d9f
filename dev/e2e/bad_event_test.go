package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

const punchType = "attendance_check_record"

// punchData is an attendance_check_record of our own making.
func punchData(corpID, user string, millis int64) json.RawMessage {
	encoded, err := json.Marshal(map[string]any{"dataList": []any{map[string]any{
		"corpId": corpID, "userId": user, "checkTime": millis, "locationResult": "Normal", "groupId": "4C63", "bizId": "FF62",
		"locationMethod": "MAP", "checkByUser": true,
	}}})
	if err != nil {
		panic(err)
	}
	return encoded
}

// TestBadEvents sends what DingTalk should not send, to the real processes. Nothing is lost, nothing crashes, and a good event
// after each of them is taken.
func TestBadEvents(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 12, Quiet: true}})
	s := script{deployment: d}
	d.company.Advance(s.on(s.workday(5), 9, 1))
	d.up()
	corp, user := d.company.CorpID(), s.someone("office", 0)
	yesterday := s.on(1, 9, 0).UnixMilli()
	unreadable := func() int { return d.count("event", "outcome = 'unreadable'") }
	before := 0 // of these, when a test began

	for _, test := range []struct {
		name string
		send func()
		want func() bool // of the tables, in the end
	}{
		{"unknown user", func() { d.platform.PushEvent(punchType, "", punchData(corp, "nobody", yesterday)) }, func() bool {
			return d.count("event", "user_id = 'nobody' AND outcome = 'unexplained'") == 1 &&
				d.count("punch", "user_id = 'nobody' AND origin = 'event' AND NOT explained") == 1
		}},
		{"another corp in the header", func() { d.platform.PushEvent(punchType, "dingstranger", punchData("dingstranger", "s1", yesterday)) }, func() bool {
			return d.count("event", "corp_id = 'dingstranger' AND outcome = 'refused'") == 1 && d.count("punch", "user_id = 's1'") == 0
		}},
		{"another corp in the record", func() { d.platform.PushEvent(punchType, "", punchData("dingother", "s2", yesterday)) }, func() bool {
			return d.count("event", "corp_id = 'dingother' AND outcome = 'refused'") == 1 && d.count("punch", "user_id = 's2'") == 0
		}},
		{"data that is a list", func() { d.platform.PushEvent(punchType, "", json.RawMessage(`[1,2]`)) }, func() bool {
			return unreadable() > before
		}},
		{"data that is a text", func() { d.platform.PushEvent("bpms_instance_change", "", json.RawMessage(`"text"`)) }, func() bool {
			return unreadable() > before
		}},
		{"data that is no JSON", func() { require.True(t, d.platform.PushRaw(frameWith(corp, punchType, "bad-json", `{{{`))) }, func() bool {
			return unreadable() > before
		}},
		{"a record without a user", func() { d.platform.PushEvent(punchType, "", json.RawMessage(`{"dataList":[{"checkTime":1}]}`)) }, func() bool {
			return unreadable() > before
		}},
		{"an empty dataList", func() { d.platform.PushEvent(punchType, "", json.RawMessage(`{"dataList":[]}`)) }, func() bool { return true }},
		{"another type", func() { d.platform.PushEvent("user_add_org", "", json.RawMessage(`{"userId":["x"]}`)) }, func() bool {
			return d.count("event", "event_type = 'user_add_org'") == 0
		}},
		{"a frame that is no JSON", func() { require.True(t, d.platform.PushRaw([]byte(`{not json`))) }, nil},
		{"a frame that is a list", func() { require.True(t, d.platform.PushRaw([]byte(`[]`))) }, nil},
		{"a frame with nothing in it", func() { require.True(t, d.platform.PushRaw([]byte(`{"type":"EVENT"}`))) }, nil},
		{"a frame with numbers as headers", func() {
			require.True(t, d.platform.PushRaw([]byte(`{"type":"EVENT","headers":{"topic":1},"data":"{}"}`)))
		}, nil},
		{"a punch in 1971", func() { d.platform.PushEvent(punchType, "", punchData(corp, user, 40_000_000_000)) }, func() bool {
			return d.count("event", "user_id = $1 AND check_time < '1972-01-01' AND outcome = 'unexplained'", user) == 1
		}},
		{"a punch in 2099", func() { d.platform.PushEvent(punchType, "", punchData(corp, user, 4_080_000_000_000)) }, func() bool {
			return d.count("event", "user_id = $1 AND check_time > '2098-01-01' AND outcome = 'unexplained'", user) == 1
		}},
		{"a punch beyond time", func() { d.platform.PushEvent(punchType, "", punchData(corp, user, 9e18)) }, func() bool {
			return unreadable() > before
		}},
		{"a user id of 200 characters", func() { d.platform.PushEvent(punchType, "", punchData(corp, strings.Repeat("u", 200), yesterday)) }, func() bool {
			return d.count("event", "user_id = repeat('u', 200) AND outcome = 'unexplained'") == 1
		}},
		{"a user id of 200 Chinese characters", func() { d.platform.PushEvent(punchType, "", punchData(corp, strings.Repeat("人", 200), yesterday)) }, func() bool {
			return d.count("event", "outcome IN ('unexplained', 'unreadable') AND (user_id = repeat('人', 200) OR payload::text LIKE '%'||repeat('人', 200)||'%')") == 1
		}},
		{"an instance id of 200 characters", func() {
			data := fmt.Sprintf(`{"processInstanceId":%q,"processCode":"PROC-X","type":"finish","result":"agree","staffId":%q,"createTime":%d}`, strings.Repeat("i", 200), user, yesterday)
			d.platform.PushEvent("bpms_instance_change", "", json.RawMessage(data))
		}, func() bool {
			return d.count("event", "event_key LIKE 'approval/%'||repeat('i', 200)||'/finish' AND outcome = 'unexplained'") == 1
		}},
		{"texts that PostgreSQL cannot hold", func() {
			data := fmt.Sprintf(`{"dataList":[{"corpId":%q,"userId":%q,"checkTime":%d,"bizId":"a\u0000b","locationMethod":"\ud800","checkByUser":true}]}`, corp, user, yesterday)
			d.platform.PushEvent(punchType, "", json.RawMessage(data))
		}, func() bool {
			return d.count("event", "user_id = $1 AND outcome = 'unexplained' AND check_time = to_timestamp($2)", user, yesterday/1000) == 1
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			before = unreadable()
			test.send()
			if test.want != nil {
				require.Eventually(t, test.want, 20*time.Second, tick, "%v", d.table("event", "event_key", "origin"))
			}
			d.company.Advance(d.company.Now().Add(time.Minute))
			good := must(t, func() (company.PunchResult, error) { return d.company.Punch(company.PunchRequest{User: user}) })
			require.Eventually(t, func() bool {
				return d.count("punch", "user_id = $1 AND check_time = $2 AND explained", user, good.At) == 1
			}, 20*time.Second, tick, "a good event after it is not taken")
		})
	}
	d.converge()
	d.requireNoFailedRuns()
	for _, event := range d.platform.Deliveries() {
		require.Equal(t, platform.StateAcked, event.State, "%s %s", event.EventType, event.Data)
		require.Len(t, event.Attempts, 1, "%s %s is acked at once", event.EventType, event.Data)
	}
	d.terminate(starter)
	d.terminate(worker)
}

// frameWith is an EVENT frame whose data is any text.
func frameWith(corpID, eventType, eventID, data string) []byte {
	encoded, err := json.Marshal(map[string]any{
		"specVersion": "1.0", "type": "EVENT", "data": data,
		"headers": map[string]string{
			"topic": "*", "messageId": eventID, "contentType": "application/json", "eventType": eventType, "eventId": eventID,
			"eventCorpId": corpID, "eventBornTime": fmt.Sprint(time.Now().UnixMilli()), "time": fmt.Sprint(time.Now().UnixMilli()),
		},
	})
	if err != nil {
		panic(err)
	}
	return encoded
}

// TestLeaveOfFortyYears costs no more calls than a short one, and has a row for each of its days.
func TestLeaveOfFortyYears(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 6, Quiet: true}})
	s := script{deployment: d}
	d.up()
	d.company.Advance(time.Now())
	must(t, func() (company.Approval, error) {
		return d.company.Leave(company.LeaveRequest{User: s.someone("office", 0), Begin: s.on(3, 0, 0), End: s.on(3, 0, 0).AddDate(40, 0, 0)})
	})
	d.converge()
	truth := d.company.Truth()
	require.Greater(t, len(truth.ApprovalDays), 14_000)
	d.report(d.approvalDayDifferences(truth))
	d.report(d.approvalDifferences(truth))
	require.Less(t, d.platform.Billed(), 20)
	d.requireNoFailedRuns()
}
