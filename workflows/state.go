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

	NoSchedule bool `json:"no_schedule,omitempty"` // no operator is known: schedules cannot be asked for

	Done  int `json:"done"`  // user-days
	Total int `json:"total"` // user-days, as far as is known
	Calls int `json:"calls"` // DingTalk calls, by the answers that came
}

// BackfillState is where a backfill stands.
type BackfillState struct {
	Walk      Walk      `json:"walk"`
	StartedAt time.Time `json:"started_at"`
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
}

// ReconcileState is where a sweep stands.
type ReconcileState struct {
	Dates []attendance.Date `json:"dates"`
	Walk  Walk              `json:"walk"`
}
