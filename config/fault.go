package config

import (
	"fmt"
	"strings"
)

// Fault is one thing wrong with the settings.
type Fault struct {
	Setting string // the variable's name
	Problem string // what is wrong and what would be right
}

// FaultsError is everything that is wrong with the settings. A process that
// gets it exits with status 2.
type FaultsError struct {
	Faults []Fault
}

// Error names every fault, one a line.
func (e *FaultsError) Error() string {
	var b strings.Builder
	plural := "s"
	if len(e.Faults) == 1 {
		plural = ""
	}
	fmt.Fprintf(&b, "%d fault%s in the settings (environment variables); nothing was started:", len(e.Faults), plural)
	for _, f := range e.Faults {
		fmt.Fprintf(&b, "\n  %s %s", f.Setting, f.Problem)
	}
	return b.String()
}

// slips is how many letters a misspelling is thought to have wrong: two that
// changed places are two.
const slips = 2

// nearest is the known name that a misspelt one most likely meant, or "" when
// none is close.
func nearest(name string, known []string) string {
	best, bestDistance := "", slips+1
	for _, k := range known {
		if d := distance(name, k); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next := min(row[j+1]+1, row[j]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}

// ExitStatus is the exit status of a process whose settings are faulty.
func (e *FaultsError) ExitStatus() int { return 2 }
