package company

import "time"

// Happening is something that the platform may tell the outside world about.
type Happening interface {
	When() time.Time
}

// Punch is a clock-in that DingTalk noticed. A make-up on a scheduled day is one too (Source APPROVE).
type Punch struct {
	At     time.Time
	Record Record
	// Quiet punches push no event: one person has one event a minute (`employee-clock-in-event`).
	Quiet bool
}

// Approval changes, as bpms_instance_change spells them.
const (
	ChangeStart     = "start"
	ChangeFinish    = "finish"
	ChangeTerminate = "terminate"
	ChangeDelete    = "delete"
)

// ApprovalChanged is a start, finish, termination or deletion.
type ApprovalChanged struct {
	At       time.Time
	Change   string
	Approval Approval
}

// BossEdited is a result corrected by an administrator.
type BossEdited struct {
	At       time.Time
	User     string
	WorkDate Date
	PlanID   int64
}

// Replay repeats the punches of a day whose schedule was changed (checkByUser=false).
type Replay struct {
	At      time.Time
	Records []Record
}

// ScheduleChanged says that the plan of a day is another one.
type ScheduleChanged struct {
	At       time.Time
	Users    []string
	WorkDate Date
}

// DaySummary says that a day's statistics were computed again.
type DaySummary struct {
	At       time.Time
	User     string
	WorkDate Date
}

// OvertimeCounted says that a day's overtime was computed.
type OvertimeCounted struct {
	At       time.Time
	User     string
	WorkDate Date
	Hours    float64
}

// PeopleChanged says that a person joined or left. The platform pushes nothing of it, but a lagging read must learn it.
type PeopleChanged struct {
	At   time.Time
	User string
	Left bool
}

// When the happening happened.
func (h Punch) When() time.Time           { return h.At }
func (h ApprovalChanged) When() time.Time { return h.At } //nolint:revive // see Punch
func (h BossEdited) When() time.Time      { return h.At } //nolint:revive // see Punch
func (h Replay) When() time.Time          { return h.At } //nolint:revive // see Punch
func (h ScheduleChanged) When() time.Time { return h.At } //nolint:revive // see Punch
func (h DaySummary) When() time.Time      { return h.At } //nolint:revive // see Punch
func (h PeopleChanged) When() time.Time   { return h.At } //nolint:revive // see Punch
func (h OvertimeCounted) When() time.Time { return h.At } //nolint:revive // see Punch
