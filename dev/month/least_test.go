package month

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/budget"
	"dakasync/simulator/company"
)

func TestLeastOfEvents(t *testing.T) {
	punch := func(second int64, user int) newsItem { return newsItem{at: second, user: fmt.Sprint(user)} }
	change := func(second int64, user int, date company.Date) newsItem {
		return newsItem{at: second, user: fmt.Sprint(user), date: date}
	}
	crowd := func(n int) []newsItem {
		var events []newsItem
		for user := range n {
			events = append(events, punch(int64(user), user))
		}
		return events
	}
	changes := func(n int, date company.Date) []newsItem {
		var days []newsItem
		for user := range n {
			days = append(days, change(10, user, date))
		}
		return days
	}
	for name, test := range map[string]struct {
		events  []newsItem
		live    int
		minute  int
		quarter int
		agreed  []agreement
	}{
		"nothing":                 {},
		"one punch":               {events: []newsItem{punch(10, 1)}, live: 1, minute: 1, quarter: 1},
		"twice in a minute":       {events: []newsItem{punch(10, 1), punch(50, 1)}, live: 2, minute: 1, quarter: 1},
		"in two windows":          {events: []newsItem{punch(59, 1), punch(61, 2)}, live: 2, minute: 2, quarter: 1},
		"51 in a minute":          {events: crowd(51), live: 51, minute: 2, quarter: 2},
		"a change with its punch": {events: []newsItem{punch(10, 1), change(10, 1, 5)}, live: 1, minute: 1, quarter: 1},
		"three changes, each one call or two all":            {events: []newsItem{change(1, 1, 5), change(2, 2, 5), change(3, 3, 5)}, live: 3, minute: 2, quarter: 2},
		"a change beside 50 punches":                         {events: append(crowd(50), change(50, 60, 5)), live: 51, minute: 2, quarter: 2},
		"a change of one of 50 who punched":                  {events: append(crowd(50), change(50, 7, 5)), live: 51, minute: 2, quarter: 2},
		"an approval's days are its own until they may wait": {agreed: []agreement{{10, []newsItem{change(10, 1, 5), change(10, 1, 6)}}}, minute: 2, quarter: 2},
		"a punch on a day that an approval touches": {
			events: []newsItem{punch(20, 1)}, live: 1, minute: 1, quarter: 1, agreed: []agreement{{10, []newsItem{change(10, 1, 5)}}},
		},
		"25 approvals beside a punch": {events: []newsItem{punch(20, 99)}, live: 1, minute: 2, quarter: 2, agreed: []agreement{{10, changes(25, 5)}}},
		"approvals of dates far apart": {
			minute: 6, quarter: 6, agreed: []agreement{{10, append(append(changes(3, 5), changes(3, 15)...), changes(3, 25)...)}},
		},
		"of neighbouring dates": {minute: 2, quarter: 2, agreed: []agreement{{10, append(changes(5, 5), changes(5, 6)...)}}},
	} {
		t.Run(name, func(t *testing.T) {
			n := news{events: test.events}
			require.Equal(t, test.live, n.least(budget.ModeLive, 0, test.agreed))
			require.Equal(t, test.minute, n.least(budget.ModeBatched, time.Minute, test.agreed))
			require.Equal(t, test.quarter, n.least(budget.ModeBatched, 15*time.Minute, test.agreed))
			require.Zero(t, n.least(budget.ModeSweep, 0, test.agreed))
		})
	}
}

func TestLateApprovalsAreOfANight(t *testing.T) {
	from := time.Date(2026, time.June, 1, 0, 0, 0, 0, time.FixedZone("", 8*60*60))
	m := &month{Options: Options{From: from}, company: company.New(company.Options{Employees: 1, Quiet: true, Start: from})}
	first := m.company.FirstDay()
	agreed := func(days int, at time.Duration, touched ...company.Date) agreement {
		a := agreement{at: from.AddDate(0, 0, days).Add(at).Unix()}
		for _, d := range touched {
			a.days = append(a.days, newsItem{at: a.at, user: "u", date: d})
		}
		return a
	}
	require.Zero(t, m.leastLate([]agreement{agreed(2, 2*time.Hour, first)}), "the sweep of 02:10 shows it")
	require.Equal(t, 1, m.leastLate([]agreement{agreed(2, 3*time.Hour, first)}))
	require.Equal(t, 1, m.leastLate([]agreement{agreed(5, 9*time.Hour, first), agreed(5, 20*time.Hour, first)}), "one answer for both")
	require.Equal(t, 2, m.leastLate([]agreement{agreed(5, 9*time.Hour, first), agreed(6, 9*time.Hour, first)}), "in two nights")
}

func TestDaysCost(t *testing.T) {
	for days, calls := range map[int]int{0: 0, 1: 1, 2: 2, 3: 2, 25: 2, 26: 3, 50: 3} {
		require.Equal(t, calls, daysCost(days), "%d days", days)
	}
}

func TestLeastOfASearch(t *testing.T) {
	for name, test := range map[string]struct {
		of          listed
		night, week int
	}{
		"nothing":                {listed{}, 1, 1},
		"a page":                 {listed{20, 50, 20}, 1, 1},
		"two pages":              {listed{21, 0, 0}, 2, 2},
		"three pages":            {listed{41, 3, 2}, 2, 4},
		"many, and many run":     {listed{1000, 41, 41}, 6, 53},
		"many, and many at once": {listed{100, 0, 90}, 5, 5},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.night, test.of.least(false))
			require.Equal(t, test.week, test.of.least(true))
		})
	}
}
