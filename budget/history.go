package budget

import (
	"slices"
	"time"

	"dakasync/attendance"
)

const (
	// enoughDays of history are believed more than the cost model.
	enoughDays = 3
	// silentShare is what part of a month's pushes must be known to have come for
	// silence at its end to be DingTalk's, and not the company's.
	silentShare = 0.5
)

// usual is what a day of one class usually brings.
type usual struct {
	pushes   float64
	standing float64   // calls that no event causes
	kept     float64   // and those of a sweep where no event comes
	events   []float64 // calls of events, by step of the ladder
}

// class tells days with work from days off. A company that works on Saturdays
// is seen to.
type class int

const (
	weekday class = iota
	weekend
	classes
)

func classOf(d attendance.Date) class {
	if w := d.In(time.UTC).Weekday(); w == time.Saturday || w == time.Sunday {
		return weekend
	}
	return weekday
}

// week is a usual day of each class.
type week [classes]usual

// history is what was measured.
type history struct {
	days      []Day      // by date, from the first on which anything happened
	decisions []Decision // by time
	muted     bool       // no more pushes come this month
	f         Facts
	b         Budget
}

func newHistory(f Facts, b Budget, muted bool) history {
	h := history{f: f, b: b, muted: muted}
	today := attendance.DateOf(f.At, f.At.Location())
	h.days = slices.SortedFunc(slices.Values(f.Days), func(a, b Day) int { return a.Date.Compare(b.Date) })
	h.days = slices.DeleteFunc(h.days, func(d Day) bool { return !d.Date.Before(today) })
	for len(h.days) > 0 && h.days[0].Punches == 0 && h.days[0].Pushes == 0 && h.days[0].Calls == 0 {
		h.days = h.days[1:] // before dakasync was there
	}
	for i, d := range h.days {
		if d.Pushes == 0 { // nobody counted them: each punch came by one
			h.days[i].Pushes = d.Punches
		}
	}
	h.decisions = slices.Clone(f.Decisions)
	if f.Current.Mode != "" {
		h.decisions = append(h.decisions, f.Current)
	}
	slices.SortStableFunc(h.decisions, func(a, b Decision) int { return a.DecidedAt.Compare(b.DecidedAt) })
	return h
}

// enough reports whether the past is known well enough to go by.
func (h history) enough() bool { return len(h.days) >= enoughDays }

// since is when the mode and window of now were first decided on; zero if that
// is not known.
func (h history) since() time.Time {
	if len(h.f.Decisions) == 0 {
		return time.Time{}
	}
	i := len(h.decisions) - 1
	for i > 0 && h.decisions[i-1].step() == h.decisions[i].step() {
		i--
	}
	return h.decisions[i].DecidedAt
}

// week are the means of the past. A class that was never seen brings what the
// other does but for events. What no weekday tells is the model's, if there is
// one.
func (h history) week(ladder []step, model func() week) week {
	silent := h.silent()
	var sums [classes]tally
	for i, d := range h.days {
		sums[classOf(d.Date)].add(d, ladder, silent[i], h)
	}
	var w week
	for c := range w {
		w[c] = sums[c].mean(ladder)
	}
	work, free := &sums[weekday], &sums[weekend]
	if work.loud == 0 && model != nil {
		w[weekday].pushes, w[weekday].events = model()[weekday].pushes, model()[weekday].events
	}
	switch {
	case work.spent == 0 && free.spent == 0 && model != nil:
		w[weekday].standing, w[weekend].standing = model()[weekday].standing, model()[weekend].standing
	case work.spent == 0:
		w[weekday].standing = w[weekend].standing
	case free.spent == 0:
		w[weekend].standing = w[weekday].standing
	}
	return w
}

// tally adds up the days of one class.
type tally struct {
	loud     int // days on which pushes could come
	spent    int // days on which calls could be spent
	pushes   int
	standing float64
	events   []int
}

func (t *tally) add(d Day, ladder []step, silent bool, h history) {
	if t.events == nil {
		t.events = make([]int, len(ladder))
	}
	if !silent {
		t.loud++
		t.pushes += d.Pushes
		for i, s := range ladder {
			t.events[i] += s.cost(d)
		}
	}
	if onEvents, stopped := h.eventCalls(d); !stopped {
		t.spent++
		t.standing += float64(d.Calls) - onEvents
	}
}

func (t *tally) mean(ladder []step) usual {
	u := usual{events: make([]float64, len(ladder))}
	if t.loud > 0 {
		u.pushes = float64(t.pushes) / float64(t.loud)
		for i := range ladder {
			u.events[i] = float64(t.events[i]) / float64(t.loud)
		}
	}
	if t.spent > 0 {
		u.standing = max(0, t.standing/float64(t.spent))
	}
	return u
}

// eventCalls is how many of the day's calls its events took, by the decisions
// that were in force, each for its part of the day. On a day on which everything
// was stopped for a while nothing can be learnt of what stands.
func (h history) eventCalls(d Day) (calls float64, stopped bool) {
	loc := h.f.At.Location()
	begin, end := d.Date.In(loc), d.Date.AddDays(1).In(loc)
	from, now := begin, step{mode: ModeLive} // as before the first decision
	if len(h.f.Decisions) == 0 && h.f.Current.Mode != "" {
		now = h.f.Current.step() // what was before is not known
	}
	whole := end.Sub(begin).Seconds()
	spend := func(until time.Time) {
		if until.After(from) {
			calls += float64(now.cost(d)) * until.Sub(from).Seconds() / whole
			stopped = stopped || now.mode == ModeStopped
			from = until
		}
	}
	for _, is := range h.decisions {
		if !is.DecidedAt.Before(end) {
			break
		}
		if is.DecidedAt.After(begin) {
			spend(is.DecidedAt)
		}
		now = is.step()
	}
	spend(end)
	return calls, stopped
}

// silent marks the days on which no push could come, because a month's were
// spent: those without a push up to the month's end, or up to today if this
// month's are spent, with the day before them, of which a part is missing. A
// weekend alone says nothing.
func (h history) silent() []bool {
	marks := make([]bool, len(h.days))
	if h.b.Pushes <= 0 && !h.muted {
		return marks
	}
	for end := len(h.days); end > 0; {
		month := h.days[end-1].Date.Month
		begin, known := end, 0
		for begin > 0 && h.days[begin-1].Date.Month == month {
			begin--
			known += h.days[begin].Pushes
		}
		whole := h.days[begin].Date.Day == 1 || begin > 0 // else what came before is not known
		over := h.days[end-1].Date.AddDays(1).Month != month && (!whole || float64(known) >= silentShare*float64(h.b.Pushes))
		if month == h.f.At.Month() {
			over = h.muted
		}
		if over {
			h.mark(marks, begin, end)
		}
		end = begin
	}
	return marks
}

func (h history) mark(marks []bool, begin, end int) {
	first, work := end, false
	for first > begin && h.days[first-1].Pushes == 0 {
		first--
		work = work || classOf(h.days[first].Date) == weekday
	}
	if !work {
		return
	}
	for i := max(first-1, begin); i < end; i++ {
		marks[i] = true
	}
}
