package month

import (
	"cmp"
	"errors"
	"time"

	"dakasync/budget"
	"dakasync/simulator/platform"
)

// Options say which company lives through which time, and how its events are answered.
type Options struct {
	DatabaseURL string // an empty database of PostgreSQL
	Employees   int
	Seed        int64
	Approvals   int       // of the usual number, in percent (see company.Options); 100 unless set
	From        time.Time // the first day
	Workdays    int       // of an office: it ends with the last one; 0: To says
	To          time.Time // the end, a midnight

	// Mode and Window are how events are answered all the time. With a Budget they are the governor's to choose.
	Mode   budget.Mode
	Window time.Duration
	Budget *budget.Budget
	Quotas bool // DingTalk keeps to the budget's calls and pushes

	SettleDelays []time.Duration
	Drain        time.Duration            // how often failed pushes are read; an hour unless set
	Govern       time.Duration            // how often is decided; ten minutes unless set
	Settings     func(*platform.Settings) // turns the platform's knobs
	Moments      []Moment
	Parallel     int // how many runs go on at the same instant
	// Step is how finely time passes: a second, or something longer that divides a minute. What happens within a step happens at its end, and at
	// once, which is what makes a company of thousands bearable; nobody's window or answer moves by more than that.
	Step time.Duration
	// SayFunc hears at every midnight how far it is.
	SayFunc func(day time.Time, r *Report)
}

// Moment is something that happens beside the company's script.
type Moment struct {
	At     time.Time
	DoFunc func(*platform.Platform) error
}

var (
	errOptions = errors.New("a month needs employees, a first day, and workdays or an end")
	errStep    = errors.New("a month's step divides a minute and is at least a second")
)

func (o Options) withDefaults() (Options, error) {
	o.Step = cmp.Or(o.Step, time.Second)
	if o.Step < time.Second || time.Minute%o.Step != 0 {
		return o, errStep
	}
	if o.Employees < 1 || o.From.IsZero() || o.Workdays < 1 && !o.To.After(o.From) {
		return o, errOptions
	}
	o.Mode = cmp.Or(o.Mode, budget.ModeLive)
	o.Drain = cmp.Or(o.Drain, time.Hour)
	const often = 10 * time.Minute
	o.Govern = cmp.Or(o.Govern, often)
	o.Parallel = cmp.Or(o.Parallel, 4)
	if o.SettleDelays == nil {
		o.SettleDelays = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute} // the product's
	}
	return o, nil
}
