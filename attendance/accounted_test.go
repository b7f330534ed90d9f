package attendance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

func TestClockInsAccountForADay(t *testing.T) {
	t.Parallel()
	date := day(11, 2)
	on, off := date.In(shanghai).Add(9*time.Hour), date.In(shanghai).Add(18*time.Hour)
	evening := off.Add(5 * time.Hour)
	slots := []attendance.Planned{
		{UserID: "u", WorkDate: date, CheckType: "OnDuty", PlanCheckTime: on, PlanID: 1}, {UserID: "u", WorkDate: date, CheckType: "OffDuty", PlanCheckTime: off, PlanID: 2},
	}
	row := func(id int64, checkType string, plan time.Time, source string) attendance.Result {
		return attendance.Result{CheckType: checkType, PlanCheckTime: plan, UserCheckTime: plan.Add(time.Minute), TimeResult: "Late", SourceType: source, PlanID: id}
	}
	both := []attendance.Result{row(1, "OnDuty", on, "USER"), row(2, "OffDuty", off, "ATM")}
	learn := func(planned []attendance.Planned, results []attendance.Result, more ...attendance.Answer) *attendance.DayState {
		var d attendance.DayState
		d.LearnPlan(evening, planned)
		d.Learn(attendance.Answer{UserID: "u", WorkDate: date, Source: attendance.SourceRecords, AskedAt: evening, Results: results})
		for _, a := range more {
			d.Learn(a)
		}
		return &d
	}
	detail := attendance.Answer{UserID: "u", WorkDate: date, Source: attendance.SourceDetail, AskedAt: evening.Add(time.Hour), Results: both}

	require.True(t, learn(slots, both).Accounted())
	require.True(t, learn(slots, both, detail).Accounted())
	require.True(t, learn(nil, nil).Accounted(), "a day off")
	require.True(t, learn([]attendance.Planned{{UserID: "u", WorkDate: date, Rest: true}}, nil).Accounted())

	require.False(t, learn(slots, nil).Accounted(), "nobody signed")
	require.False(t, learn(slots, both[:1]).Accounted(), "one slot was not signed")
	require.False(t, learn(nil, both).Accounted(), "the schedule does not know of the shift")
	require.False(t, learn(slots[:1], both).Accounted(), "nor of this slot")
	require.False(t, learn(slots, []attendance.Result{both[0], row(2, "OffDuty", off.Add(time.Hour), "USER")}).Accounted(), "another shift under the same plan")
	require.False(t, learn(slots, []attendance.Result{both[0], row(3, "OffDuty", off, "USER")}).Accounted(), "another plan")
	require.False(t, learn(slots, []attendance.Result{both[0], row(2, "OffDuty", off, "APPROVE")}).Accounted(), "an approval's row")
	edited := detail
	edited.Results = []attendance.Result{both[0], row(2, "OffDuty", off, "BOSS")}
	require.False(t, learn(slots, both, edited).Accounted(), "the boss's row")
	tagged := detail
	tagged.Approvals = []attendance.Tag{{ProcessInstanceID: "i"}}
	require.False(t, learn(slots, both, tagged).Accounted(), "an approval")
	var unknown attendance.DayState
	unknown.Learn(detail)
	require.False(t, unknown.Accounted(), "no schedule is known")
	require.False(t, (&attendance.DayState{}).Accounted())
}
