package attendance

import "time"

const (
	// eveningHour is from when on a punch may belong to the next work date: an
	// on-duty punch at 23:50 for a shift that starts at midnight.
	eveningHour = 22
	// afternoonHour is until when a punch is likely to end the previous work
	// date's night shift, or to fall before a free-hours group's day begins.
	afternoonHour = 14
)

// Candidates are the work dates under which a punch may stand.
type Candidates struct {
	Likely   []Date `json:"likely"`             // asked in every round, in this order
	Unlikely []Date `json:"unlikely,omitempty"` // asked once, in the last round
}

// CandidatesFor orders the work dates to ask for a punch: its calendar date,
// the one before (night shifts, days that begin late), and late in the evening
// the one after. A call is spent on an odd date only when nothing else is left.
func CandidatesFor(at time.Time, loc *time.Location) Candidates {
	day, hour := DateOf(at, loc), at.In(loc).Hour()
	c := Candidates{Likely: []Date{day}}
	if hour < afternoonHour {
		c.Likely = append(c.Likely, day.AddDays(-1))
	} else {
		c.Unlikely = []Date{day.AddDays(-1)}
	}
	if hour >= eveningHour {
		c.Likely = append(c.Likely, day.AddDays(1))
	}
	return c
}

// Round is what to ask in a round; the last one leaves nothing out.
func (c Candidates) Round(last bool) []Date {
	if !last || len(c.Unlikely) == 0 {
		return c.Likely
	}
	return append(append([]Date(nil), c.Likely...), c.Unlikely...)
}

// Reach says whether asking DingTalk about a moment makes sense.
type Reach string

// The reaches of a moment.
const (
	ReachOK     Reach = ""
	ReachTooOld Reach = "too_old" // beyond the half year that DingTalk answers for
	ReachFuture Reach = "future"  // more than a day ahead: a clock is wrong
)

// ReachOf judges a punch's time. A day of grace lets a clock be wrong.
func ReachOf(at, now time.Time, loc *time.Location) Reach {
	switch {
	case at.After(now.Add(24 * time.Hour)):
		return ReachFuture
	case TooOld(DateOf(at, loc), DateOf(now, loc)):
		return ReachTooOld
	default:
		return ReachOK
	}
}

// ReachOfDay judges a work date: one that has not begun has nothing to answer.
func ReachOfDay(d, today Date) Reach {
	switch {
	case d.After(today):
		return ReachFuture
	case TooOld(d, today):
		return ReachTooOld
	default:
		return ReachOK
	}
}
