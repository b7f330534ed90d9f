package attendance

import (
	"errors"
	"time"
)

// ErrDrainSpent says that a drain's id was used before: whether its read was
// sent is not known, so the next read needs another id.
var ErrDrainSpent = errors.New("this drain was requested before; take another id")

// DrainAtWork is for how long a drain may be under way in a run of its own; one
// that is unanswered for longer may have lost its answer.
const DrainAtWork = 10 * time.Minute

// Recall is what the ledger knows of a hint's subject.
type Recall struct {
	Known    bool `json:"known"`
	WorkDate Date `json:"work_date,omitzero"` // under which it is known
}

// Why is the reason for a write: it stands in day_version.
type Why struct {
	Trigger    Trigger `json:"trigger"`
	WorkflowID string  `json:"workflow_id,omitempty"`
}

// OpenApproval is an approval that an event called finished and that could not
// be read to its end; the event is unexplained. Or a sweep came upon it, and no
// event told of it.
type OpenApproval struct {
	ID   string `json:"id"`
	Code string `json:"code,omitempty"`
	Key  string `json:"key"` // of the event; empty: none
}

// LostRead is a destructive read that may have taken what nobody could read:
// what it told of happened between the two times.
type LostRead struct {
	ID    string
	Since time.Time
	Until time.Time
}

// DrainPage is one destructive read, split but not yet understood.
type DrainPage struct {
	Refused    bool // DingTalk turned the question away: the list is as it was
	AnsweredAt time.Time
	HasMore    bool
	Elements   []FailedElement
	Body       []byte // nil when every element could be split off and read
}

// FailedElement is one element of the failed-push list, as it came.
type FailedElement struct {
	DrainID   string    `json:"drain_id"`
	Position  int       `json:"position"`
	Tag       string    `json:"tag,omitempty"`
	EventTime time.Time `json:"event_time,omitzero"`
	Raw       string    `json:"raw"` // scrubbed unless DAKASYNC_PII=full; invalid UTF-8 and NUL are escaped
	Readable  bool      `json:"readable"`
}
