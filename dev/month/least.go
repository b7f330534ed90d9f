package month

import (
	"time"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/simulator/company"
)

// What one call holds (obtain-the-attendance-update-data has one user-day; see ../dingtalk for the others' pages).
const (
	usersPerCall = attendance.WindowUsers // listRecord, list, schedules
	rowsPerPage  = 50                     // list
	slotsPerDay  = 2                      // rows that a user-day usually has
	weekDays     = attendance.WindowDays
	idsPerPage   = 20 // instanceIds/query
	finalNight   = 2  // days: the sweep of the night after the next asks when all is final
)

// Least are the fewest calls that page sizes and windows allow for what a month promises, by purpose:
//
//   - events, live: one for every person and second with a clock-in, or a change of a day, of which no approval tells. Batched: for every
//     window one for every 50 persons who clocked in; a changed day's results take one call, or share pages of 50 rows. Kept for the sweep:
//     none.
//   - approvals: one for each that was agreed, and the fewest for the days that it touches: one each, or one of clock-ins and pages of results.
//   - results: for every date that became final, pages of 50 rows, and one for every 50 persons at least.
//   - records: for every such date one for every 50 persons. Schedules: for every week one for every 50 persons.
//   - searches: every night one for each template, or for every 20 approvals that have finished in the time that is searched. Where it is less,
//     one for every 20 that run, and one for every 20 that were started since the night before and have finished; once a week all.
//   - days: none, as the sweep shows them. Failed pushes: one for every interval, or for every four hours where that is too many for the budget.
type Least map[Purpose]int

// Total are all calls.
func (l Least) Total() int { return sum(l) }

// least reckons from what happened.
func (m *month) least(truth company.Truth) Least {
	users := parts(m.report.Contacts, usersPerCall)
	first, last := m.company.FirstDay(), company.DateOf(m.To.In(m.company.Location()))-1
	rows := map[company.Date]int{}
	for _, r := range truth.Results {
		rows[r.WorkDate]++
	}
	least := Least{
		ForApprovals: m.leastApprovals(truth), ForDrains: int(m.To.Sub(m.From) / m.drains()),
		ForSchedules: users * parts(int(last-first)+1, weekDays),
	}
	for date := first; date+finalNight <= last; date++ {
		least[ForResults] += max(users, parts(rows[date], rowsPerPage))
		least[ForRecords] += users
	}
	for night := first; night <= last; night++ {
		least[ForSearches] += m.leastSearch(truth, night)
	}
	if m.Budget == nil {
		least[ForEvents] = m.news.least(m.Mode, m.Window)
	}
	return least
}

// drains is how long apart the reads of the failed-push list are while nobody misses anything.
func (m *month) drains() time.Duration {
	if m.Budget == nil {
		return m.Drain
	}
	return max(m.Drain, m.Budget.QuietDrains())
}

// leastApprovals are the calls for approvals that were agreed.
func (m *month) leastApprovals(truth company.Truth) int {
	days := map[string]map[attendance.UserDay]bool{}
	for _, d := range truth.ApprovalDays {
		if days[d.ProcessInstanceID] == nil {
			days[d.ProcessInstanceID] = map[attendance.UserDay]bool{}
		}
		date, err := attendance.ParseDate(d.WorkDate.String())
		if err == nil {
			days[d.ProcessInstanceID][attendance.UserDay{UserID: d.UserID, WorkDate: date}] = true
		}
	}
	calls := 0
	for _, a := range truth.Approvals {
		if a.Status != company.StatusCompleted || a.Result != company.ResultAgree || a.FinishedAt == nil {
			continue
		}
		through := attendance.DateOf(*a.FinishedAt, m.company.Location())
		touched := map[attendance.UserDay]bool{}
		for _, id := range []string{a.ProcessInstanceID, a.MainProcessInstanceID} {
			for d := range days[id] {
				if !d.WorkDate.After(through) {
					touched[d] = true
				}
			}
		}
		calls += 1 + daysCost(len(touched))
	}
	return calls
}

// daysCost is the fewest calls for user-days that lie near each other.
func daysCost(n int) int {
	if n == 0 {
		return 0
	}
	return min(n, 1+parts(n*slotsPerDay, rowsPerPage))
}

