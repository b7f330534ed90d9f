package budget

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

func november(day int) attendance.Date { return attendance.NewDate(2026, time.November, day) }

// What stands is what the calls of a day are without those of its events, by the
// mode of that day.
func TestStandingCallsAreMeasuredWhateverTheMode(t *testing.T) {
	day := func(n, calls int) Day {
		return Day{Date: november(n), Punches: 400, Pushes: 400, Calls: calls, Batches: [Rungs]int{200, 80, 40, 20}}
	}
	decisions := []Decision{
		decided(ModeBatched, 5*time.Minute, at(time.November, 3, 0)),
		decided(ModeBatched, 5*time.Minute, at(time.November, 3, 12)), // says nothing new
		decided(ModeSweep, 0, at(time.November, 4, 12)),
		decided(ModeStopped, 0, at(time.November, 5, 6)),
	}
	f := Facts{At: at(time.November, 7, 0), Decisions: decisions, Current: decisions[3], Days: []Day{
		day(2, 450), // live, as before the first decision
		day(3, 130), // batched
		day(4, 90),  // half batched, half not at all
		day(5, 10),  // stopped: it tells nothing
		day(6, 0),
	}}
	h := newHistory(f, free(), false)
	require.True(t, h.enough())
	w := h.week(free().ladder(), nil)
	require.InDelta(t, 50, w[weekday].standing, 1e-9)
	require.Equal(t, []float64{400, 200, 80, 40, 20, 0}, w[weekday].events)
	require.InDelta(t, 50, w[weekend].standing, 1e-9, "nobody has seen one: as on other days")
	require.Zero(t, w[weekend].events[0])
	require.True(t, h.since().Equal(at(time.November, 5, 6)))

	f.Decisions = nil
	h = newHistory(f, free(), false)
	require.True(t, h.since().IsZero())
	calls, stopped := h.eventCalls(f.Days[0])
	require.Zero(t, calls)
	require.True(t, stopped, "with no other word every day was as this one")

	f.Current = Decision{}
	calls, stopped = newHistory(f, free(), false).eventCalls(f.Days[0])
	require.InDelta(t, 400, calls, 1e-9)
	require.False(t, stopped)
}

func TestDaysBeforeTheFirstTellNothing(t *testing.T) {
	days := []Day{{Date: november(2)}, {Date: november(3)}, {Date: november(4), Punches: 10, Calls: 20}, {Date: november(5)}, {Date: november(6), Calls: 5}}
	h := newHistory(Facts{At: at(time.November, 6, 12), Days: days}, free(), false)
	require.Len(t, h.days, 2, "nor does today, of which a part is missing")
	require.Equal(t, 10, h.days[0].Pushes, "pushes that nobody counted are as many as the punches")
	require.Zero(t, days[2].Pushes)
	require.False(t, h.enough())
}

// A longer window takes no more calls, whatever the hindcast says; one between
// two takes what the shorter one does.
func TestCostOfADay(t *testing.T) {
	d := Day{Punches: 100, Batches: [Rungs]int{120, 40, 50, 10}}
	for s, want := range map[step]int{
		{mode: ModeLive}:                              100,
		{mode: ModeSweep}:                             0,
		{mode: ModeStopped}:                           0,
		{mode: ModeBatched, window: time.Minute}:      100,
		{mode: ModeBatched, window: 5 * time.Minute}:  40,
		{mode: ModeBatched, window: 15 * time.Minute}: 40,
		{mode: ModeBatched, window: 59 * time.Minute}: 40,
		{mode: ModeBatched, window: time.Hour}:        10,
	} {
		require.Equal(t, want, s.cost(d), s.words())
	}
	seldom := Day{Punches: 100, Batches: [Rungs]int{30, 20, 10, 5}}
	require.Equal(t, 60, step{ModeBatched, 40 * time.Second}.cost(seldom), "each half of a minute takes no more than the minute")
	require.Equal(t, 100, step{ModeBatched, time.Second}.cost(seldom))
}

