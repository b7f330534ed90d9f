package budget

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
)

// simulated is a company over the months, whose spend follows the decisions.
type simulated struct {
	people  int
	budget  Budget
	holiday func(attendance.Date) bool
	every   time.Duration // Decide is called
	told    bool          // DingTalk says that the pushes are spent; else they just end

	dice      *rand.Rand
	f         Facts
	today     Day
	wanted    map[time.Time]map[int]bool // by the batch that will ask
	slots     [Rungs]map[int64]map[int]bool
	decisions []Decision
	forecasts map[int][]int // by day of the month
	expected  int           // the most pushes that a forecast of the month had
}

func newSimulated(people int, b Budget, seed uint64) *simulated {
	return &simulated{
		people: people, budget: b, every: 10 * time.Minute, dice: rand.New(rand.NewPCG(seed, 4)),
		holiday: func(attendance.Date) bool { return false }, wanted: map[time.Time]map[int]bool{},
	}
}

type arrival struct {
	at     time.Time
	person int // less than zero: another push
}

// arrivals are the day's pushes in order.
func (s *simulated) arrivals(d attendance.Date) []arrival {
	midnight := d.In(zone)
	at := func(hour float64) time.Time {
		return midnight.Add(time.Duration(hour * float64(time.Hour))).Truncate(time.Second)
	}
	var all []arrival
	for p := range s.people {
		if s.dice.IntN(100) == 0 {
			for range pushesPerApproval {
				all = append(all, arrival{at(9 + 9*s.dice.Float64()), -1})
			}
		}
		if classOf(d) == weekend && s.dice.IntN(20) > 0 || s.holiday(d) || s.dice.IntN(25) == 0 {
			continue
		}
		for _, shift := range []float64{9, 18} {
			spread := s.dice.NormFloat64() * 0.35
			all = append(all, arrival{at(max(0, min(23.9, shift+spread))), p})
		}
	}
	slices.SortFunc(all, func(a, b arrival) int { return a.at.Compare(b.at) })
	return all
}

// standing is what a day takes whatever comes.
func (s *simulated) standing() int {
	windows := parted(s.people, attendance.WindowUsers)
	return 24 + windows*(4+s.dice.IntN(3)) + 8 + s.people/100
}

func (s *simulated) decide(now time.Time) {
	s.f.At, s.f.Employees, s.f.Decisions = now, s.people, s.decisions
	d := Decide(s.f, s.budget)
	if n := len(s.decisions); n == 0 || s.decisions[n-1].step() != d.step() {
		s.decisions = append(s.decisions, d)
	}
	s.f.Current = d
	s.forecasts[now.Day()] = append(s.forecasts[now.Day()], d.ForecastCalls)
	s.expected = max(s.expected, d.ForecastPushes)
}

// month lives through a month.
func (s *simulated) month(year int, month time.Month) {
	s.f.Calls, s.f.Pushes, s.f.Muted, s.f.Refused = 0, 0, time.Time{}, time.Time{}
	s.forecasts, s.expected = map[int][]int{}, 0
	for d := attendance.NewDate(year, month, 1); d.Month == month; d = d.AddDays(1) {
		s.day(d)
	}
}

func (s *simulated) day(d attendance.Date) {
	s.today = Day{Date: d}
	for i := range s.slots {
		s.slots[i] = map[int64]map[int]bool{}
	}
	coming := s.arrivals(d)
	swept := false
	end := d.AddDays(1).In(zone)
	for now := d.In(zone); now.Before(end); now = now.Add(s.every) {
		s.decide(now)
		if !swept && now.Hour() >= 2 && s.f.Current.Mode != ModeStopped {
			s.spend(s.standing())
			swept = true
		}
		for len(coming) > 0 && coming[0].at.Before(now.Add(s.every)) {
			s.arrive(coming[0])
			coming = coming[1:]
		}
		for at, people := range s.wanted {
			if !at.After(now.Add(s.every)) {
				s.spend(parted(len(people), attendance.WindowUsers))
				delete(s.wanted, at)
			}
		}
	}
	for i, slots := range s.slots {
		for _, people := range slots {
			s.today.Batches[i] += parted(len(people), attendance.WindowUsers)
		}
	}
	s.f.Days = append(s.f.Days, s.today)
	s.f.Days = s.f.Days[max(0, len(s.f.Days)-35):]
}

