package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"unicode/utf8"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"dakasync/attendance"
)

// Workflow types.
const (
	TypePunchEvent        = "PunchEvent"
	TypeDayEvent          = "DayEvent"
	TypeApprovalEvent     = "ApprovalEvent"
	TypeDrainFailedPushes = "DrainFailedPushes"
	TypeReconcileDay      = "ReconcileDay"
	TypeResync            = "Resync"
	TypeBackfill          = "Backfill"
)

// Schedules and the runs that they start.
const (
	ScheduleDrain     = "drain-failed-pushes"
	ScheduleReconcile = "reconcile-day"
)

// The signal and the query of long runs.
const (
	SignalResync  = "resync"
	QueryProgress = "progress"
)

// Search attributes, all of type Keyword.
const (
	AttributeUserID    = "DakaUserId"
	AttributeWorkDate  = "DakaWorkDate"
	AttributeEventType = "DakaEventType"
	AttributeOutcome   = "DakaOutcome"
)

// Priorities of workflow and activity tasks: what a person is waiting for goes
// before what a machine does by itself.
const (
	PriorityLive     = 1
	PriorityManual   = 2
	PriorityApproval = 3
	PrioritySweep    = 4
	PriorityBackfill = 5
)

// maxFairnessKey is how many bytes Temporal takes.
const maxFairnessKey = 64

// urgency is a run's, and its steps' unless they have their own. Among tasks
// of one priority that wait, Temporal lets every fairness key have its turn: a run
// of many steps has a key of its own, so that the longest backfill does not keep
// the next from beginning, and events have that of their kind, so that a thousand
// edited days do not keep punches waiting. A server without fairness ignores it.
func urgency(level int, fairness string) temporal.Priority {
	return temporal.Priority{PriorityKey: level, FairnessKey: cut(fairness, maxFairnessKey)}
}

// maxPayload bounds the record that goes into a run's input, in which JSON may
// escape each byte by six: Temporal refuses inputs of 2 MB. A Stream frame is
// smaller, and the raw element of a drain stays in the ledger.
const maxPayload = 300_000

// maxKeyword is what a Keyword column of the visibility store takes.
const maxKeyword = 255

// DingTalkQueue is the task queue of the DingTalk calls that somebody waits for,
// beside a task queue of workflows and database activities.
func DingTalkQueue(queue string) string { return queue + "-dingtalk" }

// BackgroundQueue is that of the others. Workers have places of their own for them:
// a step that waits for its turn keeps its place, and Temporal's priorities only
// order what has none.
func BackgroundQueue(queue string) string { return queue + "-background" }

// CallQueue is the task queue of a DingTalk call of a priority.
func CallQueue(queue string, priority int) string {
	if priority > PriorityManual {
		return BackgroundQueue(queue)
	}
	return DingTalkQueue(queue)
}

// SearchAttributes names the Keyword attributes that must exist before a run
// can start.
func SearchAttributes() []string {
	return []string{AttributeUserID, AttributeWorkDate, AttributeEventType, AttributeOutcome}
}

// EventInput is the input of PunchEvent, DayEvent and ApprovalEvent: one thing
// that happened, and the record as it came, already scrubbed of personal data.
type EventInput struct {
	Hint    attendance.Hint `json:"hint"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// Decision is the result of an event's run: what a person reads in the UI.
type Decision struct {
	Outcome  attendance.Outcome `json:"outcome"`
	WorkDate attendance.Date    `json:"work_date,omitzero"`
	Reason   string             `json:"reason"`
	Rounds   int                `json:"rounds"` // how often DingTalk was asked
}

// ResyncRequest is the payload of the signal resync: dates inclusive, nobody
// named means everybody in contacts.
type ResyncRequest struct {
	UserIDs []string `json:"user_ids"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Reason  string   `json:"reason"`
}

// BackfillInput is the input of Backfill. State is nil for a new one; a run
// hands it to its successor.
type BackfillInput struct {
	UserIDs []string       `json:"user_ids,omitempty"`
	From    string         `json:"from"`
	To      string         `json:"to"`
	Reason  string         `json:"reason,omitempty"`
	State   *BackfillState `json:"state,omitempty"`
}

// ReconcileInput is the input of ReconcileDay. Without a date it takes every
// unsettled user-day, every gap and every lost read. State is nil for a new one.
type ReconcileInput struct {
	Date  string          `json:"date,omitempty"`
	Blind bool            `json:"blind,omitempty"` // only gaps and lost reads
	State *ReconcileState `json:"state,omitempty"`
}

// TypeOf is the workflow type that a kind of hint starts.
func TypeOf(kind attendance.Kind) string {
	switch kind {
	case attendance.KindPunch:
		return TypePunchEvent
	case attendance.KindDay:
		return TypeDayEvent
	case attendance.KindApproval:
		return TypeApprovalEvent
	default:
		panic(fmt.Sprintf("no workflow for hint of kind %q", kind))
	}
}

