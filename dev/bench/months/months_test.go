package months

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/budget"
	"dakasync/dev/month"
)

func TestMonths(t *testing.T) {
	first := time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	lived := month.Report{
		Employees: 60, Mode: budget.ModeBatched, Window: 5 * time.Minute, From: first, To: first.AddDate(0, 0, 32), Punches: 2000,
		Calls: map[month.Purpose]int{month.ForEvents: 1000, month.ForDrains: 15}, Least: month.Least{month.ForEvents: 900, month.ForDrains: 15},
		Waits: []time.Duration{time.Minute, 2 * time.Minute, 3 * time.Minute},
	}
	governed := month.Report{
		Employees: 200, Calls: map[month.Purpose]int{month.ForEvents: 4000}, Afterwards: 7, Pushes: map[string]int{"attendance_check_record": 2900},
		Decisions: []budget.Decision{{Mode: budget.ModeSweep, DecidedAt: first, Reason: "It is dear."}},
	}
	for day := range 30 {
		governed.Days = append(governed.Days, month.Day{
			Calls: 100 * day, Pushes: 10 * day, Decision: budget.Decision{ForecastCalls: 3045, ForecastPushes: 290},
		})
	}
	text, err := report("months.md.tmpl", figures{
		Tables: []monthTable{{Employees: 60, Workdays: 22, Approvals: 100, Reports: []month.Report{lived}}}, Governed: governed,
		Edition: budget.Edition{Name: "standard", Calls: 5000, Pushes: 3000},
	})
	require.NoError(t, err)
	require.Contains(t, text, "### 60 employees, 22 workdays\n\n32 dates, 2000 punches.")
	require.Contains(t, text, "| naive: each punch asked for | 1000 |  |  |  |  |  |  |  | **1000** |  |  | seconds |")
	require.Contains(t, text, "| batched, 5m | 500 | 0 | 0 | 0 | 0 | 0 | 0 | 7.5 | **508** | 458 | **1.11** | 2m / 3m |")
	require.Contains(t, text, "| batched, 5m | 450 | 0 | 0 | 0 | 0 | 0 | 0 | 7.5 |")
	require.Contains(t, text, "* 1 June 00:00: **sweep only**. It is dear.")
	require.Contains(t, text, "| 10 | 900 | 3045 | +5.0 % | 90 | 290 | +0.0 % |")
	require.Contains(t, text, "| 1 | 0 | 3045 | +5.0 % | 0 | 290 | +0.0 % |")
	require.Contains(t, text, "**4000 calls** and **2900 pushes**; 7 calls more")
	require.NotContains(t, text, "no value")
}

func TestLargest(t *testing.T) {
	first := time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	swept := month.Report{
		Employees: mostPeople, Mode: budget.ModeSweep, From: first, To: first.AddDate(0, 0, 2), Punches: 20_000,
		Calls: map[month.Purpose]int{month.ForRecords: 400}, Least: month.Least{month.ForRecords: 400},
	}
	text, err := report("largest.md.tmpl", largestFigures{
		Tables: []monthTable{{Employees: mostPeople, Workdays: 2, Approvals: office, Reports: []month.Report{swept}}},
	})
	require.NoError(t, err)
	require.Contains(t, text, "in steps of 5s")
	require.Contains(t, text, "### 10000 employees, 2 workdays\n\n2 dates, 20000 punches, and as many approvals as an ordinary office has")
	require.Contains(t, text, "| sweep only | 0 | 0 | 0 | 20 | 0 | 0 | 0 | 0 | **20** | 20 | **1.00** | a night |")

	text, err = report("way.md.tmpl", largestFigures{
		Tables: []monthTable{{Employees: mostPeople, Workdays: 2, Approvals: usual, Reports: []month.Report{swept}}},
	})
	require.NoError(t, err)
	require.Contains(t, text, "### 10000 employees, 2 workdays\n\n2 dates, 20000 punches.")
	require.NotContains(t, text, "\n## ")
}

func TestTheWaysOfTheLargestAreAllOfAMonths(t *testing.T) {
	ways := []budget.Decision{{Mode: budget.ModeBatched, Window: largestWindow}}
	for _, way := range OtherWays() {
		ways = append(ways, way.decision)
	}
	require.ElementsMatch(t, monthModes(), ways)
}
