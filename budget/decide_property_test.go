package budget

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
)

func drawDay(t *rapid.T, date attendance.Date) Day {
	d := Day{Date: date, Punches: rapid.IntRange(0, 500).Draw(t, "punches"), Calls: rapid.IntRange(0, 700).Draw(t, "calls")}
	d.Pushes = d.Punches + rapid.IntRange(0, 30).Draw(t, "other pushes")
	for i := range d.Batches {
		d.Batches[i] = rapid.IntRange(0, 500).Draw(t, "batch") // even what makes no sense
	}
	return d
}

func drawDecision(t *rapid.T, now time.Time) Decision {
	d := Decision{
		Mode:      rapid.SampledFrom([]Mode{"", ModeLive, ModeBatched, ModeSweep, ModeStopped}).Draw(t, "mode"),
		DecidedAt: now.Add(-time.Duration(rapid.IntRange(0, 40*24).Draw(t, "hours ago")) * time.Hour),
	}
	if d.Mode == ModeBatched {
		d.Window = rapid.SampledFrom(append(Windows(), 7*time.Minute)).Draw(t, "window")
	}
	return d
}

func drawFacts(t *rapid.T) Facts {
	now := at(time.November, 1, 0).Add(time.Duration(rapid.IntRange(0, 30*24*60-1).Draw(t, "minute")) * time.Minute)
	today := attendance.DateOf(now, zone)
	f := Facts{
		At: now, Employees: rapid.IntRange(0, 300).Draw(t, "employees"),
		Calls: rapid.IntRange(0, 6000).Draw(t, "calls"), Pushes: rapid.IntRange(0, 4000).Draw(t, "pushes"),
		Current: drawDecision(t, now),
	}
	for n := rapid.IntRange(0, 35).Draw(t, "days"); n > 0; n-- {
		f.Days = append(f.Days, drawDay(t, today.AddDays(-n)))
	}
	for range rapid.IntRange(0, 4).Draw(t, "decisions") {
		f.Decisions = append(f.Decisions, drawDecision(t, now))
	}
	slices.SortFunc(f.Decisions, func(a, b Decision) int { return a.DecidedAt.Compare(b.DecidedAt) })
	if rapid.IntRange(0, 5).Draw(t, "muted") == 0 {
		f.Muted = now.Add(-time.Hour)
	}
	if rapid.IntRange(0, 9).Draw(t, "refused") == 0 {
		f.Refused = now.Add(-time.Hour)
	}
	return f
}

func drawBudget(t *rapid.T) Budget {
	return Budget{
		Calls:   rapid.IntRange(0, 20000).Draw(t, "budget of calls"),
		Pushes:  rapid.SampledFrom([]int{0, 1000, 3000, 50000}).Draw(t, "budget of pushes"),
		Reserve: rapid.IntRange(0, 1000).Draw(t, "reserve"), Window: -1, Drain: time.Hour,
	}
}

// slowness orders decisions: the more, the slower.
func slowness(t require.TestingT, d Decision) int {
	if d.Mode == ModeStopped {
		return Rungs + 2
	}
	i := slices.Index(Budget{Window: -1}.ladder(), d.step())
	require.GreaterOrEqual(t, i, 0, "%+v", d)
	return i
}

func TestWhatIsChosenFitsOrIsTheLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, b := drawFacts(t), drawBudget(t)
		d := Decide(f, b)
		require.GreaterOrEqual(t, d.ForecastCalls, f.Calls)
		require.GreaterOrEqual(t, d.ForecastPushes, f.Pushes)
		require.NotContains(t, d.Reason, "NaN")
		unbound := b
		unbound.Pushes = 0
		if b.Pushes > 0 && f.Muted.IsZero() && Decide(f, unbound).ForecastPushes > b.Pushes {
			require.GreaterOrEqual(t, d.ForecastPushes, b.Pushes, "an alert tells of it by that")
		}
		if b.Calls > 0 && d.Mode != ModeSweep && d.Mode != ModeStopped {
			require.LessOrEqual(t, d.ForecastCalls, b.Calls-b.Reserve, d.Reason)
			require.NoError(t, b.Allows(f, 1, false), "what is not stopped may spend")
		}
		if d.Mode == ModeStopped && f.Refused.IsZero() {
			require.Error(t, b.Allows(f, 1, false), "what is stopped may not")
		}
		require.Equal(t, d.Mode == ModeBatched, d.Window > 0)
		require.Equal(t, d.Mode == ModeBatched, d.Batch(f.At).After(f.At))
	})
}

func TestMoreCallsNeverMakeItSlower(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, less := drawFacts(t), drawBudget(t)
		more := less
		more.Calls += rapid.IntRange(0, 5000).Draw(t, "more")
		if less.Calls == 0 || rapid.IntRange(0, 9).Draw(t, "no bound") == 0 {
			more.Calls = 0
		}
		require.LessOrEqual(t, slowness(t, Decide(f, more)), slowness(t, Decide(f, less)))
	})
}

func TestTheOrderOfDaysMeansNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, b := drawFacts(t), drawBudget(t)
		want := Decide(f, b)
		before, err := json.Marshal(f)
		require.NoError(t, err)
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0))
		shuffled := f
		shuffled.Days = slices.Clone(f.Days)
		dice.Shuffle(len(f.Days), func(i, j int) { shuffled.Days[i], shuffled.Days[j] = shuffled.Days[j], shuffled.Days[i] })
		require.Equal(t, want, Decide(shuffled, b))
		after, err := json.Marshal(f)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after), "deciding changes no fact")
	})
}

// What was decided is decided again, an instant later.
func TestADecisionStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, b := drawFacts(t), drawBudget(t)
		f.Decisions = append([]Decision{decided(ModeLive, 0, at(time.September, 1, 0))}, f.Decisions...)
		f.Current = f.Decisions[len(f.Decisions)-1]
		d := Decide(f, b)
		f.Current = d
		f.Decisions = append(f.Decisions, d)
		again := Decide(f, b)
		require.GreaterOrEqual(t, slowness(t, again), slowness(t, d), "nothing gets fresher by waiting no time")
		if f.Muted.IsZero() && len(f.Days) >= enoughDays && d.Mode != ModeStopped {
			require.Equal(t, d.step(), again.step())
		}
	})
}

func TestDecisionsTravelAsJSON(t *testing.T) {
	d := Decide(Facts{At: at(time.November, 2, 9), Days: october(), Calls: 60}, free())
	text, err := json.Marshal(d)
	require.NoError(t, err)
	var back Decision
	require.NoError(t, json.Unmarshal(text, &back))
	require.True(t, back.DecidedAt.Equal(d.DecidedAt))
	back.DecidedAt = d.DecidedAt
	require.Equal(t, d, back)
}

func TestBatchesAreAlignedToTheClock(t *testing.T) {
	d := Decision{Mode: ModeBatched, Window: 5 * time.Minute}
	first := d.Batch(at(time.November, 2, 9))
	require.True(t, first.Equal(at(time.November, 2, 9).Add(5*time.Minute)), "an event at the edge belongs to the next")
	require.True(t, d.Batch(at(time.November, 2, 9).Add(5*time.Minute-1)).Equal(first))
	require.True(t, Decision{Mode: ModeLive}.Batch(at(time.November, 2, 9)).IsZero())
	require.True(t, Decision{Mode: ModeSweep, Window: time.Hour}.Batch(at(time.November, 2, 9)).IsZero())
}
