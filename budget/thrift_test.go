package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestThrift(t *testing.T) {
	for _, test := range []struct {
		calls, employees int
		want             bool
	}{
		{5000, 400, false}, // 8 windows of 2 pages on 31 nights: 496 calls
		{5000, 401, true},
		{200_000, 16_100, false},
		{200_000, 16_200, true},
		{0, 1_000_000, false},
		{1, 0, false},
	} {
		require.Equal(t, test.want, Budget{Calls: test.calls}.Thrifty(test.employees), "%+v", test)
	}
	for _, f := range []Facts{
		{At: at(time.November, 2, 9), Employees: 401},
		{At: at(time.November, 2, 9), Employees: 401, Calls: 5000},
	} {
		require.True(t, Decide(f, free()).Thrift, "stopped or not: a sweep may be under way")
	}
	d := Decide(Facts{At: at(time.November, 2, 9), Employees: 401}, free())
	require.Contains(t, d.Reason, "; sweeps ask for the results of those days only that clock-ins leave open; this is reckoned from 401 employees")
	require.False(t, Decide(Facts{At: at(time.November, 2, 9), Employees: 400}, free()).Thrift)
	require.False(t, Decide(Facts{At: at(time.November, 2, 9), Employees: 401}, Budget{Window: -1}).Thrift)
}

// A bigger budget lets everybody's results be asked for, and costs more. Where
// nobody asks about events before the sweep, it asks for everybody's all the same.
func TestThriftInTheCost(t *testing.T) {
	c := Typical(1000, time.Hour)
	thrifty, full := c.under(5000), c.under(0)
	require.Equal(t, 20*31+22*6, thrifty.Month(ModeBatched, time.Hour).Sweep, "clock-ins of everybody, results of 150")
	require.Equal(t, 20*31+22*40+9*20, full.Month(ModeBatched, time.Hour).Sweep)
	require.Equal(t, 20*31+22*40+9*20, thrifty.Month(ModeSweep, 0).Sweep)
	require.Equal(t, 20*31+22*40+9*20, full.Month(ModeSweep, 0).Sweep)
	require.Equal(t, 89, thrifty.Month(ModeSweep, 0).Schedules, "20 windows a week")
	require.False(t, c.Within(24*time.Hour, DefaultReserve).Thrift)
	require.Equal(t, EditionStandard, c.Within(24*time.Hour, DefaultReserve).Edition.Name)
	require.False(t, c.Within(0, DefaultReserve).Thrift)
}

// What a month is planned to take is what a governor with nothing measured expects
// of it, by whatever step events are answered, be the sweeps thrifty or not.
func TestThePlanAndTheForecastAreOne(t *testing.T) {
	at := time.Date(2026, time.August, 1, 0, 0, 0, 0, zone) // 31 days, 21 of them weekdays
	for _, n := range []struct{ employees, shifts int }{{1, 1}, {113, 1}, {200, 1}, {1000, 1}, {1000, 4}, {10_000, 1}, {10_000, 4}, {50_000, 1}} {
		employees := n.employees
		c := Typical(employees, time.Hour)
		c.Workdays, c.Approvals, c.Nights, c.Shifts = 21, 1, 0.3, n.shifts
		for _, calls := range []int{0, 5000, 200_000} {
			under, b := c.under(calls), Budget{Calls: calls, Window: -1, Drain: time.Hour}
			model := under
			model.Workdays = weekdays // as many a week as August has
			g := newGovernor(Facts{At: at, Employees: employees}, b, model)
			for i, s := range g.ladder {
				require.InEpsilon(t, under.Month(s.mode, s.window).Calls(), g.forecast(i), 0.02, "%d employees, %d calls, %s", employees, calls, s.words())
			}
		}
	}
}

// Once no event comes any more each night asks for everybody's results, and it does
// not matter by what step events would be answered.
func TestAMutedMonthIsSweptInFull(t *testing.T) {
	at := time.Date(2026, time.August, 1, 0, 0, 0, 0, zone)
	model := Typical(1000, time.Hour).under(5000)
	model.Approvals = 0 // so that no push comes on a weekend
	require.True(t, model.Thrift)
	f := Facts{At: at, Muted: at, Employees: 1000}
	g := newGovernor(f, free(), model)
	for i, s := range g.ladder {
		require.InEpsilon(t, model.Month(ModeSweep, 0).Calls(), g.forecast(i), 0.02, s.words())
	}
	require.NotContains(t, Decide(f, free()).Reason, "clock-ins leave open", "it is not so")
}

// A sweep of everybody's results may take more than batches that leave it little
// to ask: the forecast is of what was chosen.
func TestTheForecastIsOfWhatWasChosen(t *testing.T) {
	at := time.Date(2026, time.August, 1, 0, 0, 0, 0, zone)
	model := Typical(50_000, time.Hour).under(200_000)
	g := newGovernor(Facts{At: at, Employees: 50_000}, Budget{Window: -1, Calls: 200_000}, model)
	hour, sweep := len(g.ladder)-2, len(g.ladder)-1
	require.Less(t, g.forecast(hour), g.forecast(sweep))
	g.limit = (g.forecast(hour) + g.forecast(sweep)) / 2
	d := g.decide()
	require.Equal(t, ModeBatched, d.Mode)
	require.LessOrEqual(t, float64(d.ForecastCalls), g.limit)
}
