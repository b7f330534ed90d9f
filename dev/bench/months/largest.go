package months

import (
	"context"
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

// LargestWorkdays are enough to see that it works; 22 take some 50 minutes for a company and way.
const LargestWorkdays = 2

// Way is how events are answered in a chapter of its own.
type Way struct {
	Name     string
	decision budget.Decision
}

// largestWindow is the window of the chapter with both companies.
const largestWindow = 5 * time.Minute

// OtherWays are those that the chapter on the largest companies leaves out.
func OtherWays() []Way {
	var ways []Way
	for _, d := range monthModes() {
		switch {
		case d.Mode != budget.ModeBatched:
			ways = append(ways, Way{string(d.Mode), d})
		case d.Window != largestWindow:
			ways = append(ways, Way{shortly(d.Window), d})
		}
	}
	return ways
}

// MeasureLargest lets the largest companies live, and returns the chapter.
func MeasureLargest(ctx context.Context, place rig.Place, workdays int) (string, error) {
	inBatches := []budget.Decision{{Mode: budget.ModeBatched, Window: largestWindow}}
	return measureLargest(ctx, place, "largest.md.tmpl", []size{
		{mostPeople, workdays, usual, largeStep, inBatches},
		{mostPeople, workdays, office, largeStep, inBatches},
	})
}

// MeasureWay lets the usual one of the largest companies live in another way, and returns what continues the chapter.
func MeasureWay(ctx context.Context, place rig.Place, workdays int, way Way) (string, error) {
	return measureLargest(ctx, place, "way.md.tmpl", []size{{mostPeople, workdays, usual, largeStep, []budget.Decision{way.decision}}})
}

func measureLargest(ctx context.Context, place rig.Place, template string, sizes []size) (string, error) {
	var f largestFigures
	if err := together(ctx, place, func(live liveFunc) { f.Tables = tables(sizes, live) }); err != nil {
		return "", err
	}
	return report(template, f)
}

// largestFigures are all that the chapter shows.
type largestFigures struct{ Tables []monthTable }

// Step is how finely time passes.
func (largestFigures) Step() time.Duration { return largeStep }
