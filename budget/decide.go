package budget

import (
	"math"
	"slices"
	"time"
)

const (
	// fresherShare is the part of the limit within which a fresher step's forecast
	// must stay, and changePause how long the last change must be ago: what was
	// made slower a minute ago shall not be undone by a quiet one.
	fresherShare = 0.9
	changePause  = 12 * time.Hour
	// freshenDays is how many whole days must be known for that: what is spent
	// besides events grows in the first week.
	freshenDays = 7
	// nearShare is the part of the limit over which a forecast will likely pass it
	// for a moment. Then it gets slower, and ends no lower than fresherShare.
	nearShare = 0.96
	// lateShare is by how much pushes may exceed the budget before it is plain that
	// DingTalk sends them all the same.
	lateShare = 0.02
)

// Decide chooses how events are answered from now on: by the freshest step whose
// forecast for the end of the month leaves the reserve alone. It gets slower at
// once, and fresher only with something to spare. When the calls are spent, or
// DingTalk says so, it stops until the month turns.
//
// More calls never make it slower, and the order of the facts' days means
// nothing.
func Decide(f Facts, b Budget) Decision {
	return newGovernor(f, b, Typical(f.Employees, b.Drain).under(b.Calls)).decide()
}

// governor makes one decision.
type governor struct {
	f       Facts
	b       Budget
	ladder  []step
	history history
	outlook *outlook
	limit   float64 // of automatic calls
	muted   bool    // no more pushes come this month
	known   bool    // there is something to forecast from
}

func newGovernor(f Facts, b Budget, c Company) *governor {
	g := &governor{f: f, b: b, ladder: b.ladder(), limit: b.limit()}
	left := math.Inf(1)
	if b.Pushes > 0 && float64(f.Pushes) <= float64(b.Pushes)*(1+lateShare) {
		left = float64(max(0, b.Pushes-f.Pushes))
	}
	if sameMonth(f.Muted, f.At) {
		left = 0
	}
	g.muted = left == 0
	g.history = newHistory(f, b, g.muted)
	g.known = g.history.enough() || c.Employees > 0
	var model func() week
	if c.Employees > 0 {
		model = func() week { return c.week(g.ladder) }
	}
	var usually week
	switch {
	case g.history.enough():
		usually = g.history.week(g.ladder, model)
	case model != nil:
		usually = model()
	}
	g.outlook = lookAhead(f, usually, len(g.ladder), left)
	return g
}

// limit is how many calls may be spent without a person's asking.
func (b Budget) limit() float64 {
	if b.Calls <= 0 {
		return math.Inf(1)
	}
	return float64(max(0, b.Calls-b.Reserve))
}

func (g *governor) decide() Decision {
	d := Decision{
		DecidedAt: g.f.At, Calls: g.f.Calls, Pushes: g.f.Pushes,
		ForecastCalls: g.f.Calls, ForecastPushes: g.f.Pushes + round(g.outlook.pushes),
		Thrift: g.b.Thrifty(g.f.Employees),
	}
	if g.spent() {
		d.Mode, d.Reason = ModeStopped, g.sayStopped()
		return d
	}
	chosen := 0
	if g.known {
		chosen = g.choose()
	}
	d.Mode, d.Window = g.ladder[chosen].mode, g.ladder[chosen].window
	d.ForecastCalls = round(g.path(chosen))
	d.Reason = g.say(chosen, d.ForecastCalls)
	return d
}

// spent reports whether nothing automatic may be spent this month any more.
func (g *governor) spent() bool {
	return g.f.Spent() || float64(g.f.Calls) >= g.limit
}

// forecast is how many calls the month will have taken if events are answered by
// one step to its end.
func (g *governor) forecast(step int) float64 { return float64(g.f.Calls) + g.outlook.calls[step] }

// freshest is the first step whose forecast stays within a bound; the slowest if none does.
func (g *governor) freshest(bound float64) int {
	for i := range g.ladder {
		if g.forecast(i) <= bound {
			return i
		}
	}
	return len(g.ladder) - 1
}

// choose is the step from now on.
func (g *governor) choose() int {
	fits, current := g.freshest(g.limit), g.current()
	if current < 0 || fits >= current {
		return fits
	}
	if g.mayFreshen() {
		return min(current, g.freshest(fresherShare*g.limit))
	}
	return current
}

// current is the step that is in force; less than zero if this month has none
// that could be kept.
func (g *governor) current() int {
	if !sameMonth(g.f.Current.DecidedAt, g.f.At) {
		return -1
	}
	for i, s := range g.ladder {
		if s == g.f.Current.step() {
			return i
		}
	}
	return -1
}

// mayFreshen reports whether the last change is long enough ago. While no events
// come nothing would get fresher.
func (g *governor) mayFreshen() bool {
	return !g.muted && len(g.f.Days) >= freshenDays && !g.f.At.Before(g.history.since().Add(changePause))
}

// path is how many calls the month will have taken if the governor goes on as it
// must. A step that leaves room is left for a fresher one as soon as what is left of
// the month fits, so that the room is used. One that is near the limit is left for
// a slower one when days differ from the usual ones by little.
func (g *governor) path(chosen int) float64 {
	calls := g.forecast(chosen)
	if g.muted {
		return calls
	}
	if room := fresherShare * g.limit; calls < room {
		return min(room, max(calls, g.forecast(0)))
	}
	if chosen == len(g.ladder)-1 {
		return calls
	}
	least := float64(g.f.Calls) + slices.Min(g.outlook.calls)
	return max(least, min(calls, nearShare*g.limit))
}
