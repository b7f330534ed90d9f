package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

// Changes of runs that may be under way when a new release comes.
const (
	changeEvidence        = "evidence"         // a sweep closes gaps, and reads the approvals of what differs
	changeFindApprovals   = "find-approvals"   // searches are for every kind of approval
	changePartSchedules   = "part-schedules"   // schedules of somebody who left hide nobody else's
	changeRequestRecovery = "request-recovery" // whoever makes a drain ambiguous asks for its recovery
	changeLookAgain       = "look-again"       // before a punch is asked about a second time the ledger is
	changeApprovalDays    = "approval-days"    // an approval's days keep the pace of other events, and are asked about once
)

// since reports whether this run began with a change, or has not come to it yet.
func since(ctx workflow.Context, change string) bool {
	return workflow.GetVersion(ctx, change, workflow.DefaultVersion, 1) >= 1
}

// ReconcileDay sweeps a date, or without one everything that is still open: it
// asks about everybody again, because events get lost, results settle late and
// approvals come due. What it found the ledger to have other than DingTalk is
// healed, and stands in dakasync.difference. A blind one sweeps only what gaps in
// the coverage and lost reads of failed pushes concern.
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
	proves := since(ctx, changeEvidence)
	plan, err := ledger[SweepPlan](ctx, StepPlanSweep, "What is still open?", SweepInput{Date: r.in.Date, Blind: r.in.Blind})
	if err != nil {
		return err
	}
	r.in.State = &ReconcileState{Dates: plan.Dates, Drains: plan.Drains}
	if proves {
		r.in.State.Gaps, r.in.State.Since = plan.Gaps, plan.At
	}
	if proves && r.in.Date != "" { // a person may sweep a date again, under the same ID
		earlier, err := ledger[Differences](ctx, StepDifferences, "What differed the last time?", DifferencesInput{Dates: plan.Dates})
		if err != nil {
			return err
		}
		r.in.State.Differed = earlier.Rows
	}
	if len(plan.Dates) == 0 && r.in.Blind || proves && !sweeps {
		r.in.State.Walk.Walked = true // nothing to ask, and nothing to pay for
		r.in.State.Stage = stageRead
		return nil
	}
	r.in.State.Walk, err = openWalk(ctx, nil, attendance.ChunkDates(plan.Dates), PrioritySweep)
	if err != nil {
		return err
	}
	r.in.State.Walk.Split = plan.Split
	r.searches(plan.Search)
	reader, err := r.reread(ctx, plan.Approvals)
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
	r.walker().account(f)
	return nil
}

// reread reads approvals again that could not be read when their events came,
// because reads lag or an answer was odd. Those that can be read now are done;
// the others hold the ledger's completeness back by themselves: by their events, or
// where no event told of them by being kept as unread.
func (r *reconcileRun) reread(ctx workflow.Context, open []attendance.OpenApproval) (*instanceReader, error) {
	reader := r.walker().reader()
	from := reader.keepFrom
	for _, a := range open {
		reader.keepFrom = attendance.Date{}
		if a.Key == "" {
			reader.keepFrom = from
		}
		instance, err := reader.take(ctx, InstanceRef{ID: a.ID, Code: a.Code}, attendance.ApprovalHint{})
		if err != nil {
			return nil, err
		}
		if a.Key == "" || instance.Status == "" || instance.Status == attendance.StatusRunning {
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
		if over && !r.in.State.Since.IsZero() {
			over, err = r.approvals(ctx)
			if err != nil {
				return ReconcileResult{}, err
			}
		}
		if over {
			return r.finish(ctx)
		}
		if shouldContinue(ctx) {
			return ReconcileResult{}, workflow.NewContinueAsNewError(ctx, ReconcileDay, r.in)
		}
	}
}

// finish settles the dates whose results are final, and marks what the sweep has
// made good unless some of it was refused. Lost reads of failed pushes that nobody
// finished become ambiguous.
func (r *reconcileRun) finish(ctx workflow.Context) (ReconcileResult, error) {
	s := r.in.State
	result := ReconcileResult{Dates: s.Dates, UserDays: s.Walk.Done, Calls: s.Walk.Calls, Problems: s.Walk.Problems}
	in := SettleInput{Dates: s.Dates, Drains: s.Drains}
	if s.Walk.Gaps {
		in.Drains = nil
	}
	if !s.Since.IsZero() {
		if err := r.prove(ctx, &in, &result); err != nil {
			return ReconcileResult{}, err
		}
	}
	var err error
	if result.Settled, err = ledger[[]attendance.Date](ctx, StepSettleDays, "Settle what is final", in); err != nil {
		return ReconcileResult{}, err
	}
	result.AmbiguousDrains, err = ledger[[]string](ctx, StepAbandonDrains, "Drains without an answer", AbandonInput{OlderThan: attendance.DrainAtWork})
	if err != nil {
		return ReconcileResult{}, err
	}
	return result, r.request(ctx, result.AmbiguousDrains)
}

// prove says what was asked, as the evidence for what it makes good.
func (r *reconcileRun) prove(ctx workflow.Context, in *SettleInput, result *ReconcileResult) error {
	s := r.in.State
	differences, err := ledger[Differences](ctx, StepDifferences, "What differed?", DifferencesInput{Dates: s.Dates})
	if err != nil {
		return err
	}
	result.Differences = differences.Rows - s.Differed
	in.Evidence = &attendance.Evidence{
		Since: s.Since, UserDays: s.Walk.Done, Calls: s.Walk.Calls, Approvals: s.Walk.Approvals, Differences: result.Differences, Refused: s.Walk.Gaps,
	}
	if s.Walk.Gaps {
		return nil
	}
	in.Searched = s.Walk.Searched
	for _, g := range s.Gaps {
		in.Gaps = append(in.Gaps, g.Began)
	}
	result.GapsClosed = s.Gaps
	return nil
}

// request asks for the recovery of drains that became ambiguous since this sweep
// was planned. A blind sweep is part of a recovery, and does not ask for another.
func (r *reconcileRun) request(ctx workflow.Context, ambiguous []string) error {
	late := slices.ContainsFunc(ambiguous, func(id string) bool { return !slices.Contains(r.in.State.Drains, id) })
	if !late || r.in.Blind || !since(ctx, changeRequestRecovery) {
		return nil
	}
	return requestRecovery(ctx, ReasonAmbiguous)
}

func requestRecovery(ctx workflow.Context, reason string) error {
	_, err := ledger[Nothing](ctx, StepRequestRecovery, "Ask for a recovery: "+reason, RequestInput{Reason: reason})
	return err
}
