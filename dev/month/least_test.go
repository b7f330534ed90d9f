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
	for name, test := range map[string]struct {
		events  []newsItem
		live    int
		minute  int
		quarter int
	}{
		"nothing":                 {nil, 0, 0, 0},
		"one punch":               {[]newsItem{punch(10, 1)}, 1, 1, 1},
		"twice in a minute":       {[]newsItem{punch(10, 1), punch(50, 1)}, 2, 1, 1},
		"in two windows":          {[]newsItem{punch(59, 1), punch(61, 2)}, 2, 2, 1},
		"51 in a minute":          {crowd(51), 51, 2, 2},
		"a change with its punch": {[]newsItem{punch(10, 1), change(10, 1, 5)}, 1, 1, 1},
		"three changes, each one call or two all": {[]newsItem{change(1, 1, 5), change(2, 2, 5), change(3, 3, 5)}, 3, 2, 2},
		"a change beside 50 punches":              {append(crowd(50), change(50, 60, 5)), 51, 2, 2},
		"a change of one of 50 who punched":       {append(crowd(50), change(50, 7, 5)), 51, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			n := news{events: test.events}
			require.Equal(t, test.live, n.least(budget.ModeLive, 0))
			require.Equal(t, test.minute, n.least(budget.ModeBatched, time.Minute))
			require.Equal(t, test.quarter, n.least(budget.ModeBatched, 15*time.Minute))
			require.Zero(t, n.least(budget.ModeSweep, 0))
		})
	}
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
