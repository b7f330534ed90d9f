package attendance

import (
	"cmp"
	"slices"
)

// PlanBatch asks for wants by the fewest calls. Punches are asked for by the
// clock-ins of 50 users a call; days that were changed as PlanFetch says, or in
// parts. What those questions show anyway is not asked for a second time.
func PlanBatch(wants []Want) FetchPlan {
	var days []UserDay
	for _, w := range wants {
		if w.Results {
			days = append(days, w.userDays()...)
		}
	}
	var plan FetchPlan
	for _, group := range weeks(distinct(days)) {
		plan = plan.and(inParts(group))
	}
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

// inParts asks for a group by the fewest calls, cut between its dates where that is
// cheaper: one day of a week before would make the window of all others as wide.
func inParts(group []UserDay) FetchPlan {
	all, _ := cheaperWindow(group)
	n := all.Days.Days()
	least := make([]FetchPlan, n+1) // of what is left from each date on
	for from := n - 1; from >= 0; from-- {
		for to := n; to > from; to-- {
			part := DateRange{From: all.Days.From.AddDays(from), To: all.Days.From.AddDays(to - 1)}
			plan := uncut(slices.DeleteFunc(slices.Clone(group), func(d UserDay) bool { return !part.Contains(d.WorkDate) })).and(least[to])
			if to == n || plan.cost() < least[from].cost() {
				least[from] = plan
			}
		}
	}
	return least[0]
}

// uncut asks for user-days by one window, or one by one if that costs no more.
func uncut(days []UserDay) FetchPlan {
	if len(days) > 0 {
		if window, cheaper := cheaperWindow(days); cheaper {
			return FetchPlan{Windows: []Window{window}}
		}
	}
	return FetchPlan{Singles: days}
}

func (p FetchPlan) and(o FetchPlan) FetchPlan {
	return FetchPlan{Singles: slices.Concat(p.Singles, o.Singles), Windows: slices.Concat(p.Windows, o.Windows)}
}

// cost is how many calls the plan is likely to take.
func (p FetchPlan) cost() int {
	calls := len(p.Singles)
	for _, w := range p.Windows {
		calls += w.Cost()
	}
	return calls
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
