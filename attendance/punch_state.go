package attendance

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

const (
	notSigned     = "NotSigned"
	sourceApprove = "APPROVE"
	sourceBoss    = "BOSS"
)

// Origin is the best witness of a punch; it is punch.origin.
type Origin string

// The origins of a punch, best first.
const (
	OriginDetail   Origin = "detail"
	OriginApproval Origin = "approval"
	OriginSweep    Origin = "sweep"
	OriginEvent    Origin = "event"
)

// Bearer says who bears witness to a punch. Of each bearer the newest word
// counts.
type Bearer string

// The bearers. An approval is told apart by its instance instead.
const (
	BearerDetailResult Bearer = "detail_result"
	BearerDetailRecord Bearer = "detail_record"
	BearerSweepResult  Bearer = "sweep_result"
	BearerSweepRecord  Bearer = "sweep_record"
	BearerEvent        Bearer = "event"
)

// Witness is what one bearer says of a punch. SaidAt is when an answer was
// asked for, or when an event was born.
type Witness struct {
	SaidAt            time.Time       `json:"said_at,omitzero"`
	WorkDate          Date            `json:"work_date,omitzero"`
	CheckType         string          `json:"check_type,omitempty"`
	SourceType        string          `json:"source_type,omitempty"`
	LocationResult    string          `json:"location_result,omitempty"`
	Valid             *bool           `json:"valid,omitempty"`
	RecordID          int64           `json:"record_id,omitempty"`
	BizID             string          `json:"biz_id,omitempty"`
	InvalidType       string          `json:"invalid_type,omitempty"`
	InvalidMessage    string          `json:"invalid_message,omitempty"`
	ProcessInstanceID string          `json:"process_instance_id,omitempty"`
	Extra             json.RawMessage `json:"extra,omitempty"`
}

// Sighting is a witness and the punch that it speaks of.
type Sighting struct {
	At      time.Time // to the second
	Bearer  Bearer
	Witness Witness
}

// PunchState is everything that is known of one physical clock-in: one user,
// one second. Observe is a join: any order and repetition of the same words
// gives the same state. The approvals in it follow the approvals' own states,
// which are joins as well (see ApprovalState). A punch without any witness
// does not exist.
//
// A make-up that was taken back leaves a mark: the event that it pushed, and
// the records that repeat it, bear no witness any more.
type PunchState struct {
	Words     map[Bearer]Witness `json:"words,omitempty"`
	Approvals map[string]Witness `json:"approvals,omitempty"`  // by process instance
	TakenBack map[string]bool    `json:"taken_back,omitempty"` // by process instance
}

// Punch is what the ledger shows of a punch.
type Punch struct {
	UserID            string
	WorkDate          Date
	CheckTime         time.Time
	CheckType         string
	SourceType        string
	LocationResult    string
	Valid             *bool
	RecordID          int64
	BizID             string
	InvalidType       string
	InvalidMessage    string
	ProcessInstanceID string
	Extra             json.RawMessage
	Origin            Origin
	Explained         bool // something else than an event accounts for it
}

// Dormant is a result that carries a time but is no punch by itself: an
// approval's, the boss's or the system's row. It wakes as a witness when
// anything else says that there was a punch at its time.
type Dormant struct {
	Source   Source `json:"source"`
	WorkDate Date   `json:"work_date"`
	Result   Result `json:"result"`
}

// Punched reports whether the result stands for a physical clock-in. A
// NotSigned row's time is the plan; BOSS, APPROVE and SYSTEM rows are edits of
// the slot (obtain-the-attendance-update-data, source_type).
func (r Result) Punched() bool {
	if r.UserCheckTime.IsZero() || r.TimeResult == notSigned {
		return false
	}
	switch r.SourceType {
	case "USER", "ATM", "BEACON", "DING_ATM", "AUTO_CHECK":
		return true
	default:
		return false
	}
}

