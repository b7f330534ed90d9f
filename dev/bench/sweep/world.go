package sweep

import (
	"slices"
	"time"

	"dakasync/simulator/company"
)

// One person in so many, of those who are to work.
const (
	onLeaveEach  = 250
	absentEach   = 50
	forgetsEach  = 25
	lateEach     = 13
	spreadEach   = 20 // minutes over which people come and go
	oddSeconds   = 58 // no clock-in at a full minute, as make-ups are
	lateBy       = 25 * time.Minute
	finalFor     = 3 // days after which a date's results are final
	noon         = 12 * time.Hour
	oneDay       = 24 * time.Hour
	chinaZone    = 8 * 60 * 60 // seconds
	leaveUnit    = company.UnitDay
	decidedSince = 2 * time.Hour
)

func zone() *time.Location { return time.FixedZone("Asia/Shanghai", chinaZone) }

// world is a company with one ordinary workday behind it.
type world struct {
	company *company.Company
	date    company.Date
	leaves  int
}

// ordinaryDay is the last workday whose results are final.
func ordinaryDay(now time.Time) company.Date {
	calendar := company.New(company.Options{Employees: 1, Start: now, Quiet: true})
	day := company.DateOf(now.In(zone())) - finalFor
	for {
		_, holiday := calendar.Holiday(day)
		if !holiday && day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
			return day
		}
		day--
	}
}

// newWorld founds a company of so many people, the administrator among them, and lets them work on an ordinary day: most clock in and out,
// some are late, forget it, do not come or are on leave.
func newWorld(corpID string, people int, now time.Time) *world {
	w := &world{date: ordinaryDay(now)}
	w.company = company.New(company.Options{Seed: 1, Employees: people - 1, CorpID: corpID, Start: w.date.In(zone()), Quiet: true})
	w.company.Advance(now.Add(-decidedSince))
	for n, employee := range w.company.Employees() {
		w.work(n, employee.UserID)
	}
	w.company.Advance(now.Add(-decidedSince)) // forgets what happened
	return w
}

// work is one person's day. No verb can fail: people and times are the company's own.
func (w *world) work(n int, user string) {
	slots := w.company.Plan(w.company.Moment(), user, w.date)
	switch {
	case len(slots) == 0 || n%absentEach == absentEach-2:
		return
	case n%onLeaveEach == 1:
		begin := w.date.In(zone())
		if _, err := w.company.Leave(company.LeaveRequest{User: user, Begin: begin, End: begin.Add(oneDay), Unit: leaveUnit}); err == nil {
			w.leaves++
		}
		return
	}
	for index, slot := range slots {
		if n%forgetsEach == 2 && index == len(slots)-1 {
			continue
		}
		by := time.Duration(n%spreadEach)*time.Minute + time.Duration(1+n%oddSeconds)*time.Second
		if slot.CheckType == company.OnDuty && n%lateEach != 0 {
			by = -by
		} else if slot.CheckType == company.OnDuty {
			by = lateBy
		}
		_, _ = w.company.Punch(company.PunchRequest{User: user, At: slot.Plan.Add(by)})
	}
}

// truth is what the ledger should hold of the day.
func (w *world) truth() company.Truth {
	truth := w.company.Truth()
	truth.Days = slices.DeleteFunc(truth.Days, func(d company.DayRow) bool { return d.WorkDate != w.date })
	truth.Results = slices.DeleteFunc(truth.Results, func(r company.ResultRow) bool { return r.WorkDate != w.date })
	truth.Punches = slices.DeleteFunc(truth.Punches, func(p company.PunchRow) bool { return p.WorkDate != w.date })
	return truth
}
