package company

import (
	"fmt"
	"slices"
	"time"
)

// stint is one employment of a person. What became of its days is frozen when it ends: nothing is computed for people who left.
type stint struct {
	number       int
	group        *Group
	joined, left time.Time // zero: before the world began; not yet
	came, went   int64     // serials
}

// during says whether the stint had begun and not ended at a serial.
func (s *stint) during(serial int64) bool {
	return s.came <= serial && (s.went == 0 || serial < s.went)
}

// covers says whether the person was employed at a time.
func (s *stint) covers(at time.Time) bool {
	return !at.Before(s.joined) && (s.left.IsZero() || at.Before(s.left))
}

// on says whether the person was employed on a day, or a part of it.
func (s *stint) on(date Date) bool {
	return DateOf(s.joined) <= date && (s.left.IsZero() || date <= DateOf(s.left))
}

// ended says whether the stint is known to be over at a moment.
func (s *stint) ended(m Moment) bool { return s.went > 0 && s.went <= m.Serial }

// until is the moment as far as the stint has come by then.
func (s *stint) until(m Moment) Moment {
	if s.ended(m) {
		m.Serial, m.Now = s.went, s.left
	}
	return m
}

// holds says whether a slot is the stint's: one planned before it began, or whose share of time begins after its end, is not.
func (s *stint) holds(m Moment, slot Slot) bool {
	return s.came <= m.Serial && !slot.Plan.Before(s.joined) && (!s.ended(m) || slot.from.Before(s.left))
}

// latest employment of the person.
func (e *Employee) latest() *stint { return e.stints[len(e.stints)-1] }

// gone says whether the person has left.
func (e *Employee) gone() bool { return !e.latest().left.IsZero() }

// employed says whether the person is one at a moment.
func (e *Employee) employed(m Moment) bool {
	return slices.ContainsFunc(e.stints, func(s *stint) bool { return s.during(m.Serial) })
}

// on is the employment that a day belongs to, the later one if there are two; nil for none.
func (e *Employee) on(date Date) *stint {
	for _, s := range slices.Backward(e.stints) {
		if s.on(date) {
			return s
		}
	}
	return nil
}

// joinedBy refuses what lies before the present employment: earlier ones are closed.
func (e *Employee) joinedBy(at time.Time) error {
	if joined := e.latest().joined; at.Before(joined) {
		return fmt.Errorf("user %s has joined at %s only: %w", e.UserID, joined.Format(time.DateTime), ErrNotAllowed)
	}
	return nil
}

// slots of the person's work date, in time order; none on an unscheduled day.
func (c *Company) slots(employee *Employee, date Date) []Slot {
	return c.slotsAt(c.moment(), employee, date)
}

// slotsAt are the slots as they are known at a moment.
func (c *Company) slotsAt(m Moment, employee *Employee, date Date) []Slot {
	var list []Slot
	for _, s := range employee.stints {
		slots := slices.DeleteFunc(c.planned(employee, s, date), func(slot Slot) bool { return !s.holds(m, slot) })
		list = append(list, slots...)
	}
	return list
}
