package budget

import (
	"time"

	"dakasync/attendance"
)

// Mode is how events are answered.
type Mode string

// The modes, freshest first.
const (
	ModeLive    Mode = "live"    // each event by itself, within seconds
	ModeBatched Mode = "batched" // those of one window together
	ModeSweep   Mode = "sweep"   // kept; the nightly sweep accounts for them
	ModeStopped Mode = "stopped" // kept; nothing automatic is spent until the month turns
)

// Rungs is how many batch windows the governor chooses among.
const Rungs = 4

// Windows are the batch windows that the governor chooses among, shortest
// first. Each holds a whole number of those before it.
func Windows() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
}

// Day is what one past date has seen.
type Day struct {
	Date    attendance.Date `json:"date"`
	Punches int             `json:"punches"` // punch events, each once
	Pushes  int             `json:"pushes"`  // frames of every type, repetitions included
	Calls   int             `json:"calls"`   // calls that DingTalk bills
	Batches [Rungs]int      `json:"batches"` // calls of 50 users that its punches would have taken in each window
}

// Facts are what a decision goes by.
type Facts struct {
	At        time.Time `json:"at"`        // now, in the company's zone
	Employees int       `json:"employees"` // in contacts; 0 if not known yet
	Calls     int       `json:"calls"`     // billed this calendar month (company's zone), today included
	Pushes    int       `json:"pushes"`    // as Calls
	Days      []Day     `json:"days"`      // the last complete days, oldest first, at most 35
	Refused   time.Time `json:"refused"`   // when DingTalk last said this month that the calls are spent (90020); zero if not
	Muted     time.Time `json:"muted"`     // when DingTalk last said this month that the pushes are spent (20001); zero if not
	Current   Decision  `json:"current"`   // zero if none was made yet

	// Decisions are those of the last 35 days and the one before them, oldest
	// first; those that only repeat mode and window may be left out. They tell in
	// which mode a past day was spent, and since when the current one stands.
	// Without them every past day counts as spent in the current mode.
	Decisions []Decision `json:"decisions,omitempty"`
}

// Budget is what may be spent in a month.
type Budget struct {
	Edition string        `json:"edition"`
	Calls   int           `json:"calls"`   // 0: no bound
	Pushes  int           `json:"pushes"`  // 0: no bound
	Reserve int           `json:"reserve"` // of the calls, for what a person asks for
	Window  time.Duration `json:"window"`  // <0: the governor chooses; 0: always live; >0: always batched by it (a spent budget still stops)
	Drain   time.Duration `json:"drain"`   // how often failed pushes are read
}

// Decision is how events are answered from now on, and why.
type Decision struct {
	Mode      Mode          `json:"mode"`
	Window    time.Duration `json:"window"` // of a batch; zero in the other modes
	Reason    string        `json:"reason"`
	DecidedAt time.Time     `json:"decided_at"`
	Calls     int           `json:"calls"`  // spent when it was made
	Pushes    int           `json:"pushes"` // come when it was made

	// What will be spent and will have come by the end of the month, if it stays
	// so. A governor that has calls to spare answers fresher later: its forecast
	// is of what it will then do.
	ForecastCalls  int `json:"forecast_calls"`
	ForecastPushes int `json:"forecast_pushes"`

	Thrift bool `json:"thrift,omitempty"` // sweeps ask for the results of those days only that clock-ins leave open
}

// Batch is when the batch closes that an event of now belongs to: windows are
// aligned to the clock, so that every event of one window finds the same. It is
// zero unless events are batched.
func (d Decision) Batch(now time.Time) time.Time {
	if d.Mode != ModeBatched || d.Window <= 0 {
		return time.Time{}
	}
	return now.Truncate(d.Window).Add(d.Window)
}

// Lapsed reports whether the decision was made in another month than now's, of
// which it says nothing.
func (d Decision) Lapsed(now time.Time) bool {
	return !d.DecidedAt.IsZero() && !sameMonth(d.DecidedAt, now)
}

// step is how the decision answers events.
func (d Decision) step() step { return step{mode: d.Mode, window: d.Window} }
