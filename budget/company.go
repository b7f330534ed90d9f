package budget

import (
	"math"
	"time"

	"dakasync/attendance"
)

// Company is what a cost is estimated from before anything was measured.
type Company struct {
	Employees int           `json:"employees"`
	Punches   float64       `json:"punches"`   // a day and person
	Workdays  float64       `json:"workdays"`  // a month
	Shifts    int           `json:"shifts"`    // that begin and end at hours of their own
	Peak      float64       `json:"peak"`      // share of those who begin or end a shift that punch within its busiest hour
	Nights    float64       `json:"nights"`    // share of those at work whose shift begins or ends at midnight, or goes beyond it
	Approvals float64       `json:"approvals"` // a month and person
	Templates int           `json:"templates"` // approval forms that attendance looks through
	Drain     time.Duration `json:"drain"`     // how often failed pushes are read; 0: never
	Thrift    bool          `json:"thrift"`    // sweeps ask for the results of those days only that clock-ins leave open
}

// Typical is a company of which only the head count is known.
func Typical(employees int, drain time.Duration) Company {
	return Company{
		Employees: employees, Punches: 2, Workdays: 22, Shifts: 1, Peak: 0.8, Approvals: 0.5, Templates: 5, Drain: drain,
	}
}

const (
	// longMonth is the month that a cost is of: a budget must last in the longest.
	longMonth = 31
	// weekdays are those of such a month, and weekendDays the others.
	weekdays    = 22
	weekendDays = 9

	// rowsPerPage is the page size of attendance/list.
	rowsPerPage = 50
	// rowsPerDay are what a user-day usually adds to it.
	rowsPerDay = 2
	// windowUsers is how many users one question may name.
	windowUsers = attendance.WindowUsers
	// sweptDates are those that a nightly sweep asks about: the clock-ins of
	// yesterday, and all of the day before, as its results are final only then.
	sweptDates = 2
	// scheduleDays is for how many days ahead a schedule is asked.
	scheduleDays = attendance.WindowDays
	// readsPerApproval are those of an approval, told of by an event or found by a
	// sweep: its instance. It touches daysPerApproval, about which somebody must ask.
	// pushesPerApproval are its begin, its end, and the word that attendance knows.
	readsPerApproval  = 1
	daysPerApproval   = 1
	pushesPerApproval = 3
	// approvalHours of a workday is when approvals come. Of those of one window so many
	// questions ask about as many days as there are, by weeks, beside their pages.
	approvalHours  = 9
	weeksOfAWindow = 3
	// restShare of the people are at work on a day of rest where there are shifts, as
	// measured (docs/performance.md).
	restShare = 0.03
	// busyHours and quietHours are those of a shift's beginning or end.
	busyHours, quietHours = 1, 2
)

// How far a search for approvals goes back (see package activities, which searches
// so).
const (
	searchDays = 30 + sweptDates
	// idsPerPage are listed by one question; up to fewApprovals of a template are
	// listed every night. Of the approvals of searchDays those of openDays run, as some
	// are never decided, and one is new to newDays' nights.
	idsPerPage   = 20
	fewApprovals = 40
	openDays     = 1
	newDays      = 1.25
)

// Cost is what a month takes, by what it is for.
type Cost struct {
	Events    int `json:"events"`        // calls that answer punches
	Sweep     int `json:"sweep"`         // results and records, every night
	Schedules int `json:"schedules"`     // who was to work, every night
	Approvals int `json:"approvals"`     // reading them, their days, and looking for those that no event told of
	Drains    int `json:"failed_pushes"` // reading the failed-push list
	Pushes    int `json:"pushes"`        // that come
}

// Calls are all that DingTalk bills.
func (c Cost) Calls() int { return c.Events + c.Sweep + c.Schedules + c.Approvals + c.Drains }

