package story

import (
	"slices"
	"time"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/ledger"
)

// Kind says what an entry is about.
type Kind string

// The kinds of entries, in the order in which those of one instant are told.
const (
	KindDecision   Kind = "decision"
	KindGap        Kind = "gap"
	KindApproval   Kind = "approval"
	KindEvent      Kind = "event"
	KindAsked      Kind = "asked"
	KindVersion    Kind = "version"
	KindDifference Kind = "difference"
	KindReconciled Kind = "reconciled"
	KindSettled    Kind = "settled"
)

// Reason says why an event has its outcome, as far as the ledger knows. The run's
// own reason is its result in Temporal.
type Reason string

// The reasons.
const (
	ReasonShown      Reason = "shown"       // the punch stands in the ledger, and more than an event shows it
	ReasonTakenBack  Reason = "taken_back"  // the punch was a make-up that was revoked
	ReasonAlone      Reason = "alone"       // nothing but the event speaks of the punch
	ReasonRead       Reason = "read"        // the approval was read
	ReasonAsked      Reason = "asked"       // DingTalk was asked about the day since
	ReasonNoRun      Reason = "no_run"      // no run was started yet
	ReasonRunning    Reason = "running"     // its run has not ended
	ReasonNothing    Reason = "nothing"     // nothing follows from it
	ReasonRefused    Reason = "refused"     // it is another company's
	ReasonUnreadable Reason = "unreadable"  // nobody could read it
	ReasonUnknown    Reason = "in_the_run"  // only the run says
	ReasonNotRead    Reason = "not_read"    // the approval could not be read to its end
	ReasonNotAsked   Reason = "not_yet"     // the day was not asked about since
	ReasonGone       Reason = "not_present" // the punch is not in the ledger any more
)

// Entry is one thing that happened. Of what it is about, the field of its kind is set.
type Entry struct {
	At         time.Time `json:"at"`
	Kind       Kind      `json:"kind"`
	WorkflowID string    `json:"workflow_id,omitempty"` // the run that did it, to be pasted into Temporal
	RunURL     string    `json:"run_url,omitempty"`     // where the Temporal UI shows it, if its address is known

	Event      *ledger.EventFact      `json:"event,omitempty"`
	Reason     Reason                 `json:"reason,omitempty"` // of an event's outcome
	Asked      *ledger.AskedFact      `json:"asked,omitempty"`
	Version    int                    `json:"version,omitempty"`
	Trigger    attendance.Trigger     `json:"trigger,omitempty"` // of a version
	Partial    bool                   `json:"partial,omitempty"` // of a version: the one before it is gone, so all that it shows is told
	Changes    []Change               `json:"changes,omitempty"` // of a version
	Approval   *ledger.ApprovalFact   `json:"approval,omitempty"`
	Decided    bool                   `json:"decided,omitempty"` // of an approval: it came to its end
	Difference *ledger.DifferenceFact `json:"difference,omitempty"`
	Decision   *budget.Decision       `json:"decision,omitempty"`
	Gap        *ledger.GapFact        `json:"gap,omitempty"`
}

// Story is a day's story, and how the day stands now.
type Story struct {
	UserID   string               `json:"user_id"`
	WorkDate attendance.Date      `json:"work_date"`
	Known    bool                 `json:"known"` // whether anything ever spoke of the day
	Final    bool                 `json:"final"` // whether punches, results and approvals are complete through the date
	Complete []Completeness       `json:"complete"`
	Employee *ledger.EmployeeFact `json:"employee,omitempty"`

	Entries   []Entry               `json:"entries"`
	Now       *ledger.DayFact       `json:"now,omitempty"`
	Approvals []ledger.ApprovalFact `json:"approvals"`
	TakenBack []time.Time           `json:"taken_back"` // revoked make-ups that nothing else spoke of
	Calls     []Calls               `json:"calls_of_the_company"`
}

// Completeness is how far one kind of data is complete.
type Completeness struct {
	Domain     attendance.Domain `json:"domain"`
	Through    attendance.Date   `json:"complete_through,omitzero"`
	HeldBackOn attendance.Date   `json:"held_back_on,omitzero"`
	HeldBackBy string            `json:"held_back_by,omitempty"`
}

// Calls is what the whole company spent on one API in one hour: the ledger does
// not count by user.
type Calls struct {
	Hour    time.Time `json:"hour"`
	API     string    `json:"api"`
	Outcome string    `json:"outcome"`
	Calls   int       `json:"calls"`
	Billed  int       `json:"billed"`
}

// Tell is the story of the facts.
func Tell(f ledger.DayFacts) Story {
	s := Story{
		UserID: f.UserID, WorkDate: f.WorkDate, Employee: f.Employee, Now: f.Day, Approvals: append([]ledger.ApprovalFact{}, f.Approvals...),
		Known: f.Day != nil || len(f.Events) > 0 || len(f.Approvals) > 0, Final: len(f.Complete) > 0, Complete: []Completeness{},
		TakenBack: append([]time.Time{}, f.TakenBack...), Calls: []Calls{},
	}
	for _, c := range f.Complete {
		s.Complete = append(s.Complete, Completeness(c))
		s.Final = s.Final && !c.Through.IsZero() && !c.Through.Before(f.WorkDate)
	}
	for _, c := range f.Calls {
		s.Calls = append(s.Calls, Calls{Hour: c.Hour, API: c.API, Outcome: c.Outcome, Calls: c.Calls, Billed: c.Counted})
	}
	s.Entries = append([]Entry{}, slices.Concat(decisions(f.Decisions), gaps(f.Gaps), approvals(f.Approvals), events(f), asked(f.Asked), versions(f.Versions), ends(f))...)
	slices.SortStableFunc(s.Entries, func(a, b Entry) int { return a.At.Compare(b.At) })
	return s
}

