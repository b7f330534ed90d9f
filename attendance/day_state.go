package attendance

import (
	"cmp"
	"slices"
	"time"
)

// DayState is everything that answers have said about one user's work date,
// reduced to what later decisions need. It is a join-semilattice: any order
// and any repetition of the same answers gives the same state, and what the
// ledger shows (Results, Scheduled, Tags) is a function of the state alone.
//
// It keeps the newest non-empty answer of each source, the time of the newest
// empty one, and the schedule's newest word. An empty answer deletes nothing by
// itself: reads lag behind events, and a wrong user id also answers with empty
// lists (obtain-the-attendance-update-data).
type DayState struct {
	Detail        *DayWord  `json:"detail,omitempty"`
	Sweep         *DayWord  `json:"sweep,omitempty"`
	DetailEmptyAt time.Time `json:"detail_empty_at,omitzero"`
	SweepEmptyAt  time.Time `json:"sweep_empty_at,omitzero"`
	Tagged        *TagWord  `json:"tagged,omitempty"`
	Plan          *PlanWord `json:"plan,omitempty"`
}

// DayWord is the results of one non-empty answer. An answer that shows only
// records has none, and says so.
type DayWord struct {
	AskedAt time.Time `json:"asked_at"`
	Results []Result  `json:"results,omitempty"`
}

// TagWord is the approvals that a detail shows.
type TagWord struct {
	AskedAt time.Time `json:"asked_at"`
	Tags    []Tag     `json:"tags,omitempty"`
}

// PlanWord is the schedule's word: no slots means that none is planned.
type PlanWord struct {
	AskedAt time.Time `json:"asked_at"`
	Slots   []Planned `json:"slots,omitempty"`
}

// Learn takes in one answer about the day.
func (d *DayState) Learn(a Answer) {
	askedAt := stored(a.AskedAt)
	word, emptyAt := &d.Detail, &d.DetailEmptyAt
	if a.Source == SourceSweep {
		word, emptyAt = &d.Sweep, &d.SweepEmptyAt
	}
	if a.Empty() {
		*emptyAt = later(*emptyAt, askedAt)
	} else {
		*word = newestDayWord(*word, &DayWord{AskedAt: askedAt, Results: tidyResults(a.Results)})
	}
	if a.Source == SourceDetail && (!a.Empty() || len(a.Approvals) > 0) {
		d.Tagged = newestTagWord(d.Tagged, &TagWord{AskedAt: askedAt, Tags: tidyTags(a.Approvals)})
	}
}

// LearnPlan takes in the schedule's word about the day: its slots, or none.
// Rest slots are no slots.
func (d *DayState) LearnPlan(askedAt time.Time, slots []Planned) {
	word := &PlanWord{AskedAt: stored(askedAt), Slots: tidySlots(slots)}
	if d.Plan == nil || newer(d.Plan.AskedAt, d.Plan.Slots, word.AskedAt, word.Slots) {
		d.Plan = word
	}
}

// SyncedAt is when the day was last asked about, by either source, whatever
// the answer was; zero if never.
func (d *DayState) SyncedAt() time.Time {
	at := later(d.DetailEmptyAt, d.SweepEmptyAt)
	for _, w := range []*DayWord{d.Detail, d.Sweep} {
		if w != nil {
			at = later(at, w.AskedAt)
		}
	}
	return at
}

// Results are the day's slots: those of the newest non-empty answer, and the
// source that they come from. They are gone once two sources, asked later, say
// that there is nothing.
func (d *DayState) Results() ([]Result, Source) {
	best, other, source := d.newest()
	if best == nil || d.emptiedAfter(best.AskedAt) {
		return nil, ""
	}
	filled := slices.Clone(best.Results)
	for i := range filled {
		if other != nil {
			filled[i] = fillSlot(filled[i], other.Results)
		}
		if d.Plan != nil {
			filled[i] = fillPlan(filled[i], d.Plan.Slots)
		}
	}
	return filled, source
}

