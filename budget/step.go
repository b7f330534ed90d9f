package budget

import "time"

// step is one way to answer events.
type step struct {
	mode   Mode
	window time.Duration
}

// batched reports whether events of a window are answered together.
func (s step) batched() bool { return s.mode == ModeBatched && s.window > 0 }

// ladder are the steps that a decision chooses among, freshest first.
func (b Budget) ladder() []step {
	switch {
	case b.Window == 0:
		return []step{{mode: ModeLive}}
	case b.Window > 0:
		return []step{{mode: ModeBatched, window: b.Window}}
	}
	steps := make([]step, 0, Rungs+2)
	steps = append(steps, step{mode: ModeLive})
	for _, w := range Windows() {
		steps = append(steps, step{mode: ModeBatched, window: w})
	}
	return append(steps, step{mode: ModeSweep})
}

// cost is how many calls the day's punches would have taken. A longer window
// never takes more than a shorter one.
func (s step) cost(d Day) int {
	switch s.mode {
	case ModeSweep, ModeStopped:
		return 0
	case ModeLive:
		return d.Punches
	}
	least := d.Punches
	for i, w := range Windows() {
		switch {
		case w <= s.window:
			least = min(least, d.Batches[i])
		case i == 0 && s.window > 0: // each of its parts costs no more than the whole
			least = min(least, d.Batches[i]*parts(w, s.window))
		}
	}
	return least
}

// parts is into how many windows of a length a time falls.
func parts(whole, length time.Duration) int { return int((whole + length - 1) / length) }
