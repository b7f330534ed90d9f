package sweep

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"dakasync/dev/bench/rig"
	"dakasync/dev/oracle"
	"dakasync/simulator/platform"
	"dakasync/workflows"
)

// sweepOf is one sweep that was measured.
type sweepOf struct {
	Employees int
	Of        int // sweeps of such companies, of which this is the one in the middle
	Rows      int // results and clock-ins of the date
	Calls     Calls
	Counted   int // calls that the ledger counted, billed ones
	Billed    int // calls that the platform billed
	Least     Calls
	Took      time.Duration
	CPU       rig.CPU
	Idle      int64 // bytes of the worker's memory before it
	Peak      int64
	FirstHalf int64 // the most in the first half of the time
	LastHalf  int64
	Runs      int
	Events    int64 // of the longest history
	History   int64 // bytes of the largest
}

var errDiffers = errors.New("the ledger differs from the truth")

// measure sweeps the day of the nth company of so many people, and compares the ledger with the truth.
func measure(ctx context.Context, r *rig.Rig, people, nth int) (sweepOf, error) {
	began := time.Now()
	name := fmt.Sprintf("sweep%dof%d", nth, people)
	w := newWorld("ding"+name, people, began)
	source := &rig.Source{Company: w.company}
	settings := platform.Defaults()
	settings.QPS = 0
	source.Platform = platform.New(platform.Options{Company: w.company, Settings: &settings})
	if err := source.Platform.Start(ctx, "127.0.0.1:0"); err != nil {
		return sweepOf{}, err
	}
	r.After(source.Platform.Close)
	rig.Sayf("%d employees worked on %s; %s to simulate", people, w.date, time.Since(began).Round(time.Second))
	into, err := r.Install(ctx, name, source, nil, rig.Worker)
	if err != nil {
		return sweepOf{}, err
	}
	s := sweepOf{Employees: people}
	if err := s.sweep(ctx, r, into, w.date.String()); err != nil {
		return s, err
	}
	if err := r.End(into.Programs[rig.Worker]); err != nil { // it writes down what it has counted
		return s, err
	}
	return s, s.judge(ctx, into, w)
}

// sweep runs one as `dakactl reconcile` starts it.
func (s *sweepOf) sweep(ctx context.Context, r *rig.Rig, into *rig.Installation, date string) error {
	worker := into.Programs[rig.Worker]
	meter, err := rig.NewMeter(ctx, into.Database)
	if err != nil {
		return err
	}
	before, err := meter.Read(worker)
	if err != nil {
		return err
	}
	idle, err := rig.MemoryOf(worker.Pid())
	if err != nil {
		return err
	}
	s.Idle = idle.Resident
	watch := watchMemory(worker.Pid())
	began := time.Now()
	options := workflows.ReconcileOptions(into.Queue(), into.Company.CorpID(), date)
	run, err := r.Temporal.ExecuteWorkflow(ctx, options, workflows.TypeReconcileDay, workflows.ReconcileInput{Date: date})
	var result workflows.ReconcileResult
	if err == nil {
		err = run.Get(ctx, &result)
	}
	s.Took = time.Since(began)
	s.Peak, s.FirstHalf, s.LastHalf = watch.end()
	if err != nil {
		return fmt.Errorf("sweep %s of %d people: %w", date, s.Employees, err)
	}
	if len(result.Problems) > 0 || len(result.Settled) != 1 || result.UserDays != s.Employees {
		return fmt.Errorf("the sweep of %d people asked about %d user-days and settled %v: %v", s.Employees, result.UserDays, result.Settled, result.Problems)
	}
	after, err := meter.Read(worker)
	if err != nil {
		return err
	}
	s.CPU = after.Minus(before)
	return s.histories(ctx, r, options.ID)
}

// histories asks Temporal about the runs of the sweep, which hand over to each other.
func (s *sweepOf) histories(ctx context.Context, r *rig.Rig, id string) error {
	return r.Until(ctx, "the sweep's last run to be listed", time.Minute, func(ctx context.Context) bool {
		query := fmt.Sprintf("WorkflowId = '%s' AND ExecutionStatus != 'Running'", id)
		*s = sweepOf{
			Employees: s.Employees, Took: s.Took, CPU: s.CPU, Idle: s.Idle, Peak: s.Peak, FirstHalf: s.FirstHalf, LastHalf: s.LastHalf,
		}
		var token []byte
		completed := false
		for {
			page, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, NextPageToken: token})
			if err != nil {
				return false
			}
			for _, run := range page.GetExecutions() {
				s.Runs++
				s.Events = max(s.Events, run.GetHistoryLength())
				s.History = max(s.History, run.GetHistorySizeBytes())
				completed = completed || run.GetStatus().String() == "Completed"
			}
			if token = page.GetNextPageToken(); len(token) == 0 {
				return completed
			}
		}
	})
}

// judge counts the calls, and compares what was written with the truth: every clock-in, result, day and approval of the date, column by column.
func (s *sweepOf) judge(ctx context.Context, into *rig.Installation, w *world) error {
	s.Calls = Calls{}
	for path, counted := range into.Platform.Calls() {
		if purpose := purposeOf(path); purpose != "" {
			s.Calls[purpose] += counted.Calls
		}
		s.Billed += counted.Billed
	}
	if err := into.Database.QueryRow(ctx, "SELECT coalesce(sum(counted), 0)::int FROM dakasync.api_call").Scan(&s.Counted); err != nil {
		return fmt.Errorf("read what calls were counted: %w", err)
	}
	if s.Counted != s.Billed {
		return fmt.Errorf("the ledger counted %d calls where %d were billed", s.Counted, s.Billed) //nolint:err113 // Nobody decides by it.
	}
	truth := w.truth()
	s.Rows = len(truth.Results) + len(truth.Punches)
	const searched = 2 // make-ups and leaves
	s.Least = least(asked{
		People: s.Employees, Rows: len(truth.Results), Units: 1 + len(into.Company.Departments()), Templates: searched, Leaves: w.leaves,
	})
	o := oracle.Oracle{DB: into.Database, Company: into.Company, Platform: into.Platform}
	found, err := oracle.Run(ctx, truth, o.Punches, o.Results, o.Days, o.ApprovalsFound, o.ApprovalDays)
	if err != nil {
		return err
	}
	for _, difference := range found[:min(len(found), 20)] { //nolint:mnd // A screen.
		rig.Sayf("%s", difference)
	}
	if len(found) > 0 {
		return fmt.Errorf("%d employees: %w in %d places", s.Employees, errDiffers, len(found))
	}
	return nil
}
