package budget

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// say is why events are answered by a step: one sentence with its figures.
func (g *governor) say(chosen, forecast int) string {
	how := g.ladder[chosen].words()
	if len(g.ladder) == 1 {
		how += ", as is set"
	}
	parts := []string{"Events are answered " + how + ": " + g.sayWhy(chosen, forecast)}
	if g.sayBound() != "" && chosen > 0 {
		parts = append(parts, g.sayFresher(chosen))
	}
	if late := g.sayShort(chosen); late != "" {
		parts = append(parts, late)
	}
	if pushes := g.sayPushes(); pushes != "" {
		parts = append(parts, pushes)
	}
	if g.b.Thrifty(g.f.Employees) && g.ladder[chosen].mode != ModeSweep && !sameMonth(g.f.Muted, g.f.At) {
		parts = append(parts, "sweeps ask for the results of those days only that clock-ins leave open")
	}
	if g.known && !g.history.enough() {
		parts = append(parts, fmt.Sprintf("this is reckoned from %s until %d days are known", Counted(g.f.Employees, "employee"), enoughDays))
	}
	return strings.Join(parts, "; ")
}

// sayWhy are the figures.
func (g *governor) sayWhy(chosen, forecast int) string {
	spent := g.sayCalls(g.f.Calls) + " spent this month"
	switch {
	case !g.known:
		return spent + g.sayOf() + ", and what a month takes is not known before contacts were read or " + Counted(enoughDays, "day") + " have passed"
	case g.b.Calls <= 0:
		return fmt.Sprintf("%s and about %s expected by %s, and no budget is set", spent, Number(forecast), lastDay(g.f.At))
	default:
		later := ""
		if forecast > round(g.forecast(chosen)) {
			later = " as it gets fresher"
		}
		return fmt.Sprintf("%s and about %s expected by %s%s%s", spent, Number(forecast), lastDay(g.f.At), later, g.sayOf())
	}
}

func (g *governor) sayCalls(n int) string {
	if n == 1 {
		return "1 call is"
	}
	return Number(n) + " calls are"
}

// sayOf is what they are part of.
func (g *governor) sayOf() string {
	if bound := g.sayBound(); bound != "" {
		return ", of " + bound
	}
	return ""
}

// sayBound is how many calls may be spent.
func (g *governor) sayBound() string {
	switch {
	case g.b.Calls <= 0:
		return ""
	case g.b.Reserve > 0:
		return fmt.Sprintf("%s that may be spent (%s less %s kept for what people ask for)", Number(int(g.limit)), Number(g.b.Calls), Number(g.b.Reserve))
	default:
		return Number(g.b.Calls) + " that may be spent"
	}
}

// sayFresher is why the next fresher step is not taken.
func (g *governor) sayFresher(chosen int) string {
	fresher := chosen - 1
	forecast := g.forecast(fresher)
	words := g.ladder[fresher].words()
	switch wait := g.history.since().Add(changePause); {
	case forecast > g.limit:
		return fmt.Sprintf("%s it would be about %s", words, Number(round(forecast)))
	case g.muted:
		return words + " would change nothing"
	case forecast > fresherShare*g.limit:
		return fmt.Sprintf("%s it would be about %s, and a change back wants a tenth to spare", words, Number(round(forecast)))
	case g.f.At.Before(wait):
		return fmt.Sprintf("%s it would be about %s, and the last change is less than %d hours ago", words, Number(round(forecast)), int(changePause.Hours()))
	default: // see mayFreshen
		return fmt.Sprintf("%s it would be about %s, and a change to fresher wants %d known days", words, Number(round(forecast)), freshenDays)
	}
}

// sayShort says when the calls will be spent, if even so they do not last.
func (g *governor) sayShort(chosen int) string {
	if math.IsInf(g.limit, 1) || !g.known {
		return ""
	}
	end := g.outlook.runsOut(chosen, g.limit-float64(g.f.Calls))
	if end.IsZero() || g.forecast(chosen) <= g.limit {
		return ""
	}
	return "at this pace they are spent on about " + dayWords(end)
}

// sayPushes says that events end, or have ended.
func (g *governor) sayPushes() string {
	budgeted := fmt.Sprintf("the month's %s pushes", Number(g.b.Pushes))
	switch {
	case sameMonth(g.f.Muted, g.f.At):
		return fmt.Sprintf("DingTalk sends no more events until %s, as it said last on %s (20001), and the nightly sweep alone finds what happens",
			firstDay(g.f.At), instantWords(g.f.Muted, g.f.At))
	case g.muted:
		return fmt.Sprintf("%s have come, so that until %s the nightly sweep alone may find what happens", budgeted, firstDay(g.f.At))
	case !g.outlook.pushesEnd.IsZero():
		return fmt.Sprintf("%s end on about %s, and then the nightly sweep alone finds what happens", budgeted, dayWords(g.outlook.pushesEnd))
	default:
		return ""
	}
}

// sayStopped is why nothing is asked any more.
func (g *governor) sayStopped() string {
	until := "Nothing is asked of DingTalk until " + firstDay(g.f.At)
	if !g.f.Spent() {
		return until + " unless the budget is raised: " + g.sayCalls(g.f.Calls) + " spent this month" + g.sayOf()
	}
	text := fmt.Sprintf("%s but, once an hour, whether there are calls again: DingTalk said on %s that the month's calls are spent (90020)", until, instantWords(g.f.Refused, g.f.At))
	if g.b.Calls > 0 && g.f.Calls < g.b.Calls {
		return fmt.Sprintf("%s, though only %s of %s were made from here: other apps spend from the same budget, or it is smaller", text, Number(g.f.Calls), Number(g.b.Calls))
	}
	return fmt.Sprintf("%s; %s were made from here", text, Number(g.f.Calls))
}

func instantWords(t, now time.Time) string { return t.In(now.Location()).Format("2 January at 15:04") }
