package attendance

import (
	"cmp"
	"slices"
	"time"
)

// ShownResult is one of the day's slots as the ledger shows it, and whether a
// detail or a sweep says so. What a record says counts as a sweep's.
type ShownResult struct {
	Result

	Source Source
}

// Shown are the day's slots: those of the newest non-empty answer of either
// source, and over them what newer records say of the slots that were signed
// since. A word is gone once two sources, asked later, say that there is nothing.
func (d *DayState) Shown() []ShownResult {
	best, other, source := d.newest()
	if best != nil && d.emptied(best) {
		best, other = nil, nil
	}
	records := d.Records
	if records != nil && d.emptied(records) {
		records = nil
	}
	var shown []ShownResult
	if best != nil {
		for _, r := range best.Results {
			shown = append(shown, ShownResult{d.filled(r, other, records), source})
		}
	}
	if records == nil || best != nil && !records.AskedAt.After(best.AskedAt) {
		return shown
	}
	return overlay(shown, records.Results, func(r Result) Result { return d.filled(r, best, other) })
}

// overlay lays records over the slots that they have signed since.
func overlay(shown []ShownResult, records []Result, fill func(Result) Result) []ShownResult {
	changed := false
	for _, r := range records {
		if !r.planned() || r.UserCheckTime.IsZero() {
			continue
		}
		row := ShownResult{fill(r), SourceSweep}
		i := slices.IndexFunc(shown, func(s ShownResult) bool { return s.sameSlot(row.Result) })
		switch {
		case i < 0:
			shown, changed = append(shown, row), true
		case shown[i].yieldsTo(row.Result):
			shown[i], changed = row, true
		}
	}
	if changed {
		slices.SortStableFunc(shown, func(a, b ShownResult) int { return a.inOrder(b.Result) })
	}
	return shown
}

// yieldsTo reports whether a newer record of the slot takes the result's place:
// nobody had signed it yet, or a punch at another time had. What the boss, an
// approval or the system wrote stays.
func (r Result) yieldsTo(record Result) bool {
	if r.UserCheckTime.IsZero() {
		return r.SourceType != sourceBoss && r.SourceType != sourceApprove
	}
	return r.Punched() && !r.UserCheckTime.Equal(record.UserCheckTime)
}

// filled takes what a result lacks from other words, and then from the schedule.
func (d *DayState) filled(r Result, words ...*DayWord) Result {
	for _, w := range words {
		if w != nil {
			r = fillSlot(r, w.Results)
		}
	}
	if d.Plan != nil {
		r = fillPlan(r, d.Plan.Slots)
	}
	return r
}

// newest is the newest non-empty word, the other source's, and the source of
// the first. Of two words of one instant the detail's counts.
func (d *DayState) newest() (best, other *DayWord, source Source) {
	switch {
	case d.Sweep == nil && d.Detail == nil:
		return nil, nil, ""
	case d.Sweep == nil:
		return d.Detail, nil, SourceDetail
	case d.Detail == nil:
		return d.Sweep, nil, SourceSweep
	case d.Sweep.AskedAt.After(d.Detail.AskedAt):
		return d.Sweep, d.Detail, SourceSweep
	default:
		return d.Detail, d.Sweep, SourceDetail
	}
}

// emptied reports whether two sources that were asked later know of nothing. One
// of them may be the schedule: where it has none of the word's slots.
func (d *DayState) emptied(w *DayWord) bool {
	sources := 0
	for _, emptyAt := range []time.Time{d.DetailEmptyAt, d.SweepEmptyAt} {
		if emptyAt.After(w.AskedAt) {
			sources++
		}
	}
	if d.Plan != nil && d.Plan.AskedAt.After(w.AskedAt) && !d.Plan.mayKnow(w.Results) {
		sources++
	}
	return sources >= 2
}

// mayKnow reports whether the results may be of the schedule's slots. A slot that
// was moved keeps its id: its time tells.
func (p *PlanWord) mayKnow(results []Result) bool {
	return len(p.Slots) > 0 && slices.ContainsFunc(results, func(r Result) bool {
		return r.PlanCheckTime.IsZero() || slices.ContainsFunc(p.Slots, func(s Planned) bool {
			return s.CheckType == r.CheckType && s.PlanCheckTime.Equal(r.PlanCheckTime)
		})
	})
}

// planned reports whether the result belongs to a plan.
func (r Result) planned() bool { return r.PlanID != 0 || !r.PlanCheckTime.IsZero() }

// sameSlot reports whether two results of different answers are of one slot.
func (r Result) sameSlot(o Result) bool {
	if r.PlanID != 0 && o.PlanID != 0 {
		return r.PlanID == o.PlanID
	}
	return r.CheckType == o.CheckType && !r.PlanCheckTime.IsZero() && r.PlanCheckTime.Equal(o.PlanCheckTime)
}

// fillSlot takes what a result lacks from the other source's row of its slot.
// attendance/list names neither class nor location; what depends on the punch is
// taken only when both rows speak of the same one.
func fillSlot(r Result, others []Result) Result {
	i := slices.IndexFunc(others, r.sameSlot)
	if i < 0 {
		return r
	}
	o := others[i]
	if samePlan(r.PlanCheckTime, o.PlanCheckTime) {
		r.ClassID = cmp.Or(r.ClassID, o.ClassID)
		r.GroupID = cmp.Or(r.GroupID, o.GroupID)
	}
	r.PlanID = cmp.Or(r.PlanID, o.PlanID)
	if r.PlanCheckTime.IsZero() {
		r.PlanCheckTime = o.PlanCheckTime
	}
	if r.SourceType != o.SourceType || !r.UserCheckTime.Equal(o.UserCheckTime) {
		return r
	}
	r.LocationResult = cmp.Or(r.LocationResult, o.LocationResult)
	if r.SourceType == sourceApprove { // that of a punch is what excuses it, and is taken back with a leave
		r.ProcessInstanceID = cmp.Or(r.ProcessInstanceID, o.ProcessInstanceID)
	}
	r.RecordID = cmp.Or(r.RecordID, o.RecordID)
	if len(r.Extra) == 0 {
		r.Extra = o.Extra
	}
	return r
}

// fillPlan takes the shift and the group that a result lacks from the schedule's
// slot of its plan: so a day that only a sweep saw equals one that a detail saw.
func fillPlan(r Result, slots []Planned) Result {
	i := slices.IndexFunc(slots, func(s Planned) bool {
		return s.PlanID != 0 && s.PlanID == r.PlanID && samePlan(r.PlanCheckTime, s.PlanCheckTime)
	})
	if i < 0 {
		return r
	}
	r.ClassID = cmp.Or(r.ClassID, slots[i].ClassID)
	r.GroupID = cmp.Or(r.GroupID, slots[i].GroupID)
	return r
}

// samePlan reports whether two rows of a slot may be of one shift: who is given
// another shift keeps the plan's id, at another time.
func samePlan(a, b time.Time) bool { return a.IsZero() || b.IsZero() || a.Equal(b) }

// inOrder orders results by their planned time.
func (r Result) inOrder(o Result) int {
	return cmp.Or(r.PlanCheckTime.Compare(o.PlanCheckTime), r.UserCheckTime.Compare(o.UserCheckTime))
}