// Sightings are the punches that an answer speaks of. The records alone bear
// witness as a sweep does: they are the same rows.
func (a Answer) Sightings() []Sighting {
	byResult, byRecord := BearerDetailResult, BearerDetailRecord
	if a.Source == SourceSweep || a.Source == SourceRecords {
		byResult, byRecord = BearerSweepResult, BearerSweepRecord
	}
	var seen []Sighting
	for _, r := range a.Results {
		if r.Punched() {
			seen = append(seen, Sighting{toSecond(r.UserCheckTime), byResult, r.witness(a.AskedAt, a.WorkDate)})
		}
	}
	for _, r := range a.Records {
		if !r.CheckTime.IsZero() {
			seen = append(seen, Sighting{toSecond(r.CheckTime), byRecord, r.witness(a.AskedAt, a.WorkDate)})
		}
	}
	return seen
}

// Sighting is what a punch event says: the calendar day is all that it knows
// of the work date.
func (h Hint) Sighting(loc *time.Location) Sighting {
	born := h.BornAt
	if born.IsZero() {
		born = h.CheckTime
	}
	return Sighting{At: toSecond(h.CheckTime), Bearer: BearerEvent, Witness: Witness{
		SaidAt: stored(born), WorkDate: DateOf(h.CheckTime, loc),
		BizID: h.BizID, LocationResult: h.LocationResult,
	}}
}

// Observe takes in what a bearer says.
func (p *PunchState) Observe(b Bearer, w Witness) {
	if old, ok := p.Words[b]; ok && !w.replaces(old) {
		return
	}
	if p.Words == nil {
		p.Words = map[Bearer]Witness{}
	}
	p.Words[b] = w
}

// Approve lets an instance's make-up stand for the punch.
func (p *PunchState) Approve(processInstanceID string, workDate Date) {
	if p.Approvals == nil {
		p.Approvals = map[string]Witness{}
	}
	p.Approvals[processInstanceID] = Witness{
		WorkDate: workDate, SourceType: sourceApprove, ProcessInstanceID: processInstanceID,
	}
}

// Withdraw forgets what an instance did to the punch.
func (p *PunchState) Withdraw(processInstanceID string) {
	delete(p.Approvals, processInstanceID)
	delete(p.TakenBack, processInstanceID)
}

// TakeBack marks the punch as one that an instance made up and that was then
// revoked, moved or deleted.
func (p *PunchState) TakeBack(processInstanceID string) {
	if p.TakenBack == nil {
		p.TakenBack = map[string]bool{}
	}
	p.TakenBack[processInstanceID] = true
}

// Exists reports whether anybody says that there was a punch. DingTalk pushes an
// event for an approved make-up as for a clock-in (employee-clock-in-event), and
// lists a record of it: of one that was taken back they prove nothing.
func (p *PunchState) Exists() bool {
	if len(p.Approvals) > 0 || len(p.TakenBack) == 0 {
		return len(p.Approvals)+len(p.Words) > 0
	}
	for bearer, w := range p.Words {
		if bearer != BearerEvent && w.SourceType != sourceApprove {
			return true
		}
	}
	return false
}

// Blank reports whether nothing at all was said.
func (p *PunchState) Blank() bool { return len(p.Words)+len(p.Approvals)+len(p.TakenBack) == 0 }

// Derive is the punch as the ledger shows it, nil if there is none. The
// dormant results are those of the user's days whose time is the punch's.
func (p *PunchState) Derive(userID string, at time.Time, dormant []Dormant) *Punch {
	if !p.Exists() {
		return nil
	}
	words := p.ranked(dormant)
	punch := &Punch{UserID: userID, CheckTime: toSecond(at), Origin: words[0].origin}
	punch.Explained = punch.Origin != OriginEvent
	for _, w := range words {
		punch.take(w.Witness)
	}
	slices.SortStableFunc(words, func(a, b rankedWord) int { return cmp.Compare(a.dateRank, b.dateRank) })
	for _, w := range words {
		if !w.WorkDate.IsZero() {
			punch.WorkDate = w.WorkDate
			break
		}
	}
	return punch
}

// rankedWord is a witness with its standing: its origin, and how well it
// knows the work date.
type rankedWord struct {
	Witness
	origin   Origin
	dateRank int
}

// A result's work date beats a record's, which beats that of an approval's
// form, which beats an event's calendar day. Of two results the newer one counts.
const (
	dateOfResult = iota
	dateOfRecord
	dateOfForm
	dateOfCalendar
)

