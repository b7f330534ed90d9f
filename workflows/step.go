package workflows

import (
	"encoding/json"
	"time"

	"dakasync/attendance"
)

// Steps on the database queue. They cost no call, and run as local activities
// first (see policy.go).
const (
	StepPlanPunch        = "PlanPunch"
	StepPlanDay          = "PlanDay"
	StepPlanApproval     = "PlanApproval"
	StepPlanApprovalDays = "PlanApprovalDays"
	StepPersist          = "Persist"
	StepPunchExplained   = "PunchExplained"
	StepSaveInstance     = "SaveInstance"
	StepUnknownInstances = "UnknownInstances"
	StepResolveRange     = "ResolveRange"
	StepPlanWalk         = "PlanWalk"
	StepEmployeePage     = "EmployeePage"
	StepPlanSweep        = "PlanSweep"
	StepSaveSchedule     = "SaveSchedule"
	StepSettleDays       = "SettleDays"
	StepAbandonDrains    = "AbandonDrains"
	StepStoreDrain       = "StoreDrain"
	StepDispatchElements = "DispatchElements"
	StepPlanRecovery     = "PlanRecovery"
	StepRequestRecovery  = "RequestRecovery"
	StepTriggerDrain     = "TriggerDrain"
	StepNamedApprovals   = "NamedApprovals"
	StepDifferences      = "Differences"
	StepKeepUnread       = "KeepUnread"
	StepPlanBatch        = "PlanBatch"
	StepDecide           = "Decide"
	StepOpenSlots        = "OpenSlots"
)

// StepAskDay asks DingTalk and writes event and answer, all within the workflow task:
// the short way of a punch. It runs as a local activity alone, and what it cannot
// answer at once goes to the queue of calls.
const StepAskDay = "AskDay"

// Steps on the DingTalk queue. All but RefreshEmployees cost calls.
const (
	StepFetchDay         = "FetchDay"
	StepFetchWindow      = "FetchWindow"
	StepFetchSchedule    = "FetchSchedule"
	StepReadInstance     = "ReadInstance"
	StepFindMakeUps      = "FindMakeUps"
	StepFindApprovals    = "FindApprovals"
	StepRefreshEmployees = "RefreshEmployees"
	StepReadFailedPushes = "ReadFailedPushes"
)

// DatabaseSteps names every step of the database queue.
func DatabaseSteps() []string {
	return []string{
		StepPlanPunch, StepPlanDay, StepPlanApproval, StepPersist, StepPunchExplained, StepSaveInstance,
		StepUnknownInstances, StepResolveRange, StepPlanWalk, StepEmployeePage, StepPlanSweep, StepSaveSchedule,
		StepSettleDays, StepAbandonDrains, StepStoreDrain, StepDispatchElements,
		StepPlanRecovery, StepRequestRecovery, StepTriggerDrain, StepNamedApprovals, StepDifferences,
		StepKeepUnread, StepPlanBatch, StepDecide, StepOpenSlots, StepPlanApprovalDays,
	}
}

// DingTalkSteps names every step of the DingTalk queue.
func DingTalkSteps() []string {
	return []string{
		StepFetchDay, StepFetchWindow, StepFetchSchedule, StepReadInstance, StepFindMakeUps, StepFindApprovals,
		StepRefreshEmployees, StepReadFailedPushes,
	}
}

// Types of the errors that steps end in: kinds of DingTalk errors that a run
// decides by, and ours.
const (
	ErrorNotFound = "NotFound" // DingTalk knows no such user or instance
	ErrorTooOld   = "TooOld"   // beyond DingTalk's half year
	ErrorTooBig   = "TooBig"   // an answer does not fit the history: ask for less
	ErrorBadRange = "BadRange" // nobody can ask for these dates
	ErrorRefused  = "Refused"  // PostgreSQL will never take what was to be written
)

// Nothing is the input or output of a step that has none.
type Nothing struct{}

