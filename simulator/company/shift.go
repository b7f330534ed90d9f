package company

import (
	"time"
)

// Check types, as DingTalk spells them.
const (
	OnDuty  = "OnDuty"
	OffDuty = "OffDuty"
)

// Shift is a working time; offsets count from the work date's midnight and may lie on the next day.
type Shift struct {
	ClassID int64  `json:"class_id"`
	Name    string `json:"name"`
	// Times alternate on duty, off duty.
	Times []time.Duration `json:"times"`
}

func (s *Shift) on() time.Duration  { return s.Times[0] }
func (s *Shift) off() time.Duration { return s.Times[len(s.Times)-1] }

// Shifts by name; also what Schedule and Reschedule accept.
const (
	ShiftOffice   = "office"   // 09:00–18:00
	ShiftSplit    = "split"    // 08:30–12:00, 13:30–17:30
	ShiftEarly    = "early"    // 08:00–16:00
	ShiftLate     = "late"     // 16:00–24:00
	ShiftMidnight = "midnight" // 00:00–08:00: people arrive the day before
	ShiftNight    = "night"    // 22:00–07:00 of the next day
	ShiftShifted  = "shifted"  // 10:00–19:00
)

func hm(hours, minutes int) time.Duration {
	return time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
}

func shifts() map[string]*Shift {
	list := []*Shift{
		{ClassID: 709595101, Name: ShiftOffice, Times: []time.Duration{hm(9, 0), hm(18, 0)}},
		{ClassID: 709595102, Name: ShiftSplit, Times: []time.Duration{hm(8, 30), hm(12, 0), hm(13, 30), hm(17, 30)}},
		{ClassID: 709595103, Name: ShiftEarly, Times: []time.Duration{hm(8, 0), hm(16, 0)}},
		{ClassID: 709595104, Name: ShiftLate, Times: []time.Duration{hm(16, 0), hm(24, 0)}},
		{ClassID: 709595105, Name: ShiftMidnight, Times: []time.Duration{hm(0, 0), hm(8, 0)}},
		{ClassID: 709595106, Name: ShiftNight, Times: []time.Duration{hm(22, 0), hm(31, 0)}},
		{ClassID: 709595107, Name: ShiftShifted, Times: []time.Duration{hm(10, 0), hm(19, 0)}},
	}
	byName := make(map[string]*Shift, len(list))
	for _, shift := range list {
		byName[shift.Name] = shift
	}
	return byName
}

// Slot is one planned punch of a work date.
type Slot struct {
	User      string
	WorkDate  Date
	Index     int
	CheckType string
	Plan      time.Time
	PlanID    int64
	GroupID   int64
	ClassID   int64
	// from and to bound the punches that count for the slot; at to a missing punch becomes a NotSigned row.
	from, to time.Time
	stint    *stint
}

// Margins of a shift: people may come two hours early, and before a day off a missing off-duty punch is stated 12 h after the
// shift's end (attendance FAQ).
const (
	marginBefore = 2 * time.Hour
	marginAfter  = 12 * time.Hour
)

// Holiday names the day if it is one. Besides the fixed ones every second Wednesday is one, so that any two weeks have a holiday.
func (c *Company) Holiday(date Date) (string, bool) {
	switch date.In(time.UTC).Format("01-02") {
	case "01-01":
		return "元旦", true
	case "05-01":
		return "劳动节", true
	case "10-01", "10-02", "10-03":
		return "国庆节", true
	}
	if date.Weekday() == time.Wednesday && (int(date)/7)%2 == 0 {
		return "公司日", true
	}
	return "", false
}

// shift is the person's shift on the date as one of a stint's group, nil for none.
func (c *Company) shift(employee *Employee, s *stint, date Date) *Shift {
	if overridden, ok := c.overrides[dayKey{employee.UserID, date}]; ok {
		return overridden
	}
	if _, holiday := c.Holiday(date); holiday {
		return nil
	}
	group := s.group
	if len(group.cycle) == 0 {
		return nil
	}
	if group.weekly && (date.Weekday() == time.Saturday || date.Weekday() == time.Sunday) {
		return nil
	}
	position := (int(date) + employee.rotation) % len(group.cycle)
	return c.shifts[group.cycle[position]]
}

// maxSlots keeps the indexes of a second employment's slots apart from the first one's.
const maxSlots = 100

// planned are the slots of a work date as if the stint had no beginning and no end.
func (c *Company) planned(employee *Employee, s *stint, date Date) []Slot {
	shift := c.shift(employee, s, date)
	if shift == nil {
		return nil
	}
	midnight := date.In(c.location)
	list := make([]Slot, len(shift.Times))
	for index, offset := range shift.Times {
		checkType := OnDuty
		if index%2 == 1 {
			checkType = OffDuty
		}
		number := s.number*maxSlots + index
		list[index] = Slot{
			User: employee.UserID, WorkDate: date, Index: number, CheckType: checkType,
			Plan:    midnight.Add(offset),
			PlanID:  c.number(100_000_000_000, 800_000_000_000, "plan", employee.UserID, date, number),
			GroupID: s.group.ID, ClassID: shift.ClassID, stint: s,
		}
	}
	for index := range list[1:] {
		border := middle(list[index].Plan, list[index+1].Plan)
		list[index].to, list[index+1].from = border, border
	}
	first, last := &list[0], &list[len(list)-1]
	first.from = first.Plan.Add(-marginBefore)
	if before := c.shift(employee, s, date-1); before != nil {
		if border := middle((date - 1).In(c.location).Add(before.off()), first.Plan); border.After(first.from) {
			first.from = border
		}
	}
	last.to = last.Plan.Add(marginAfter)
	if after := c.shift(employee, s, date+1); after != nil {
		last.to = middle(last.Plan, (date + 1).In(c.location).Add(after.on()))
	}
	return list
}

func middle(from, to time.Time) time.Time { return from.Add(to.Sub(from) / 2) }

// placed says where a punch belongs: its work date, and its slot if the time counts for one.
func (c *Company) placed(employee *Employee, at time.Time) (Date, *Slot) {
	calendar := DateOf(at.In(c.location))
	for date := calendar - 1; date <= calendar+1; date++ {
		for _, slot := range c.slots(employee, date) {
			if !at.Before(slot.from) && at.Before(slot.to) && slot.stint.covers(at) {
				return date, &slot
			}
		}
	}
	return DateOf(at.In(c.location).Add(-employee.group.DayStart)), nil
}