// Month is what a month takes if events are answered in a mode.
func (c Company) Month(mode Mode, window time.Duration) Cost {
	s := step{mode: mode, window: window}
	n := c.night()
	if mode == ModeSweep {
		n.sweep += c.kept()
	}
	cost := Cost{
		Events:    round(c.monthEvents(s)),
		Sweep:     round(longMonth * n.sweep),
		Schedules: round(longMonth * n.schedules),
		Approvals: round(longMonth*n.searches + c.approvalsAMonth()*readsPerApproval + c.approvalDays(s)),
		Drains:    round(longMonth * c.drains()),
		Pushes:    round(c.Workdays*c.punches() + c.approvalsAMonth()*pushesPerApproval),
	}
	if mode == ModeStopped {
		return Cost{Pushes: cost.Pushes}
	}
	return cost
}

// MonthPunches are those of a month.
func (c Company) MonthPunches() int { return round(c.Workdays * c.punches()) }

// punches are those of a workday.
func (c Company) punches() float64 { return float64(c.Employees) * c.Punches }

func (c Company) approvalsAMonth() float64 { return float64(c.Employees) * c.Approvals }

func (c Company) drains() float64 {
	if c.Drain <= 0 {
		return 0
	}
	return float64(24*time.Hour) / float64(c.Drain)
}

// night is what a nightly sweep takes, on average.
type night struct{ sweep, schedules, searches float64 }

func (c Company) night() night {
	windows := float64(parted(c.Employees, windowUsers))
	return night{
		sweep:     windows + c.resultPages(),
		schedules: windows / scheduleDays,
		searches:  c.searches(),
	}
}

// kept is what a nightly sweep takes more where nobody asked about events before
// it: of an edit that nobody was told of no clock-in tells, so that it is not
// thrifty then.
func (c Company) kept() float64 {
	thrifty := c.resultPages()
	c.Thrift = false
	return c.resultPages() - thrifty
}

// resultPages are those of a night's results, on average: of everybody, who fill
// pages together, and of whom each window takes one even when there are none; or of
// whoever is open, who share their windows.
func (c Company) resultPages() float64 {
	worked := min(1, c.Workdays/longMonth)
	if c.Thrift {
		return worked * math.Ceil(openShare*c.punches()/rowsPerPage)
	}
	windows := float64(parted(c.Employees, windowUsers))
	return worked*max(windows, math.Ceil(c.punches()/rowsPerPage)) + (1-worked)*windows
}

// searches are a night's questions for the ids of approvals, on average.
func (c Company) searches() float64 {
	const week = 7
	return ((week-1)*c.search(searchDays, false) + c.search(searchDays, true)) / week
}

// search are one night's questions for the ids of the approvals of so many days.
// Where a template has few, all are listed. Where it has many, what runs and what
// is new, and where the night searches the whole, which one of the week does, all
// and what runs, piece by piece.
func (c Company) search(days int, whole bool) float64 {
	if c.Templates <= 0 {
		return 0
	}
	daily := c.approvalsAMonth() / longMonth / float64(c.Templates)
	all := math.Ceil(daily * float64(days))
	running := daily * openDays * float64(days) / searchDays
	pages := listed(running, 1) + listed(daily*newDays, 1)
	switch {
	case all <= fewApprovals:
		pages = listed(all, 1)
	case whole:
		pieces := len(attendance.TimeRange{To: time.Time{}.AddDate(0, 0, searchDays)}.Searches(c.Employees))
		pages = listed(all, pieces) + listed(running, pieces)
	}
	return float64(c.Templates) * pages
}

// listed is how many questions list so many ids in pieces, one each at least.
func listed(ids float64, pieces int) float64 {
	return float64(pieces * max(1, parted(int(math.Ceil(ids)), pieces*idsPerPage)))
}

// events are a workday's calls that answer punches.
func (c Company) events(s step) float64 {
	switch {
	case s.mode == ModeLive || s.mode == ModeBatched && !s.batched():
		return c.punches() + float64(c.Employees)*c.Nights // whose date is another one: two are asked for
	default:
		return c.batches(s)
	}
}

