package workflows

import (
	"context"
	"fmt"
	"net/url"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// TypeRecoverBlindTime is the workflow type of the run that makes good what may
// have been missed.
const TypeRecoverBlindTime = "RecoverBlindTime"

// SignalRecover asks the recovery for a look.
const SignalRecover = "recover"

// Reasons to look whether something was missed.
const (
	ReasonStart     = "start"     // a starter has started: nobody may have listened before
	ReasonReconnect = "reconnect" // a starter's connections were gone, and one is back
	ReasonLater     = "later"     // DingTalk was told to push an event again, later
	ReasonAmbiguous = "ambiguous" // nobody knows what a read of the failed pushes destroyed
)

// RecoverSignal is the payload of the signal recover.
type RecoverSignal struct {
	Reason string `json:"reason"`
}

// SignalStarter is the part of a Temporal client that requesting needs.
type SignalStarter interface {
	SignalWithStartWorkflow(ctx context.Context, workflowID, signalName string, signalArg any,
		options client.StartWorkflowOptions, workflow any, workflowArgs ...any) (client.WorkflowRun, error)
}

// RecoverID is the workflow ID of a corp's recovery.
func RecoverID(corpID string) string { return "recover/" + url.PathEscape(corpID) }

// RecoverOptions are how a recovery starts: one at a time, which hears of
// everything that comes meanwhile.
func RecoverOptions(queue, corpID string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       RecoverID(corpID),
		TaskQueue:                queue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "Look for what was missed, and fetch it",
		Priority:                 temporal.Priority{PriorityKey: PrioritySweep},
	}
}

// RequestRecovery asks for a look whether something was missed. When it returns
// without an error, Temporal has the request, and the look will be taken.
func RequestRecovery(ctx context.Context, c SignalStarter, queue, corpID, reason string) error {
	_, err := c.SignalWithStartWorkflow(ctx, RecoverID(corpID), SignalRecover, RecoverSignal{Reason: reason},
		RecoverOptions(queue, corpID), TypeRecoverBlindTime, RecoverState{})
	if err != nil {
		return fmt.Errorf("ask for a recovery (%s): %w", reason, err)
	}
	return nil
}
