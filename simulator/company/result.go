package company

import (
	"slices"
	"time"
)

// Time results, as DingTalk spells them.
const (
	TimeNormal      = "Normal"
	TimeEarly       = "Early"
	TimeLate        = "Late"
	TimeSeriousLate = "SeriousLate"
	TimeAbsenteeism = "Absenteeism"
	TimeNotSigned   = "NotSigned"
)

// Result is what became of a slot.
type Result struct {
	Slot
	// At is the time that DingTalk shows: of a NotSigned row it is the plan.
	At             time.Time
	TimeResult     string
	LocationResult string
	Method         string
	Source         string
	RecordID       int64
	BizID          string
	Instance       string
}

// Signed says whether the result has a time of its own.
func (r Result) Signed() bool { return r.TimeResult != TimeNotSigned }

// result of a slot at a moment; false while there is none yet.
func (c *Company) result(slot Slot, m Moment) (Result, bool) {
	m = slot.stint.until(m)
	result := Result{
		Slot: slot, At: slot.Plan, LocationResult: LocationNormal,
		RecordID: c.number(54_000_000_000, 900_000_000, "result", slot.PlanID),
	}
	correction, corrected := c.lastEdit(slot, m)
	made := c.lastMakeUp(slot, m)
	if made != nil && (!corrected || made.finished > correction.serial) {
		result.At, result.TimeResult, result.Source, result.Instance = made.MadeUp, TimeNormal, SourceApprove, made.ID
		return result, true
	}
	if corrected {
		result.At, result.TimeResult, result.Source = correction.at, correction.timeResult, SourceBoss
		return result, true
	}
	cover := c.cover(slot, m)
	if record := c.match(slot, m); record != nil {
		result.At, result.Source, result.RecordID, result.BizID = record.At, record.Source, record.ID, record.BizID
		result.LocationResult, result.Method = record.LocationResult, record.Method
		result.TimeResult = slot.TimeResultAt(record.At)
		if cover != nil {
			result.TimeResult, result.Instance = TimeNormal, cover.ID
		}
		return result, true
	}
	if cover != nil {
		result.TimeResult, result.Source, result.Instance = TimeNormal, SourceApprove, cover.ID
		return result, !m.Now.Before(slot.Plan)
	}
	result.TimeResult, result.LocationResult, result.Source = TimeNotSigned, LocationNotSigned, SourceSystem
	return result, !m.Now.Before(slot.to)
}

// match is the record that a slot's result shows: the first on-duty one, the last off-duty one.
func (c *Company) match(slot Slot, m Moment) *Record {
	var found *Record
	for _, record := range c.records[dayKey{slot.User, slot.WorkDate}] {
		if !record.Valid || record.Slot != slot.Index || record.CheckType != slot.CheckType || record.Serial > m.Serial {
			continue
		}
		earlier := found == nil || record.At.Before(found.At)
		if found == nil || earlier == (slot.CheckType == OnDuty) {
			found = record
		}
	}
	return found
}

// cover is the first leave, trip or outing in effect that excuses the slot.
func (c *Company) cover(slot Slot, m Moment) *Approval {
	for _, a := range c.touching[slot.User] {
		if a.covers(slot) && c.inEffect(a, m) {
			return a
		}
	}
	return nil
}

// lastMakeUp is the make-up in effect that fills the slot, the last if there are several.
func (c *Company) lastMakeUp(slot Slot, m Moment) *Approval {
	var last *Approval
	for _, a := range c.touching[slot.User] {
		if a.Kind != KindMakeUp || a.WorkDate != slot.WorkDate || !c.inEffect(a, m) {
			continue
		}
		filled := c.madeUpSlot(a)
		if filled != nil && filled.Index == slot.Index && (last == nil || a.finished > last.finished) {
			last = a
		}
	}
	return last
}

// TimeResultAt is what a punch makes of the slot. It compares to the minute: 09:00:59 is still in time for 09:00.
func (s Slot) TimeResultAt(at time.Time) string {
	late := at.Truncate(time.Minute).Sub(s.Plan)
	if s.CheckType == OffDuty {
		if late < 0 {
			return TimeEarly
		}
		return TimeNormal
	}
	switch {
	case late <= 0:
		return TimeNormal
	case late <= 30*time.Minute:
		return TimeLate
	case late <= time.Hour:
		return TimeSeriousLate
	default:
		return TimeAbsenteeism
	}
}

