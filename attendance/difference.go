package attendance

import (
	"encoding/json"
	"fmt"
	"time"
)

// Difference is one thing that a sweep found other than the ledger had it; it is
// a row of dakasync.difference.
type Difference struct {
	UserID   string          `json:"user_id,omitempty"`
	WorkDate Date            `json:"work_date,omitzero"`
	Domain   Domain          `json:"domain"`
	What     string          `json:"what"`
	Before   json.RawMessage `json:"before,omitempty"` // as the ledger showed it; nil if it did not
	After    json.RawMessage `json:"after,omitempty"`  // as it shows it since; nil if it does not
	Why      string          `json:"why"`
}

// PunchDiffers reports whether a reader of the ledger would call two words about
// one punch different ones; nil is no punch.
func PunchDiffers(before, after *Punch) bool {
	if before == nil || after == nil {
		return before != after
	}
	return before.WorkDate != after.WorkDate || before.Explained != after.Explained || !sameBool(before.Valid, after.Valid)
}

// PunchName is what a difference calls a punch.
func PunchName(at time.Time, loc *time.Location) string {
	return "punch at " + at.In(loc).Format(time.DateTime)
}

// ResultChange is a result that differs: nil is none.
type ResultChange struct {
	Before *Result
	After  *Result
}

// resultKey tells the results of one day apart: by their slot, or where nothing is
// planned by their time.
type resultKey struct {
	checkType string
	planned   int64
	at        int64
}

func (r Result) key() resultKey {
	if r.PlanCheckTime.IsZero() {
		return resultKey{checkType: r.CheckType, at: r.UserCheckTime.Unix()}
	}
	return resultKey{checkType: r.CheckType, planned: r.PlanCheckTime.Unix()}
}

// ResultChanges are the results of one day that a reader of the ledger would call
// different ones, in their order: those that were, then those that are new.
func ResultChanges(before, after []Result) []ResultChange {
	now := map[resultKey][]*Result{}
	for i := range after {
		now[after[i].key()] = append(now[after[i].key()], &after[i])
	}
	var changes []ResultChange
	for i := range before {
		old, key := &before[i], before[i].key()
		var r *Result
		if same := now[key]; len(same) > 0 {
			r, now[key] = same[0], same[1:]
		}
		if r == nil || resultDiffers(*old, *r) {
			changes = append(changes, ResultChange{Before: old, After: r})
		}
	}
	for i := range after {
		if same := now[after[i].key()]; len(same) > 0 && same[0] == &after[i] {
			changes, now[after[i].key()] = append(changes, ResultChange{After: same[0]}), same[1:]
		}
	}
	return changes
}

func resultDiffers(a, b Result) bool {
	return a.TimeResult != b.TimeResult || !a.UserCheckTime.Equal(b.UserCheckTime) ||
		a.SourceType != b.SourceType || a.ProcessInstanceID != b.ProcessInstanceID
}

// Name is what a difference calls a result of a date.
func (c ResultChange) Name(date Date, loc *time.Location) string {
	r := c.After
	if r == nil {
		r = c.Before
	}
	if r.PlanCheckTime.IsZero() {
		return fmt.Sprintf("result %s of %s", r.CheckType, date)
	}
	return fmt.Sprintf("result %s of %s", r.CheckType, r.PlanCheckTime.In(loc).Format("2006-01-02 15:04"))
}

// Clue is the clue that a change of a result gives; asked is when its day was asked
// about before.
func (c ResultChange) Clue(asked time.Time) Clue {
	switch {
	case c.After == nil, c.After.TimeResult == notSigned, c.After.SourceType == "SYSTEM", c.After.UserCheckTime.IsZero():
		return Clue{Unpushed: true}
	case c.After.Punched():
		return Clue{At: c.After.UserCheckTime}
	default:
		return Clue{Since: asked} // an edit, by hand or by an approval
	}
}

// Clue is what can be told about a difference's past.
type Clue struct {
	At       time.Time // when it happened; zero if that is not known
	Since    time.Time // it happened since then, if At is zero; zero: nobody knows
	Unpushed bool      // DingTalk pushes nothing when it happens
	Told     bool      // an event told of it
	Crowded  bool      // it is a punch, and the same person punched twice in that minute
}

// Blindness is when the ledger may have been told nothing, as far as it knows.
type Blindness struct {
	First time.Time // since when connections are proven at all; zero: none ever was
	Gaps  []Gap
	Lost  []LostRead // reads of failed pushes whose answer may be lost
}

// Why says why a difference was not known before: the first reason that applies.
func (b Blindness) Why(c Clue, loc *time.Location) string {
	if c.Unpushed {
		return "no push is sent for this"
	}
	switch {
	case b.First.IsZero():
		return "a gap: no connection was proven yet"
	case c.happenedIn(time.Time{}, b.First):
		return "a gap: no connection was proven before " + b.First.In(loc).Format(time.DateTime)
	}
	for _, g := range b.Gaps {
		if c.happenedIn(g.Began.Add(-BlindMargin), g.Ended) {
			return fmt.Sprintf("a gap: %s to %s (%s)", g.Began.In(loc).Format(time.DateTime), g.Ended.In(loc).Format(time.DateTime), g.Reason)
		}
	}
	for _, l := range b.Lost {
		if c.happenedIn(l.Since.Add(-BlindMargin), l.Until) {
			return "a lost read of failed pushes"
		}
	}
	switch {
	case c.Told:
		return "told, but not shown then"
	case c.Crowded:
		return "one push a minute"
	default:
		return "no event came"
	}
}

// happenedIn reports whether it may have happened between two times.
func (c Clue) happenedIn(from, until time.Time) bool {
	if c.At.IsZero() {
		return !c.Since.IsZero() && c.Since.Before(until)
	}
	return !c.At.Before(from) && !c.At.After(until)
}

func sameBool(a, b *bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
