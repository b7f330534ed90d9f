package month

import (
	"cmp"
	"maps"
	"slices"
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
//     window one for every 50 persons who clocked in; a changed day, or one that an approval of the window touches, takes one call, or shares
//     pages of 50 rows with those of the same week. Kept for the sweep: none.
//   - approvals: one for each that was agreed. Live: and the fewest for the days that it touches, one each, or one of clock-ins and pages of results.
//   - results: for every date that became final, pages of 50 rows, and one for every 50 persons at least.
//   - records: for every such date one for every 50 persons. Schedules: for every week one for every 50 persons.
//   - searches: every night one for each template, or for every 20 approvals that have finished in the time that is searched. Where it is less,
//     one for every 20 that run, and one for every 20 that were started since the night before and have finished; once a week all.
//   - days: none, as the sweep shows them; where events are kept for it, of those that an approval touches after the sweep that shows them one
//     each, or pages, a night. Failed pushes: one for every interval, or for every four hours where that is too many for the budget.
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
	agreed := m.agreed(truth)
	least := Least{
		ForApprovals: len(agreed), ForDrains: int(m.To.Sub(m.From) / m.drains()),
		ForSchedules: users * parts(max(0, int(last-first)+1-finalNight), weekDays),
	}
	for date := first; date+finalNight <= last; date++ {
		least[ForResults] += max(users, parts(rows[date], rowsPerPage))
		least[ForRecords] += users
	}
	for night := first; night <= last; night++ {
		least[ForSearches] += m.leastSearch(truth, night)
	}
	switch {
	case m.Budget != nil || m.Mode == budget.ModeLive:
		for _, a := range agreed {
			least[ForApprovals] += daysCost(len(a.days))
		}
	case m.Mode == budget.ModeSweep:
		least[ForDays] = m.leastLate(agreed)
	}
	if m.Budget == nil {
		least[ForEvents] = m.news.least(m.Mode, m.Window, agreed)
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

// agreement is an approval that was agreed, with the days that it touches up to that day.
type agreement struct {
	at   int64 // second
	days []newsItem
}

func (m *month) agreed(truth company.Truth) []agreement {
	days := map[string][]company.ApprovalDayRow{}
	for _, d := range truth.ApprovalDays {
		days[d.ProcessInstanceID] = append(days[d.ProcessInstanceID], d)
	}
	var all []agreement
	for _, approval := range truth.Approvals {
		if approval.Status != company.StatusCompleted || approval.Result != company.ResultAgree || approval.FinishedAt == nil {
			continue
		}
		a := agreement{at: approval.FinishedAt.Unix()}
		through := company.DateOf(approval.FinishedAt.In(m.company.Location()))
		for _, id := range []string{approval.ProcessInstanceID, approval.MainProcessInstanceID} {
			for _, d := range days[id] {
				item := newsItem{at: a.at, user: d.UserID, date: d.WorkDate}
				if d.WorkDate <= through && !slices.Contains(a.days, item) {
					a.days = append(a.days, item)
				}
			}
		}
		all = append(all, a)
	}
	return all
}

// leastLate are the calls for days that an approval touches when the sweep has shown them already: all of a night together.
func (m *month) leastLate(agreed []agreement) int {
	nights := map[int64][]newsItem{}
	for _, a := range agreed {
		for _, d := range a.days {
			shown := (d.date + finalNight).In(m.company.Location()).Add(sweepAt)
			if late := a.at - shown.Unix(); late > 0 {
				night := (a.at - m.From.Add(sweepAt).Unix()) / int64(24*time.Hour/time.Second)
				nights[night] = append(nights[night], d)
			}
		}
	}
	calls := 0
	for _, days := range nights {
		calls += leastOfWindow(days)
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

// least are the calls that answer the news, in batches with the days of approvals.
func (n *news) least(mode budget.Mode, window time.Duration, agreed []agreement) int {
	switch mode {
	case budget.ModeLive:
		distinct := map[newsItem]bool{}
		for _, e := range n.events {
			distinct[newsItem{at: e.at, user: e.user}] = true
		}
		return len(distinct)
	case budget.ModeBatched:
		windows := map[int64][]newsItem{}
		put := func(items ...newsItem) {
			for _, e := range items {
				slot := e.at / int64(window/time.Second)
				windows[slot] = append(windows[slot], e)
			}
		}
		put(n.events...)
		for _, a := range agreed {
			put(a.days...)
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

// leastOfWindow are the calls that answer the news of a window: all who clocked in together, and changed days one by one, or a week of them
// together by clock-ins and pages of results. The last week's clock-ins are listed with those of who clocked in.
func leastOfWindow(events []newsItem) int {
	listed, days := map[string]bool{}, map[newsItem]bool{}
	for _, e := range events {
		if e.date == 0 {
			listed[e.user] = true
		} else {
			days[newsItem{user: e.user, date: e.date}] = true
		}
	}
	calls := 0
	weeks := weeksOf(days)
	for i, week := range weeks {
		users, pages := leastPages(week)
		last := i == len(weeks)-1
		if !last {
			pages += parts(len(users), usersPerCall)
		}
		calls += min(pages, len(week))
		for user := range users {
			switch {
			case pages >= len(week):
				delete(listed, user) // a single answer shows the punch too
			case last:
				listed[user] = true
			}
		}
	}
	return calls + parts(len(listed), usersPerCall)
}

// weeksOf are days in groups that one question can hold, by their dates.
func weeksOf(days map[newsItem]bool) [][]newsItem {
	sorted := slices.SortedFunc(maps.Keys(days), func(a, b newsItem) int {
		return cmp.Or(cmp.Compare(a.date, b.date), cmp.Compare(a.user, b.user))
	})
	var weeks [][]newsItem
	for _, d := range sorted {
		if n := len(weeks); n > 0 && d.date < weeks[n-1][0].date+weekDays {
			weeks[n-1] = append(weeks[n-1], d)
			continue
		}
		weeks = append(weeks, []newsItem{d})
	}
	return weeks
}

// leastPages are the users of a week's days, and the fewest pages of results for them, sorted by date: of everybody on all dates between, or date by date.
func leastPages(week []newsItem) (users map[string]bool, pages int) {
	users = map[string]bool{}
	perDate := map[company.Date]int{}
	for _, d := range week {
		users[d.user] = true
		perDate[d.date]++
	}
	dates := int(week[len(week)-1].date-week[0].date) + 1
	byDate := 0
	for _, n := range perDate {
		byDate += parts(n*slotsPerDay, rowsPerPage)
	}
	return users, min(byDate, parts(len(users)*dates*slotsPerDay, rowsPerPage))
}

// parts is into how many parts of a size a number falls.
func parts(n, size int) int { return (n + size - 1) / size }
