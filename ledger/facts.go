package ledger

import (
	"encoding/json"
	"time"

	"dakasync/attendance"
	"dakasync/budget"
)

// DayFacts is all that the ledger knows of one user's work date, each kind in the
// order of time.
type DayFacts struct {
	UserID      string
	WorkDate    attendance.Date
	Employee    *EmployeeFact // nil: no walk over contacts met the user
	Day         *DayFact      // nil: nothing ever spoke of the date
	Events      []EventFact
	Asked       []AskedFact
	Versions    []VersionFact
	TakenBack   []time.Time // made-up punches around the date that were revoked, and that nothing else spoke of
	Approvals   []ApprovalFact
	Differences []DifferenceFact
	Decisions   []budget.Decision // those in force while the rest happened
	Gaps        []GapFact         // that overlap the date and the morning after
	Reconciled  *ReconciledFact
	Complete    []attendance.Completeness
	Calls       []CallCount // of the whole company, in the hours in which the day was asked about or written
}

// EmployeeFact is what contacts told of a user.
type EmployeeFact struct {
	FirstSeenAt time.Time  `json:"first_seen_at"`
	LastSeenAt  time.Time  `json:"last_seen_at"`
	LeftAt      *time.Time `json:"left_at,omitempty"`
}

// DayFact is the day as its row has it, with what belongs to it now.
type DayFact struct {
	Scheduled *bool         `json:"scheduled"`
	SyncedAt  *time.Time    `json:"synced_at,omitempty"`
	ListedAt  *time.Time    `json:"listed_at,omitempty"`
	SettledAt *time.Time    `json:"settled_at,omitempty"`
	Version   int           `json:"version"`
	Results   []ShownResult `json:"results"`
	Punches   []ShownPunch  `json:"punches"`
}

// ShownResult is a row of result.
type ShownResult struct {
	attendance.Result

	Origin attendance.Source `json:"origin,omitempty"` // a version does not say
}

// ShownPunch is a row of punch.
type ShownPunch struct {
	CheckTime         time.Time         `json:"check_time"`
	CheckType         string            `json:"check_type,omitempty"`
	SourceType        string            `json:"source_type,omitempty"`
	LocationResult    string            `json:"location_result,omitempty"`
	Valid             *bool             `json:"valid,omitempty"`
	InvalidType       string            `json:"invalid_type,omitempty"`
	InvalidMessage    string            `json:"invalid_message,omitempty"`
	ProcessInstanceID string            `json:"process_instance_id,omitempty"`
	Origin            attendance.Origin `json:"origin"`
	Explained         bool              `json:"explained"`
}

// EventFact is a row of event, and where its punch stands now.
type EventFact struct {
	Key        string             `json:"event_key"`
	Channel    attendance.Channel `json:"origin"`
	Type       string             `json:"event_type"`
	CheckTime  *time.Time         `json:"check_time,omitempty"`
	BornAt     *time.Time         `json:"born_at,omitempty"`
	ReceivedAt time.Time          `json:"received_at"`
	Deliveries int                `json:"deliveries"`
	WorkflowID string             `json:"workflow_id,omitempty"` // empty: no run was started yet
	Outcome    attendance.Outcome `json:"outcome"`
	RelayTries int                `json:"relay_tries,omitempty"`
	PunchOn    attendance.Date    `db:"-"                        json:"punch_on,omitzero"` // the work date of its punch, if there is one
	PunchFrom  attendance.Origin  `json:"punch_from,omitempty"`
	TakenBack  bool               `json:"taken_back,omitempty"` // its punch was a make-up that was revoked
	AskedSince bool               `json:"asked_since,omitempty"`
}

// AskedFact is the newest question of one kind about the day.
type AskedFact struct {
	Kind  string    `json:"kind"` // detail, sweep, records, plan
	At    time.Time `json:"at"`
	Empty bool      `json:"empty,omitempty"` // the answer showed nothing
}

// VersionFact is a row of day_version.
type VersionFact struct {
	Version    int                `json:"version"`
	RecordedAt time.Time          `json:"recorded_at"`
	Trigger    attendance.Trigger `json:"trigger"`
	WorkflowID string             `json:"workflow_id,omitempty"`
	Shown      Shown              `json:"shown"`
}

// Shown is what a reader of the ledger sees of a day.
type Shown struct {
	Scheduled *bool            `json:"scheduled"`
	Approvals []attendance.Tag `json:"approvals"`
	Results   []ShownResult    `json:"results"`
	Punches   []ShownPunch     `json:"punches"`
}

// ApprovalFact is an approval that touches the day, or that changes or revokes one
// that does.
type ApprovalFact struct {
	ID         string                  `json:"process_instance_id"`
	Kind       attendance.ApprovalKind `json:"kind"`
	Status     string                  `json:"status"`
	Result     string                  `json:"result,omitempty"`
	CreatedAt  *time.Time              `json:"created_at,omitempty"`
	FinishedAt *time.Time              `json:"finished_at,omitempty"`
	ReadAt     *time.Time              `json:"read_at,omitempty"`
	MainID     string                  `json:"main_process_instance_id,omitempty"`
	Action     string                  `json:"biz_action,omitempty"`
	Revoked    bool                    `json:"revoked,omitempty"`
	Parts      []ApprovalPart          `json:"parts"` // on this date
}

// ApprovalPart is a row of approval_day.
type ApprovalPart struct {
	BeginTime  *time.Time `json:"begin_time,omitempty"`
	EndTime    *time.Time `json:"end_time,omitempty"`
	MadeUpTime *time.Time `json:"made_up_time,omitempty"`
	State      string     `json:"state"`
}

// DifferenceFact is a row of difference.
type DifferenceFact struct {
	FoundAt    time.Time         `json:"found_at"`
	Domain     attendance.Domain `json:"domain"`
	What       string            `json:"what"`
	Why        string            `json:"why"`
	Before     json.RawMessage   `json:"before,omitempty"`
	After      json.RawMessage   `json:"after,omitempty"`
	WorkflowID string            `json:"workflow_id"`
}

// GapFact is a row of gap.
type GapFact struct {
	BeganAt    time.Time           `json:"began_at"`
	EndedAt    time.Time           `json:"ended_at"`
	Reason     attendance.ProofEnd `json:"reason"`
	SweptAt    *time.Time          `json:"swept_at,omitempty"`
	WorkflowID string              `json:"workflow_id,omitempty"`
}

// ReconciledFact is a row of reconciliation.
type ReconciledFact struct {
	AskedAt      time.Time `json:"asked_at"`
	ReconciledAt time.Time `json:"reconciled_at"`
	WorkflowID   string    `json:"workflow_id"`
}
