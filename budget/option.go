package budget

import "time"

// Option is one way to answer events, and what it takes.
type Option struct {
	Mode    Mode          `json:"mode"`
	Window  time.Duration `json:"window"`
	Fresh   time.Duration `json:"fresh"` // the ledger is at most about so far behind
	Cost    Cost          `json:"cost"`
	Calls   int           `json:"calls"`   // all of the cost's
	Edition Edition       `json:"edition"` // the cheapest that suffices
	Thrift  bool          `json:"thrift"`  // with its calls, sweeps ask for the results of open days only
}

const (
	freshLive  = 10 * time.Second
	freshSweep = 24 * time.Hour
)

// Options are all ways to answer the company's events, freshest first. A reserve
// in percent of an edition's calls is left alone.
func (c Company) Options(reserve int) []Option {
	ladder := Budget{Window: -1}.ladder()
	all := make([]Option, 0, len(ladder))
	for _, s := range ladder {
		all = append(all, c.option(s, reserve))
	}
	return all
}

// Within is the way that takes the least and is fresh within a time.
func (c Company) Within(fresh time.Duration, reserve int) Option {
	longest := Windows()[Rungs-1]
	switch {
	case fresh <= 0:
		return c.option(step{mode: ModeLive}, reserve)
	case fresh >= freshSweep:
		return c.option(step{mode: ModeSweep}, reserve)
	default:
		return c.option(step{mode: ModeBatched, window: min(fresh, longest)}, reserve)
	}
}

func (c Company) option(s step, reserve int) Option {
	o := Option{Mode: s.mode, Window: s.window}
	switch s.mode {
	case ModeLive:
		o.Fresh = freshLive
	case ModeBatched:
		o.Fresh = s.window + freshLive
	default:
		o.Fresh = freshSweep
	}
	o.Edition = cheapest(func(e Edition) bool {
		cost, _ := c.monthOn(e, s)
		return e.Suffices(cost.Calls(), cost.Pushes, reserve)
	})
	o.Cost, o.Thrift = c.monthOn(o.Edition, s)
	o.Calls = o.Cost.Calls()
	return o
}

// monthOn is what a month takes on an edition, and whether its sweeps are thrifty.
func (c Company) monthOn(e Edition, s step) (cost Cost, thrift bool) {
	under := c.under(e.Calls)
	cost, thrift = under.Month(s.mode, s.window), under.Thrift
	if s.mode == ModeSweep {
		cost.Pushes, thrift = 0, false // it needs none, and asks for all
	}
	return cost, thrift
}

// Words says how events are answered: "at once", "in batches of 5 minutes".
func (o Option) Words() string { return step{mode: o.Mode, window: o.Window}.words() }

// FreshWords says how far the ledger is behind.
func (o Option) FreshWords() string {
	switch o.Mode {
	case ModeLive:
		return "seconds"
	case ModeBatched:
		return length(o.Window)
	default:
		return "the next morning"
	}
}