// A month's pushes that ran out are not taken for days off.
func TestSilenceAtTheEndOfAMonth(t *testing.T) {
	var days []Day
	add := func(from, to attendance.Date, pushes int) {
		for d := from; !d.After(to); d = d.AddDays(1) {
			day := Day{Date: d, Calls: 50}
			if classOf(d) == weekday {
				day.Punches, day.Pushes, day.Calls = pushes, pushes, 50+pushes
			}
			days = append(days, day)
		}
	}
	october := func(day int) attendance.Date { return attendance.NewDate(2026, time.October, day) }
	add(october(1), october(13), 200) // 9 weekdays
	add(october(14), october(31), 0)
	add(november(1), november(3), 200)
	mean := func(b Budget, muted bool) float64 {
		f := Facts{At: at(time.November, 4, 0), Days: days}
		return newHistory(f, b, muted).week(b.ladder(), nil)[weekday].pushes
	}
	b := free()
	require.InDelta(t, 2200.0/24, mean(b, false), 1e-9, "without a budget they are days off")
	b.Pushes = 2000
	require.InDelta(t, 200, mean(b, false), 1e-9)
	b.Pushes = 50_000
	require.InDelta(t, 2200.0/24, mean(b, false), 1e-9, "so few cannot have spent it")

	b.Pushes = 2000
	slices.Reverse(days)
	require.InDelta(t, 200, mean(b, false), 1e-9, "in any order")
	slices.Reverse(days)
	whole := days
	days = days[9:]
	require.InDelta(t, 200, mean(b, false), 1e-9, "nor when its beginning is not known")
	days = whole

	b.Pushes = 400
	add(november(4), november(6), 0)
	f := Facts{At: at(time.November, 7, 0), Days: days}
	require.InDelta(t, 200, newHistory(f, b, true).week(b.ladder(), nil)[weekday].pushes, 1e-9, "nor this month's")
	require.InDelta(t, 2000.0/13, newHistory(f, b, false).week(b.ladder(), nil)[weekday].pushes, 1e-9)
}

// A month that ends with a weekend has not run out.
func TestAWeekendIsNoSilence(t *testing.T) {
	var days []Day
	for d := attendance.NewDate(2026, time.October, 26); d.Before(november(1)); d = d.AddDays(1) {
		day := Day{Date: d, Punches: 100, Pushes: 100}
		if d.Day == 30 {
			day.Punches, day.Pushes = 600, 600
		}
		if classOf(d) == weekend {
			day = Day{Date: d}
		}
		days = append(days, day)
	}
	b := free()
	b.Pushes = 1000
	require.InDelta(t, 200, newHistory(Facts{At: at(time.November, 1, 0), Days: days}, b, false).week(b.ladder(), nil)[weekday].pushes, 1e-9)
}

func TestSameMonth(t *testing.T) {
	now := at(time.November, 1, 9)
	require.True(t, sameMonth(time.Date(2026, time.October, 31, 17, 0, 0, 0, time.UTC), now), "it is November in Shanghai by then")
	require.False(t, sameMonth(time.Date(2026, time.October, 31, 15, 0, 0, 0, time.UTC), now))
	require.False(t, sameMonth(now.AddDate(-1, 0, 0), now))
	require.False(t, sameMonth(time.Time{}, now))
}

func TestPushesEndAndWithThemTheirCalls(t *testing.T) {
	w := week{weekday: {pushes: 100, standing: 10, events: []float64{100}}, weekend: {standing: 10, events: []float64{0}}}
	f := Facts{At: at(time.November, 2, 12)} // a Monday
	o := lookAhead(f, w, 1, 300)
	require.Equal(t, november(5), o.pushesEnd)
	require.InDelta(t, 300, o.pushes, 1e-9)
	require.InDelta(t, 300+28.5*10, o.calls[0], 1e-9)
	require.Equal(t, november(4), o.runsOut(0, 200))
	require.True(t, o.runsOut(0, 1000).IsZero())

	o = lookAhead(f, w, 1, 1e9)
	require.True(t, o.pushesEnd.IsZero())
	require.InDelta(t, 20.5*100, o.pushes, 1e-9)
}

func TestPushesInTheReason(t *testing.T) {
	live := decided(ModeBatched, 15*time.Minute, at(time.November, 1, 0))
	f := Facts{At: at(time.November, 4, 0), Days: october(), Pushes: 800, Current: live, Decisions: []Decision{live}}
	b := free()
	b.Pushes = 3000
	d := Decide(f, b)
	require.Contains(t, d.Reason, "; the month's 3,000 pushes end on about 11 November, and then the nightly sweep alone finds what happens")
	require.Equal(t, 3000, d.ForecastPushes)
	require.Equal(t, ModeLive, d.Mode, "5.5 days of 400 and 27 of 50")

	f.Pushes = 3000
	d = Decide(f, b)
	require.Contains(t, d.Reason, "; the month's 3,000 pushes have come, so that until 1 December the nightly sweep alone may find what happens")
	require.Equal(t, live.step(), d.step(), "nothing would get fresher")
	require.Contains(t, d.Reason, "in batches of 5 minutes would change nothing")

	f.Pushes = 3061
	d = Decide(f, b)
	require.NotContains(t, d.Reason, "have come", "they come all the same")
	require.Equal(t, 3061+19*400, d.ForecastPushes)

	f.Pushes, f.Muted = 2500, at(time.November, 3, 18).UTC()
	d = Decide(f, b)
	require.Contains(t, d.Reason, "; DingTalk sends no more events until 1 December, as it said last on 3 November at 18:00 (20001), and the nightly sweep alone finds what happens")
	require.Equal(t, live.step(), d.step())
	require.Equal(t, 2500, d.ForecastPushes)

	f.Muted = at(time.October, 31, 18)
	require.NotContains(t, Decide(f, b).Reason, "20001")
}