// PunchPlan is what to do about a punch.
type PunchPlan struct {
	Recall       attendance.Recall     `json:"recall"`
	Reach        attendance.Reach      `json:"reach,omitempty"`
	Calendar     attendance.Date       `json:"calendar"` // its date on the company's calendar
	Candidates   attendance.Candidates `json:"candidates"`
	SettleDelays []time.Duration       `json:"settle_delays,omitempty"`
	Pace         Pace                  `json:"pace,omitzero"`
	InTask       bool                  `json:"in_task,omitempty"`    // the call is tried within the task
	Unrecorded   bool                  `json:"unrecorded,omitempty"` // the event: AskDay records it, or else the run has it recorded
}

// PlanPunchInput asks what to do about a punch.
type PlanPunchInput struct {
	EventInput

	Record bool `json:"record,omitempty"` // the event, in any case
}

// AskDayInput asks about a user-day for a punch.
type AskDayInput struct {
	Day     attendance.UserDay `json:"day"`
	Hint    attendance.Hint    `json:"hint"`
	Payload json.RawMessage    `json:"payload,omitempty"` // the event's record as it came
}

// AskedDay is what came of it. With an answer that is written the event is recorded,
// and concluded where it shows the punch.
type AskedDay struct {
	Answer  *attendance.Answer `json:"answer,omitempty"`  // nil: not now; ask by the queue of calls
	Written bool               `json:"written,omitempty"` // else the run writes it
}

// DayPlan is what to do about a changed day.
type DayPlan struct {
	Recall attendance.Recall `json:"recall"`
	Reach  attendance.Reach  `json:"reach,omitempty"`
	Gather time.Duration     `json:"gather,omitempty"` // to wait for more news of the day before a call is spent
	Pace   Pace              `json:"pace,omitzero"`
}

// ApprovalPlan is what to do about an approval.
type ApprovalPlan struct {
	SettleDelays []time.Duration `json:"settle_delays,omitempty"`
}

// ApprovalDaysInput asks when the days that an approval touches are asked about.
type ApprovalDaysInput struct {
	Key   string               `json:"key"`   // of its event
	Since time.Time            `json:"since"` // when the event was born: who was asked about later shows what it did
	Days  []attendance.UserDay `json:"days"`
}

// ApprovalDaysPlan is which of them nobody has asked about, and when that is done.
type ApprovalDaysPlan struct {
	Open []attendance.UserDay `json:"open,omitempty"`
	Pace Pace                 `json:"pace,omitzero"`
}

// PersistInput writes answers, and the outcome of an event where one is named.
type PersistInput struct {
	Answers []attendance.Answer `json:"answers,omitempty"`
	Trigger attendance.Trigger  `json:"trigger"`
	Key     string              `json:"key,omitempty"`
	Outcome attendance.Outcome  `json:"outcome,omitempty"`
}

// Punch names a punch.
type Punch struct {
	UserID string    `json:"user_id"`
	At     time.Time `json:"at"`
}

// SaveInstanceInput writes an approval instance.
type SaveInstanceInput struct {
	Instance attendance.Instance `json:"instance"`
	Trigger  attendance.Trigger  `json:"trigger"`
}

// InstanceRef names an approval instance, and its template where it is known.
type InstanceRef struct {
	ID   string `json:"id"`
	Code string `json:"code,omitempty"`
}

// Reading is an approval instance as read, and the make-up templates' codes
// where its form does not say what it is.
type Reading struct {
	Instance    attendance.Instance `json:"instance"`
	MakeUpCodes []string            `json:"make_up_codes,omitempty"`
}

// FindMakeUpsInput asks for approvals (FindMakeUps: for make-ups alone) that some
// users, or everybody, started in an interval.
type FindMakeUpsInput struct {
	UserIDs []string             `json:"user_ids,omitempty"`
	Started attendance.TimeRange `json:"started"`

	Mode attendance.SearchMode `json:"mode,omitempty"` // of a nightly sweep: then only what was not read to its end is found
}

