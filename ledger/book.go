package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"dakasync/attendance"
)

// book is the part of one user's days that a transaction works on: the states
// of some dates, and of the punches at some times. Its shelf loads it under the
// user's lock, its states learn, and the shelf writes them with all that follows.
type book struct {
	zone *time.Location
	user string

	days    map[attendance.Date]*heldDay
	punches map[int64]*heldPunch // by epoch second
	dormant []heldDormant
	asked   []attendance.Date // the dates to load and to show anew
	times   []time.Time       // the times to load
	claimed []attendance.Date // further dates that something claims
	finds   *finds            // for a sweep: what differs is written
	fault   error
}

// heldDay is a day's state, and what it showed when it was loaded.
type heldDay struct {
	learned   bool // the state is to be written
	state     attendance.DayState
	shown     []attendance.ShownResult
	now       []attendance.ShownResult // as it is shown since it learned
	scheduled *bool                    // as its row showed it, like tags
	tags      []attendance.Tag
	asked     time.Time // when it was last asked about
	rows      int       // that show its results; other than shown, if a release that showed it otherwise wrote them
}

// heldPunch is a punch's state, and where it stood when it was loaded.
type heldPunch struct {
	at        time.Time
	takenBack bool // the row is among those taken back
	state     attendance.PunchState
	before    *attendance.Punch // as its row showed it; nil: there was none
}

// heldDormant is a stored result that is no punch by itself.
type heldDormant struct {
	attendance.Dormant

	at int64
}

// forget leaves nothing of what was loaded and learned.
func (b *book) forget() {
	b.days, b.punches, b.dormant, b.claimed, b.fault = map[attendance.Date]*heldDay{}, map[int64]*heldPunch{}, nil, nil, nil
	b.finds.forget()
}

type dayRow struct {
	UserID    string
	WorkDate  time.Time
	State     string
	Scheduled *bool
	Approvals string
	Rows      int
}

type punchRow struct {
	UserID            string
	CheckTime         time.Time
	State             string
	WorkDate          *time.Time // nil for one that was taken back, as all that follows
	CheckType         *string
	SourceType        *string
	LocationResult    *string
	Valid             *bool
	RecordID          *int64
	BizID             *string
	ProcessInstanceID *string
	InvalidType       *string
	InvalidMessage    *string
	Origin            *string
	Explained         *bool
}

// punch is what the row shows.
func (r punchRow) punch() *attendance.Punch {
	if r.WorkDate == nil {
		return nil
	}
	return &attendance.Punch{
		UserID: r.UserID, WorkDate: dateOf(*r.WorkDate), CheckTime: r.CheckTime.UTC(), CheckType: orZero(r.CheckType), SourceType: orZero(r.SourceType),
		LocationResult: orZero(r.LocationResult), Valid: r.Valid, RecordID: orZero(r.RecordID), BizID: orZero(r.BizID),
		ProcessInstanceID: orZero(r.ProcessInstanceID), InvalidType: orZero(r.InvalidType), InvalidMessage: orZero(r.InvalidMessage),
		Origin: attendance.Origin(orZero(r.Origin)), Explained: orZero(r.Explained),
	}
}

type resultRow struct {
	UserID            string
	WorkDate          time.Time
	UserCheckTime     time.Time
	Origin            string
	CheckType         string
	SourceType        *string
	LocationResult    *string
	RecordID          *int64
	ProcessInstanceID *string
}

func (b *book) holdDay(r dayRow) {
	d := &heldDay{rows: r.Rows, scheduled: r.Scheduled}
	if err := errors.Join(json.Unmarshal([]byte(r.State), &d.state), json.Unmarshal([]byte(r.Approvals), &d.tags)); err != nil {
		b.fault = fmt.Errorf("read the state of day %s: %w", dateOf(r.WorkDate), err)
	}
	d.shown, d.asked = d.state.Shown(), d.state.SyncedAt()
	b.days[dateOf(r.WorkDate)] = d
}

func (b *book) holdPunch(r punchRow) {
	p := &heldPunch{at: r.CheckTime.UTC(), takenBack: r.WorkDate == nil, before: r.punch()}
	if err := json.Unmarshal([]byte(r.State), &p.state); err != nil {
		b.fault = fmt.Errorf("read the state of the punch at %s: %w", p.at.Format(time.RFC3339), err)
	}
	b.punches[r.CheckTime.Unix()] = p
}

func (b *book) holdDormant(r resultRow) {
	result := attendance.Result{
		CheckType: r.CheckType, UserCheckTime: r.UserCheckTime.UTC(), SourceType: orZero(r.SourceType),
		LocationResult: orZero(r.LocationResult), RecordID: orZero(r.RecordID), ProcessInstanceID: orZero(r.ProcessInstanceID),
	}
	if result.Punched() {
		return
	}
	b.dormant = append(b.dormant, heldDormant{
		at:      r.UserCheckTime.Unix(),
		Dormant: attendance.Dormant{Source: attendance.Source(r.Origin), WorkDate: dateOf(r.WorkDate), Result: result},
	})
}