// Day is what the attendance APIs show of a user-day at a moment.
type Day struct {
	// Scheduled says whether the day has a plan.
	Scheduled bool
	Results   []Result
	// Records are the physical punches of the work date, valid or not.
	Records []Record
	// Approvals are those in effect that getupdatedata's approve_list names: leave, overtime, trip, outing.
	Approvals []Approval
}

// Day of a person; false for a stranger, and for one who had not joined or had left.
func (c *Company) Day(m Moment, userID string, date Date) (Day, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	employee, ok := c.byID[userID]
	if !ok || !employee.employed(m) {
		return Day{}, false
	}
	return c.day(m, employee, date), true
}

// PastDay is also of those who left: their days as they stood then.
func (c *Company) PastDay(m Moment, userID string, date Date) Day {
	c.mu.Lock()
	defer c.mu.Unlock()
	employee, ok := c.byID[userID]
	if !ok {
		return Day{}
	}
	return c.day(m, employee, date)
}

func (c *Company) day(m Moment, employee *Employee, date Date) Day {
	slots := c.slotsAt(m, employee, date)
	day := Day{Scheduled: len(slots) > 0}
	for _, slot := range slots {
		if result, ok := c.result(slot, m); ok {
			day.Results = append(day.Results, result)
		}
	}
	for _, record := range c.records[dayKey{employee.UserID, date}] {
		if record.Serial <= m.Serial {
			day.Records = append(day.Records, *record)
		}
	}
	s := employee.on(date)
	if s == nil {
		return day
	}
	for _, a := range c.touching[employee.UserID] {
		if !a.touches(date, c.location) || !c.inEffect(a, s.until(m)) {
			continue
		}
		switch a.Kind {
		case KindLeave, KindOvertime, KindTrip, KindOut:
			day.Approvals = append(day.Approvals, *a)
		case KindMakeUp:
			if c.options.ShowUnscheduledMakeUps && c.madeUpSlot(a) == nil {
				day.Records = append(day.Records, c.madeUpRecord(a, nil))
			}
		}
	}
	return day
}

// horizon is how far ahead fixed shifts are scheduled (`interface-for-daily-full-query-of-attendance-scheduling-information`).
const horizon = 15

// Plan is the schedule of a person's day as far as it is known at the moment: later days of fixed shifts count as rest.
func (c *Company) Plan(m Moment, userID string, date Date) []Slot {
	c.mu.Lock()
	defer c.mu.Unlock()
	employee, ok := c.byID[userID]
	if !ok || !employee.employed(m) || employee.group.Kind == GroupFixed && date > DateOf(m.Now)+horizon {
		return nil
	}
	return slices.DeleteFunc(c.slotsAt(m, employee, date), func(slot Slot) bool {
		return slot.stint.ended(m) && !slot.Plan.Before(slot.stint.left)
	})
}

// Instance is an approval as it is seen at a moment, with its attached instances; false if it does not exist (any more).
func (c *Company) Instance(m Moment, id string) (Approval, []string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.approvals[id]
	if !ok || a.started > m.Serial || a.deletedBy(m) {
		return Approval{}, nil, false
	}
	var attached []string
	for _, other := range a.attached {
		if other.started <= m.Serial && !other.deletedBy(m) {
			attached = append(attached, other.ID)
		}
	}
	return a.asOf(m), attached, true
}

func (a *Approval) asOf(m Moment) Approval {
	seen := *a
	if a.finished > m.Serial {
		seen.Status, seen.Result, seen.FinishedAt = StatusRunning, "", time.Time{}
	}
	return seen
}

// Instances of a process code that were started in [from, to], oldest first.
func (c *Company) Instances(m Moment, processCode string, from, to time.Time) []Approval {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []Approval
	for _, a := range c.order {
		inside := !a.StartedAt.Before(from) && !a.StartedAt.After(to)
		if a.ProcessCode == processCode && inside && a.started <= m.Serial && !a.deletedBy(m) {
			list = append(list, a.asOf(m))
		}
	}
	return list
}

// MadeUpSlot is the slot that a make-up fills, for the planId of its form.
func (c *Company) MadeUpSlot(a Approval) (Slot, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slot := c.madeUpSlot(&a)
	if slot == nil {
		return Slot{}, false
	}
	return *slot, true
}
