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

// Calls is about how many calls a request takes: its user-days in windows of 50
// users and 7 days, and the search for their approvals. Approvals that it finds
// and that nobody has read come on top, one or two calls each.
func (r Request) Calls() int {
	if r.Users <= 0 || r.Days.Days() <= 0 {
		return 0
	}
	if r.Nightly {
		c := Typical(r.Users, 0)
		c.Thrift, c.Workdays = r.Thrift, longMonth
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
	calls := parted(users*chunk.Days()*resultPages, rowsPerPage) + parts(records, recordsSpan)
	if r.Schedules {
		calls++
	}
	return calls
}

// searches are the questions for the ids of approvals.
func (r Request) searches() int {
	started := attendance.ApprovalSearch(r.Days.From.In(r.Now.Location()), r.Now)
	templates := Typical(0, 0).Templates
	if !r.Everybody {
		return parted(r.Users, searchUsers) * templates
	}
	return len(started.Searches(r.Users)) * templates
}
