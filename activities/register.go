package activities

import (
	"context"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"dakasync/workflows"
)

// Register registers the steps of the database queue.
func (s *LedgerSteps) Register(r worker.ActivityRegistry) {
	add := adder(r)
	add(workflows.StepPlanPunch, ledgerStep(s.PlanPunch))
	add(workflows.StepPlanDay, ledgerStep(s.PlanDay))
	add(workflows.StepPlanApproval, ledgerStep(s.PlanApproval))
	add(workflows.StepPlanApprovalDays, ledgerStep(s.PlanApprovalDays))
	add(workflows.StepPersist, ledgerWrite(s.Persist))
	add(workflows.StepPunchExplained, ledgerStep(s.PunchExplained))
	add(workflows.StepSaveInstance, ledgerStep(s.SaveInstance))
	add(workflows.StepUnknownInstances, ledgerStep(s.UnknownInstances))
	add(workflows.StepResolveRange, ledgerStep(s.ResolveRange))
	add(workflows.StepPlanWalk, ledgerStep(s.PlanWalk))
	add(workflows.StepEmployeePage, ledgerStep(s.EmployeePage))
	add(workflows.StepPlanSweep, ledgerStep(s.PlanSweep))
	add(workflows.StepSaveSchedule, ledgerWrite(s.SaveSchedule))
	add(workflows.StepSettleDays, ledgerStep(s.SettleDays))
	add(workflows.StepAbandonDrains, ledgerStep(s.AbandonDrains))
	add(workflows.StepStoreDrain, ledgerWrite(s.StoreDrain))
	add(workflows.StepDispatchElements, ledgerStep(s.DispatchElements))
	add(workflows.StepPlanRecovery, ledgerStep(s.PlanRecovery))
	add(workflows.StepRequestRecovery, ledgerWrite(s.RequestRecovery))
	add(workflows.StepTriggerDrain, ledgerWrite(s.TriggerDrain))
	add(workflows.StepNamedApprovals, ledgerStep(s.NamedApprovals))
	add(workflows.StepDifferences, ledgerStep(s.Differences))
	add(workflows.StepKeepUnread, ledgerWrite(s.KeepUnread))
	add(workflows.StepPlanBatch, ledgerStep(s.PlanBatch))
	add(workflows.StepDecide, ledgerStep(s.Decide))
	add(workflows.StepOpenSlots, ledgerStep(s.OpenSlots))
}

// Register registers the steps of the queue of calls.
func (s *DingTalkSteps) Register(r worker.ActivityRegistry) {
	add := adder(r)
	add(workflows.StepFetchDay, s.FetchDay)
	add(workflows.StepFetchWindow, s.FetchWindow)
	add(workflows.StepFetchSchedule, s.FetchSchedule)
	add(workflows.StepReadInstance, s.ReadInstance)
	add(workflows.StepFindMakeUps, s.FindMakeUps)
	add(workflows.StepFindApprovals, s.FindApprovals)
	add(workflows.StepRefreshEmployees, s.RefreshEmployees)
	add(workflows.StepReadFailedPushes, s.ReadFailedPushes)
}

// Register registers the steps that are taken within workflow tasks, beside those
// of the database queue.
func (s *TaskSteps) Register(r worker.ActivityRegistry) {
	adder(r)(workflows.StepAskDay, s.AskDay)
}

func adder(r worker.ActivityRegistry) func(name string, step any) {
	return func(name string, step any) {
		r.RegisterActivityWithOptions(step, activity.RegisterOptions{Name: name})
	}
}

// ledgerStep is a step of the database queue as it is taken: however long PostgreSQL
// takes, the step is known to be alive, and what the ledger refuses for good is not
// tried again.
func ledgerStep[In, Out any](step func(context.Context, In) (Out, error)) func(context.Context, In) (Out, error) {
	return func(ctx context.Context, in In) (Out, error) {
		defer beat(ctx)()
		out, err := step(ctx, in)
		return out, final(err)
	}
}

// ledgerWrite is ledgerStep for one without an answer.
func ledgerWrite[In any](step func(context.Context, In) error) func(context.Context, In) error {
	return func(ctx context.Context, in In) error {
		defer beat(ctx)()
		return final(step(ctx, in))
	}
}
