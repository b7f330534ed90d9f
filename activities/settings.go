package activities

import (
	"time"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/privacy"
)

// Settings are what steps need to know of the company.
type Settings struct {
	CorpID       string
	Location     *time.Location
	SettleDelays []time.Duration // between readings of an unexplained punch
	// RecoveryDelay is how long repeated pushes and lagging reads are waited for
	// before a look for what was missed.
	RecoveryDelay time.Duration
	TaskQueue     string // of the runs that failed pushes start
	Policy        privacy.Policy
	Budget        budget.Budget
	NowFunc       func() time.Time // the clock
}

func (s Settings) today() attendance.Date { return attendance.DateOf(s.NowFunc(), s.Location) }
