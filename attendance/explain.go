package attendance

import "time"

// Explains reports whether an answer accounts for a punch: a result or a
// record of the day carries its time, to the second. Milliseconds are the
// event's alone: the reads have none.
func Explains(a Answer, at time.Time) bool {
	for _, r := range a.Results {
		if sameSecond(r.UserCheckTime, at) {
			return true
		}
	}
	for _, r := range a.Records {
		if sameSecond(r.CheckTime, at) {
			return true
		}
	}
	return false
}

// MakeUpExplains reports whether an approved instance is the make-up of a
// punch. A form that names the made-up time to the minute still accounts for
// the punch of that minute's first second, which is what DingTalk then sends.
func MakeUpExplains(i Instance, userID string, at time.Time) (MakeUp, bool) {
	if !i.Approved() || i.BizAction == ActionRevoke {
		return MakeUp{}, false
	}
	for _, m := range i.MakeUps {
		if m.UserID == userID && sameSecond(m.At, at) {
			return m, true
		}
	}
	return MakeUp{}, false
}

func sameSecond(a, b time.Time) bool {
	return !a.IsZero() && !b.IsZero() && a.Unix() == b.Unix()
}
