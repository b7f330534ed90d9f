package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// EventTypes names the workflow types of events.
func EventTypes() []string { return []string{TypePunchEvent, TypeDayEvent, TypeApprovalEvent} }

// Types names every workflow type.
func Types() []string {
	return append(EventTypes(),
		TypeDrainFailedPushes, TypeReconcileDay, TypeResync, TypeBackfill, TypeRecoverBlindTime, TypeFetchBatch, TypeGovern)
}

// Register registers every workflow. Each moves on to the newest worker version
// at once: a run that waits for a quota must not depend on a worker that nobody
// runs any more. Replay tests hold new code to old histories.
func Register(r worker.WorkflowRegistry) {
	add := func(name string, w any) {
		r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{
			Name: name, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
		})
	}
	add(TypePunchEvent, PunchEvent)
	add(TypeDayEvent, DayEvent)
	add(TypeApprovalEvent, ApprovalEvent)
	add(TypeDrainFailedPushes, DrainFailedPushes)
	add(TypeReconcileDay, ReconcileDay)
	add(TypeResync, Resync)
	add(TypeBackfill, Backfill)
	add(TypeRecoverBlindTime, RecoverBlindTime)
	add(TypeFetchBatch, FetchBatch)
	add(TypeGovern, Govern)
}
