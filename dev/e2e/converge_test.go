package e2e_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
	"dakasync/workflows"
)

// patience bounds how long all work may take to be done.
const patience = 3 * time.Minute

// moment is something that a test lets happen at a time of the company's clock.
type moment struct {
	at time.Time
	do func()
}

// drive lets the company's time pass, and the moments happen in it, as fast as the events are acked.
func (d *deployment) drive(to time.Time, moments ...moment) {
	d.t.Helper()
	const (
		step  = 30 * time.Minute
		ahead = 60 // events that may be under way
	)
	slices.SortStableFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
	paced := d.ready(worker) // otherwise nothing becomes done
	advance := func(at time.Time) {
		d.company.Advance(at)
		require.Eventually(d.t, func() bool {
			return d.platform.Unsettled() <= ahead && (!paced || d.count("event", "outcome = 'pending'") <= ahead)
		}, patience, 5*time.Millisecond, "events are not taken")
	}
	for at := d.company.Now(); at.Before(to); at = d.company.Now().Add(step) {
		for len(moments) > 0 && !moments[0].at.After(at) {
			advance(moments[0].at)
			moments[0].do()
			moments = moments[1:]
		}
		advance(at)
	}
	advance(to)
	require.Empty(d.t, moments, "moments after the end of the drive")
}

// letTimePass moves the company's clock, unless it is to stand still.
func (d *deployment) letTimePass(to time.Time) {
	if !d.frozen {
		d.company.Advance(to)
	}
}

// converge waits until nothing is under way: every event is acked, failed or dropped, no event is pending, no run is open.
func (d *deployment) converge() {
	d.t.Helper()
	d.settle()
	left := ""
	require.Eventually(d.t, func() bool {
		left = d.underway()
		return left == ""
	}, patience, 200*time.Millisecond, "work is not done: %s", fmtLazy(func() string { return left }))
}

// settle waits until every event is acked, failed or dropped.
func (d *deployment) settle() {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	require.NoError(d.t, d.platform.AwaitSettled(ctx))
}

// fmtLazy is a text that is made when it is printed.
type fmtLazy func() string

func (f fmtLazy) String() string { return f() }

// underway says what is not done yet.
func (d *deployment) underway() string {
	if pending := d.count("event", "outcome = 'pending'"); pending > 0 {
		return fmt.Sprintf("%d events are pending", pending)
	}
	if open := d.runs("ExecutionStatus = 'Running' AND WorkflowType != 'Resync'"); open > 0 {
		return fmt.Sprintf("%d runs are open", open)
	}
	return ""
}

// runs counts runs by a visibility query.
func (d *deployment) runs(query string) int {
	d.t.Helper()
	counted, err := d.temporal.CountWorkflow(d.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Namespace: d.name, Query: query})
	require.NoError(d.t, err)
	return int(counted.GetCount())
}

// trigger lets a schedule run now, and waits until that run has ended well.
func (d *deployment) trigger(schedule, workflowType string) {
	d.t.Helper()
	ended := fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Completed'", workflowType)
	before := d.runs(ended)
	require.NoError(d.t, d.temporal.ScheduleClient().GetHandle(d.t.Context(), schedule).Trigger(d.t.Context(), client.ScheduleTriggerOptions{}))
	require.Eventually(d.t, func() bool { return d.runs(ended) > before }, patience, 100*time.Millisecond,
		"%s triggered by schedule does not complete", workflowType)
	d.requireNoFailedRuns()
}

func (d *deployment) requireNoFailedRuns() {
	d.t.Helper()
	require.Empty(d.t, d.failedRuns(), "runs have failed")
}

// failedRuns are the runs that ended badly, and why, but for those of the type that may.
func (d *deployment) failedRuns() []string {
	d.t.Helper()
	query := "ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated')"
	if d.mayFail != "" {
		query += " AND WorkflowType != '" + d.mayFail + "'"
	}
	if d.runs(query) == 0 {
		return nil
	}
	var failed []string
	for _, execution := range d.executions(query) {
		run := execution.GetExecution()
		err := d.temporal.GetWorkflow(d.t.Context(), run.GetWorkflowId(), run.GetRunId()).Get(d.t.Context(), nil)
		failed = append(failed, fmt.Sprintf("%s: %v", run.GetWorkflowId(), err))
	}
	return failed
}

// drainFailedList reads the failed list until all that the platform put on it is here.
func (d *deployment) drainFailedList() {
	d.t.Helper()
	failed := 0
	for _, event := range d.platform.Deliveries() {
		if event.State == platform.StateFailed {
			failed++
		}
	}
	d.trigger(workflows.ScheduleDrain, workflows.TypeDrainFailedPushes)
	require.Eventually(d.t, func() bool { return d.count("failed_push", "dispatched_at IS NOT NULL") >= failed }, patience, tick,
		"%d events were put on the failed list", failed)
	d.converge()
}

// reconcileAll lets the nightly sweep run, has the dates swept whose results are not final, as a person would, for the night asks for
// them in part, and lets it run again, as it judges the events anew.
func (d *deployment) reconcileAll() {
	d.t.Helper()
	for {
		now := time.Now().In(d.company.Location())
		d.letTimePass(now)
		d.converge()
		d.trigger(workflows.ScheduleReconcile, workflows.TypeReconcileDay)
		today := company.DateOf(now)
		for _, date := range []company.Date{today - 1, today} {
			d.sweep(date)
		}
		d.trigger(workflows.ScheduleReconcile, workflows.TypeReconcileDay)
		d.converge()
		if today == company.DateOf(time.Now().In(d.company.Location())) {
			return // Midnight did not come between.
		}
	}
}

// sweep asks about a date, as a person would have it, and waits for the end.
func (d *deployment) sweep(date company.Date) {
	d.t.Helper()
	run, err := d.temporal.ExecuteWorkflow(d.t.Context(), client.StartWorkflowOptions{
		ID: "reconcile-" + date.String(), TaskQueue: "dakasync",
	}, workflows.TypeReconcileDay, workflows.ReconcileInput{Date: date.String()})
	require.NoError(d.t, err)
	require.NoError(d.t, run.Get(d.t.Context(), nil))
}
