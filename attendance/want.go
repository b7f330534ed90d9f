package attendance

import "time"

// Want is what an event asks to be looked at.
type Want struct {
	UserID  string    `json:"user_id"`
	Days    DateRange `json:"days"`              // where it may stand
	Results bool      `json:"results,omitempty"` // the day itself changed: clock-ins alone do not tell
}

// WantPunch asks for a punch where it is likely to stand.
func WantPunch(userID string, at time.Time, loc *time.Location) Want {
	day := DateOf(at, loc)
	w := Want{UserID: userID, Days: DateRange{From: day, To: day}}
	for _, d := range CandidatesFor(at, loc).Likely {
		w.Days = w.Days.join(DateRange{From: d, To: d})
	}
	return w
}

// WantDay asks for a day that was changed.
func WantDay(userID string, d Date) Want {
	return Want{UserID: userID, Days: DateRange{From: d, To: d}, Results: true}
}
