package attendance_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
)

func records(from, to attendance.Date, users ...string) attendance.Window {
	return attendance.Window{UserIDs: users, Days: attendance.DateRange{From: from, To: to}, Only: attendance.PartRecords}
}

func TestWants(t *testing.T) {
	t.Parallel()
	for clock, days := range map[string]attendance.DateRange{
		"08:59:00": {From: monday.AddDays(-1), To: monday},
		"18:01:00": {From: monday, To: monday},
		"23:50:00": {From: monday, To: monday.AddDays(1)},
	} {
		require.Equal(t, attendance.Want{UserID: "a", Days: days}, attendance.WantPunch("a", at(clock), shanghai), clock)
	}
	require.Equal(t, attendance.Want{UserID: "a", Days: attendance.DateRange{From: monday, To: monday}, Results: true}, attendance.WantDay("a", monday))
}

func TestPlanBatch(t *testing.T) {
	t.Parallel()
	require.Equal(t, attendance.FetchPlan{}, attendance.PlanBatch(nil))
	tuesday, morning := monday.AddDays(1), at("08:59:00")
	punch := func(user string, days int) attendance.Want {
		return attendance.WantPunch(user, morning.AddDate(0, 0, days), shanghai)
	}
	for name, c := range map[string]struct {
		wants []attendance.Want
		plan  attendance.FetchPlan
	}{
		"a lone punch": {
			[]attendance.Want{punch("a", 0), punch("a", 0)},
			attendance.FetchPlan{Windows: []attendance.Window{records(monday.AddDays(-1), monday, "a")}},
		},
		"two users, whose days differ": {
			[]attendance.Want{punch("b", 1), punch("a", 0)},
			attendance.FetchPlan{Windows: []attendance.Window{records(monday.AddDays(-1), tuesday, "a", "b")}},
		},
		"more than a question spans": {
			[]attendance.Want{punch("a", 0), punch("a", 3), punch("b", 4)},
			attendance.FetchPlan{Windows: []attendance.Window{
				records(monday.AddDays(-1), monday.AddDays(3), "a"), records(monday.AddDays(3), monday.AddDays(4), "b"),
			}},
		},
		"a changed day shows the punches of it": {
			[]attendance.Want{attendance.WantDay("a", monday), attendance.WantPunch("a", at("18:01:00"), shanghai)},
			attendance.FetchPlan{Singles: []attendance.UserDay{{UserID: "a", WorkDate: monday}}},
		},
		"and the rest is asked for": {
			[]attendance.Want{attendance.WantDay("a", monday), punch("a", 0), punch("b", 1)},
			attendance.FetchPlan{
				Singles: []attendance.UserDay{{UserID: "a", WorkDate: monday}},
				Windows: []attendance.Window{records(monday.AddDays(-1), tuesday, "a", "b")},
			},
		},
	} {
		require.Equal(t, c.plan, attendance.PlanBatch(c.wants), name)
	}
}

func TestPlanBatchTakesManyUsersByFifties(t *testing.T) {
	t.Parallel()
	var wants []attendance.Want
	for n := range 100 {
		user := fmt.Sprintf("u%03d", n)
		wants = append(wants, attendance.WantPunch(user, at("08:59:00"), shanghai), attendance.WantPunch(user, at("18:01:00"), shanghai))
		if n < 30 {
			wants = append(wants, attendance.WantDay(user, monday))
		}
	}
	plan := attendance.PlanBatch(wants)
	require.Empty(t, plan.Singles)
	require.Len(t, plan.Windows, 1+2)
	require.Empty(t, plan.Windows[0].Only, "thirty changed days are one full question")
	cost := 0
	for _, w := range plan.Windows[1:] {
		cost += w.Cost()
	}
	require.Equal(t, 2, cost)
}

func costOf(plan attendance.FetchPlan) int {
	cost := len(plan.Singles)
	for _, w := range plan.Windows {
		cost += w.Cost()
	}
	return cost
}

// Many days of one date, and what is far from it, are not one wide window.
func TestPlanBatchCutsBetweenDates(t *testing.T) {
	t.Parallel()
	changed := func(date attendance.Date, from, to int) (wants []attendance.Want) {
		for n := from; n < to; n++ {
			wants = append(wants, attendance.WantDay(fmt.Sprintf("u%03d", n), date))
		}
		return wants
	}
	sunday := monday.AddDays(6)
	outlier := attendance.PlanBatch(append(changed(sunday, 0, 49), changed(monday, 49, 50)...))
	require.Equal(t, []attendance.UserDay{{UserID: "u049", WorkDate: monday}}, outlier.Singles)
	require.Equal(t, 1+3, costOf(outlier), "clock-ins and two pages of results, and one day")

	both := attendance.PlanBatch(append(changed(sunday, 0, 25), changed(monday, 25, 50)...))
	require.Len(t, both.Windows, 2)
	require.Equal(t, 2+2, costOf(both), "each date has clock-ins and a page of its own")
}

