package budget

import (
	"time"

	"dakasync/attendance"
)

// outlook is what the rest of the month will likely bring, date by date.
type outlook struct {
	days      []usual         // today's rest first
	first     attendance.Date // today
	pushes    float64         // that will come
	pushesEnd attendance.Date // when the budget's pushes end; zero if they last
	calls     []float64       // of all of it, by the step that answers its events
}

// lookAhead lays usual days over the rest of the month. When the pushes that are
// left have come, no event comes any more, and none costs a call.
func lookAhead(f Facts, w week, steps int, left float64) *outlook {
	loc := f.At.Location()
	today := attendance.DateOf(f.At, loc)
	o := &outlook{first: today, calls: make([]float64, steps)}
	for d := today; d.Month == today.Month; d = d.AddDays(1) {
		u, part := w[classOf(d)], 1.0
		if d == today {
			begin, end := d.In(loc), d.AddDays(1).In(loc)
			part = end.Sub(f.At).Seconds() / end.Sub(begin).Seconds()
		}
		loud := part
		switch {
		case u.pushes*part > left:
			loud = left / u.pushes
			if o.pushesEnd.IsZero() {
				o.pushesEnd = d
			}
		case left <= 0:
			loud = 0
		}
		day := usual{pushes: u.pushes * loud, standing: u.standing*part + u.kept*(part-loud), events: make([]float64, steps)}
		for i, calls := range u.events {
			day.events[i] = calls * loud
		}
		for i := range o.calls {
			o.calls[i] += day.standing + day.events[i]
		}
		left = max(0, left-day.pushes)
		o.pushes += day.pushes
		o.days = append(o.days, day)
	}
	return o
}

// runsOut is the date on which calls that are left are spent if events are
// answered by one step; zero if they last.
func (o *outlook) runsOut(step int, left float64) attendance.Date {
	for n, day := range o.days {
		if left -= day.standing + day.events[step]; left < 0 {
			return o.first.AddDays(n)
		}
	}
	return attendance.Date{}
}

// MonthTurn is when the next month begins.
func MonthTurn(now time.Time) time.Time {
	y, m, _ := now.Date()
	return attendance.NewDate(y, m+1, 1).In(now.Location())
}

// sameMonth reports whether something happened in the month of now.
func sameMonth(t, now time.Time) bool {
	if t.IsZero() {
		return false
	}
	t = t.In(now.Location())
	return t.Year() == now.Year() && t.Month() == now.Month()
}
