package company

import (
	"math/rand/v2"
	"time"
)

// Chances of the script, in thousandths, for one person and day.
const (
	chanceAbsent      = 20
	chanceForgotten   = 40 // a slot
	chanceOffSchedule = 40 // of coming to work on a day off
	chanceLeave       = 25
	chanceOvertime    = 20
	chanceTrip        = 10
	chanceOut         = 15
	chanceOther       = 10
	chanceBossEdit    = 15
	chanceReschedule  = 6
	chanceRestMakeUp  = 30 // a make-up on a day without schedule
	chanceMadeUp      = 500
)

func chance(r *rand.Rand, thousandths int) bool { return r.IntN(1000) < thousandths }

const percent = 100

// filed is what is left of the chance of an approval by Options.Approvals.
func (c *Company) filed(thousandths int) int { return thousandths * c.options.Approvals / percent }

// script plans what everybody does on the date, and to plan the next one the noon before it begins: a shift that begins at
// midnight has its first punches the evening before.
func (c *Company) script(date Date) {
	c.scripted = date
	for _, employee := range c.employees {
		c.deal(employee)
	}
	c.at(date.In(c.location).Add(12*time.Hour), func() { c.script(date + 1) })
}

// deal plans a person's days up to the last one that everybody's are planned of; those of a person who left are not.
func (c *Company) deal(employee *Employee) {
	if employee.Admin || employee.gone() {
		return
	}
	for date := max(c.dealt[employee]+1, DateOf(c.now)); date <= c.scripted; date++ {
		c.dealt[employee] = date
		c.scriptDay(employee, date)
	}
}

func (c *Company) scriptDay(employee *Employee, date Date) {
	r := c.dice("day", employee.UserID, date)
	slots := c.slots(employee, date)
	switch {
	case len(slots) > 0:
		c.scriptSlots(r, employee, date, slots)
	case employee.group.Kind == GroupNone:
		c.scriptFreeHours(r, employee, date)
	default:
		c.scriptDayOff(r, employee, date)
	}
	c.scriptApprovals(r, employee, date)
}

// clock is a moment of the date with odd seconds, so that no physical punch falls on a full minute as made-up ones do.
func (c *Company) clock(r *rand.Rand, date Date, hour, spread int) time.Time {
	return c.blur(r, date.In(c.location).Add(time.Duration(hour)*time.Hour+time.Duration(r.IntN(spread))*time.Minute))
}

func (c *Company) blur(r *rand.Rand, at time.Time) time.Time {
	return at.Truncate(time.Minute).Add(time.Duration(1+r.IntN(58)) * time.Second)
}

func (c *Company) scriptSlots(r *rand.Rand, employee *Employee, date Date, slots []Slot) {
	absent := chance(r, chanceAbsent)
	for _, slot := range slots {
		forgotten := absent || chance(r, chanceForgotten)
		at := c.blur(r, slot.Plan.Add(jitter(r, slot.CheckType)))
		request := PunchRequest{User: employee.UserID, Source: source(r)}
		doubled, invalid := chance(r, 100), chance(r, 40)
		if forgotten {
			c.scriptForgotten(r, employee, date, slot)
			continue
		}
		c.punchAt(slot, at, request)
		if doubled {
			c.punchAt(slot, at.Add(time.Second), request)
		}
		if invalid {
			request.Invalid, request.Location = "外勤打卡需要审批", LocationOutside
			c.punchAt(slot, at.Add(20*time.Minute), request)
		}
	}
	if chance(r, chanceBossEdit) {
		slot := slots[r.IntN(len(slots))]
		c.at(c.clock(r, date+1, 11, 90), func() {
			_, _ = play(c, BossEditRequest{User: employee.UserID, WorkDate: date, CheckType: slot.CheckType})
		})
	}
	if chance(r, chanceReschedule) && len(slots) == 2 && slots[0].ClassID == c.shifts[ShiftOffice].ClassID {
		c.at(c.clock(r, date, 19, 60), func() {
			_, _ = play(c, RescheduleRequest{Users: []string{employee.UserID}, WorkDate: date, Shift: ShiftShifted})
		})
	}
}

// play applies a request of the script: it is not journalled, the seed brings it back.
func play[T any](c *Company, r request[T]) (T, error) { return r.apply(c) }

func jitter(r *rand.Rand, checkType string) time.Duration {
	minutes := r.IntN(26)
	unpunctual := chance(r, 80)
	if unpunctual {
		minutes = 1 + r.IntN(80)
	}
	if (checkType == OnDuty) != unpunctual {
		minutes = -minutes
	}
	return time.Duration(minutes) * time.Minute
}

func source(r *rand.Rand) string {
	switch n := r.IntN(100); {
	case n < 12:
		return SourceATM
	case n < 16:
		return SourceDingATM
	case n < 19:
		return SourceBeacon
	case n < 24:
		return SourceAutoCheck
	default:
		return SourceUser
	}
}

// punchAt punches unless the person is excused by then.
func (c *Company) punchAt(slot Slot, at time.Time, request PunchRequest) {
	c.at(at, func() {
		if c.cover(slot, c.moment()) == nil {
			_, _ = play(c, request)
		}
	})
}

// scriptForgotten files a make-up the next day, as half of those do who forgot.
func (c *Company) scriptForgotten(r *rand.Rand, employee *Employee, date Date, slot Slot) {
	filed, decided := c.clock(r, date+1, 14, 100), c.flow(r)
	if chance(r, 1000-c.filed(chanceMadeUp)) {
		return
	}
	c.at(filed, func() {
		if c.cover(slot, c.moment()) != nil {
			return
		}
		c.run(r, MakeUpRequest{User: employee.UserID, At: slot.Plan, WorkDate: &date, Flow: Flow{DecideLater}}, decided)
	})
}

func (c *Company) scriptFreeHours(r *rand.Rand, employee *Employee, date Date) {
	times := []time.Time{c.clock(r, date, 9, 120), c.clock(r, date, 18, 180)}
	if chance(r, 250) {
		// After midnight, before the group's day starts at 04:00.
		times = append(times, c.blur(r, (date+1).In(c.location).Add(time.Duration(40+r.IntN(190))*time.Minute)))
	}
	if date.Weekday() == time.Sunday {
		times = times[:1]
	}
	for _, at := range times {
		c.at(at, func() { _, _ = play(c, PunchRequest{User: employee.UserID, Source: source(r)}) })
	}
	if chance(r, c.filed(chanceRestMakeUp)) {
		c.scriptRestMakeUp(r, employee, date)
	}
}

func (c *Company) scriptDayOff(r *rand.Rand, employee *Employee, date Date) {
	at := c.clock(r, date, 9, 300)
	if chance(r, chanceOffSchedule) {
		c.at(at, func() { _, _ = play(c, PunchRequest{User: employee.UserID}) })
	}
	if chance(r, c.filed(chanceRestMakeUp)) {
		c.scriptRestMakeUp(r, employee, date)
	}
}

func (c *Company) scriptRestMakeUp(r *rand.Rand, employee *Employee, date Date) {
	madeUp := date.In(c.location).Add(time.Duration(13+r.IntN(4)) * time.Hour)
	filed, decided := c.clock(r, date+1, 10, 100), c.flow(r)
	c.at(filed, func() {
		c.run(r, MakeUpRequest{User: employee.UserID, At: madeUp, WorkDate: &date, Flow: Flow{DecideLater}}, decided)
	})
}