// ResyncID is the workflow ID of a corp's standing re-sync.
func ResyncID(corpID string) string { return "resync/" + url.PathEscape(corpID) }

// BackfillID is the workflow ID of a backfill over a range.
func BackfillID(corpID, from, to string) string {
	return "backfill/" + url.PathEscape(corpID) + "/" + url.PathEscape(from) + "/" + url.PathEscape(to)
}

// StartOptions are how the run of a hint starts: once for every natural key,
// again only after a failure.
func StartOptions(queue string, h attendance.Hint) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                                       h.Key(),
		TaskQueue:                                queue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    hintAttributes(h),
		StaticSummary:                            summary(h),
		Priority:                                 urgency(hintPriority(h), string(h.Kind)),
	}
}

// ResyncOptions are how the standing re-sync starts: where it runs already,
// that run is the one.
func ResyncOptions(queue, corpID string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       ResyncID(corpID),
		TaskQueue:                queue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "Standing manual re-sync: send the signal resync, read the query progress",
		Priority:                 urgency(PriorityManual, "resync"),
	}
}

// BackfillOptions are how a backfill starts: one at a time for a range.
func BackfillOptions(queue, corpID string, in BackfillInput) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                                       BackfillID(corpID, in.From, in.To),
		TaskQueue:                                queue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            "Backfill " + in.From + " to " + in.To,
		Priority:                                 urgency(PriorityBackfill, "backfill/"+in.From+"/"+in.To),
	}
}

// ReconcileID is the workflow ID of a sweep of one date that a person asked for.
func ReconcileID(corpID, date string) string {
	return "reconcile/" + url.PathEscape(corpID) + "/" + url.PathEscape(date)
}

// ReconcileOptions are how a person's sweep starts: one at a time for a date.
func ReconcileOptions(queue, corpID, date string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                                       ReconcileID(corpID, date),
		TaskQueue:                                queue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            "Sweep of " + date,
		Priority:                                 urgency(PriorityManual, "reconcile/"+date),
	}
}

// Starter is the part of a Temporal client that starting needs.
type Starter interface {
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
}

// Start makes a hint durable as a run. A run of the same natural key that is
// there already is success: started is then false, and the caller has seen a
// duplicate. payload is the record as it came, scrubbed; it may be nil, and one
// that does not fit is left behind: the hint says where to look.
func Start(ctx context.Context, c Starter, queue string, h attendance.Hint, payload json.RawMessage) (runID string, started bool, err error) {
	if len(payload) > maxPayload {
		payload = nil
	}
	run, err := c.ExecuteWorkflow(ctx, StartOptions(queue, h), TypeOf(h.Kind), EventInput{Hint: h, Payload: payload})
	if err == nil {
		return run.GetRunID(), true, nil
	}
	if already, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); ok {
		return already.RunId, false, nil
	}
	return "", false, fmt.Errorf("start the run %s: %w", h.Key(), err)
}

func hintAttributes(h attendance.Hint) temporal.SearchAttributes {
	updates := []temporal.SearchAttributeUpdate{
		outcomeAttribute(attendance.OutcomePending),
		keyword(AttributeEventType, h.EventType),
	}
	if h.UserID != "" {
		updates = append(updates, keyword(AttributeUserID, h.UserID))
	}
	if !h.WorkDate.IsZero() {
		updates = append(updates, workDateAttribute(h.WorkDate))
	}
	return temporal.NewSearchAttributes(updates...)
}

func hintPriority(h attendance.Hint) int {
	if h.Kind == attendance.KindApproval {
		return PriorityApproval
	}
	return PriorityLive
}

// summary says in a line what happened, with no personal data but the user id.
func summary(h attendance.Hint) string {
	switch h.Kind {
	case attendance.KindPunch:
		return "Punch of " + keywordValue(h.UserID)
	case attendance.KindDay:
		return "Changed day " + h.WorkDate.String() + " of " + keywordValue(h.UserID)
	case attendance.KindApproval:
		return "Approval " + h.Approval.Type
	default:
		return ""
	}
}

func outcomeAttribute(o attendance.Outcome) temporal.SearchAttributeUpdate {
	return keyword(AttributeOutcome, string(o))
}

func workDateAttribute(d attendance.Date) temporal.SearchAttributeUpdate {
	return keyword(AttributeWorkDate, d.String())
}

func keyword(name, value string) temporal.SearchAttributeUpdate {
	return temporal.NewSearchAttributeKeyKeyword(name).ValueSet(keywordValue(value))
}

// keywordValue cuts a value to what the visibility store takes.
func keywordValue(s string) string { return cut(s, maxKeyword) }

// cut bounds a text, at a rune.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
