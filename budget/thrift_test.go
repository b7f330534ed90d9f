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

// A bigger budget lets everybody's results be asked for, and costs more.
func TestThriftInTheCost(t *testing.T) {
	c := Typical(1000, time.Hour)
	thrifty, full := c.under(5000).Month(ModeSweep, 0), c.under(0).Month(ModeSweep, 0)
	require.Equal(t, 20*31+22*6, thrifty.Sweep, "clock-ins of everybody, results of 150")
	require.Equal(t, 20*31+22*40+9*20, full.Sweep)
	require.Equal(t, 89, thrifty.Schedules, "20 windows a week")
	require.True(t, c.Within(24*time.Hour, DefaultReserve).Thrift, "it is the free edition that suffices so")
	require.Equal(t, EditionStandard, c.Within(24*time.Hour, DefaultReserve).Edition.Name)
	require.False(t, c.Within(0, DefaultReserve).Thrift)
}
