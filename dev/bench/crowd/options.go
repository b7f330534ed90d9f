package crowd

import (
	"errors"
	"time"
)

// Options say how much is measured.
type Options struct {
	Employees int           // whom a backfill is about
	Days      int           // of each of them
	PerSecond int           // live punches
	Seconds   int           // of a round
	Rounds    int           // of every side
	QPS       int           // calls a second to one API, whole fleet
	Latency   time.Duration // of every call to DingTalk
	Queued    bool          // every punch is asked about by the queue of calls
}

// Defaults are what the document is made with.
func Defaults() Options {
	const latency = 40 * time.Millisecond
	return Options{Employees: 1000, Days: 180, PerSecond: 2, Seconds: 20, Rounds: 3, QPS: 20, Latency: latency}
}

var errOptions = errors.New("employees, days, punches, seconds, rounds and calls a second must be 1 or more, days at most 180, and the latency not negative")

func (o Options) check() error {
	if min(o.Employees, o.Days, o.PerSecond, o.Seconds, o.Rounds, o.QPS) < 1 || o.Days > 180 || o.Latency < 0 {
		return errOptions
	}
	return nil
}

// OneCall is how long one call that is in the way takes: its slot, and its way to DingTalk and back.
func (o Options) OneCall() time.Duration { return time.Second/time.Duration(o.QPS) + o.Latency }
