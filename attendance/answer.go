package attendance

import (
	"encoding/json"
	"time"
)

// Source says which of DingTalk's questions an answer belongs to.
type Source string

// The ways of asking about a user-day.
const (
	SourceDetail Source = "detail" // getupdatedata: one user, one day
	SourceSweep  Source = "sweep"  // attendance/list with listRecord: 50 users × 7 days
	// SourceRecords is listRecord alone: its valid rows carry the plan and the
	// result of their slot. It says nothing of slots that nobody signed.
	SourceRecords Source = "records"
)

// Answer is what DingTalk said about one user's work date. An empty answer
// (no Results, no Records) proves nothing: reads lag, and a wrong user id also
// answers with empty lists.
type Answer struct {
	UserID    string    `json:"user_id"`
	WorkDate  Date      `json:"work_date"`
	Source    Source    `json:"source"`
	AskedAt   time.Time `json:"asked_at"` // when the question was sent: what happened later cannot be in it
	Results   []Result  `json:"results,omitempty"`
	Records   []Record  `json:"records,omitempty"`
	Approvals []Tag     `json:"approvals,omitempty"` // only SourceDetail
}

// Empty reports whether the answer names no slot and no punch.
func (a Answer) Empty() bool { return len(a.Results) == 0 && len(a.Records) == 0 }

// Result is one planned slot of a work date and how it was met. Enum strings
// are DingTalk's, unknown ones included (obtain-the-attendance-update-data,
// open-attendance-clock-in-data).
type Result struct {
	CheckType         string          `json:"check_type"` // OnDuty, OffDuty
	PlanCheckTime     time.Time       `json:"plan_check_time,omitzero"`
	UserCheckTime     time.Time       `json:"user_check_time,omitzero"` // zero when NotSigned: DingTalk then repeats the plan, which is not a punch
	TimeResult        string          `json:"time_result"`              // Normal, Early, Late, SeriousLate, Absenteeism, NotSigned
	LocationResult    string          `json:"location_result,omitempty"`
	SourceType        string          `json:"source_type,omitempty"` // ATM, BEACON, DING_ATM, USER, BOSS, APPROVE, SYSTEM, AUTO_CHECK
	RecordID          int64           `json:"record_id,omitempty"`
	PlanID            int64           `json:"plan_id,omitempty"`
	GroupID           int64           `json:"group_id,omitempty"`
	ClassID           int64           `json:"class_id,omitempty"`
	ProcessInstanceID string          `json:"process_instance_id,omitempty"`
	Extra             json.RawMessage `json:"extra,omitempty"` // personal data; only with DAKASYNC_PII=full
}

// Record is one physical clock-in, valid or not. A detail's records have no
// check type and no plan; a sweep's have both when the punch counted.
type Record struct {
	CheckTime         time.Time       `json:"check_time"`
	CheckType         string          `json:"check_type,omitempty"`
	SourceType        string          `json:"source_type,omitempty"`
	LocationResult    string          `json:"location_result,omitempty"`
	Valid             *bool           `json:"valid,omitempty"` // valid_matched, isLegal
	RecordID          int64           `json:"record_id,omitempty"`
	BizID             string          `json:"biz_id,omitempty"`
	InvalidType       string          `json:"invalid_type,omitempty"`
	InvalidMessage    string          `json:"invalid_message,omitempty"`
	ProcessInstanceID string          `json:"process_instance_id,omitempty"`
	Extra             json.RawMessage `json:"extra,omitempty"` // personal data; only with DAKASYNC_PII=full
}

// Tag is an approval as a detail's approve_list shows it. Duration is the
// whole approval's length, repeated on every day it covers: never add it up.
type Tag struct {
	ProcessInstanceID string    `json:"process_instance_id"`
	BizType           int64     `json:"biz_type,omitempty"` // 1 overtime, 2 trip or outing, 3 leave
	TagName           string    `json:"tag_name,omitempty"`
	SubType           string    `json:"sub_type,omitempty"`
	Begin             time.Time `json:"begin,omitzero"`
	End               time.Time `json:"end,omitzero"`
	Duration          string    `json:"duration,omitempty"`
	DurationUnit      string    `json:"duration_unit,omitempty"`
	FinishedAt        time.Time `json:"finished_at,omitzero"`
}

// Planned is one slot of the schedule (schedule/listbyusers). A user-day that
// the schedule names only as rest, or not at all, has no slot.
type Planned struct {
	UserID        string    `json:"user_id"`
	WorkDate      Date      `json:"work_date"`
	CheckType     string    `json:"check_type,omitempty"`
	PlanCheckTime time.Time `json:"plan_check_time,omitzero"`
	PlanID        int64     `json:"plan_id,omitempty"`
	GroupID       int64     `json:"group_id,omitempty"`
	ClassID       int64     `json:"class_id,omitempty"`
	Rest          bool      `json:"rest,omitempty"` // is_rest = Y
}
