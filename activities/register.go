package activities

import (
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"dakasync/workflows"
)

// Register registers the steps of the database queue.
func (s *LedgerSteps) Register(r worker.ActivityRegistry) {
	add := adder(r)
	add(workflows.StepPlanPunch, s.PlanPunch)
	add(workflows.StepPlanDay, s.PlanDay)
	add(workflows.StepPlanApproval, s.PlanApproval)
	add(workflows.StepPersist, s.Persist)
	add(workflows.StepPunchExplained, s.PunchExplained)
	add(workflows.StepSaveInstance, s.SaveInstance)
	add(workflows.StepUnknownInstances, s.UnknownInstances)
	add(workflows.StepResolveRange, s.ResolveRange)
	add(workflows.StepPlanWalk, s.PlanWalk)
	add(workflows.StepEmployeePage, s.EmployeePage)
	add(workflows.StepPlanSweep, s.PlanSweep)
	add(workflows.StepSaveSchedule, s.SaveSchedule)
	add(workflows.StepSettleDays, s.SettleDays)
	add(workflows.StepAbandonDrains, s.AbandonDrains)
	add(workflows.StepStoreDrain, s.StoreDrain)
	add(workflows.StepDispatchElements, s.DispatchElements)
	add(workflows.StepPlanRecovery, s.PlanRecovery)
	add(workflows.StepRequestRecovery, s.RequestRecovery)
	add(workflows.StepTriggerDrain, s.TriggerDrain)
	add(workflows.StepNamedApprovals, s.NamedApprovals)
	add(workflows.StepDifferences, s.Differences)
	add(workflows.StepKeepUnread, s.KeepUnread)
	add(workflows.StepPlanBatch, s.PlanBatch)
	add(workflows.StepDecide, s.Decide)
	add(workflows.StepOpenSlots, s.OpenSlots)
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