// Found are approvals and what it took to find them.
type Found struct {
	Instances []InstanceRef `json:"instances,omitempty"`
	Missing   []InstanceRef `json:"missing,omitempty"` // agreed ones that are known, and not listed any more
	Calls     int           `json:"calls"`

	More     bool                          `json:"more,omitempty"`     // there are more instances than these
	Searched []attendance.SearchedTemplate `json:"searched,omitempty"` // what was listed, for the nights to come
}

// RangeInput is a range as a person wrote it.
type RangeInput struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// WalkInput asks what a walk over users and days takes. Everybody are those in
// contacts, and those who left on or after the first day.
type WalkInput struct {
	UserIDs []string               `json:"user_ids,omitempty"`
	Chunks  []attendance.DateRange `json:"chunks"`
}

// WalkPlan is what a walk takes.
type WalkPlan struct {
	Searches []attendance.TimeRange `json:"searches,omitempty"`
	Total    int                    `json:"total"`
}

// PageInput asks for the next employees by user id.
type PageInput struct {
	After     string          `json:"after,omitempty"`
	Limit     int             `json:"limit"`
	LeftSince attendance.Date `json:"left_since,omitzero"` // those who left on it or later are among them; zero: nobody who left
}

// SweepInput asks what a sweep of one date, or of all that is open, covers.
type SweepInput struct {
	Date  string `json:"date,omitempty"`
	Blind bool   `json:"blind,omitempty"` // only what gaps and lost reads concern
}

// SweepPlan is what a sweep covers.
type SweepPlan struct {
	Dates  []attendance.Date    `json:"dates,omitempty"`
	Due    []attendance.UserDay `json:"due,omitempty"`    // approval days that have come, beside the dates
	Drains []string             `json:"drains,omitempty"` // lost reads of failed pushes that the dates make good

	Approvals []attendance.OpenApproval `json:"approvals,omitempty"` // could not be read when their events came

	Gaps []attendance.Gap `json:"gaps,omitempty"` // in the coverage, that the dates make good
	At   time.Time        `json:"at,omitzero"`    // when this was found: what happened later may not be in the answers

	Split *Split `json:"split,omitempty"` // how the dates are asked for

	Search attendance.SearchMode `json:"search,omitempty"` // how approvals are looked for
}

// SlotsInput asks what is open of a window whose clock-ins are known.
type SlotsInput struct {
	Window attendance.Window `json:"window"`
	Thrift bool              `json:"thrift,omitempty"` // what is not open is asked about no more
}

// Slots are user-days that clock-ins and schedule do not account for.
type Slots struct {
	Open      []attendance.UserDay `json:"open,omitempty"`
	Unplanned bool                 `json:"unplanned,omitempty"` // of some user-day no plan is known, nor that there is none

	Planned []int `json:"planned,omitempty"` // how many slots are known of each of the window's users, in their order
}

// ScheduleAnswer is what DingTalk has planned for a window.
type ScheduleAnswer struct {
	Planned    []attendance.Planned `json:"planned,omitempty"`
	AskedAt    time.Time            `json:"asked_at,omitzero"`
	NoOperator bool                 `json:"no_operator,omitempty"` // nobody is configured to ask as
}

// SaveScheduleInput writes what is planned for a window.
type SaveScheduleInput struct {
	Window  attendance.Window    `json:"window"`
	Planned []attendance.Planned `json:"planned,omitempty"`
	AskedAt time.Time            `json:"asked_at"`
	Trigger attendance.Trigger   `json:"trigger"`
}

// SettleInput names the dates that a sweep has asked about, and the lost reads
// of failed pushes and the gaps that it made good.
type SettleInput struct {
	Dates  []attendance.Date `json:"dates"`
	Drains []string          `json:"drains,omitempty"`
	Gaps   []time.Time       `json:"gaps,omitempty"` // by their beginning

	Evidence *attendance.Evidence `json:"evidence,omitempty"` // that everybody was asked; nil: it is not known when

	Searched []attendance.SearchedTemplate `json:"searched,omitempty"` // what the searches for approvals have listed
}

