package attendance

import (
	"cmp"
	"slices"
)

// PlanBatch asks for wants by the fewest calls. Punches are asked for by the
// clock-ins of 50 users a call; days that were changed as PlanFetch says. What
// those questions show anyway is not asked for a second time.
func PlanBatch(wants []Want) FetchPlan {
	var days []UserDay
	for _, w := range wants {
		if w.Results {
			days = append(days, w.userDays()...)
		}
	}
	plan := PlanFetch(days)
	shown := map[UserDay]bool{}
	for _, d := range plan.Singles {
		shown[d] = true
	}
	for _, w := range plan.Windows {
		for _, d := range w.UserDays() {
			shown[d] = true
		}
	}
	open := make([]Want, 0, len(wants))
	for _, w := range wants {
		open = append(open, w.without(shown)...)
	}
	plan.Windows = append(plan.Windows, recordWindows(open)...)
	return plan
}

func (w Want) userDays() []UserDay {
	return Window{UserIDs: []string{w.UserID}, Days: w.Days}.UserDays()
}

// without is what is left to ask for, in pieces that fit one question.
func (w Want) without(shown map[UserDay]bool) []Want {
	left := slices.DeleteFunc(w.userDays(), func(d UserDay) bool { return shown[d] })
	var pieces []Want
	for _, d := range left {
		if n := len(pieces); n > 0 && pieces[n-1].Days.From.DaysUntil(d.WorkDate) < recordDays {
			pieces[n-1].Days.To = d.WorkDate
			continue
		}
		pieces = append(pieces, Want{UserID: w.UserID, Days: DateRange{From: d.WorkDate, To: d.WorkDate}})
	}
	return pieces
}

// recordWindows are the fewest questions for the clock-ins of some wants. What
// begins first must be asked about by a question that begins no later; that one
// begins as late as it can, and takes those along that could wait least.
func recordWindows(wants []Want) []Window {
	slices.SortFunc(wants, func(a, b Want) int {
		return cmp.Or(a.Days.From.Compare(b.Days.From), cmp.Compare(a.UserID, b.UserID), a.Days.To.Compare(b.Days.To))
	})
	var windows []Window
	for len(wants) > 0 {
		first := wants[0].Days.From
		window := Window{Days: wants[0].Days, Only: PartRecords}
		users := map[string]bool{}
		wants = slices.DeleteFunc(wants, func(w Want) bool {
			if first.DaysUntil(w.Days.To) >= recordDays || !users[w.UserID] && len(users) == WindowUsers {
				return false
			}
			users[w.UserID] = true
			window.Days = window.Days.join(w.Days)
			return true
		})
		for user := range users {
			window.UserIDs = append(window.UserIDs, user)
		}
		slices.Sort(window.UserIDs)
		windows = append(windows, window)
	}
	return windows
}
