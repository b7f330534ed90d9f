package attendance

import "time"

// ApprovalKind is what an approval is about; it is approval.kind.
type ApprovalKind string

// The kinds of approval that attendance knows.
const (
	ApprovalMakeUp   ApprovalKind = "make_up"  // 补卡
	ApprovalLeave    ApprovalKind = "leave"    // 请假
	ApprovalOvertime ApprovalKind = "overtime" // 加班
	ApprovalTrip     ApprovalKind = "trip"     // 出差
	ApprovalOut      ApprovalKind = "out"      // 外出
	ApprovalOther    ApprovalKind = "other"
)

// Status strings of an instance, as DingTalk spells them. StatusDeleted is
// ours: a deleted instance cannot be read any more, only its event says so.
const (
	StatusRunning    = "RUNNING"
	StatusCompleted  = "COMPLETED"
	StatusTerminated = "TERMINATED"
	StatusDeleted    = "DELETED"
)

// Results and business actions of an instance.
const (
	ResultAgree  = "agree"
	ResultRefuse = "refuse"
	ActionModify = "MODIFY"
	ActionRevoke = "REVOKE"
	ActionNone   = "NONE"
)

// Instance is an approval instance as read from the workflow API or, without
// MakeUps and Spans, as an event described it. Approved is COMPLETED and agree
// (obtains-the-details-of-a-single-approval-instance-pop).
type Instance struct {
	ProcessInstanceID     string       `json:"process_instance_id"`
	ProcessCode           string       `json:"process_code,omitempty"` // the API does not repeat it: it comes from the event
	Kind                  ApprovalKind `json:"kind"`
	OriginatorUserID      string       `json:"originator_user_id,omitempty"`
	Status                string       `json:"status"`
	Result                string       `json:"result,omitempty"`
	BizAction             string       `json:"biz_action,omitempty"` // MODIFY, REVOKE, NONE
	MainProcessInstanceID string       `json:"main_process_instance_id,omitempty"`
	AttachedIDs           []string     `json:"attached_ids,omitempty"` // later MODIFY and REVOKE instances
	CreatedAt             time.Time    `json:"created_at,omitzero"`
	FinishedAt            time.Time    `json:"finished_at,omitzero"`
	ReadAt                time.Time    `json:"read_at,omitzero"` // when the API was asked; zero when only an event spoke
	MakeUps               []MakeUp     `json:"make_ups,omitempty"`
	Spans                 []Span       `json:"spans,omitempty"`
}

// Approved reports whether the instance is finished and agreed.
func (i Instance) Approved() bool {
	return i.Status == StatusCompleted && i.Result == ResultAgree
}

// MakeUp is one made-up punch of a 补卡 form.
type MakeUp struct {
	UserID   string    `json:"user_id"`
	At       time.Time `json:"at"`                 // the made-up time
	WorkDate Date      `json:"work_date,omitzero"` // the form's work day, which may differ from At's calendar day; zero if it names none
	PlanID   int64     `json:"plan_id,omitempty"`
}

// Span is a half-open interval that an approval covers for some users:
// the originator, or the companions and partners that the form names.
type Span struct {
	UserIDs []string  `json:"user_ids"`
	Begin   time.Time `json:"begin"`
	End     time.Time `json:"end"`
}

// UserDay names one user's work date.
type UserDay struct {
	UserID   string `json:"user_id"`
	WorkDate Date   `json:"work_date"`
}
