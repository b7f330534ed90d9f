package company

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// edit is an administrator's correction of one slot.
type edit struct {
	serial     int64
	index      int
	at         time.Time
	timeResult string
}

// BossEditRequest corrects the result of one slot.
type BossEditRequest struct {
	User       string    `json:"user"`
	WorkDate   Date      `json:"work_date"`
	CheckType  string    `json:"check_type"`            // OnDuty or OffDuty; the first such slot of the day
	TimeResult string    `json:"time_result,omitempty"` // Normal
	At         time.Time `json:"at,omitzero"`           // the plan
}

// BossEditResult names the slot that was corrected.
type BossEditResult struct {
	PlanID int64     `json:"plan_id"`
	At     time.Time `json:"at"`
}

func (r BossEditRequest) verb() string { return "boss-edit" }

func (r BossEditRequest) apply(c *Company) (BossEditResult, error) {
	employee, err := c.employee(r.User)
	if err != nil {
		return BossEditResult{}, err
	}
	slots := c.slots(employee, r.WorkDate)
	index := slices.IndexFunc(slots, func(s Slot) bool { return s.CheckType == r.CheckType && s.stint.went == 0 })
	if index < 0 {
		return BossEditResult{}, fmt.Errorf("user %s has no %q slot on %s: %w", r.User, r.CheckType, r.WorkDate, ErrNotAllowed)
	}
	slot := slots[index]
	correction := edit{serial: c.next(), index: slot.Index, at: slot.Plan, timeResult: cmp.Or(r.TimeResult, TimeNormal)}
	if !r.At.IsZero() {
		correction.at = r.At.In(c.location).Truncate(time.Second)
	}
	key := dayKey{r.User, r.WorkDate}
	c.edits[key] = append(c.edits[key], correction)
	c.emit(BossEdited{At: c.now, User: r.User, WorkDate: r.WorkDate, PlanID: slot.PlanID})
	c.emit(DaySummary{At: c.now, User: r.User, WorkDate: r.WorkDate})
	return BossEditResult{PlanID: slot.PlanID, At: correction.at}, nil
}

func (c *Company) lastEdit(slot Slot, m Moment) (edit, bool) {
	list := c.edits[dayKey{slot.User, slot.WorkDate}]
	for _, correction := range slices.Backward(list) {
		if correction.index == slot.Index && correction.serial <= m.Serial {
			return correction, true
		}
	}
	return edit{}, false
}

// RescheduleRequest gives people another shift on a day; an empty shift is a day off.
type RescheduleRequest struct {
	Users    []string `json:"users"`
	WorkDate Date     `json:"work_date"`
	Shift    string   `json:"shift"`
}

// RescheduleResult counts the punches that were replayed.
type RescheduleResult struct {
	Replayed int `json:"replayed"`
}

func (r RescheduleRequest) verb() string { return "reschedule" }

func (r RescheduleRequest) apply(c *Company) (RescheduleResult, error) {
	shift, ok := c.shifts[r.Shift]
	if !ok && r.Shift != "" {
		return RescheduleResult{}, fmt.Errorf("shift %q is unknown: %w", r.Shift, ErrNotAllowed)
	}
	for _, user := range r.Users {
		if err := c.reschedulable(user, r.WorkDate, shift); err != nil {
			return RescheduleResult{}, err
		}
	}
	replay := Replay{At: c.now}
	for _, user := range r.Users {
		key := dayKey{user, r.WorkDate}
		c.next()
		c.overrides[key] = shift
		for _, record := range c.records[key] {
			replay.Records = append(replay.Records, *record)
		}
	}
	c.emit(ScheduleChanged{At: c.now, Users: r.Users, WorkDate: r.WorkDate})
	if len(replay.Records) > 0 {
		c.emit(replay)
	}
	return RescheduleResult{Replayed: len(replay.Records)}, nil
}

// reschedulable guards the world against plans that its records do not fit: a day with valid punches keeps its number of slots.
func (c *Company) reschedulable(user string, date Date, shift *Shift) error {
	employee, err := c.employee(user)
	if err != nil {
		return err
	}
	s := employee.latest()
	if s.number > 0 && date <= DateOf(employee.stints[s.number-1].left)+1 {
		return fmt.Errorf("%s belongs to an earlier employment of user %s: %w", date, user, ErrNotAllowed)
	}
	present := c.shift(employee, s, date)
	if present != nil && shift != nil && len(present.Times) == len(shift.Times) {
		return nil
	}
	if len(c.records[dayKey{user, date}]) > 0 || len(c.edits[dayKey{user, date}]) > 0 {
		return fmt.Errorf("user %s has punched on %s: give a shift with as many slots: %w", user, date, ErrNotAllowed)
	}
	return nil
}
