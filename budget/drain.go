package budget

import "time"

const (
	// QuietDrain is how long apart the reads of the failed-push list are where they
	// are left out: nobody has said for how long DingTalk keeps it.
	QuietDrain = 4 * time.Hour
	// drainShare is the part of the month's calls that they may take before.
	drainShare = 0.05
)

// QuietDrains is how long apart the reads of the failed-push list are while nothing
// can be on it, as far as is known: longer than their interval where that would take
// more than a twentieth of the month's calls. Zero leaves none out.
func (b Budget) QuietDrains() time.Duration {
	if b.Calls <= 0 || b.Drain <= 0 || b.Drain >= QuietDrain {
		return 0
	}
	if month := float64(longMonth*24*time.Hour) / float64(b.Drain); month <= drainShare*float64(b.Calls) {
		return 0
	}
	return QuietDrain
}
