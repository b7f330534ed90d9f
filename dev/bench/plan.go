package main

import (
	"errors"
	"time"
)

// Plan says how much is measured.
type Plan struct {
	Rate        int // events a second of an even round
	EvenSeconds int
	EvenRounds  int
	Burst       int           // events of a saturating round
	BurstRounds int           // at most: see Budget
	Budget      time.Duration // no saturating round begins later than this
	InFlight    int           // unacknowledged events, and starts under way, of a saturating round
	WarmUp      int           // events of either side before anything is measured
	Employees   int
	Profile     string // a file for a CPU profile; none if empty
	Months      bool   // simulated months, too
	Many        int    // workdays of the company of 1,000; 0: without it
	Largest     int    // workdays of the company of 10,000; 0: without it
}

func defaultPlan() Plan {
	return Plan{
		Rate: 20, EvenSeconds: 8, EvenRounds: 4, Burst: 160, BurstRounds: 7, Budget: 200 * time.Second, InFlight: 32, WarmUp: 60, Employees: 1500,
		Months: true,
	}
}

var errPlan = errors.New("rounds, seconds and events must be 1 or more")

func (p Plan) check() error {
	if min(p.EvenSeconds, p.EvenRounds, p.Burst, p.BurstRounds) < 1 {
		return errPlan
	}
	return nil
}

// monthSize is a company and how many workdays it is simulated.
type monthSize struct{ employees, workdays int }

func (p Plan) monthSizes() []monthSize {
	sizes := []monthSize{{monthPeople, monthWorkdays}}
	if p.Many > 0 {
		sizes = append(sizes, monthSize{manyPeople, p.Many})
	}
	if p.Largest > 0 {
		sizes = append(sizes, monthSize{mostPeople, p.Largest})
	}
	return sizes
}