func TestPlanBatchCostsNoMoreThanWholeWeeks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var days []attendance.UserDay
		var wants []attendance.Want
		for range rapid.IntRange(0, 200).Draw(t, "n") {
			user, date := fmt.Sprintf("u%d", rapid.IntRange(0, 80).Draw(t, "user")), monday.AddDays(rapid.IntRange(0, 20).Draw(t, "day"))
			days, wants = append(days, attendance.UserDay{UserID: user, WorkDate: date}), append(wants, attendance.WantDay(user, date))
		}
		require.LessOrEqual(t, costOf(attendance.PlanBatch(wants)), costOf(attendance.PlanFetch(days)))
	})
}

// Every want is asked for, and no question is larger than DingTalk takes or costs
// a second call.
func TestPlanBatchAsksForEveryWant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var wants []attendance.Want
		users := rapid.IntRange(1, 120).Draw(t, "users")
		for n := range rapid.IntRange(0, 150).Draw(t, "n") {
			w := attendance.Want{UserID: fmt.Sprintf("u%d", n%users), Results: rapid.IntRange(0, 9).Draw(t, "kind") == 0}
			w.Days.From = monday.AddDays(rapid.IntRange(0, 20).Draw(t, "from"))
			w.Days.To = w.Days.From.AddDays(rapid.IntRange(0, 9).Draw(t, "days"))
			wants = append(wants, w)
		}
		plan := attendance.PlanBatch(wants)
		full, some := map[attendance.UserDay]bool{}, map[attendance.UserDay]bool{}
		for _, d := range plan.Singles {
			full[d], some[d] = true, true
		}
		for _, w := range plan.Windows {
			require.LessOrEqual(t, len(w.UserIDs), attendance.WindowUsers)
			require.LessOrEqual(t, w.Days.Days(), attendance.WindowDays)
			if w.Only == attendance.PartRecords {
				require.Equal(t, 1, w.Cost())
			}
			for _, d := range w.UserDays() {
				some[d] = true
				full[d] = full[d] || w.Only == ""
			}
		}
		for _, w := range wants {
			for d := w.Days.From; !d.After(w.Days.To); d = d.AddDays(1) {
				day := attendance.UserDay{UserID: w.UserID, WorkDate: d}
				require.True(t, some[day] && (full[day] || !w.Results), "%v", w)
			}
		}
	})
}

// No choice of fewer questions would hold the punches of as many people.
func TestPlanBatchAsksForPunchesByTheFewestCalls(t *testing.T) {
	t.Parallel()
	const dates, mostTried = 8, 4
	rapid.Check(t, func(t *rapid.T) {
		var wants []attendance.Want
		for group := range rapid.IntRange(0, 5).Draw(t, "groups") {
			from, days := rapid.IntRange(0, dates-1).Draw(t, "from"), rapid.IntRange(0, 2).Draw(t, "days")
			for n := range rapid.IntRange(1, 70).Draw(t, "people") {
				wants = append(wants, attendance.Want{
					UserID: fmt.Sprintf("g%d u%d", group, n),
					Days:   attendance.DateRange{From: monday.AddDays(from), To: monday.AddDays(from + days)},
				})
			}
		}
		windows := attendance.PlanBatch(wants).Windows
		if len(windows) > 0 && len(windows) <= mostTried {
			require.False(t, enough(wants, nil, -4, dates, len(windows)-1), "one fewer would do, too")
		}
	})
}

// enough reports whether some choice of so many five-day questions, with those
// chosen already, that begin on date first or later, asks for all wants.
func enough(wants []attendance.Want, begins []int, first, dates, more int) bool {
	if more == 0 {
		return holds(wants, begins)
	}
	for begin := first; begin < dates; begin++ {
		if enough(wants, append(slices.Clip(begins), begin), begin, dates, more-1) {
			return true
		}
	}
	return false
}

// holds reports whether questions that begin on these dates, ascending, can take
// all wants: each takes those first that no later one could take.
func holds(wants []attendance.Want, begins []int) bool {
	left := slices.SortedStableFunc(slices.Values(wants), func(a, b attendance.Want) int { return a.Days.From.Compare(b.Days.From) })
	for _, begin := range begins {
		room := attendance.WindowUsers
		left = slices.DeleteFunc(left, func(w attendance.Want) bool {
			fits := room > 0 && monday.DaysUntil(w.Days.From) >= begin && monday.DaysUntil(w.Days.To) < begin+5
			if fits {
				room--
			}
			return fits
		})
	}
	return len(left) == 0
}