// monthEvents are a month's calls that answer punches. Those of days of rest are
// counted among the workdays', but come too few at a time to share a call.
func (c Company) monthEvents(s step) float64 {
	calls := c.Workdays * c.events(s)
	resting := max(0, longMonth-c.Workdays) * c.resting().batches(s)
	return max(calls, min(calls+resting, c.Workdays*c.punches()))
}

// approvalDays are a month's calls about the days that approvals touch: each at once, or
// those of a window together, or by the nightly sweep, which asks about them anyway.
func (c Company) approvalDays(s step) float64 {
	days := c.approvalsAMonth() * daysPerApproval
	switch {
	case s.batched():
		windows := max(1, c.Workdays) * approvalHours / s.window.Hours()
		each := days / windows
		return min(days, windows*(weeksOfAWindow*(1-math.Exp(-each/weeksOfAWindow))+each*rowsPerDay/rowsPerPage))
	case s.mode == ModeSweep || s.mode == ModeStopped:
		return 0
	default:
		return days
	}
}

// resting are those at work on a day of rest, where there are shifts.
func (c Company) resting() Company {
	c.Employees = round(restShare * float64(c.Employees))
	if c.Shifts <= 1 {
		c.Employees = 0
	}
	return c
}

// batches are a day's calls that answer punches together, if they are.
func (c Company) batches(s step) float64 {
	if !s.batched() || c.Shifts <= 0 {
		return 0
	}
	// Everybody begins and ends a shift: so many come to each beginning or end.
	people := float64(c.Employees) / float64(c.Shifts)
	window := s.window.Hours()
	busy := busyHours / window * batchCalls(people*c.Peak*window/busyHours)
	quiet := quietHours / window * batchCalls(people*(1-c.Peak)*window/quietHours)
	return min(c.punches(), c.Punches*float64(c.Shifts)*(busy+quiet))
}

// batchCalls is how many calls of WindowUsers a window takes on average into
// which so many people fall by chance.
func batchCalls(people float64) float64 {
	const certain = 1000 // so many that chance no longer matters
	switch {
	case people <= 0:
		return 0
	case people > certain:
		return people/windowUsers + 0.5
	}
	calls, most := 0.0, int(people+10*math.Sqrt(people)+windowUsers)
	for n := 1; n <= most; n++ {
		logFactorial, _ := math.Lgamma(float64(n + 1))
		calls += math.Exp(float64(n)*math.Log(people)-people-logFactorial) * float64(parted(n, windowUsers))
	}
	return calls
}

// week is a usual day of each class.
func (c Company) week(ladder []step) week {
	n, approvals := c.night(), c.approvalsAMonth()/longMonth
	standing := n.sweep + n.schedules + n.searches + c.drains() + approvals*readsPerApproval
	worked := [classes]float64{weekday: min(1, c.Workdays/weekdays)}
	worked[weekend] = min(1, max(0, c.Workdays-weekdays)/weekendDays)
	var w week
	for day := range w {
		w[day] = usual{
			standing: standing, kept: c.kept(), events: make([]float64, len(ladder)),
			pushes: worked[day]*c.punches() + approvals*pushesPerApproval,
		}
		for i, s := range ladder {
			w[day].events[i] = worked[day]*c.events(s) + (1-worked[day])*c.resting().batches(s) + c.approvalDays(s)/longMonth
			if s.mode == ModeSweep {
				w[day].events[i] = w[day].kept
			}
		}
	}
	return w
}

// Begin is what would be decided as a month begins, with nothing measured yet.
func (c Company) Begin(b Budget, at time.Time) Decision {
	y, m, _ := at.Date()
	f := Facts{At: attendance.NewDate(y, m, 1).In(at.Location()), Employees: c.Employees}
	return newGovernor(f, b, c.under(b.Calls)).decide()
}

// parted is into how many parts of a size a number falls.
func parted(n, size int) int { return (n + size - 1) / size }

func round(calls float64) int { return int(math.Round(calls)) }
