// Package sweep reconciles one day of companies of several sizes by one worker: the chapter on the nightly sweep's calls, time and memory.
//
// The worker is the program that users deploy, in a process of its own; Temporal and PostgreSQL are real. A sweep is started as `dakactl
// reconcile --date` starts it, of a final date of which the ledger knows nothing, so that everything must be asked and written. It counts
// only where the date's clock-ins, results, days and approvals in the ledger then equal the simulator's truth, and where what the ledger
// counted as spent is what the platform billed: anything else is an error. It measures no punches' way, and no pace of DingTalk's: calls
// are answered at once.
package sweep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dakasync/dev/bench/rig"
)

// The sizes.
const (
	smallest = 1000
	many     = 10_000
)

// enough employees say how long one takes. Smaller companies are swept as many times as come to them, and the one in the middle counts.
const enough = 5000

// Options say which companies are swept.
type Options struct {
	Employees []int // of each, the smallest first
}

// Defaults take some minutes.
func Defaults() Options { return Options{Employees: []int{smallest, many}} }

// Set takes the sizes from a text, with commas.
func (o *Options) Set(text string) error {
	o.Employees = nil
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number of employees", part)
		}
		o.Employees = append(o.Employees, n)
	}
	slices.Sort(o.Employees)
	return nil
}

// Measure sweeps the companies, and returns the chapter.
func Measure(ctx context.Context, place rig.Place, o Options) (_ string, err error) {
	r, err := rig.Start(ctx, place, rig.Options{Programs: []string{rig.Worker}})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, r.Stop(context.WithoutCancel(ctx))) }()
	var sweeps []sweepOf
	for _, people := range o.Employees {
		s, err := middle(ctx, r, people)
		if err != nil {
			return "", err
		}
		sweeps = append(sweeps, s)
	}
	return report(sweeps)
}

// middle is the sweep in the middle, by time, of as many companies of a size as are swept.
func middle(ctx context.Context, r *rig.Rig, people int) (sweepOf, error) {
	var all []sweepOf
	for n := range max(1, enough/people) {
		s, err := measure(ctx, r, people, n+1)
		if err != nil {
			return sweepOf{}, err
		}
		rig.Sayf("%d employees: %d calls, least %d; %s", people, s.Calls.Total(), s.Least.Total(), s.Took)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b sweepOf) int { return cmp.Compare(a.Took, b.Took) })
	s := all[len(all)/2]
	s.Of = len(all)
	return s, nil
}
