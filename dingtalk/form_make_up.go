package dingtalk

import (
	"slices"
	"strings"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
)

// ranks is how many ways there are to find the made-up time.
const ranks = 3

// makeUpRank is how surely a component holds a made-up time, 0 the surest,
// ranks if it does not: today's forms mark it by its alias, on the form or in
// its suite; others by its label; old ones have repairCheckTime, which the
// server filled in.
func makeUpRank(c component) int {
	switch {
	case c.alias == "userchecktime":
		return 0
	case c.name == "补卡时间":
		return 1
	case strings.EqualFold(c.name, "repairCheckTime"), c.alias == "repairchecktime":
		return 2
	default:
		return ranks
	}
}

// makeUps are the made-up punches of a 补卡 form: those found in the surest
// way. They are the originator's: the form has no field for another user.
func (f form) makeUps() []attendance.MakeUp {
	if f.originator == "" {
		return nil
	}
	var found [ranks][]attendance.MakeUp
	walk(f.components, func(c component) bool {
		rank := makeUpRank(c)
		if rank == ranks || len(found[rank]) >= maxFormParts {
			return true
		}
		m, ok := f.makeUp(c)
		same := func(o attendance.MakeUp) bool { return o.At.Equal(m.At) && o.WorkDate == m.WorkDate }
		if ok && !slices.ContainsFunc(found[rank], same) {
			found[rank] = append(found[rank], m)
		}
		return true
	})
	for _, list := range found {
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

// makeUp reads a made-up time: to the millisecond beside the value, to the
// minute in it. The work day beside it is a midnight, and may be another day
// than the punch's.
func (f form) makeUp(c component) (attendance.MakeUp, bool) {
	ext := c.extObject()
	m := attendance.MakeUp{UserID: f.originator}
	var err error
	if m.At, err = ext.Time(f.loc, "userchecktime"); err != nil || m.At.IsZero() {
		if m.At, err = loose.Time(c.value, f.loc); err != nil || m.At.IsZero() {
			return m, false
		}
	}
	m.PlanID, _ = ext.Int("planid")
	if date, err := ext.Date(f.loc, "workdate"); err == nil && !date.IsZero() {
		m.WorkDate = date
	} else if t, err := ext.Time(f.loc, "timestamp"); err == nil && !t.IsZero() && midnight(t, f.loc) {
		m.WorkDate = attendance.DateOf(t, f.loc)
	}
	return m, true
}

func midnight(t time.Time, loc *time.Location) bool {
	return t.Equal(attendance.DateOf(t, loc).In(loc))
}
