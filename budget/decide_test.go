package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

func at(month time.Month, day, hour int) time.Time {
	return time.Date(2026, month, day, hour, 0, 0, 0, zone)
}

// october is a history of whole days: 50 standing calls each, and on weekdays
// 400 punches, answered live.
func october() []Day {
	var days []Day
	for d := attendance.NewDate(2026, time.September, 28); d.Before(attendance.NewDate(2026, time.November, 1)); d = d.AddDays(1) {
		day := Day{Date: d, Calls: 50}
		if classOf(d) == weekday {
			day = Day{Date: d, Punches: 400, Pushes: 400, Calls: 450, Batches: [Rungs]int{200, 80, 40, 20}}
		}
		days = append(days, day)
	}
	return days
}

func free() Budget {
	return Budget{Edition: EditionStandard, Calls: 5000, Pushes: 0, Reserve: 500, Window: -1, Drain: time.Hour}
}

func decided(m Mode, window time.Duration, at time.Time) Decision {
	return Decision{Mode: m, Window: window, DecidedAt: at}
}

// November 2026 has 21 weekdays and begins on a Sunday: 1,500 standing calls,
// and on top 8,400 live, 4,200 in batches of a minute, 1,680 of 5 minutes, 840 of
// 15, and 420 of an hour.
func TestDecide(t *testing.T) {
	live := decided(ModeLive, 0, at(time.September, 1, 0))
	facts := func(change func(*Facts)) Facts {
		f := Facts{At: at(time.November, 1, 0), Employees: 200, Days: october(), Current: live, Decisions: []Decision{live}}
		if change != nil {
			change(&f)
		}
		return f
	}
	batched := func(w time.Duration, since time.Time) func(*Facts) {
		return func(f *Facts) {
			f.At = at(time.November, 2, 0)
			f.Calls = 50
			f.Current = decided(ModeBatched, w, at(time.November, 1, 20))
			f.Decisions = append(f.Decisions, decided(ModeBatched, w, since))
		}
	}
	month := at(time.November, 1, 0)
	for name, test := range map[string]struct {
		f        Facts
		b        Budget
		mode     Mode
		window   time.Duration
		forecast int
		reason   string
	}{
		"no bound": {
			f: facts(nil), b: Budget{Window: -1}, mode: ModeLive, forecast: 9900,
			reason: "Events are answered at once: 0 calls are spent this month and about 9,900 expected by 30 November, and no budget is set",
		},
		"the freshest that fits": {
			f: facts(nil), b: free(), mode: ModeBatched, window: 5 * time.Minute, forecast: 4050, // and later fresher, of nine tenths
			reason: "Events are answered in batches of 5 minutes: 0 calls are spent this month and about 4,050 expected by 30 November as it gets fresher, " +
				"of 4,500 that may be spent (5,000 less 500 kept for what people ask for); in batches of 1 minute it would be about 5,700",
		},
		"all fit": {
			f: facts(nil), b: Budget{Calls: 200_000, Window: -1}, mode: ModeLive, forecast: 9900,
			reason: "Events are answered at once: 0 calls are spent this month and about 9,900 expected by 30 November, of 200,000 that may be spent",
		},
		"only the sweep fits": {
			f: facts(nil), b: Budget{Calls: 1900, Window: -1}, mode: ModeSweep, forecast: 1710,
			reason: "Events are answered by the nightly sweep alone: 0 calls are spent this month and about 1,710 expected by 30 November as it gets fresher, of 1,900 that may be spent; " +
				"in batches of an hour it would be about 1,920",
		},
		"not even the sweep": {
			f: facts(nil), b: Budget{Calls: 1000, Window: -1}, mode: ModeSweep, forecast: 1500,
			reason: "Events are answered by the nightly sweep alone: 0 calls are spent this month and about 1,500 expected by 30 November, of 1,000 that may be spent; " +
				"in batches of an hour it would be about 1,920; at this pace they are spent on about 21 November",
		},
		"slower at once": {
			f: facts(batched(time.Minute, at(time.November, 1, 23))), b: free(), mode: ModeBatched, window: 5 * time.Minute, forecast: 4050,
			reason: "Events are answered in batches of 5 minutes: 50 calls are spent this month and about 4,050 expected by 30 November as it gets fresher, " +
				"of 4,500 that may be spent (5,000 less 500 kept for what people ask for); in batches of 1 minute it would be about 5,700",
		},
		"fresher with something to spare": {
			f: facts(batched(15*time.Minute, month)), b: free(), mode: ModeBatched, window: 5 * time.Minute, forecast: 4050,
		},
		"not fresher without": {
			f: facts(batched(15*time.Minute, month)), b: Budget{Calls: 3500, Window: -1}, mode: ModeBatched, window: 15 * time.Minute, forecast: 3150,
			reason: "Events are answered in batches of 15 minutes: 50 calls are spent this month and about 3,150 expected by 30 November as it gets fresher, of 3,500 that may be spent; " +
				"in batches of 5 minutes it would be about 3,180, and a change back wants a tenth to spare",
		},
		"not fresher so soon": {
			f: facts(batched(15*time.Minute, at(time.November, 1, 13))), b: free(), mode: ModeBatched, window: 15 * time.Minute, forecast: 4050,
			reason: "Events are answered in batches of 15 minutes: 50 calls are spent this month and about 4,050 expected by 30 November as it gets fresher, " +
				"of 4,500 that may be spent (5,000 less 500 kept for what people ask for); " +
				"in batches of 5 minutes it would be about 3,180, and the last change is less than 12 hours ago",
		},
		"not fresher in the first week": {
			f: facts(func(f *Facts) { batched(15*time.Minute, month)(f); f.Days = f.Days[len(f.Days)-6:] }),
			b: free(), mode: ModeBatched, window: 15 * time.Minute, forecast: 4050,
			reason: "Events are answered in batches of 15 minutes: 50 calls are spent this month and about 4,050 expected by 30 November as it gets fresher, " +
				"of 4,500 that may be spent (5,000 less 500 kept for what people ask for); " +
				"in batches of 5 minutes it would be about 3,180, and a change to fresher wants 7 known days",
		},
		"as fresh as it can be in a new month": {
			f: facts(func(f *Facts) { f.Current = decided(ModeSweep, 0, at(time.October, 31, 23)) }),
			b: free(), mode: ModeBatched, window: 5 * time.Minute, forecast: 4050,
		},
		"spent": {
			f: facts(func(f *Facts) { f.Calls = 4500 }), b: free(), mode: ModeStopped, forecast: 4500,
			reason: "Nothing is asked of DingTalk until 1 December unless the budget is raised: 4,500 calls are spent this month, " +
				"of 4,500 that may be spent (5,000 less 500 kept for what people ask for)",
		},
		"refused": {
			f: facts(func(f *Facts) {
				f.Calls, f.At, f.Refused = 3100, at(time.November, 12, 12), at(time.November, 12, 11).UTC()
			}),
			b: free(), mode: ModeStopped, forecast: 3100,
			reason: "Nothing is asked of DingTalk until 1 December but, once an hour, whether there are calls again: DingTalk said on 12 November at 11:00 that the month's calls are spent (90020), " +
				"though only 3,100 of 5,000 were made from here: other apps spend from the same budget, or it is smaller",
		},
		"refused last month": {
			f: facts(func(f *Facts) { f.Refused = at(time.October, 31, 23) }), b: free(), mode: ModeBatched, window: 5 * time.Minute, forecast: 4050,
		},
		"always live": {
			f: facts(nil), b: Budget{Calls: 5000, Window: 0}, mode: ModeLive, forecast: 9900,
			reason: "Events are answered at once, as is set: 0 calls are spent this month and about 9,900 expected by 30 November, of 5,000 that may be spent; " +
				"at this pace they are spent on about 16 November",
		},
		"always by the window set": {
			f: facts(nil), b: Budget{Calls: 5000, Window: 10 * time.Minute}, mode: ModeBatched, window: 10 * time.Minute, forecast: 3180,
		},
		"always by a window under a minute": {
			f: facts(nil), b: Budget{Calls: 50000, Window: 40 * time.Second}, mode: ModeBatched, window: 40 * time.Second, forecast: 9900,
		},
		"near the end": {
			f: facts(func(f *Facts) { f.At, f.Calls = at(time.November, 30, 12), 4400 }),
			b: free(), mode: ModeBatched, window: 5 * time.Minute, forecast: 4425, // at least what stands
		},
		"nothing known, though something was decided": {
			f: Facts{At: month, Current: decided(ModeSweep, 0, month), Decisions: []Decision{decided(ModeSweep, 0, month)}}, b: free(), mode: ModeLive,
		},
		"nothing known": {
			f: Facts{At: month, Days: october()[:2]}, b: free(), mode: ModeLive,
			reason: "Events are answered at once: 0 calls are spent this month, of 4,500 that may be spent (5,000 less 500 kept for what people ask for), " +
				"and what a month takes is not known before contacts were read or 3 days have passed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := Decide(test.f, test.b)
			require.Equal(t, test.mode, d.Mode, d.Reason)
			require.Equal(t, test.window, d.Window, d.Reason)
			require.Equal(t, test.forecast, d.ForecastCalls, d.Reason)
			require.Equal(t, test.f.At, d.DecidedAt)
			require.Equal(t, test.f.Calls, d.Calls)
			if test.reason != "" {
				require.Equal(t, test.reason, d.Reason)
			}
		})
	}
}
