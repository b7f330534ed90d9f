package months

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"dakasync/budget"
	"dakasync/dev/bench/rig"
)

// mostPeople are those of a largest company.
const mostPeople = 10_000

// The simulator's company starts four or five approvals a person and month, to meet every case; an ordinary office about one.
const (
	usual  = 100 // percent
	office = 20
)

// Largest says how long the largest companies live, and in which ways events are answered; those of the ordinary office in the first of them.
type Largest struct {
	Workdays int
	Ways     []budget.Decision
}

// DefaultLargest takes about ten minutes on two cores. 22 workdays take some 50 minutes for each way.
func DefaultLargest() Largest {
	return Largest{Workdays: 2, Ways: []budget.Decision{{Mode: budget.ModeBatched, Window: 5 * time.Minute}}} //nolint:mnd // As said.
}

var errWay = errors.New("a way of answering events is live, sweep, or the window of batches, such as 5m")

// Set reads the ways from a list with commas: live, sweep, or the window of batches.
func (l *Largest) Set(list string) error {
	l.Ways = nil
	for word := range strings.SplitSeq(list, ",") {
		way := budget.Decision{Mode: budget.Mode(word)}
		if way.Mode != budget.ModeLive && way.Mode != budget.ModeSweep {
			window, err := time.ParseDuration(word)
			if err != nil || window <= 0 {
				return fmt.Errorf("%q: %w", word, errWay)
			}
			way = budget.Decision{Mode: budget.ModeBatched, Window: window}
		}
		l.Ways = append(l.Ways, way)
	}
	return nil
}

// MeasureLargest lets the largest companies live, and returns the chapter.
func MeasureLargest(ctx context.Context, place rig.Place, o Largest) (string, error) {
	var f largestFigures
	err := together(ctx, place, func(live liveFunc) {
		f.Tables = tables([]size{
			{mostPeople, o.Workdays, usual, largeStep, o.Ways},
			{mostPeople, o.Workdays, office, largeStep, o.Ways[:1]},
		}, live)
	})
	if err != nil {
		return "", err
	}
	return report("largest.md.tmpl", f)
}

// largestFigures are all that the chapter shows.
type largestFigures struct{ Tables []monthTable }

// Step is how finely time passes.
func (largestFigures) Step() time.Duration { return largeStep }
