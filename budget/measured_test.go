package budget

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/simulator/company"
)

// By how much a plan may be off what docs/performance.md has measured. To promise
// too little is worse: an edition is bought by it. Of an item, of which what is
// smallRest of the line's calls does not matter, and of a line.
const (
	itemUnder, itemOver = 0.05, 0.30
	lineUnder, lineOver = 0.05, 0.20
	smallRest           = 0.02
)

// The company that was measured (package simulator/company), in the words of
// `dakactl plan`: of its shifts those by day, from 16:00, from 00:00 and from 22:00
// begin at hours of their own. Of all its people, on any date, so many are at work
// around midnight.
const (
	measuredShifts   = 4
	measuredNights   = 3.0/20*5/7 + 4.0/20*4/9
	measuredAgreed   = 3.9 // approvals a month and person
	measuredInOffice = 0.8
)

// measuredForms are the shares that each form has in the approvals.
var measuredForms = []float64{0.42, 0.20, 0.17, 0.12, 0.09}

// measured is a table of docs/performance.md, of calls for 1,000 punches.
type measured struct {
	employees, workdays, dates, punches int

	office bool
	before bool // the days of approvals kept the pace of other events: a plan says less now
	names  []string
	lines  [][]string // mode, items, together
}

func performance(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/performance.md")
	require.NoError(t, err)
	return string(text)
}

func cells(row string) []string {
	parts := strings.Split(strings.Trim(row, "|"), "|")
	for i := range parts {
		parts[i] = strings.Trim(parts[i], " *")
	}
	return parts
}

// measuredTables are those of both chapters on calls.
func measuredTables(t *testing.T) []measured {
	t.Helper()
	head := regexp.MustCompile(`(?m)^### (\d+) employees, (\d+) workdays\n\n(\d+) dates, (\d+) punches(.*)\.\n\n((?:\|.*\n)+)`)
	var all []measured
	for _, found := range head.FindAllStringSubmatch(performance(t), -1) {
		m := measured{office: strings.Contains(found[5], "ordinary office"), before: strings.Contains(found[5], "before the days of approvals waited")}
		for i, n := range []*int{&m.employees, &m.workdays, &m.dates, &m.punches} {
			var err error
			*n, err = strconv.Atoi(found[i+1])
			require.NoError(t, err)
		}
		rows := strings.Split(strings.TrimSpace(found[6]), "\n")
		m.names = cells(rows[0])[1:10]
		for _, row := range rows[2:] {
			if line := cells(row); !strings.HasPrefix(line[0], "naive") {
				m.lines = append(m.lines, line[:10])
			}
		}
		all = append(all, m)
	}
	return all
}

// company is the measured one, as of a whole month.
func (m measured) company() Company {
	c := Typical(m.employees, time.Hour)
	c.Workdays = float64(m.workdays) * longMonth / float64(m.dates)
	c.Punches = float64(m.punches) / float64(m.employees*m.workdays)
	c.Shifts, c.Nights, c.Approvals = measuredShifts, measuredNights*longMonth/c.Workdays, measuredAgreed
	if m.office {
		c.Approvals = measuredInOffice
	}
	return c
}

// items are what the plan says of the time that was measured. A date's results are
// asked for two nights later, so that those of the last dates are in no table, and
// schedules are asked for a week at a time.
func (m measured) items(mode Mode, window time.Duration) map[string]float64 {
	c := m.company()
	cost, n := c.Month(mode, window), c.night()
	part := float64(m.dates) / longMonth
	events, approvals := float64(cost.Events), float64(cost.Approvals)-longMonth*n.searches
	if s := (step{mode: mode, window: window}); s.batched() { // a batch asks about the days of approvals, too
		events, approvals = events+c.approvalDays(s), approvals-c.approvalDays(s)
	}
	nights := m.dates - 1
	swept := c
	swept.Workdays = float64(m.worked(nights-1)) * longMonth / float64(nights)
	return map[string]float64{
		"events": part * events, "approvals": part * approvals, "searches": m.searches(),
		"results": float64(nights) * swept.resultPages(), "records": part * (float64(cost.Sweep) - longMonth*c.resultPages()),
		"schedules": max(part, 7.0/longMonth) * float64(cost.Schedules), "days": 0, "failed pushes": part * float64(cost.Drains),
	}
}

// searches are those of a company without a past: they list what there is. Everything
// is searched in the night in which a form's approvals have become many, and a week
// after the last such night.
func (m measured) searches() float64 {
	const many, week = 60, 7
	c := m.company()
	c.Employees++ // somebody is hired
	calls, last := 0.0, 0
	for night := 1; night <= m.dates; night++ {
		whole := last > 0 && night-last == week
		for _, share := range measuredForms {
			daily := share * c.approvalsAMonth() / longMonth
			whole = whole || daily*float64(night) > many && daily*float64(night-1) <= many
		}
		if whole {
			last = night
		}
		calls += c.search(min(night, searchDays), whole)
	}
	return calls
}

// worked are the workdays among the first dates.
func (m measured) worked(dates int) int {
	world := company.New(company.Options{Employees: 1, Quiet: true, Start: time.Date(2026, time.June, 1, 0, 0, 0, 0, zone)})
	n := 0
	for d := world.FirstDay(); d < world.FirstDay()+company.Date(dates); d++ {
		if _, holiday := world.Holiday(d); !holiday && d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
			n++
		}
	}
	return n
}