// NamedInput asks for approvals that these dates name and that nobody has read.
type NamedInput struct {
	Dates []attendance.Date `json:"dates"`
	Limit int               `json:"limit"`
}

// Unread are approvals to read.
type Unread struct {
	Instances []InstanceRef `json:"instances,omitempty"`
	More      bool          `json:"more,omitempty"` // than the limit
}

// KeepUnreadInput names an approval that cannot be read, the first date of the
// sweep that came upon it, and the type of the error.
type KeepUnreadInput struct {
	Instance InstanceRef     `json:"instance"`
	From     attendance.Date `json:"from"`
	Reason   string          `json:"reason"`
}

// DifferencesInput asks what this run's writes have changed on these dates, and
// which approvals, at most Limit, stand where they did.
type DifferencesInput struct {
	Dates []attendance.Date `json:"dates"`
	Limit int               `json:"limit"`
	Since time.Time         `json:"since,omitzero"` // approvals that were read since then stand as they were read
}

// Differences are what a run's writes have changed in what the ledger showed.
type Differences struct {
	Rows      int    `json:"rows"`
	UserDays  int    `json:"user_days"`
	Effective Unread `json:"effective,omitzero"` // approvals that count on these user-days
}

// AbandonInput says how old a drain without an answer must be to be given up.
type AbandonInput struct {
	OlderThan time.Duration `json:"older_than"`
}

// ReadDrainInput is one destructive read. Run is the workflow ID where it is the
// first of its run: one that the schedule started may leave it out.
type ReadDrainInput struct {
	DrainID string `json:"drain_id"`
	Run     string `json:"run,omitempty"`
}

// DrainRead is what a destructive read brought. Page is set only where
// PostgreSQL did not take it: then this result is the only copy.
type DrainRead struct {
	Count   int                   `json:"count"`
	HasMore bool                  `json:"has_more"`
	Page    *attendance.DrainPage `json:"page,omitempty"`
	Skipped string                `json:"skipped,omitempty"` // why nothing was read
}

// StoreDrainInput stores a page that the read could not.
type StoreDrainInput struct {
	DrainID string               `json:"drain_id"`
	Page    attendance.DrainPage `json:"page"`
}

// Dispatched counts what became of failed pushes.
type Dispatched struct {
	Elements   int `json:"elements"`
	Started    int `json:"started"`    // runs that were not there yet
	Duplicates int `json:"duplicates"` // runs that were
	Unreadable int `json:"unreadable"`
}

// PlanBatchInput asks what pending events want to know that came up to an
// instant: about at most Limit users, those after one.
type PlanBatchInput struct {
	Through time.Time `json:"through"`
	After   string    `json:"after,omitempty"`
	Limit   int       `json:"limit"`
}

// BatchPlan is what they want to know, and how to ask for it.
type BatchPlan struct {
	Wants int                  `json:"wants"`
	Fetch attendance.FetchPlan `json:"fetch,omitzero"`
	Last  string               `json:"last,omitempty"` // the last user of the page; empty: there are no more
}

// RecoveryInput asks how long to wait before a look, or for the look itself.
type RecoveryInput struct {
	Look bool `json:"look,omitempty"`
}

// RecoveryPlan is what may have been missed.
type RecoveryPlan struct {
	Delay  time.Duration    `json:"delay,omitempty"`
	InVain int              `json:"in_vain,omitempty"` // reads of failed pushes since the last one that was answered
	Gaps   []attendance.Gap `json:"gaps,omitempty"`
	Drains []string         `json:"drains,omitempty"` // lost reads of failed pushes
}

// RequestInput asks for a recovery.
type RequestInput struct {
	Reason string `json:"reason"`
}