// ranked lists the witnesses, best first.
func (p *PunchState) ranked(dormant []Dormant) []rankedWord {
	var words []rankedWord
	add := func(b Bearer, o Origin, dateRank int) {
		if w, ok := p.Words[b]; ok {
			if p.outdated(b) {
				w.WorkDate, w.CheckType = Date{}, ""
			}
			words = append(words, rankedWord{w, o, dateRank})
		}
	}
	wake := func(s Source, o Origin) {
		for _, d := range sortedDormant(dormant, s) {
			words = append(words, rankedWord{d.Result.witness(time.Time{}, d.WorkDate), o, dateOfResult})
		}
	}
	add(BearerDetailResult, OriginDetail, dateOfResult)
	add(BearerDetailRecord, OriginDetail, dateOfRecord)
	wake(SourceDetail, OriginDetail)
	for _, id := range slices.Sorted(maps.Keys(p.Approvals)) {
		words = append(words, rankedWord{p.Approvals[id], OriginApproval, dateOfForm})
	}
	add(BearerSweepResult, OriginSweep, dateOfResult)
	add(BearerSweepRecord, OriginSweep, dateOfRecord)
	wake(SourceSweep, OriginSweep)
	add(BearerEvent, OriginEvent, dateOfCalendar)
	return words
}

// outdated reports whether the other source has said later for which slot the punch
// counts: who is given another shift may have it moved to another date.
func (p *PunchState) outdated(b Bearer) bool {
	other := map[Bearer]Bearer{BearerDetailResult: BearerSweepResult, BearerSweepResult: BearerDetailResult}[b]
	later, said := p.Words[other]
	return said && later.SaidAt.After(p.Words[b].SaidAt)
}

// take fills what the punch still lacks.
func (p *Punch) take(w Witness) {
	p.CheckType = cmp.Or(p.CheckType, w.CheckType)
	p.SourceType = cmp.Or(p.SourceType, w.SourceType)
	p.LocationResult = cmp.Or(p.LocationResult, w.LocationResult)
	p.RecordID = cmp.Or(p.RecordID, w.RecordID)
	p.BizID = cmp.Or(p.BizID, w.BizID)
	p.InvalidType = cmp.Or(p.InvalidType, w.InvalidType)
	p.InvalidMessage = cmp.Or(p.InvalidMessage, w.InvalidMessage)
	p.ProcessInstanceID = cmp.Or(p.ProcessInstanceID, w.ProcessInstanceID)
	if p.Valid == nil {
		p.Valid = w.Valid
	}
	if len(p.Extra) == 0 {
		p.Extra = w.Extra
	}
}

// replaces reports whether w is to be believed rather than old, of the same
// bearer. Of two records of one second the valid one counts.
func (w Witness) replaces(old Witness) bool {
	if c := w.SaidAt.Compare(old.SaidAt); c != 0 {
		return c > 0
	}
	if is, was := isTrue(w.Valid), isTrue(old.Valid); is != was {
		return is
	}
	return canonical(w) > canonical(old)
}

func (r Result) witness(askedAt time.Time, workDate Date) Witness {
	return Witness{
		SaidAt: stored(askedAt), WorkDate: workDate, CheckType: r.CheckType, SourceType: r.SourceType,
		LocationResult: r.LocationResult, RecordID: r.RecordID, ProcessInstanceID: r.ProcessInstanceID, Extra: r.Extra,
	}
}

func (r Record) witness(askedAt time.Time, workDate Date) Witness {
	return Witness{
		SaidAt: stored(askedAt), WorkDate: workDate, CheckType: r.CheckType, SourceType: r.SourceType,
		LocationResult: r.LocationResult, Valid: r.Valid, RecordID: r.RecordID, BizID: r.BizID,
		InvalidType: r.InvalidType, InvalidMessage: r.InvalidMessage, ProcessInstanceID: r.ProcessInstanceID, Extra: r.Extra,
	}
}

func sortedDormant(dormant []Dormant, s Source) []Dormant {
	var of []Dormant
	for _, d := range dormant {
		if d.Source == s {
			of = append(of, d)
		}
	}
	return sortedOnce(of, func(a, b Dormant) int { return b.WorkDate.Compare(a.WorkDate) })
}

func isTrue(b *bool) bool { return b != nil && *b }
