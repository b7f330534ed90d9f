package doctor

import (
	"maps"
	"slices"
	"strings"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk"
)

const (
	checkSchedule   = "schedule"
	checkUnplanned  = "schedule/users"
	checkHolidays   = "holidays"
	schedulePage    = "管理后台 → 工作台 → 考勤打卡 → 考勤组管理 → the group → 排班"
	endingWorkdays  = 3 // a group needs a plan on one of that many workdays at the horizon's end: rotations have days off
	leastUnreadable = 2 // workdays without a plan, by which a holiday that DingTalk does not name is no finding
)

func whySchedule() Message {
	return Textf("a day without a schedule pushes no make-up event and shows no absence: DingTalk treats it as a day off")
}

// judgeSchedules looks for groups whose plan ends within the horizon, and for
// users who had a plan lately and have none any more.
func judgeSchedules(a *Answers, facts LedgerFacts, now time.Time, zone *time.Location) []Finding {
	switch {
	case !a.Planned.good():
		return []Finding{skipped(checkSchedule, Textf("the schedules to come were not answered (schedule/listbyusers)"))}
	case len(facts.Scheduled) == 0:
		return []Finding{skipped(checkSchedule, Textf("the ledger knows nobody yet who was to work in the last two weeks"))}
	}
	workdays := workdaysAhead(attendance.DateOf(now, zone), a.Holidays.Value)
	p := planOf(a.Planned.Value)
	ends := p.ends(workdays)
	horizon := fine(checkSchedule, Textf("%d groups are planned to the end of the next %d days", len(p.groups), horizonDays))
	if len(ends) > 0 {
		horizon = Finding{checkSchedule, Warning, Textf("the schedule of %s", few(ends)), whySchedule(), Textf("plan on in " + schedulePage)}
	}
	return []Finding{horizon, p.judgeUsers(facts.Scheduled, workdays)}
}

// workdaysAhead are the days of the horizon from Monday to Friday that are nobody's holiday.
func workdaysAhead(today attendance.Date, holidays []dingtalk.Holiday) []attendance.Date {
	off := map[attendance.Date]bool{}
	for _, h := range holidays {
		off[h.WorkDate] = true
	}
	var days []attendance.Date
	for n := 1; n <= horizonDays; n++ {
		day := today.AddDays(n)
		weekday := day.In(time.UTC).Weekday()
		if weekday != time.Saturday && weekday != time.Sunday && !off[day] {
			days = append(days, day)
		}
	}
	return days
}

// plan is what is planned, by group and by user.
type plan struct {
	groups map[int64]attendance.Date // the last day of each
	users  map[string]map[attendance.Date]bool
	fixed  map[string]int64 // the group of users whose days off are in the plan: they have a row every day
}

func planOf(rows []attendance.Planned) plan {
	p := plan{groups: map[int64]attendance.Date{}, users: map[string]map[attendance.Date]bool{}, fixed: map[string]int64{}}
	for _, row := range rows {
		if p.users[row.UserID] == nil {
			p.users[row.UserID] = map[attendance.Date]bool{}
		}
		p.users[row.UserID][row.WorkDate] = true
		if last, there := p.groups[row.GroupID]; !there || last.Before(row.WorkDate) {
			p.groups[row.GroupID] = row.WorkDate
		}
		if row.Rest {
			p.fixed[row.UserID] = row.GroupID
		}
	}
	return p
}

// ends are the groups whose plan ends too early.
func (p plan) ends(workdays []attendance.Date) []Message {
	if len(workdays) < endingWorkdays {
		return nil
	}
	needed := workdays[len(workdays)-endingWorkdays]
	var ends []Message
	for _, group := range slices.Sorted(maps.Keys(p.groups)) {
		if last := p.groups[group]; last.Before(needed) {
			ends = append(ends, Textf("group %d ends on %s", group, last))
		}
	}
	return ends
}

func (p plan) judgeUsers(scheduled []string, workdays []attendance.Date) Finding {
	var none []string
	for _, user := range scheduled {
		if p.without(user, workdays) {
			none = append(none, user)
		}
	}
	if len(none) == 0 {
		return fine(checkUnplanned, Textf("all of %d users who worked lately are planned for", len(scheduled)))
	}
	return Finding{
		checkUnplanned, Warning, Textf("%d of %d users who worked lately have no schedule on coming workdays: %s", len(none), len(scheduled), few(none)),
		whySchedule(), Textf("put them into an attendance group with a shift (" + schedulePage + "), unless they have left or need not clock in"),
	}
}

// without reports whether a user has no plan at all, or lacks it on workdays
// before the group's plan ends.
func (p plan) without(user string, workdays []attendance.Date) bool {
	days := p.users[user]
	if len(days) == 0 {
		return len(workdays) >= leastUnreadable
	}
	group, fixed := p.fixed[user]
	if !fixed {
		return false // a rotation's days off are not in the plan
	}
	lacks := 0
	for _, day := range workdays {
		if !days[day] && !p.groups[group].Before(day) {
			lacks++
		}
	}
	return lacks >= leastUnreadable
}

// judgeHolidays names the days on which a make-up pushes no event.
func judgeHolidays(a Answer[[]dingtalk.Holiday]) Finding {
	if !a.good() {
		return skipped(checkHolidays, Textf("the holidays to come were not answered"))
	}
	named := map[attendance.Date]string{}
	for _, h := range a.Value {
		named[h.WorkDate] = h.Name
	}
	if len(named) == 0 {
		return fine(checkHolidays, Textf("none in the next %d days", holidayDays))
	}
	texts := make([]string, 0, len(named))
	for _, day := range slices.SortedFunc(maps.Keys(named), attendance.Date.Compare) {
		texts = append(texts, strings.TrimSpace(day.String()+" "+named[day]))
	}
	return Finding{
		checkHolidays, Note, Textf("holidays in the next %d days: %s", holidayDays, joined(texts)),
		Textf("a make-up punch (补卡) for one of these days pushes no event"),
		Textf("nothing: the nightly sweep finds them; dakactl resync over these days before a payroll is run"),
	}
}
