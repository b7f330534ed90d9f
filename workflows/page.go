package workflows

import (
	"slices"

	"dakasync/attendance"
)

// pageRows is how many results a call lists (open-attendance-clock-in-data).
const pageRows = 50

// takeWindow takes those of the waiting whose results are asked for together: the
// first who share their days, as many as one question may name, but for some with
// whom a page would begin that they do not fill. They stay for the next question:
// so what a sweep's results cost is what its rows cost, not what its people do.
// Fewer than a question may name are taken at the end only.
func takeWindow(waiting []Waiting, end bool) (taken, rest []Waiting) {
	for i, first := range waiting {
		if slices.ContainsFunc(waiting[:i], func(w Waiting) bool { return w.Days == first.Days }) {
			continue // these were counted
		}
		var at []int
		rows := 0
		for n := i; n < len(waiting) && len(at) < attendance.WindowUsers; n++ {
			if waiting[n].Days == first.Days {
				at, rows = append(at, n), rows+waiting[n].Rows
			}
		}
		if len(at) < attendance.WindowUsers && !end {
			continue
		}
		if len(at) == attendance.WindowUsers {
			at = fill(waiting, at, rows)
		}
		for n, w := range waiting {
			if _, found := slices.BinarySearch(at, n); found {
				taken = append(taken, w)
			} else {
				rest = append(rest, w)
			}
		}
		return taken, rest
	}
	return nil, waiting
}

// fill leaves out of some users, given by their places, the fewest without whom
// their rows fill whole pages.
func fill(waiting []Waiting, at []int, rows int) []int {
	if rows < pageRows {
		return at
	}
	byRows := slices.Clone(at)
	slices.SortStableFunc(byRows, func(a, b int) int { return waiting[b].Rows - waiting[a].Rows })
	left := map[int]bool{}
	excess := rows % pageRows
	for _, n := range byRows {
		if r := waiting[n].Rows; r > 0 && r <= excess {
			left[n], excess = true, excess-r
		}
	}
	for _, n := range slices.Backward(byRows) { // nobody has so few: one too many, then
		if excess > 0 && waiting[n].Rows > 0 && !left[n] {
			left[n], excess = true, 0
		}
	}
	if len(left) == len(at) {
		return at
	}
	return slices.DeleteFunc(at, func(n int) bool { return left[n] })
}
