package activities

import (
	"context"
	"time"

	"dakasync/attendance"
	"dakasync/budget"
)

// DingTalk is what the steps ask of DingTalk. Every method is one question;
// errors are the typed ones of package dingtalk, and nothing below retries.
type DingTalk interface {
	// UserDay asks getupdatedata for one user's work date (SourceDetail).
	UserDay(ctx context.Context, userID string, date attendance.Date) (attendance.Answer, error)
	// Window asks attendance/list (all its pages) and attendance/listRecord for
	// up to 50 users and 7 days, and returns one Answer (SourceSweep), possibly
	// empty, for every user and day asked for. A record stands under the work
	// date that DingTalk names for it, or else under its calendar day.
	Window(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error)
	// Records asks attendance/listRecord alone, for as many: one Answer
	// (SourceRecords) for every user and day, possibly empty.
	Records(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error)
	// Results asks attendance/list alone, all its pages: as Window, without records.
	Results(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error)
	// Schedule asks schedule/listbyusers for up to 50 users and 7 days. Without
	// an operator's user id it answers ErrNoOperator, spending no call.
	Schedule(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Planned, error)
	// Instance reads one approval instance. code is the process code if known.
	Instance(ctx context.Context, id, code string) (attendance.Instance, error)
	// InstanceIDs lists the ids of instances of one template and status (of every
	// one if it is empty) that up to 10 users started in [from, to]; all pages. No
	// users named means everybody: the request then carries no userIds.
	InstanceIDs(ctx context.Context, processCode, status string, userIDs []string, from, to time.Time) ([]string, error)
	// MakeUpCodes are the process codes of the 补卡 templates: the configured
	// ones, else those that the templates API names (asked at most once an hour).
	MakeUpCodes(ctx context.Context) ([]string, error)
	// LeaveCodes are the process codes of the 请假 templates that the templates
	// API names; none without an operator.
	LeaveCodes(ctx context.Context) ([]string, error)
	// FailedPushes reads and thereby DESTROYS the failed-push list. It is sent
	// once, on a connection of its own. The bytes are the body as it came.
	FailedPushes(ctx context.Context) ([]byte, error)
	// UserIDs walks the departments and yields every user id once, sorted.
	UserIDs(ctx context.Context) ([]string, error)
}

// Ledger is what the steps ask of PostgreSQL. Every method is one transaction,
// idempotent, and safe in any order and number of repetitions.
type Ledger interface {
	EventLedger
	DayLedger
	ApprovalLedger
	DrainLedger
	EmployeeLedger
	UnreadLedger
	ProofLedger
	WantLedger
	BudgetLedger
}

// EventLedger keeps what we were told.
type EventLedger interface {
	// RecordHint writes the event's row (pending, deliveries 1; an existing row
	// keeps its count) and, for a punch, its punch row with the event as
	// witness. It says whether the ledger accounts for the hint already: for a
	// punch, a detail or approval explains it and its day was asked about
	// after the hint was born; for a day, it was asked about after that.
	RecordHint(ctx context.Context, h attendance.Hint, payload []byte, workflowID string) (attendance.Recall, error)
	// Conclude merges answers as SaveAnswers does, and sets the outcome of the
	// event's rows, whichever channel brought them. A settled outcome (done) is never
	// taken back.
	Conclude(ctx context.Context, answers []attendance.Answer, why attendance.Why, key string, outcome attendance.Outcome) error
}

// DayLedger keeps user-days.
type DayLedger interface {
	// SaveAnswers merges answers into their user-days, many of them in one
	// transaction, and appends a day_version where something changed. One that is
	// refused for good costs no other.
	SaveAnswers(ctx context.Context, answers []attendance.Answer, why attendance.Why) error
	// SaveSchedule records which user-days have a plan. Every user and date in
	// the ranges that planned does not name is known to have none.
	SaveSchedule(ctx context.Context, userIDs []string, from, to attendance.Date, planned []attendance.Planned, askedAt time.Time, why attendance.Why) error
	// PunchExplained reports whether a detail, sweep or approval accounts for the punch.
	PunchExplained(ctx context.Context, userID string, at time.Time) (bool, error)
	// PunchMentioned reports whether anything speaks of the punch, be it an event.
	PunchMentioned(ctx context.Context, userID string, at time.Time) (bool, error)
	// UnsettledDates are the dates up to and including through, oldest first, on
	// which some user-day is unsettled, no older than since; those about which everybody
	// was asked when they were final are left to LooseDays, approval days to DueDays.
	UnsettledDates(ctx context.Context, since, through attendance.Date) ([]attendance.Date, error)
	// DueDays are the user-days up to and including through of which an approval
	// day is still due, no older than since.
	DueDays(ctx context.Context, since, through attendance.Date) ([]attendance.UserDay, error)
	// LooseDays are the unsettled user-days, at most 2,000, of dates about which
	// everybody was asked already when they were final, finalAfter after they began.
	LooseDays(ctx context.Context, since, through attendance.Date, finalAfter time.Duration) ([]attendance.UserDay, error)
	// OpenSlots are the user-days of a window that the clock-ins, listed when they
	// were final, and the schedule do not account for. slots is how many slots
	// are known of each user; unplanned says that of some user-day no schedule is known:
	// with strict, of a day off none that was asked for since it began.
	OpenSlots(ctx context.Context, userIDs []string, days attendance.DateRange, finalAfter time.Duration, strict bool) (open []attendance.UserDay, slots map[string]int, unplanned bool, err error)
	// SettleDay marks the user-days of a date that were asked about at or after
	// finalAt as settled, and re-judges unexplained events of any date: those
	// that are accounted for now become done.
	SettleDay(ctx context.Context, date attendance.Date, finalAt time.Time) error
	// SettleAnswered settles those of them that hold no unexplained punch.
	SettleAnswered(ctx context.Context, date attendance.Date, finalAt time.Time) error
}

