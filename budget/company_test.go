package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The model is near enough to a company that is simulated person by person.
func TestModelAgainstASimulatedCompany(t *testing.T) {
	for _, people := range []int{20, 200, 2000} {
		s := newSimulated(people, Budget{Window: -1}, 7)
		s.every = time.Hour
		s.month(2026, 9) // 22 weekdays
		sum := Day{}
		for _, d := range s.f.Days {
			sum.Punches += d.Punches
			for i := range sum.Batches {
				sum.Batches[i] += d.Batches[i]
			}
		}
		c := Typical(people, time.Hour)
		for _, is := range (Budget{Window: -1}).ladder() {
			measured, modelled := is.cost(sum), c.Month(is.mode, is.window).Events
			t.Logf("%d people, %s: %d calls, modelled %d", people, is.words(), measured, modelled)
			if is.mode != ModeSweep {
				require.InEpsilon(t, measured, modelled, 0.35, "%d people, %s", people, is.words())
			}
		}
	}
}

func TestMonth(t *testing.T) {
	c := Typical(200, time.Hour)
	live := c.Month(ModeLive, 0)
	require.Equal(t, Cost{Events: 8800, Sweep: 336, Schedules: 18, Approvals: 510, Drains: 744, Pushes: 9100}, live)
	require.Equal(t, 8800+336+18+510+744, live.Calls())
	require.Equal(t, live, c.Month(ModeBatched, 0), "a window of nothing is none")
	sweep := c.Month(ModeSweep, 0)
	require.Zero(t, sweep.Events)
	require.Equal(t, live.Approvals-100, sweep.Approvals, "a sweep asks about an approval's day anyway")
	require.Less(t, c.Month(ModeBatched, time.Hour).Approvals, live.Approvals, "and a batch about those of its window")
	require.Equal(t, Cost{Pushes: 9100}, c.Month(ModeStopped, 0))
	c.Drain = 0
	require.Zero(t, c.Month(ModeLive, 0).Drains)
	require.Zero(t, Company{}.Month(ModeLive, 0).Calls())
}

// A punch around midnight stands under another date: two are asked for, but in
// batches.
func TestNightsInTheCost(t *testing.T) {
	c := Typical(300, time.Hour)
	day, batched := c.Month(ModeLive, 0), c.Month(ModeBatched, time.Hour)
	c.Nights = 1.0 / 3
	require.Equal(t, day.Events+22*100, c.Month(ModeLive, 0).Events)
	require.Equal(t, day.Pushes, c.Month(ModeLive, 0).Pushes)
	require.Equal(t, batched, c.Month(ModeBatched, time.Hour))
}

// Results of all who work fill pages together; each window takes one at least.
func TestPagesOfResults(t *testing.T) {
	c := Typical(1000, 0)
	c.Workdays = longMonth
	for punches, pages := range map[float64]float64{0.5: 20, 2: 40, 2.4: 48, 4: 80} {
		c.Punches = punches
		require.InDelta(t, pages, c.resultPages(), 1e-9, "%g punches", punches)
	}
}

// Who come together share their calls, and those of two shifts do not.
func TestPeaksAndShifts(t *testing.T) {
	c := Typical(200, time.Hour)
	c.Peak = 0.3
	require.Equal(t, 5305, c.Month(ModeBatched, time.Minute).Events)
	c.Peak = 0.8
	require.Equal(t, 3953, c.Month(ModeBatched, time.Minute).Events)
	c.Shifts = 2
	require.Equal(t, 5616, c.Month(ModeBatched, time.Minute).Events)
	require.Equal(t, 6, c.resting().Employees)
	c.Workdays = longMonth
	require.Equal(t, round(longMonth*c.batches(step{mode: ModeBatched, window: time.Minute})), c.Month(ModeBatched, time.Minute).Events, "no day of rest")
}

func TestBatchCalls(t *testing.T) {
	require.Zero(t, batchCalls(0))
	require.InDelta(t, 0.00995, batchCalls(0.01), 1e-4, "almost always nobody or one")
	require.InDelta(t, 0.99995, batchCalls(10), 1e-4)
	require.InDelta(t, 20.49, batchCalls(1000), 1e-2)
	require.InDelta(t, batchCalls(1000), batchCalls(1000.001), 2e-2, "no step where chance is left out")
}

func TestLongerWindowsCostNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Typical(rapid.IntRange(1, 3000).Draw(t, "employees"), time.Hour)
		c.Punches = rapid.Float64Range(1, 6).Draw(t, "punches")
		c.Shifts = rapid.IntRange(1, 4).Draw(t, "shifts")
		c.Peak = rapid.Float64Range(0.1, 0.95).Draw(t, "peak")
		before := c.Month(ModeLive, 0).Calls()
		for _, w := range Windows() {
			calls := c.Month(ModeBatched, w).Calls()
			require.LessOrEqual(t, calls, before)
			before = calls
		}
		require.LessOrEqual(t, c.Month(ModeSweep, 0).Calls(), before)
	})
}

// Days of approvals are asked about together where they wait: by weeks, and by pages where they are many.
func TestDaysOfApprovals(t *testing.T) {
	c := Typical(1000, 0)
	c.Approvals = 4
	batched := func(w time.Duration) float64 { return c.approvalDays(step{mode: ModeBatched, window: w}) }
	require.InDelta(t, 4000, c.approvalDays(step{mode: ModeLive}), 1e-9)
	require.Zero(t, c.approvalDays(step{mode: ModeSweep}))
	require.InDelta(t, 4000, batched(time.Second), 160, "no window has two")
	const windows = 22 * 9
	require.InDelta(t, windows*3+4000.0/25, batched(time.Hour), 2, "20 of a window: three questions, and 25 on a page")
}

func TestUsualWeekOfTheModel(t *testing.T) {
	c := Typical(100, time.Hour)
	c.Approvals = 0
	ladder := Budget{Window: -1}.ladder()
	w := c.week(ladder)
	require.InDelta(t, 200, w[weekday].events[0], 1e-9)
	require.Zero(t, w[weekend].events[0])
	c.Workdays = 31
	require.InDelta(t, 200, c.week(ladder)[weekend].events[0], 1e-9)
	c.Workdays = 11
	require.InDelta(t, 100, c.week(ladder)[weekday].events[0], 1e-9)
}

func TestBegin(t *testing.T) {
	standard, _ := EditionOf(EditionStandard)
	c := Typical(200, time.Hour)
	c.Templates = 40
	d := c.Begin(standard.Budget(DefaultReserve, time.Hour), at(11, 17, 9))
	require.Equal(t, ModeBatched, d.Mode, d.Reason)
	require.True(t, d.DecidedAt.Equal(at(11, 1, 0)))
	require.Contains(t, d.Reason, "this is reckoned from 200 employees until 3 days are known")
	require.LessOrEqual(t, d.ForecastCalls, 4500)
}

func TestSearchesOfANight(t *testing.T) {
	for name, test := range map[string]struct {
		employees, templates int
		want                 float64
	}{
		"few":                  {60, 5, 5},
		"two pages":            {200, 5, 10},
		"many":                 {1000, 5, 5 * (6*2 + 6 + 1) / 7.0},
		"ten thousand":         {10000, 5, 5 * (6*(2+3) + 5*11 + 5) / 7.0}, // whole by weeks
		"one template for all": {200, 1, (6*2 + 6 + 1) / 7.0},
		"none":                 {200, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := Typical(test.employees, time.Hour)
			c.Templates = test.templates
			require.InDelta(t, test.want, c.searches(), 1e-9)
		})
	}
}
