package path

import (
	"errors"
	"time"
)

// Options say how much is measured.
type Options struct {
	Rate        int // events a second of an even round
	EvenSeconds int
	EvenRounds  int
	Burst       int           // events of a saturating round
	BurstRounds int           // at most: see Budget
	Budget      time.Duration // no saturating round begins later than this
	InFlight    int           // unacknowledged events, and starts under way, of a saturating round
	WarmUp      int           // events of every side before anything is measured
	Employees   int
	Profile     string // a file for a CPU profile of this process; none if empty
}

// Defaults are what the document is made with.
func Defaults() Options {
	return Options{
		Rate: 20, EvenSeconds: 8, EvenRounds: 4, Burst: 160, BurstRounds: 7, Budget: 6 * time.Minute, InFlight: 32, WarmUp: 60, Employees: 1500,
	}
}

var errOptions = errors.New("rounds, seconds and events must be 1 or more")

func (o Options) check() error {
	if min(o.EvenSeconds, o.EvenRounds, o.Burst, o.BurstRounds) < 1 {
		return errOptions
	}
	return nil
}