// ApprovalLedger keeps approvals and the days that they touch.
type ApprovalLedger interface {
	// SaveInstance merges one instance: its row, its approval days (one for
	// every calendar day and user), the punches that an approved make-up stands
	// for. An agreed REVOKE marks its main instance revoked and voids its days;
	// an agreed MODIFY voids them. It returns the user-days, past or today and
	// within the horizon, whose results may have changed by it: the days now
	// and formerly covered, and those with a known slot inside a span.
	SaveInstance(ctx context.Context, i attendance.Instance, why attendance.Why) ([]attendance.UserDay, error)
	// Unasked are those of the user-days about which nobody has asked since a time.
	Unasked(ctx context.Context, days []attendance.UserDay, since time.Time) ([]attendance.UserDay, error)
	// KnownInstances filters ids down to those already read to their end.
	KnownInstances(ctx context.Context, ids []string) ([]string, error)
	// OpenApprovals are those, written since since, that an event called finished
	// and that its run could not read to their end, newest first.
	OpenApprovals(ctx context.Context, since time.Time, limit int) ([]attendance.OpenApproval, error)
	// JudgeApprovals lets unexplained events of approvals, written since since, be
	// done that were read to their end meanwhile.
	JudgeApprovals(ctx context.Context, since time.Time) error
	// ApprovalSearches are what is known of every template (see SearchLedger).
	ApprovalSearches(ctx context.Context, since time.Time) ([]attendance.TemplateSearch, error)
	// SaveApprovalSearches keeps what a proven sweep that began at a time has had listed.
	SaveApprovalSearches(ctx context.Context, at time.Time, searched []attendance.SearchedTemplate) error
	// NamedApprovals are the ids that results, punches or approval tags of the
	// dates name and that were not read to their end, at most limit, but for those
	// that DingTalk did not know for over a day.
	NamedApprovals(ctx context.Context, dates []attendance.Date, limit int) ([]string, error)
}

// UnreadLedger keeps the approvals that a sweep came upon and could not read.
type UnreadLedger interface {
	// SaveUnread keeps one, by the first date of the sweep and the error's type. It
	// holds approvals back until it is read, or DingTalk knows it no more.
	SaveUnread(ctx context.Context, id, code string, from attendance.Date, reason string) error
	// UnreadApprovals are those, at most limit, without a Key.
	UnreadApprovals(ctx context.Context, limit int) ([]attendance.OpenApproval, error)
}

// ProofLedger keeps the times in which nobody listened, and what became of them.
type ProofLedger interface {
	// FindGaps gives every hole in the coverage up to before a row, and returns
	// those that are open, oldest first. A zero before leaves it to PostgreSQL's
	// clock, which knows from when on something may still be proven.
	FindGaps(ctx context.Context, before time.Time) ([]attendance.Gap, error)
	// CloseGaps closes the gaps that began at these times, with the evidence.
	CloseGaps(ctx context.Context, began []time.Time, e attendance.Evidence, workflowID string) error
	// SaveReconciled records that everybody was asked about these dates when
	// their results were final.
	SaveReconciled(ctx context.Context, dates []attendance.Date, e attendance.Evidence, workflowID string) error
	// Unreconciled are the newest dates of an interval, at most limit, that are
	// not, oldest first. What was before the first coverage is not among them.
	Unreconciled(ctx context.Context, since, through attendance.Date, limit int) ([]attendance.Date, error)
	// Differing counts the user-days of the dates on which this workflow's writes
	// have changed what the ledger showed, and the changes.
	Differing(ctx context.Context, workflowID string, dates []attendance.Date) (userDays, rows int, err error)
	// EffectiveApprovals are the agreed approvals that stand on those user-days, at
	// most limit, but for those that were read at a time or later, or that a result of
	// the day names which was asked for then; of each the ID and the Code are set.
	EffectiveApprovals(
		ctx context.Context, workflowID string, dates []attendance.Date, readBefore time.Time, limit int,
	) ([]attendance.OpenApproval, error)
}

