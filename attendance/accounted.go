package attendance

// Accounted reports whether clock-ins and schedule alone account for the day:
// the schedule is known, every slot of it was signed by a punch, nothing else is
// shown, and neither an edit nor an approval is known of. What DingTalk's results
// would say of such a day is what its clock-ins say. A day without a plan on which
// nobody signed anything is accounted for, too.
func (d *DayState) Accounted() bool {
	if d.Plan == nil || len(d.Tags()) > 0 {
		return false
	}
	shown := d.Shown()
	if len(shown) != len(d.Plan.Slots) {
		return false
	}
	for _, slot := range d.Plan.Slots {
		if !signed(shown, slot) {
			return false
		}
	}
	return true
}

// signed reports whether a punch met a slot, under the plan that the schedule
// names: who is given another shift keeps the plan's id, at another time.
func signed(shown []ShownResult, slot Planned) bool {
	for _, r := range shown {
		if r.PlanID == slot.PlanID && r.CheckType == slot.CheckType && r.PlanCheckTime.Equal(slot.PlanCheckTime) {
			return slot.PlanID != 0 && r.Punched()
		}
	}
	return false
}
