package doctor

import (
	"time"

	"dakasync/attendance"
	"dakasync/budget"
)

// LedgerFacts are what PostgreSQL holds of the installation. Of one that is not
// written to, or whose schema is older than wanted, only the server's are there.
type LedgerFacts struct {
	ServerVersion  int // as server_version_num
	SchemaVersion  int64
	WantedVersion  int64 // that this program needs
	SizeBytes      int64 // of the database
	ReadOnly       bool  // it takes no writes
	Skew           time.Duration
	Events         []EventType // that have come within EventSpan
	Listening      time.Time   // since when there is a connection or an event; zero: never
	Drained        time.Time   // when the failed-push list was last answered; zero: never
	Budget         budget.Facts
	Scheduled      []string           // users who had a plan lately, up to attendance.WindowUsers
	Signed         attendance.UserDay // the newest user-day with a punch in a slot, if any
	SignedIsThere  bool
	Live           LiveTest
	UnreadFailures int64 // failed pushes that nobody could read
}

// Serves reports whether the ledger can be worked with.
func (f LedgerFacts) Serves() bool { return !f.ReadOnly && f.SchemaVersion >= f.WantedVersion }

// EventSpan is how far back events are looked at.
const EventSpan = 7 * 24 * time.Hour

// EventType is an event type that has come.
type EventType struct {
	Name  string
	Count int64
	Last  time.Time
}

// TemporalFacts are what Temporal holds of the installation.
type TemporalFacts struct {
	Namespace         string
	Retention         time.Duration
	AttributesUnknown bool     // the server lets only its administrators look
	MissingAttributes []string // or of another type than Keyword
	Schedules         []Schedule
	Queues            []Queue
	Deployment        string // that the settings name; without one there is nothing to check
	DeploymentFound   bool
	CurrentBuild      string
}

// Schedule is one that there must be.
type Schedule struct {
	ID      string
	Missing bool
	Paused  bool
}

// Queue is a task queue and how many poll it.
type Queue struct {
	Name    string
	Kind    string // workflow or activity
	Pollers int
}

// Clock is how DingTalk's clock stands against ours.
type Clock struct {
	Skew  time.Duration // DingTalk's is so much ahead
	Known bool          // an answer bore a date
}

// Settings are what the checks go by.
type Settings struct {
	Location       *time.Location
	OperatorUserID string
	Budget         budget.Budget
	Offline        bool // only our own stores
}