// DrainLedger keeps the intents, bytes and elements of destructive reads.
type DrainLedger interface {
	// OpenDrain commits the intent (state requested). A drain of that id that is
	// already there and unanswered becomes ambiguous, and attendance.ErrDrainSpent
	// returns: the caller must take another id.
	OpenDrain(ctx context.Context, id string) error
	// StoreDrain keeps the answer: the elements, each on a row of its own, and
	// the whole body where something in it could not be read (state stored).
	StoreDrain(ctx context.Context, id string, page attendance.DrainPage) error
	// AbandonDrains marks every requested drain older than before as ambiguous and returns their ids.
	AbandonDrains(ctx context.Context, before time.Time) ([]string, error)
	// LostReads are the reads that may have taken what nobody could read, those
	// older than before and never answered among them, until ResolveDrains.
	LostReads(ctx context.Context, before time.Time) ([]attendance.LostRead, error)
	// ReadsInVain counts the reads that were never answered since the last one that was.
	ReadsInVain(ctx context.Context) (int, error)
	// QuietSince is when the failed-push list was last found empty, if nothing can
	// have come onto it since, as far as is known; else zero.
	QuietSince(ctx context.Context) (time.Time, error)
	// ResolveDrains marks lost reads as made good by a sweep.
	ResolveDrains(ctx context.Context, ids []string) error
	// UndispatchedElements are readable elements whose hints have not started yet, oldest first.
	UndispatchedElements(ctx context.Context, limit int) ([]attendance.FailedElement, error)
	// ElementDispatched records the first workflow that came of an element ("" if nothing follows from it).
	ElementDispatched(ctx context.Context, drainID string, position int, workflowID string) error
	// ElementUnreadable marks an element that nobody can read; it stays stored,
	// and gets an event row of outcome unreadable (origin failed_push).
	ElementUnreadable(ctx context.Context, drainID string, position int) error
	// RecordDelivery writes or bumps the failed_push row of an event and, when
	// its run is over already, adopts the outcome of its other row.
	RecordDelivery(ctx context.Context, h attendance.Hint, payload []byte, outcome attendance.Outcome, workflowID string) error
}

// EmployeeLedger keeps the list of everybody, so that a walk over all users
// holds one cursor and not the list.
type EmployeeLedger interface {
	// SaveEmployees records who is in contacts now. Those not named have left.
	SaveEmployees(ctx context.Context, userIDs []string, seenAt time.Time) error
	// EmployeesAfter is the next page of employees by user id: those present, and
	// those who left at or after leftSince unless that is zero.
	EmployeesAfter(ctx context.Context, after string, limit int, leftSince time.Time) ([]string, error)
	// CountEmployees counts them.
	CountEmployees(ctx context.Context, leftSince time.Time) (int, error)
}

// WantLedger knows what is still to be asked.
type WantLedger interface {
	// Wanted is what pending events that came up to through want to know and
	// nobody has asked since they were born: of at most limit users, those after
	// one, in their order.
	Wanted(ctx context.Context, through time.Time, after string, limit int) ([]attendance.Want, error)
	// WantedByApprovals are the user-days, a thousand at most, of approvals whose events
	// are pending, and about which nobody has asked since they took effect, by through.
	WantedByApprovals(ctx context.Context, through time.Time) ([]attendance.Want, error)
	// ReopenDay leaves a user-day to the next sweep although it was settled, or is being
	// settled: something was told of it by changedAt.
	ReopenDay(ctx context.Context, userID string, date attendance.Date, changedAt time.Time) error
	// KeptSince reports whether events were kept for the sweep, or came without
	// their content, at a time or later.
	KeptSince(ctx context.Context, since time.Time) (bool, error)
}

// BudgetLedger keeps what was spent and how it was decided to go on.
type BudgetLedger interface {
	// BudgetFacts are what a decision goes by; now is in the company's zone.
	BudgetFacts(ctx context.Context, now time.Time) (budget.Facts, error)
	// MonthCalls is how many billed calls this month has taken, a part of BudgetFacts.
	MonthCalls(ctx context.Context, now time.Time) (int, error)
	// CurrentDecision is the newest one, if there is any.
	CurrentDecision(ctx context.Context) (budget.Decision, bool, error)
	// SaveDecision writes it down where it differs from the newest, once an hour, and as the month turns.
	SaveDecision(ctx context.Context, d budget.Decision) error
	// SaveQuotaWord keeps that DingTalk says that this month's calls, or pushes, are spent.
	SaveQuotaWord(ctx context.Context, meter string, at time.Time) error
	// WithdrawQuotaWord keeps that there are some again.
	WithdrawQuotaWord(ctx context.Context, meter string, at time.Time) error
}
