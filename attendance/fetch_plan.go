package attendance

import (
	"cmp"
	"slices"
)

// Part is a part of what DingTalk can say about user-days.
type Part string

// The parts.
const (
	PartRecords Part = "records" // the clock-ins alone: no pages, whatever a window covers
	PartResults Part = "results" // the results alone, page by page
)

// recordDays is how many days of clock-ins one question covers. It may span a
// week of the clock, and work dates reach beyond their days: it begins the noon
// before, for a shift that starts at midnight, and ends with the day after, for
// a night shift's morning.
const recordDays = 5

// Window is one question about many users and days.
type Window struct {
	UserIDs []string  `json:"user_ids"`
	Days    DateRange `json:"days"`
	Only    Part      `json:"only,omitempty"` // empty: results and records
}

// FetchPlan is how to ask for some user-days.
type FetchPlan struct {
	Singles []UserDay `json:"singles,omitempty"`
	Windows []Window  `json:"windows,omitempty"`
}

// rowsPerPage is the page size of attendance/list; slotsPerDay is what one
// user-day usually adds to it.
const (
	rowsPerPage = 50
	slotsPerDay = 2
)

// PlanFetch asks for user-days by the fewest calls. A single question costs one
// call and sees the most, so it wins a tie; a window costs one call for the
// records and one for every page of results, whatever it covers.
func PlanFetch(days []UserDay) FetchPlan {
	var plan FetchPlan
	for _, group := range weeks(distinct(days)) {
		if window, ok := cheaperWindow(group); ok {
			plan.Windows = append(plan.Windows, window)
			continue
		}
		plan.Singles = append(plan.Singles, group...)
	}
	return plan
}

// cheaperWindow is the one window over a group, if it costs less than asking
// for each of its user-days.
func cheaperWindow(group []UserDay) (Window, bool) {
	w := Window{Days: DateRange{From: group[0].WorkDate, To: group[0].WorkDate}}
	for _, d := range group {
		w.Days = w.Days.join(DateRange{From: d.WorkDate, To: d.WorkDate})
		if n := len(w.UserIDs); n == 0 || w.UserIDs[n-1] != d.UserID {
			w.UserIDs = append(w.UserIDs, d.UserID)
		}
	}
	return w, w.Cost() < len(group)
}

// UserDays are the window's user-days, by user and date.
func (w Window) UserDays() []UserDay {
	days := make([]UserDay, 0, len(w.UserIDs)*w.Days.Days())
	for _, id := range w.UserIDs {
		for d := w.Days.From; !d.After(w.Days.To); d = d.AddDays(1) {
			days = append(days, UserDay{UserID: id, WorkDate: d})
		}
	}
	return days
}

// Cost is how many calls a window is likely to take. Plans go by it inside runs,
// so that another cost would part running ones from their histories: a whole
// window of six or seven days, whose clock-ins take a second call, counts as if
// they took one.
func (w Window) Cost() int {
	if w.Only == "" {
		w.Only = PartResults
		return 1 + w.Cost()
	}
	return w.calls(len(w.UserIDs) * w.Days.Days() * slotsPerDay)
}

// Calls is how many calls a window's answers have cost.
func (w Window) Calls(answers []Answer) int {
	rows := 0
	for _, a := range answers {
		rows += len(a.Results)
	}
	return w.calls(rows)
}

func (w Window) calls(rows int) int {
	pages := max(1, (rows+rowsPerPage-1)/rowsPerPage)
	switch w.Only {
	case PartRecords:
		return recordCalls(w.Days)
	case PartResults:
		return pages
	default:
		return recordCalls(w.Days) + pages
	}
}

// Halve splits a window whose answer does not fit: first by users, then by
// days. One user's day cannot be split.
func (w Window) Halve() []Window {
	if n := len(w.UserIDs); n > 1 {
		return []Window{
			{UserIDs: w.UserIDs[:n/2], Days: w.Days, Only: w.Only},
			{UserIDs: w.UserIDs[n/2:], Days: w.Days, Only: w.Only},
		}
	}
	return w.HalveDays()
}

// HalveDays splits a window by its days only; one day cannot be split.
func (w Window) HalveDays() []Window {
	n := w.Days.Days()
	if n <= 1 {
		return nil
	}
	middle := w.Days.From.AddDays(n/2 - 1)
	return []Window{
		{UserIDs: w.UserIDs, Days: DateRange{From: w.Days.From, To: middle}, Only: w.Only},
		{UserIDs: w.UserIDs, Days: DateRange{From: middle.AddDays(1), To: w.Days.To}, Only: w.Only},
	}
}

// recordCalls is how many questions the clock-ins of some days take.
func recordCalls(days DateRange) int {
	if days.Days() <= recordDays {
		return 1
	}
	return 2 // A window is a week at most.
}

// weeks groups user-days into what one window can hold, each group by user and
// date.
func weeks(days []UserDay) [][]UserDay {
	dates := make([]Date, 0, len(days))
	for _, d := range days {
		dates = append(dates, d.WorkDate)
	}
	var groups [][]UserDay
	for _, chunk := range ChunkDates(dates) {
		var group []UserDay
		users := 0
		for _, d := range days {
			if !chunk.Contains(d.WorkDate) {
				continue
			}
			if len(group) == 0 || group[len(group)-1].UserID != d.UserID {
				if users == WindowUsers {
					groups, group, users = append(groups, group), nil, 0
				}
				users++
			}
			group = append(group, d)
		}
		groups = append(groups, group)
	}
	return groups
}

// distinct sorts by user and date and drops repetitions.
func distinct(days []UserDay) []UserDay {
	sorted := slices.SortedFunc(slices.Values(days), func(a, b UserDay) int {
		return cmp.Or(cmp.Compare(a.UserID, b.UserID), a.WorkDate.Compare(b.WorkDate))
	})
	return slices.Compact(sorted)
}
