package month

import (
	"maps"
	"slices"
	"time"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/simulator/company"
	"dakasync/workflows"
)

// Report is what a month came to. Calls are those that DingTalk bills, up to the end of the last day.
type Report struct {
	Employees int
	Contacts  int // the employees and the administrator
	Mode      budget.Mode
	Window    time.Duration
	Governed  bool
	From, To  time.Time
	Workdays  int // of an office; 0 if the time was given otherwise

	Punches int            // that pushed an event, or would have
	Pushes  map[string]int // frames, by type
	Muted   int            // frames that said that the pushes are used up
	Calls   map[Purpose]int
	Paths   map[string]int // calls by purpose and API
	Least   Least

	Afterwards int // calls that it takes then to have the last days settled, before the ledger is compared

	Decisions []budget.Decision // each that differs from the one before
	Days      []Day
	Waits     []time.Duration // from a punch's birth to its row, of those that an event's run found
	Retried   map[string]int  // attempts of steps that were put off

	Differences []string      // of the ledger from the truth
	Truth       company.Truth // when it was compared

	before, last budget.Decision
	closed       bool // the month is over: no schedule starts any more
}

// Day is how things stood at the end of one.
type Day struct {
	Date          attendance.Date
	Calls, Pushes int             // this far
	Decision      budget.Decision // the last one
}

// Total are all calls.
func (r *Report) Total() int { return sum(r.Calls) }

// PerThousand is how many calls there were for a thousand punches.
func (r *Report) PerThousand(calls int) float64 {
	return float64(calls) * 1000 / float64(max(1, r.Punches))
}

func sum[K comparable](counts map[K]int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}

// reckon closes the books of the month.
func (m *month) reckon() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.meter.mu.Lock()
	m.report.Calls, m.report.Paths = maps.Clone(m.meter.spent), maps.Clone(m.meter.paths)
	m.report.Pushes, m.report.Muted = maps.Clone(m.meter.pushed), m.meter.muted
	m.meter.mu.Unlock()
	m.report.Punches = m.news.punches
	slices.Sort(m.report.Waits)
	m.report.Least = m.least(m.company.Truth())
}

// midnight notes how a day ended.
func (m *month) midnight(at time.Time) {
	local := at.In(m.company.Location())
	if hour, minute, second := local.Clock(); hour+minute+second != 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	d := Day{
		Date:  attendance.DateOf(local.Add(-m.Step), m.company.Location()),
		Calls: m.meter.total(), Pushes: m.meter.frames(),
	}
	if d.Decision = m.report.last; !d.Decision.DecidedAt.Before(local) {
		d.Decision = m.report.before // the last one speaks of the day to come
	}
	m.report.Days = append(m.report.Days, d)
	if m.SayFunc != nil {
		m.SayFunc(local, &m.report)
	}
}

// answered notes how long an event took.
func (m *month) answered(r run, d workflows.Decision) {
	in, ok := r.input.(workflows.EventInput)
	if !ok || d.Outcome != attendance.OutcomeDone {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.report.Waits = append(m.report.Waits, m.timeline.Now().Sub(in.Hint.BornAt))
}

func (m *month) decided(d budget.Decision) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !d.DecidedAt.Before(m.To) {
		return // it speaks of the time to come
	}
	n := len(m.report.Decisions)
	if n == 0 || m.report.Decisions[n-1].Mode != d.Mode || m.report.Decisions[n-1].Window != d.Window {
		m.report.Decisions = append(m.report.Decisions, d)
	}
	m.report.before, m.report.last = m.report.last, d
}

// retried notes that a step was put off.
func (m *month) retried(step string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.report.Retried == nil {
		m.report.Retried = map[string]int{}
	}
	m.report.Retried[step]++
}