func (s *simulated) spend(calls int) {
	s.f.Calls += calls
	s.today.Calls += calls
}

func (s *simulated) arrive(a arrival) {
	if s.budget.Pushes > 0 && s.f.Pushes >= s.budget.Pushes {
		if s.told {
			s.f.Muted = a.at
		}
		return
	}
	s.f.Pushes++
	s.today.Pushes++
	if a.person < 0 {
		if s.f.Current.Mode != ModeStopped && s.today.Pushes%pushesPerApproval == 0 {
			s.spend(2)
		}
		return
	}
	s.today.Punches++
	for i, w := range Windows() {
		slot := a.at.UnixNano() / int64(w)
		if s.slots[i][slot] == nil {
			s.slots[i][slot] = map[int]bool{}
		}
		s.slots[i][slot][a.person] = true
	}
	switch s.f.Current.Mode {
	case ModeLive:
		s.spend(1)
	case ModeBatched:
		at := s.f.Current.Batch(a.at)
		if s.wanted[at] == nil {
			s.wanted[at] = map[int]bool{}
		}
		s.wanted[at][a.person] = true
	}
}

// worst is how far the forecasts from a day on are from what it came to.
func (s *simulated) worst(from int) float64 {
	worst := 0.0
	for day, forecasts := range s.forecasts {
		for _, forecast := range forecasts {
			if day >= from {
				worst = max(worst, math.Abs(float64(forecast-s.f.Calls))/float64(s.f.Calls))
			}
		}
	}
	return worst
}

var zone = time.FixedZone("Asia/Shanghai", 8*3600)

// The company of 200 that the free edition is to be enough for.
func TestTheFreeEditionLastsTwoHundredPeople(t *testing.T) {
	for _, told := range []bool{false, true} {
		standard, _ := EditionOf(EditionStandard)
		s := newSimulated(200, standard.Budget(DefaultReserve, time.Hour), 1)
		s.told = told
		s.holiday = func(d attendance.Date) bool {
			return d.Month == time.October && d.Day <= 3 || d.Month == time.November && d.Day == 11
		}
		for _, month := range []time.Month{time.September, time.October, time.November, time.December} {
			s.month(2026, month)
			require.LessOrEqual(t, s.f.Calls, 5000, month)
			require.Equal(t, 3000, s.expected, "%s: no more will come than the month holds", month)
			require.Less(t, s.worst(10), 0.1, month)
			require.NotEqual(t, ModeStopped, s.f.Current.Mode, month)
		}
	}
}

// A forecast just under the limit passes it one morning, and then the governor
// goes slower.
func TestAMonthOnTheEdgeEndsAsForecast(t *testing.T) {
	s := newSimulated(30, Budget{Calls: 2515, Reserve: 251, Window: -1, Drain: time.Hour}, 0x493)
	s.every = 3 * time.Hour
	s.month(2026, time.September)
	s.month(2026, time.October)
	require.Less(t, s.worst(10), 0.1)
}

// Whatever the company: the budget is kept, and from the tenth day on the
// forecast is right, unless not even the sweep fits.
func TestAMonthEndsAsForecast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Budget{
			Calls: rapid.IntRange(2500, 20000).Draw(t, "calls"), Pushes: rapid.SampledFrom([]int{0, 3000, 50000}).Draw(t, "pushes"),
			Window: -1, Drain: time.Hour,
		}
		b.Reserve = b.Calls / 10
		people := rapid.IntRange(5, 600).Draw(t, "people")
		s := newSimulated(people, b, rapid.Uint64().Draw(t, "seed"))
		s.every = 3 * time.Hour
		s.told = rapid.Bool().Draw(t, "told")
		s.month(2026, time.September)
		s.month(2026, time.October)
		require.LessOrEqual(t, s.f.Calls, b.Calls)
		if s.f.Current.Mode != ModeStopped {
			require.Less(t, s.worst(10), 0.1)
		}
	})
}
