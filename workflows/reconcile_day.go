package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

// drainAtWork is for how long a drain may be under way in a run of its own.
const drainAtWork = 10 * time.Minute

// ReconcileDay sweeps a date, or without one everything that is still open: it
// asks about everybody again, because events get lost, results settle late and
// approvals come due.
func ReconcileDay(ctx workflow.Context, in ReconcileInput) (ReconcileResult, error) {
	r := &reconcileRun{in: in}
	if r.in.State == nil {
		if err := r.open(ctx); err != nil {
			return ReconcileResult{}, err
		}
	}
	return r.run(ctx)
}

type reconcileRun struct {
	in ReconcileInput
}

// open decides what to sweep, and fetches first what came due by itself.
func (r *reconcileRun) open(ctx workflow.Context) error {
	plan, err := ledger[SweepPlan](ctx, StepPlanSweep, "What is still open?", SweepInput{Date: r.in.Date})
	if err != nil {
		return err
	}
	walk, err := openWalk(ctx, nil, attendance.ChunkDates(plan.Dates), PrioritySweep)
	if err != nil {
		return err
	}
	reader, err := reread(ctx, plan.Approvals)
	if err != nil {
		return err
	}
	due := slices.Concat(plan.Due, slices.DeleteFunc(reader.days, func(d attendance.UserDay) bool {
		return slices.Contains(plan.Dates, d.WorkDate)
	}))
	f := &fetcher{trigger: attendance.TriggerSweep, priority: PrioritySweep, calls: reader.calls, problems: reader.problems}
	say(ctx, fmt.Sprintf("%d approval days have come", len(due)))
	if err := f.days(ctx, due); err != nil {
		return err
	}
	r.in.State = &ReconcileState{Dates: plan.Dates, Drains: plan.Drains, Walk: walk}
	r.walker().account(f)
	return nil
}

// reread reads approvals again that could not be read when their events came,
// because reads lag or an answer was odd. Those that can be read now are done.
func reread(ctx workflow.Context, open []attendance.OpenApproval) (*instanceReader, error) {
	reader := &instanceReader{priority: PrioritySweep, trigger: attendance.TriggerSweep}
	for _, a := range open {
		instance, err := reader.take(ctx, InstanceRef{ID: a.ID, Code: a.Code}, attendance.ApprovalHint{})
		if err != nil {
			return nil, err
		}
		if instance.Status == "" || instance.Status == attendance.StatusRunning {
			continue
		}
		in := PersistInput{Trigger: attendance.TriggerSweep, Key: a.Key, Outcome: attendance.OutcomeDone}
		if _, err := ledger[Nothing](ctx, StepPersist, "Write the outcome "+string(in.Outcome), in); err != nil {
			return nil, err
		}
	}
	return reader, nil
}

func (r *reconcileRun) walker() *walker {
	return &walker{
		walk: &r.in.State.Walk, trigger: attendance.TriggerSweep, priority: PrioritySweep, schedule: true,
	}
}

func (r *reconcileRun) run(ctx workflow.Context) (ReconcileResult, error) {
	w := r.walker()
	for {
		say(ctx, fmt.Sprintf("%d dates: %d of %d user-days", len(r.in.State.Dates), w.walk.Done, w.walk.Total))
		over, err := w.step(ctx)
		if err != nil {
			return ReconcileResult{}, err
		}
		if over {
			return r.finish(ctx)
		}
		if shouldContinue(ctx) {
			return ReconcileResult{}, workflow.NewContinueAsNewError(ctx, ReconcileDay, r.in)
		}
	}
}

// finish settles the dates whose results are final, marks lost reads of failed
// pushes as made good unless the sweep has gaps itself, and those that nobody
// finished as ambiguous.
func (r *reconcileRun) finish(ctx workflow.Context) (ReconcileResult, error) {
	s := r.in.State
	in := SettleInput{Dates: s.Dates, Drains: s.Drains}
	if s.Walk.Gaps {
		in.Drains = nil
	}
	settled, err := ledger[[]attendance.Date](ctx, StepSettleDays, "Settle what is final", in)
	if err != nil {
		return ReconcileResult{}, err
	}
	ambiguous, err := ledger[[]string](ctx, StepAbandonDrains, "Drains without an answer", AbandonInput{OlderThan: drainAtWork})
	if err != nil {
		return ReconcileResult{}, err
	}
	return ReconcileResult{
		Dates: s.Dates, Settled: settled, UserDays: s.Walk.Done, Calls: s.Walk.Calls,
		AmbiguousDrains: ambiguous, Problems: s.Walk.Problems,
	}, nil
}
