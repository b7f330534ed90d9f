package budget

import (
	"math"
	"time"

	"dakasync/attendance"
)

// Request is what a person asks to be fetched.
type Request struct {
	Days      attendance.DateRange
	Users     int       // how many are named, or who is in contacts
	Everybody bool      // nobody is named
	Schedules bool      // as a sweep of a date does, plans are asked for as well
	Nightly   bool      // it is the nightly sweep: of what is open every night
	Thrift    bool      // which asks for the results of open days only
	Approvals float64   // that a person starts a month (see Knowing)
	Now       time.Time // in the company's zone
}

const (
	// singlyUpTo is up to how many user-days of named users are asked for one by
	// one (see package workflows, whose walks do so).
	singlyUpTo = 3
	// searchUsers is how many users a search for approvals may name.
	searchUsers = 10
	// recordsAround is how much longer than its days the records of a window are
	// asked for, from noon before it to the end of the day after it, and
	// recordsSpan how long one question may be.
	recordsAround = 36 * time.Hour
	recordsSpan   = attendance.WindowDays * 24 * time.Hour
)

// Searched is the time in which the approvals were started that are searched for.
func (r Request) Searched() attendance.TimeRange {
	return attendance.ApprovalSearch(r.Days.From.In(r.Now.Location()), r.Now)
}

// Knowing is the request in a company of so many employees, where so many approvals
// are known that were started in the time that is searched. As there may be others,
// each person starts as many as in a typical company at least.
func (r Request) Knowing(approvals, employees int) Request {
	r.Approvals = Typical(0, 0).Approvals
	if started := r.Searched(); employees > 0 {
		r.Approvals = max(r.Approvals, float64(approvals)/float64(employees)/days(started)*longMonth)
	}
	return r
}

func days(r attendance.TimeRange) float64 { return r.To.Sub(r.From).Hours() / 24 }

// Calls is about how many calls a request takes: its user-days in windows of 50
// users and 7 days, and the search for their approvals. Approvals that it finds
// and that nobody has read come on top, one or two calls each.
func (r Request) Calls() int {
	if r.Users <= 0 || r.Days.Days() <= 0 {
		return 0
	}
	if r.Nightly {
		c := Typical(r.Users, 0)
		c.Thrift, c.Workdays, c.Approvals = r.Thrift, longMonth, r.Approvals
		n := c.night()
		return int(math.Ceil(n.sweep + n.schedules + n.searches))
	}
	return r.windows() + r.searches()
}

func (r Request) windows() int {
	if userDays := r.Users * r.Days.Days(); !r.Everybody && userDays <= singlyUpTo {
		return userDays
	}
	calls := 0
	for _, chunk := range r.Days.Chunk() {
		full, rest := r.Users/attendance.WindowUsers, r.Users%attendance.WindowUsers
		calls += full * r.window(chunk, attendance.WindowUsers)
		if rest > 0 {
			calls += r.window(chunk, rest)
		}
	}
	return calls
}

// window is what one window takes: pages of results, records, and the schedule.
func (r Request) window(chunk attendance.DateRange, users int) int {
	records := time.Duration(chunk.Days())*24*time.Hour + recordsAround
	if !chunk.To.Before(attendance.DateOf(r.Now, r.Now.Location())) {
		records -= 24 * time.Hour // tomorrow has none
	}
	calls := parted(users*chunk.Days()*rowsPerDay, rowsPerPage) + parts(records, recordsSpan)
	if r.Schedules {
		calls++
	}
	return calls
}

// searches are the questions for the ids of approvals, by template, piece of the
// time, and group of users: each lists a page, and takes one at least.
func (r Request) searches() int {
	templates, started := Typical(0, 0).Templates, r.Searched()
	pieces, group := started.Searches(r.Users), r.Users
	if !r.Everybody {
		pieces, group = []attendance.TimeRange{started}, searchUsers
	}
	pages := 0.0
	for _, piece := range pieces {
		ids := r.Approvals / longMonth * days(piece) / float64(templates) // of a person
		pages += float64(r.Users/group) * listed(ids*float64(group), 1)
		if rest := r.Users % group; rest > 0 {
			pages += listed(ids*float64(rest), 1)
		}
	}
	return int(pages) * templates
}
