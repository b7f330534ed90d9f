package attendance_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
)

func userDays(user string, from, to attendance.Date) []attendance.UserDay {
	return attendance.Window{UserIDs: []string{user}, Days: attendance.DateRange{From: from, To: to}}.UserDays()
}

func TestPlanFetch(t *testing.T) {
	t.Parallel()
	require.Equal(t, attendance.FetchPlan{}, attendance.PlanFetch(nil))

	one := userDays("a", day(11, 1), day(11, 1))
	require.Equal(t, attendance.FetchPlan{Singles: one}, attendance.PlanFetch(append(one, one...)), "asked once")

	two := userDays("a", day(11, 1), day(11, 2))
	require.Equal(t, attendance.FetchPlan{Singles: two}, attendance.PlanFetch(two), "a tie goes to the question that sees more")

	week := attendance.DateRange{From: day(11, 1), To: day(11, 7)}
	require.Equal(t, attendance.FetchPlan{Windows: []attendance.Window{{UserIDs: []string{"a"}, Days: week}}},
		attendance.PlanFetch(userDays("a", week.From, week.To)))

	apart := append(userDays("a", day(11, 1), day(11, 1)), userDays("b", day(12, 1), day(12, 1))...)
	require.Equal(t, attendance.FetchPlan{Singles: apart}, attendance.PlanFetch(apart), "no window spans a month")
}

func TestPlanFetchOfAFortyYearLeaveIsBounded(t *testing.T) {
	t.Parallel()
	horizon := userDays("a", day(11, 23).AddDays(-180), day(11, 23)) // what the ledger hands out of it
	plan := attendance.PlanFetch(horizon)
	require.Empty(t, plan.Singles[min(len(plan.Singles), 2):])
	require.LessOrEqual(t, len(plan.Windows), 26)
}

func TestPlanFetchAsksForEveryDayByNoMoreCallsThanOneEach(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var days []attendance.UserDay
		for range rapid.IntRange(0, 200).Draw(t, "n") {
			days = append(days, attendance.UserDay{
				UserID:   fmt.Sprintf("u%d", rapid.IntRange(0, 80).Draw(t, "user")),
				WorkDate: day(1, 1).AddDays(rapid.IntRange(0, 30).Draw(t, "day")),
			})
		}
		plan := attendance.PlanFetch(days)
		asked := map[attendance.UserDay]bool{}
		cost := len(plan.Singles)
		for _, d := range plan.Singles {
			asked[d] = true
		}
		for _, w := range plan.Windows {
			require.LessOrEqual(t, len(w.UserIDs), attendance.WindowUsers)
			require.LessOrEqual(t, w.Days.Days(), attendance.WindowDays)
			cost += w.Cost()
			for _, d := range w.UserDays() {
				asked[d] = true
			}
		}
		distinct := map[attendance.UserDay]bool{}
		for _, d := range days {
			require.True(t, asked[d], d)
			distinct[d] = true
		}
		require.LessOrEqual(t, cost, len(distinct))
	})
}

func TestHalveKeepsEveryUserDay(t *testing.T) {
	t.Parallel()
	var collect func(w attendance.Window) []attendance.UserDay
	collect = func(w attendance.Window) []attendance.UserDay {
		parts := w.Halve()
		if len(parts) == 0 {
			return w.UserDays()
		}
		return append(collect(parts[0]), collect(parts[1])...)
	}
	w := attendance.Window{UserIDs: []string{"a", "b", "c"}, Days: attendance.DateRange{From: day(11, 1), To: day(11, 5)}}
	require.ElementsMatch(t, w.UserDays(), collect(w))
	w.Only = attendance.PartRecords
	for w.Days.Days() > 1 {
		parts := w.Halve()
		require.Equal(t, attendance.PartRecords, parts[0].Only)
		w = parts[1]
		require.Equal(t, attendance.PartRecords, w.Only)
	}
}

func TestCallsOfAWindow(t *testing.T) {
	t.Parallel()
	full := []attendance.Answer{{Results: make([]attendance.Result, 51)}}
	for days, records := range map[int]int{1: 1, 5: 1, 6: 2, 7: 2} { // the noon before and the day after are asked about, too
		w := attendance.Window{UserIDs: []string{"a", "b"}, Days: attendance.DateRange{From: day(11, 1), To: day(11, days)}}
		require.Equal(t, records+1, w.Calls(nil), "an empty page is a page")
		require.Equal(t, records+2, w.Calls(full))
		w.Only = attendance.PartRecords
		require.Equal(t, records, w.Calls(full))
		require.Equal(t, records, w.Cost())
		w.Only = attendance.PartResults
		require.Equal(t, 2, w.Calls(full))
		require.Equal(t, 1, w.Cost())
	}
}