// Link gives every run's address in a Temporal UI.
func (s *Story) Link(address func(workflowID string) string) {
	for i, e := range s.Entries {
		if e.WorkflowID != "" {
			s.Entries[i].RunURL = address(e.WorkflowID)
		}
	}
}

// decisions are those that change how events are answered: the ledger repeats one
// every hour.
func decisions(list []budget.Decision) []Entry {
	var entries []Entry
	for i, d := range list {
		if i > 0 && d.Mode == list[i-1].Mode && d.Window == list[i-1].Window && d.Thrift == list[i-1].Thrift {
			continue
		}
		entries = append(entries, Entry{At: d.DecidedAt, Kind: KindDecision, Decision: &list[i]})
	}
	return entries
}

func gaps(list []ledger.GapFact) []Entry {
	entries := make([]Entry, len(list))
	for i, g := range list {
		entries[i] = Entry{At: g.BeganAt, Kind: KindGap, WorkflowID: g.WorkflowID, Gap: &list[i]}
	}
	return entries
}

// approvals are told when they were asked for and when they were decided.
func approvals(list []ledger.ApprovalFact) []Entry {
	var entries []Entry
	for i, a := range list {
		if a.CreatedAt != nil {
			entries = append(entries, Entry{At: *a.CreatedAt, Kind: KindApproval, Approval: &list[i]})
		}
		if a.FinishedAt != nil {
			entries = append(entries, Entry{At: *a.FinishedAt, Kind: KindApproval, Decided: true, Approval: &list[i]})
		}
	}
	return entries
}

func events(f ledger.DayFacts) []Entry {
	entries := make([]Entry, len(f.Events))
	for i, e := range f.Events {
		entries[i] = Entry{At: e.ReceivedAt, Kind: KindEvent, WorkflowID: e.WorkflowID, Event: &f.Events[i], Reason: reason(e)}
	}
	return entries
}

func asked(list []ledger.AskedFact) []Entry {
	entries := make([]Entry, len(list))
	for i, a := range list {
		entries[i] = Entry{At: a.At, Kind: KindAsked, Asked: &list[i]}
	}
	return entries
}

// versions say what changed since the one before. The first may be gone (pruned):
// then all that the oldest shows is told.
func versions(list []ledger.VersionFact) []Entry {
	entries := make([]Entry, len(list))
	for i, v := range list {
		var before ledger.Shown
		if i > 0 {
			before = list[i-1].Shown
		}
		entries[i] = Entry{
			At: v.RecordedAt, Kind: KindVersion, WorkflowID: v.WorkflowID, Version: v.Version, Trigger: v.Trigger,
			Partial: i == 0 && v.Version > 1 || i > 0 && v.Version != list[i-1].Version+1, Changes: changes(before, v.Shown),
		}
	}
	return entries
}

// ends are what sweeps did with the day.
func ends(f ledger.DayFacts) []Entry {
	var entries []Entry
	for i, d := range f.Differences {
		entries = append(entries, Entry{At: d.FoundAt, Kind: KindDifference, WorkflowID: d.WorkflowID, Difference: &f.Differences[i]})
	}
	if r := f.Reconciled; r != nil {
		entries = append(entries, Entry{At: r.ReconciledAt, Kind: KindReconciled, WorkflowID: r.WorkflowID})
	}
	if f.Day != nil && f.Day.SettledAt != nil {
		entries = append(entries, Entry{At: *f.Day.SettledAt, Kind: KindSettled})
	}
	return entries
}

// reason is why an event has its outcome, as far as the ledger can tell.
func reason(e ledger.EventFact) Reason {
	switch e.Outcome {
	case attendance.OutcomePending:
		if e.WorkflowID == "" {
			return ReasonNoRun
		}
		return ReasonRunning
	case attendance.OutcomeIgnored:
		return ReasonNothing
	case attendance.OutcomeRefused:
		return ReasonRefused
	case attendance.OutcomeUnreadable:
		return ReasonUnreadable
	case attendance.OutcomeDone, attendance.OutcomeUnexplained:
	}
	done := e.Outcome == attendance.OutcomeDone
	switch {
	case kindOf(e.Key) == attendance.KindApproval:
		return either(done, ReasonRead, ReasonNotRead)
	case kindOf(e.Key) == attendance.KindDay:
		return either(e.AskedSince, ReasonAsked, either(done, ReasonUnknown, ReasonNotAsked))
	case e.TakenBack:
		return ReasonTakenBack
	case e.PunchOn.IsZero():
		return either(done, ReasonGone, ReasonUnknown)
	default:
		return either(e.PunchFrom != attendance.OriginEvent, ReasonShown, ReasonAlone)
	}
}

func either(first bool, a, b Reason) Reason {
	if first {
		return a
	}
	return b
}
