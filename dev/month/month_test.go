package month_test

import (
	"cmp"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/budget"
	"dakasync/dev/month"
	"dakasync/postgres/pgtest"
	"dakasync/simulator/platform"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func on(month time.Month, day, hour int) time.Time {
	return time.Date(2026, month, day, hour, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))
}

// fail sends the next events straight to the failed list.
func fail(at time.Time, events int) month.Moment {
	return month.Moment{At: at, DoFunc: func(p *platform.Platform) error {
		p.Configure(func(s *platform.Settings) { s.FailNext += events })
		return nil
	}}
}

// TestModes: however events are answered, in the end every table equals the truth, and what they took is near the least.
func TestModes(t *testing.T) {
	for _, test := range []struct {
		name   string
		mode   budget.Mode
		window time.Duration
	}{
		{"live", budget.ModeLive, 0},
		{"batched by the minute", budget.ModeBatched, time.Minute},
		{"batched by 5 minutes", budget.ModeBatched, 5 * time.Minute},
		{"batched by 15 minutes", budget.ModeBatched, 15 * time.Minute},
		{"sweep only", budget.ModeSweep, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			report := run(t, month.Options{
				Employees: 20, From: on(6, 1, 0), Workdays: 5, Mode: test.mode, Window: test.window,
				Moments: []month.Moment{fail(on(6, 2, 8), 9), fail(on(6, 4, 17), 9)},
			})
			const slack = 1.15
			require.LessOrEqual(t, float64(report.Calls[month.ForEvents]), slack*float64(report.Least[month.ForEvents]))
			require.Equal(t, report.Least[month.ForDrains], report.Calls[month.ForDrains])
			require.Greater(t, report.Punches, 150)
			if test.mode == budget.ModeSweep {
				require.Zero(t, report.Calls[month.ForEvents])
				return
			}
			require.Greater(t, len(report.Waits), 150)
			longest := report.Waits[len(report.Waits)*85/100]
			require.LessOrEqual(t, longest, test.window+test.window/10+2*time.Minute, "a punch waits too long for its row")
		})
	}
}

// TestGoverned: a budget that is much too small is kept to, and what was not asked or not pushed is made up for when the month has turned.
func TestGoverned(t *testing.T) {
	limits := budget.Budget{Calls: 110, Pushes: 250, Reserve: 20, Window: -1, Drain: 6 * time.Hour}
	report := run(t, month.Options{
		Employees: 20, From: on(6, 22, 0), To: on(7, 4, 0), Budget: &limits, Quotas: true, Drain: limits.Drain, Govern: time.Hour,
	})
	modes := map[budget.Mode]bool{}
	for _, d := range report.Decisions {
		modes[d.Mode] = true
	}
	require.True(t, modes[budget.ModeStopped], "%v", report.Decisions)
	june := report.Days[8]
	require.LessOrEqual(t, june.Calls, limits.Calls)
	require.LessOrEqual(t, june.Pushes, limits.Pushes)
	require.Greater(t, report.Days[len(report.Days)-1].Calls, june.Calls, "it goes on in July")
}

// TestRunsAreForgotten: a run's environment goes with it. Kept, some hundred of them would be 20 MB and more, and a month of a large company has
// half a million.
func TestRunsAreForgotten(t *testing.T) {
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before, runs := heap(), 0
	for range 2 { // the first warms what is kept for good
		before = heap()
		runs = run(t, month.Options{Employees: 20, From: on(6, 1, 0), Workdays: 5, Step: 5 * time.Second}).Punches
	}
	const most = 6 << 20
	require.Less(t, heap()-before, int64(most), "after more than %d runs", runs)
}

// TestStep: a step that does not lead to every midnight is refused.
func TestStep(t *testing.T) {
	for _, step := range []time.Duration{time.Millisecond, 7 * time.Second, time.Hour} {
		_, err := month.Run(t.Context(), month.Options{Employees: 1, From: on(6, 1, 0), Workdays: 1, Step: step})
		require.ErrorContains(t, err, "divides a minute")
	}
}

// TestFailedPushesAreReadLessWhereTheyTakeTooMuch: on the free edition a read of the list is left out while nothing can be on it, and what is on it
// all the same is found.
func TestFailedPushesAreReadLessWhereTheyTakeTooMuch(t *testing.T) {
	limits := budget.Budget{Calls: 5000, Pushes: 3000, Reserve: 500, Window: -1, Drain: time.Hour}
	report := run(t, month.Options{
		Employees: 12, From: on(6, 1, 0), To: on(6, 4, 0), Budget: &limits, Moments: []month.Moment{fail(on(6, 2, 8), 9)},
	})
	require.Equal(t, 3*6, report.Least[month.ForDrains])
	require.InDelta(t, report.Least[month.ForDrains], report.Calls[month.ForDrains], 2)
}

func run(t *testing.T, o month.Options) month.Report {
	t.Helper()
	o.Seed = cmp.Or(o.Seed, 1)
	if o.DatabaseURL == "" {
		o.DatabaseURL = pgtest.Database(t, "", nil)
	}
	began := time.Now()
	report, err := month.Run(t.Context(), o)
	t.Logf("%s: %d punches, calls %v, least %v, decisions %v", time.Since(began).Round(time.Millisecond), report.Punches, report.Calls, report.Least, report.Decisions)
	require.NoError(t, err)
	const shown = 20
	for _, difference := range report.Differences[:min(shown, len(report.Differences))] {
		t.Error(difference)
	}
	require.Empty(t, report.Differences[min(shown, len(report.Differences)):], "… and more differences from the truth")
	return report
}
