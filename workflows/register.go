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

// Register registers every workflow. An event's run is pinned: it ends on the
// build that began it, so that a build may change what these short runs, which are
// most of all, do. The others go on for hours or for ever, or wait to begin, and
// move to the newest build at once: they must not depend on a worker that nobody
// runs any more. An event's run that waits long, as for a quota, is moved by its
// operator (docs/operations.md). Without Worker Versioning all move, and replay
// tests hold new code to old histories.
func Register(r worker.WorkflowRegistry) {
	add := func(name string, behavior workflow.VersioningBehavior, w any) {
		r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name, VersioningBehavior: behavior})
	}
	add(TypePunchEvent, workflow.VersioningBehaviorPinned, PunchEvent)
	add(TypeDayEvent, workflow.VersioningBehaviorPinned, DayEvent)
	add(TypeApprovalEvent, workflow.VersioningBehaviorPinned, ApprovalEvent)
	for name, w := range map[string]any{
		TypeDrainFailedPushes: DrainFailedPushes, TypeReconcileDay: ReconcileDay, TypeResync: Resync, TypeBackfill: Backfill,
		TypeRecoverBlindTime: RecoverBlindTime, TypeFetchBatch: FetchBatch, TypeGovern: Govern,
	} {
		add(name, workflow.VersioningBehaviorAutoUpgrade, w)
	}
}
