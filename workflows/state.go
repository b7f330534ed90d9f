package workflows

import (
	"time"

	"dakasync/attendance"
)

// Walk is where a walk over users and days stands. It is part of the input of
// the run that walks, so nothing else remembers it.
type Walk struct {
	UserIDs  []string               `json:"user_ids,omitempty"` // nobody means everybody in contacts
	Chunks   []attendance.DateRange `json:"chunks"`             // what is asked, oldest first
	Searches []attendance.TimeRange `json:"searches,omitempty"` // when make-up approvals may have been started

	Page   []string `json:"page,omitempty"`  // the users being walked
	After  string   `json:"after,omitempty"` // everybody: the last user of the page before
	Offset int      `json:"offset,omitempty"`
	Chunk  int      `json:"chunk,omitempty"`
	Walked bool     `json:"walked,omitempty"` // all pages are done
	Search int      `json:"search,omitempty"`
	Group  int      `json:"group,omitempty"`

	Gaps       bool `json:"gaps,omitempty"`        // some questions were refused: not all is known that was asked for
	NoSchedule bool `json:"no_schedule,omitempty"` // no operator is known: schedules cannot be asked for

	Done     int      `json:"done"`               // user-days
	Total    int      `json:"total"`              // user-days, as far as is known
	Calls    int      `json:"calls"`              // DingTalk calls, by the answers that came
	Problems []string `json:"problems,omitempty"` // the first refusals, in words

	Approvals int `json:"approvals,omitempty"` // readings of approvals
	Unread    int `json:"unread,omitempty"`    // approvals that could not be read

	Split *Split `json:"split,omitempty"` // clock-ins and results are asked for apart; nil: together

	SearchMode attendance.SearchMode         `json:"search_mode,omitempty"` // how approvals are looked for
	Searched   []attendance.SearchedTemplate `json:"searched,omitempty"`    // what all searches so far have listed
	Searching  bool                          `json:"searching,omitempty"`   // there was one
}

// Split says which results a sweep asks for, and what it found open so far.
type Split struct {
	Early  []attendance.Date    `json:"early,omitempty"`  // whose results are not final: clock-ins are enough
	Thrift bool                 `json:"thrift,omitempty"` // only of user-days that clock-ins and schedule leave open
	Open   []attendance.UserDay `json:"open,omitempty"`   // that wait for others to share a call with
	Kept   bool                 `json:"kept,omitempty"`   // at some time since its dates began nobody asked about events before the sweep, or none came: every day differs
	Anew   bool                 `json:"anew,omitempty"`   // a person's sweep: schedules are asked for even if they are known
	Brisk  bool                 `json:"brisk,omitempty"`  // short answers are written within the workflow task

	Waiting []Waiting `json:"waiting,omitempty"` // whose results wait for others to fill a call's page with
}

// Waiting is a user whose results of some days are still to be asked for.
type Waiting struct {
	UserID string               `json:"user_id"`
	Days   attendance.DateRange `json:"days"`
	Rows   int                  `json:"rows"` // that are expected
}

// BackfillState is where a backfill stands.
type BackfillState struct {
	Range     attendance.DateRange `json:"range"`
	Walk      Walk                 `json:"walk"`
	StartedAt time.Time            `json:"started_at"`
}

// BackfillProgress answers the query progress of a backfill; its last one is
// the run's result.
type BackfillProgress struct {
	State      string `json:"state"` // running, done
	From       string `json:"from"`
	To         string `json:"to"`
	Done       int    `json:"done"` // user-days
	Left       int    `json:"left"`
	Total      int    `json:"total"`
	Calls      int    `json:"calls"`
	ETASeconds int    `json:"eta_seconds"`

	Problems []string `json:"problems,omitempty"`
}

// ReconcileState is where a sweep stands.
type ReconcileState struct {
	Dates  []attendance.Date `json:"dates"`
	Drains []string          `json:"drains,omitempty"` // lost reads of failed pushes that the dates make good
	Walk   Walk              `json:"walk"`

	Gaps  []attendance.Gap `json:"gaps,omitempty"` // in the coverage, that the dates make good
	Since time.Time        `json:"since,omitzero"` // before its first question; zero: the sweep proves nothing
	Stage string           `json:"stage,omitempty"`
	Todo  []InstanceRef    `json:"todo,omitempty"` // approvals to read before the next stage
	Read  int              `json:"read,omitempty"` // approvals that were to be read so far

	Differed int `json:"differed,omitempty"` // rows that an earlier sweep of this workflow ID has written
}

// States of a re-sync request.
const (
	RequestQueued  = "queued"
	RequestRunning = "running"
	RequestDone    = "done"
	RequestRefused = "refused"
)

// Request is one re-sync request and where it stands.
type Request struct {
	UserIDs []string `json:"user_ids"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Reason  string   `json:"reason"`
	State   string   `json:"state"`
	Error   string   `json:"error"`
	Done    int      `json:"done"`  // user-days
	Total   int      `json:"total"` // user-days
	Walk    *Walk    `json:"walk,omitempty"`
}

// ResyncState is the input of Resync: all that it knows. It begins empty.
type ResyncState struct {
	Requests []Request `json:"requests,omitempty"` // newest last
}

// ResyncProgress answers the query progress of the standing re-sync.
type ResyncProgress struct {
	Requests []RequestProgress `json:"requests"` // newest last
}

// RequestProgress is what a person sees of a request.
type RequestProgress struct {
	UserIDs []string `json:"user_ids"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Reason  string   `json:"reason"`
	State   string   `json:"state"`
	Error   string   `json:"error"`
	Done    int      `json:"done"`
	Total   int      `json:"total"`
}

// DrainState is the input of DrainFailedPushes: nothing at first, then what its
// predecessors have done.
type DrainState struct {
	Pages      int        `json:"pages"`
	Failures   int        `json:"failures"`
	Ambiguous  []string   `json:"ambiguous,omitempty"` // drains of which nobody knows what they destroyed
	Dispatched Dispatched `json:"dispatched"`
	Skipped    string     `json:"skipped,omitempty"` // why the list was not read (to its end)
}

// ReconcileResult is what a sweep came to.
type ReconcileResult struct {
	Dates           []attendance.Date `json:"dates"`
	Settled         []attendance.Date `json:"settled,omitempty"` // their results are final
	UserDays        int               `json:"user_days"`
	Calls           int               `json:"calls"`
	AmbiguousDrains []string          `json:"ambiguous_drains,omitempty"`
	Problems        []string          `json:"problems,omitempty"`

	GapsClosed  []attendance.Gap `json:"gaps_closed,omitempty"` // in the coverage
	Differences int              `json:"differences,omitempty"` // from what the ledger showed before
}