// day is a date's state, to learn from. The date must have been asked for.
func (b *book) day(date attendance.Date) *attendance.DayState {
	d := b.days[date]
	if d == nil {
		d = &heldDay{}
		b.days[date] = d
	}
	d.learned, d.now = true, nil
	return &d.state
}

// showing is what a day shows that has learned what it is to learn.
func (d *heldDay) showing() []attendance.ShownResult {
	if d.now == nil {
		d.now = append([]attendance.ShownResult{}, d.state.Shown()...)
	}
	return d.now
}

// rowsStay reports whether the rows of its results show what the day shows now.
func (d *heldDay) rowsStay() bool {
	return d.rows == len(d.shown) && reflect.DeepEqual(d.showing(), append([]attendance.ShownResult{}, d.shown...))
}

// stays reports whether all rows that are the day's own do.
func (d *heldDay) stays() bool {
	return d.rowsStay() && reflect.DeepEqual(d.scheduled, d.state.Scheduled()) && slices.Equal(d.tags, d.state.Tags())
}

// punch is a time's state, to learn from. The time must have been asked for.
func (b *book) punch(at time.Time) *attendance.PunchState {
	p := b.punches[at.Unix()]
	if p == nil {
		p = &heldPunch{at: at.UTC().Truncate(time.Second)}
		b.punches[at.Unix()] = p
	}
	return &p.state
}

// see lets a punch's state learn what a witness says of it.
func (b *book) see(s attendance.Sighting) { b.punch(s.At).Observe(s.Bearer, s.Witness) }

// dormantAt are the results that may wake at a punch's time: those stored for
// days that this book does not write, and those that it is about to write.
func (b *book) dormantAt(second int64) []attendance.Dormant {
	var at []attendance.Dormant
	for _, d := range b.dormant {
		if held := b.days[d.WorkDate]; d.at == second && (held == nil || !held.learned) {
			at = append(at, d.Dormant)
		}
	}
	for date, d := range b.days {
		if !d.learned {
			continue
		}
		for _, r := range d.showing() {
			if !r.UserCheckTime.IsZero() && r.UserCheckTime.Unix() == second && !r.Punched() {
				at = append(at, attendance.Dormant{Source: r.Source, WorkDate: date, Result: dormantPart(r.Result)})
			}
		}
	}
	return at
}

// dormantPart is as much of a result as a punch takes from it.
func dormantPart(r attendance.Result) attendance.Result {
	return attendance.Result{
		CheckType: r.CheckType, UserCheckTime: r.UserCheckTime, SourceType: r.SourceType,
		LocationResult: r.LocationResult, RecordID: r.RecordID, ProcessInstanceID: r.ProcessInstanceID,
	}
}

// derive is a punch as it now follows from everything; nil if there is none.
func (b *book) derive(p *heldPunch) *attendance.Punch {
	return p.state.Derive(b.user, p.at, b.dormantAt(p.at.Unix()))
}

// write adds what was learned to what the shelf writes: the states, with all that
// follows from them, and every date that anything claims.
func (b *book) write(w *writes) error {
	if b.fault != nil {
		return b.fault
	}
	touched := slices.Clone(b.claimed)
	for date, d := range b.days {
		if d.learned {
			touched = append(touched, date)
		}
	}
	seconds := make([]int64, 0, len(b.punches))
	for second := range b.punches {
		seconds = append(seconds, second)
	}
	slices.Sort(seconds)
	punches := make([]*attendance.Punch, len(seconds))
	changed := map[attendance.Date]bool{} // what is shown of them
	for i, second := range seconds {
		held := b.punches[second]
		punches[i] = b.derive(held)
		stays := samePunch(held.before, punches[i])
		for _, p := range []*attendance.Punch{held.before, punches[i]} {
			if p != nil {
				touched = append(touched, p.WorkDate)
				changed[p.WorkDate] = changed[p.WorkDate] || !stays
			}
		}
		w.punch(b.user, held, punches[i])
	}
	slices.SortFunc(touched, attendance.Date.Compare)
	for _, date := range slices.Compact(touched) {
		w.touched.add(b.user, date)
		if d := b.days[date]; d != nil && d.learned {
			w.day(b.user, date, d)
			changed[date] = changed[date] || !d.stays()
		} else {
			w.claimed.add(b.user, date)
		}
		if changed[date] {
			w.changed.add(b.user, date)
		}
	}
	found, err := b.finds.differences(b, seconds, punches)
	w.found = append(w.found, found...)
	return err
}