// leastSearch are the calls of one night's search for approvals: of each template what has finished, or else what runs and what was started
// since the night before and has finished. One night of the week lists all that has finished, and what runs where the others do.
func (m *month) leastSearch(truth company.Truth, night company.Date) int {
	at := night.In(m.company.Location()).Add(sweepAt)
	search := attendance.ApprovalSearch(at.AddDate(0, 0, -2), at)
	lately := at.AddDate(0, 0, -1).Add(-attendance.SearchLag)
	templates := map[string]*listed{}
	for _, a := range truth.Approvals {
		if a.Kind == company.KindOther || a.CreatedAt.After(at) {
			continue
		}
		t := templates[a.ProcessCode]
		if t == nil {
			t = &listed{} // a template that the ledger knows of
			templates[a.ProcessCode] = t
		}
		over := a.FinishedAt != nil && !a.FinishedAt.After(at)
		switch {
		case a.CreatedAt.Before(search.From):
		case !over:
			t.running++
		case a.Status == company.StatusCompleted:
			t.finished++
			if !a.CreatedAt.Before(lately) {
				t.lately++
			}
		}
	}
	const week = 7
	calls := 0
	for _, t := range templates {
		calls += t.least((night-m.company.FirstDay())%week == 0)
	}
	return calls
}

// listed are a template's approvals that a night may have listed.
type listed struct{ finished, running, lately int }

func (l listed) least(whole bool) int {
	all, running := pages(l.finished), pages(l.running)
	inParts := running + pages(l.lately)
	switch {
	case all <= inParts:
		return all
	case whole:
		return all + running
	default:
		return inParts
	}
}

// pages are the calls that list so many ids: one at least.
func pages(ids int) int { return max(1, parts(ids, idsPerPage)) }

// news is what happened in the company that an event tells of.
type news struct {
	punches int // events of clock-ins
	events  []newsItem
}

// newsItem is one person's news. A clock-in has no date.
type newsItem struct {
	at   int64 // second
	user string
	date company.Date
}

// hear is called in order, with the company's lock held.
func (n *news) hear(h company.Happening, _ company.Moment) {
	at := h.When().Unix()
	switch h := h.(type) {
	case company.Punch:
		if h.Quiet {
			return
		}
		n.punches++
		if h.Record.Source != company.SourceApprove { // else an approval tells of it
			n.events = append(n.events, newsItem{at: at, user: h.Record.User})
		}
	case company.BossEdited:
		n.events = append(n.events, newsItem{at, h.User, h.WorkDate})
	case company.Replay:
		for _, r := range h.Records {
			n.events = append(n.events, newsItem{at, r.User, r.WorkDate})
		}
	}
}

// least are the calls that answer the news.
func (n *news) least(mode budget.Mode, window time.Duration) int {
	switch mode {
	case budget.ModeLive:
		distinct := map[newsItem]bool{}
		for _, e := range n.events {
			distinct[newsItem{at: e.at, user: e.user}] = true
		}
		return len(distinct)
	case budget.ModeBatched:
		windows := map[int64][]newsItem{}
		for _, e := range n.events {
			slot := e.at / int64(window/time.Second)
			windows[slot] = append(windows[slot], e)
		}
		calls := 0
		for _, events := range windows {
			calls += leastOfWindow(events)
		}
		return calls
	default:
		return 0
	}
}

// leastOfWindow are the calls that answer the news of a window: changed days one by one, or all persons together and pages of results.
func leastOfWindow(events []newsItem) int {
	users, changed, days := map[string]bool{}, map[string]bool{}, map[newsItem]bool{}
	for _, e := range events {
		users[e.user] = true
		if e.date != 0 {
			changed[e.user] = true
			days[newsItem{user: e.user, date: e.date}] = true
		}
	}
	together := parts(len(users), usersPerCall) + parts(len(days)*slotsPerDay, rowsPerPage)
	return min(together, len(days)+parts(len(users)-len(changed), usersPerCall))
}

// parts is into how many parts of a size a number falls.
func parts(n, size int) int { return (n + size - 1) / size }
