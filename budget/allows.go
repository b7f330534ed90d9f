package budget

import (
	"fmt"
)

// SpentError says that calls are not to be made.
type SpentError struct {
	Wanted, Left int
	Until        string // the day on which the month turns
	why          string
}

// Error says what is left, and until when.
func (e *SpentError) Error() string {
	return fmt.Sprintf("%s would be made and %s left until %s: %s", Counted(e.Wanted, "call"), isLeft(e.Left), e.Until, e.why)
}

func isLeft(n int) string {
	switch n {
	case 0:
		return "none is"
	case 1:
		return "1 is"
	default:
		return Number(n) + " are"
	}
}

// Allows reports whether so many more calls may be made: automatic ones up to the
// reserve and while DingTalk has not said that they are spent, a person's up to
// the whole budget. Otherwise its error is a *SpentError.
func (b Budget) Allows(f Facts, calls int, person bool) error {
	if !person && f.Spent() {
		return &SpentError{Wanted: calls, Until: firstDay(f.At), why: "DingTalk says that the month's are spent (90020)"}
	}
	left, bound := b.Left(f, person)
	if !bound || calls <= left {
		return nil
	}
	why := fmt.Sprintf("%s of the month's %s are spent", Number(f.Calls), Number(b.Calls))
	if !person && b.Reserve > 0 {
		why += fmt.Sprintf(", and %s are kept for what people ask for", Number(b.Reserve))
	}
	return &SpentError{Wanted: calls, Left: left, Until: firstDay(f.At), why: why}
}

// Spent reports whether DingTalk said this month that the calls are spent.
func (f Facts) Spent() bool { return sameMonth(f.Refused, f.At) }

// Lasts reports whether by a decision's forecast the calls last until the month turns.
func (b Budget) Lasts(d Decision) bool {
	return d.Mode != ModeStopped && float64(d.ForecastCalls) <= b.limit()
}

// Left is how many calls may still be made this month, automatic ones or a
// person's, and whether there is a bound at all.
func (b Budget) Left(f Facts, person bool) (calls int, bound bool) {
	if b.Calls <= 0 {
		return 0, false
	}
	most := b.Calls
	if !person {
		most -= b.Reserve
	}
	return max(0, most-f.Calls), true
}
