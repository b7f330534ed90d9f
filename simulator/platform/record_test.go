package platform_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// TestWhatARowOfListRecordSays lets one person come in time, come again, come late and be turned away.
func TestWhatARowOfListRecordSays(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS = 0
	w := newWorld(t, settings)
	at := func(hour, minute int) time.Time { return monday.Add(time.Duration(hour*60+minute) * time.Minute) }
	punch := func(request company.PunchRequest) {
		request.User = w.user
		_, err := w.company.Punch(request)
		require.NoError(t, err)
	}
	w.company.Advance(at(22, 0))
	punch(company.PunchRequest{At: at(8, 50)})
	punch(company.PunchRequest{At: at(9, 5)})
	punch(company.PunchRequest{At: at(9, 10), Invalid: "外勤打卡需要审批"})
	punch(company.PunchRequest{At: at(17, 30)})
	punch(company.PunchRequest{At: at(18, 20), Location: company.LocationOutside})
	rows := func() []string {
		got := w.old(t, "/attendance/listRecord", map[string]any{
			"userIds": []string{w.user}, "checkDateFrom": "2026-11-02 00:00:00", "checkDateTo": "2026-11-02 23:59:59",
		})
		var list []string
		for _, r := range rowsOf(got.body["recordresult"]) {
			planned := r["planId"] != nil
			require.Equal(t, planned, r["classId"] != nil && r["planCheckTime"] != nil && r["timeResult"] != nil)
			text := time.UnixMilli(whole(r["userCheckTime"])).In(monday.Location()).Format("15:04") + " " + orEmpty(r["checkType"]) + " " +
				orEmpty(r["timeResult"]) + " " + orEmpty(r["isLegal"]) + " " + orEmpty(r["invalidRecordType"])
			list = append(list, strings.Join(strings.Fields(text), " "))
		}
		return list
	}
	require.Equal(t, []string{
		"08:50 OnDuty Normal Y", "09:05 OnDuty Late N", "09:10 N Other", "17:30 OffDuty Early N", "18:20 OffDuty Normal N",
	}, rows(), "legal is what is in time and in place")
	w.Configure(func(s *platform.Settings) { s.Legal = "all" })
	require.Equal(t, []string{
		"08:50 OnDuty Normal Y", "09:05 OnDuty Late Y", "09:10 N Other", "17:30 OffDuty Early Y", "18:20 OffDuty Normal Y",
	}, rows())
	w.Configure(func(s *platform.Settings) { s.RecordPlans = "shown" })
	require.Equal(t, []string{
		"08:50 OnDuty Normal Y", "09:05 OnDuty Y", "09:10 N Other", "17:30 OffDuty Y", "18:20 OffDuty Normal Y",
	}, rows(), "only of the first in the morning and the last in the evening")

	edited, err := w.company.BossEdit(company.BossEditRequest{User: w.user, WorkDate: company.DateOf(monday), CheckType: company.OffDuty})
	require.NoError(t, err)
	require.Equal(t, []string{"18:20 OffDuty Y"}, rows()[4:], "the result shows the boss's time")
	w.Configure(func(s *platform.Settings) { s.RecordPlans = "all" })
	require.Equal(t, []string{"18:20 OffDuty Normal Y"}, rows()[4:], fmt.Sprint("of plan ", edited.PlanID))
}