func callsIn(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

func modeOf(t *testing.T, words string) (Mode, time.Duration) {
	t.Helper()
	switch words {
	case "live":
		return ModeLive, 0
	case "sweep only":
		return ModeSweep, 0
	}
	window, err := time.ParseDuration(strings.TrimPrefix(words, "batched, "))
	require.NoError(t, err)
	return ModeBatched, window
}

// Each item of each line of the tables of calls is what a plan says of that company.
func TestThePlanIsWhatWasMeasured(t *testing.T) {
	seen := map[int]int{}
	for _, m := range measuredTables(t) {
		for _, line := range m.lines {
			seen[m.employees]++
			t.Run(fmt.Sprintf("%d employees, %s, office %t", m.employees, line[0], m.office), func(t *testing.T) {
				mode, window := modeOf(t, line[0])
				if m.before { // then it must promise no more calls than were measured
					require.LessOrEqual(t, m.company().Month(mode, window).Calls()*m.dates/longMonth, m.punches*callsIn(t, line[len(line)-1])/1000)
					return
				}
				m.compare(t, m.items(mode, window), line[1:])
			})
		}
	}
	require.GreaterOrEqual(t, seen[60], 5)
	require.GreaterOrEqual(t, seen[1000], 5)
	require.GreaterOrEqual(t, seen[10000], 6)
}

func (m measured) compare(t *testing.T, plan map[string]float64, line []string) {
	t.Helper()
	require.Equal(t, "together", m.names[len(m.names)-1])
	whole, err := strconv.ParseFloat(line[len(line)-1], 64)
	require.NoError(t, err)
	together := 0.0
	for i, name := range m.names[:len(m.names)-1] {
		is, err := strconv.ParseFloat(line[i], 64)
		require.NoError(t, err)
		says, known := plan[name]
		require.True(t, known, "no plan has %s", name)
		says *= 1000 / float64(m.punches)
		together += says
		t.Logf("%-14s measured %7.1f, planned %7.1f", name, is, says)
		if says < is*(1-itemUnder)-smallRest*whole || says > is*(1+itemOver)+smallRest*whole {
			t.Errorf("%s: %.1f calls for 1,000 punches were measured, and a plan says %.1f", name, is, says)
		}
	}
	t.Logf("%-14s measured %7.1f, planned %7.1f (%+.0f %%)", "together", whole, together, 100*(together/whole-1))
	if together < whole*(1-lineUnder) || together > whole*(1+lineOver) {
		t.Errorf("together %.0f calls for 1,000 punches were measured, and a plan says %.0f", whole, together)
	}
}

// The month that the governor lived through on the free edition ends as it is
// planned for that company when it begins.
func TestTheGovernedMonthIsAsPlanned(t *testing.T) {
	head := regexp.MustCompile(`### (\d+) employees on (\w+): .*\n\n.*The month, (\d+) dates, ended with \*\*(\d+) calls\*\*`)
	found := head.FindStringSubmatch(performance(t))
	require.NotNil(t, found)
	m := measured{}
	calls := 0
	for i, n := range map[int]*int{1: &m.employees, 3: &m.dates, 4: &calls} {
		var err error
		*n, err = strconv.Atoi(found[i])
		require.NoError(t, err)
	}
	alike := measuredTables(t)[0] // its people punch as often
	m.workdays, m.punches = m.worked(m.dates), alike.punches*m.employees*m.dates/(alike.employees*alike.dates)
	edition, known := EditionOf(found[2])
	require.True(t, known)
	d := m.company().Begin(edition.Budget(DefaultReserve, time.Hour), time.Date(2026, time.June, 1, 0, 0, 0, 0, zone))
	t.Log(d.Reason)
	require.Contains(t, d.Reason, "and then the nightly sweep alone finds what happens")
	require.InEpsilon(t, calls, d.ForecastCalls, lineOver)
}

// A sweep of a date takes what `dakactl reconcile --date` says before it starts,
// and the reading of approvals that nobody has read, a few leaves in a
// thousand people.
func TestTheCostOfASweepIsWhatWasMeasured(t *testing.T) {
	row := regexp.MustCompile(`(?m)^\| (\d+) \|((?: \d+ \(\d+\) \|){6}) \*\*(\d+)\*\*`)
	rows := row.FindAllStringSubmatch(performance(t), -1)
	require.GreaterOrEqual(t, len(rows), 3)
	for _, found := range rows {
		number := func(text string) int {
			n, err := strconv.Atoi(strings.Fields(text)[0])
			require.NoError(t, err)
			return n
		}
		people, items := number(found[1]), cells(strings.TrimSpace(found[2]))
		const approvals = 4
		const leaves = 0.004 // a person, which is all that there is to list
		const theirDays = 2  // once more, as approvals tell more of them: the clock-ins, and a page of results
		day := november(1)
		r := Request{Days: attendance.DateRange{From: day, To: day}, Users: people, Everybody: true, Schedules: true, Approvals: leaves, Now: at(time.November, 4, 9)}
		billed := number(found[3])
		t.Logf("%d employees: %d calls, reckoned %d", people, billed, r.Calls())
		require.InEpsilon(t, billed, r.Calls(), 0.06, "%d employees", people)
		require.InEpsilon(t, billed-number(items[approvals])-theirDays, r.windows(), 0.02, "%d employees", people)
	}
}
