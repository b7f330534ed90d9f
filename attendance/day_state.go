package attendance

import (
	"slices"
	"time"
)

// DayState is everything that answers have said about one user's work date,
// reduced to what later decisions need. It is a join-semilattice: any order
// and any repetition of the same answers gives the same state, and what the
// ledger shows (Shown, Scheduled, Tags) is a function of the state alone.
//
// It keeps the newest non-empty answer of each source, the time of the newest
// empty one, and the schedule's newest word. An empty answer deletes nothing by
// itself: reads lag behind events, and a wrong user id also answers with empty
// lists (obtain-the-attendance-update-data). An empty answer of the records
// alone proves nothing at all: who is absent has none.
type DayState struct {
	Detail        *DayWord  `json:"detail,omitempty"`
	Sweep         *DayWord  `json:"sweep,omitempty"`
	Records       *DayWord  `json:"records,omitempty"` // of the records alone: only slots that were signed
	DetailEmptyAt time.Time `json:"detail_empty_at,omitzero"`
	SweepEmptyAt  time.Time `json:"sweep_empty_at,omitzero"`
	ListedAt      time.Time `json:"listed_at,omitzero"` // when the records alone were last asked for, whatever the answer
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
	switch a.Source {
	case SourceSweep:
		word, emptyAt = &d.Sweep, &d.SweepEmptyAt
	case SourceRecords:
		word, emptyAt = &d.Records, &d.ListedAt
		d.ListedAt = later(d.ListedAt, askedAt)
	case SourceDetail:
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

// SyncedAt is when the day's results were last asked about, by either source,
// whatever the answer was; zero if never. The records alone do not move it: they
// cannot say who is missing, nor what was edited.
func (d *DayState) SyncedAt() time.Time {
	at := later(d.DetailEmptyAt, d.SweepEmptyAt)
	for _, w := range []*DayWord{d.Detail, d.Sweep} {
		if w != nil {
			at = later(at, w.AskedAt)
		}
	}
	return at
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
	shownAt := time.Time{} // when the newest answer that shows anything was asked for
	for _, w := range []*DayWord{d.Detail, d.Sweep, d.Records} {
		if w == nil {
			continue
		}
		shownAt = later(shownAt, w.AskedAt)
		if slices.ContainsFunc(w.Results, Result.planned) {
			say(w.AskedAt, true)
		}
	}
	if agreedAt := earlier(d.DetailEmptyAt, d.SweepEmptyAt); !agreedAt.IsZero() && agreedAt.After(shownAt) {
		say(agreedAt, false)
	}
	return word
}

// Tags are the approvals that the newest detail shows. They are gone once a later
// detail shows nothing at all, and another source that was asked later knows of
// nothing either: of a day off whose leave was revoked nothing else is to be seen.
func (d *DayState) Tags() []Tag {
	if d.Tagged == nil || d.untagged(d.Tagged.AskedAt) {
		return nil
	}
	return d.Tagged.Tags
}

func (d *DayState) untagged(at time.Time) bool {
	off := d.Plan != nil && d.Plan.AskedAt.After(at) && len(d.Plan.Slots) == 0
	return d.DetailEmptyAt.After(at) && (off || d.SweepEmptyAt.After(at))
}

// PlanTimes are the planned times that the results or the schedule name,
// ascending, each once: they tell which work date an approval's span touches.
func (d *DayState) PlanTimes() []time.Time {
	var times []time.Time
	for _, r := range d.Shown() {
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
	return sortedOnce(tidy, Result.inOrder)
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