// Scheduled says whether a slot is planned; nil if nobody said. The newest
// word wins.
func (d *DayState) Scheduled() *bool {
	var at time.Time
	var word *bool
	say := func(t time.Time, planned bool) {
		if word == nil || t.After(at) || t.Equal(at) && planned {
			at, word = t, &planned
		}
	}
	if d.Plan != nil {
		say(d.Plan.AskedAt, len(d.Plan.Slots) > 0)
	}
	for _, w := range []*DayWord{d.Detail, d.Sweep} {
		if w != nil && slices.ContainsFunc(w.Results, Result.planned) {
			say(w.AskedAt, true)
		}
	}
	if best, _, _ := d.newest(); !d.DetailEmptyAt.IsZero() && !d.SweepEmptyAt.IsZero() {
		agreedAt := earlier(d.DetailEmptyAt, d.SweepEmptyAt)
		if best == nil || agreedAt.After(best.AskedAt) {
			say(agreedAt, false)
		}
	}
	return word
}

// Tags are the approvals that the newest detail shows.
func (d *DayState) Tags() []Tag {
	if d.Tagged == nil {
		return nil
	}
	return d.Tagged.Tags
}

// PlanTimes are the planned times that the results or the schedule name,
// ascending, each once: they tell which work date an approval's span touches.
func (d *DayState) PlanTimes() []time.Time {
	var times []time.Time
	results, _ := d.Results()
	for _, r := range results {
		if !r.PlanCheckTime.IsZero() {
			times = append(times, r.PlanCheckTime)
		}
	}
	if d.Plan != nil {
		for _, s := range d.Plan.Slots {
			if !s.PlanCheckTime.IsZero() {
				times = append(times, s.PlanCheckTime)
			}
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
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

// emptiedAfter reports whether two sources, asked after t, know of nothing.
func (d *DayState) emptiedAfter(t time.Time) bool {
	sources := 0
	for _, emptyAt := range []time.Time{d.DetailEmptyAt, d.SweepEmptyAt} {
		if emptyAt.After(t) {
			sources++
		}
	}
	if d.Plan != nil && len(d.Plan.Slots) == 0 && d.Plan.AskedAt.After(t) {
		sources++
	}
	return sources >= 2
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
	r.ProcessInstanceID = cmp.Or(r.ProcessInstanceID, o.ProcessInstanceID)
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

func newestDayWord(old, word *DayWord) *DayWord {
	if old == nil || newer(old.AskedAt, old.Results, word.AskedAt, word.Results) {
		return word
	}
	return old
}

func newestTagWord(old, word *TagWord) *TagWord {
	if old == nil || newer(old.AskedAt, old.Tags, word.AskedAt, word.Tags) {
		return word
	}
	return old
}

func tidyResults(results []Result) []Result {
	tidy := slices.Clone(results)
	for i := range tidy {
		tidy[i].PlanCheckTime = stored(tidy[i].PlanCheckTime)
		tidy[i].UserCheckTime = toSecond(tidy[i].UserCheckTime)
		if tidy[i].TimeResult == notSigned {
			tidy[i].UserCheckTime = time.Time{}
		}
	}
	return sortedOnce(tidy, func(a, b Result) int {
		return cmp.Or(a.PlanCheckTime.Compare(b.PlanCheckTime), a.UserCheckTime.Compare(b.UserCheckTime))
	})
}

func tidyTags(tags []Tag) []Tag {
	tidy := slices.Clone(tags)
	for i := range tidy {
		tidy[i].Begin, tidy[i].End = stored(tidy[i].Begin), stored(tidy[i].End)
		tidy[i].FinishedAt = stored(tidy[i].FinishedAt)
	}
	return sortedOnce(tidy, func(a, b Tag) int { return a.Begin.Compare(b.Begin) })
}

func tidySlots(slots []Planned) []Planned {
	var tidy []Planned
	for _, s := range slots {
		if s.Rest {
			continue
		}
		s.PlanCheckTime = stored(s.PlanCheckTime)
		tidy = append(tidy, s)
	}
	return sortedOnce(tidy, func(a, b Planned) int { return a.PlanCheckTime.Compare(b.PlanCheckTime) })
}
