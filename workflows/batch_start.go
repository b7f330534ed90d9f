package workflows

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// TypeFetchBatch is the workflow type of the run that asks for what the events of
// a window want to know.
const TypeFetchBatch = "FetchBatch"

// BatchID is the workflow ID of the batch of the window that closes at a time.
func BatchID(corpID string, at time.Time) string {
	return "batch/" + url.PathEscape(corpID) + "/" + at.UTC().Format(time.RFC3339)
}

// StartBatch makes sure that the batch of a window will run when it closes,
// which is in delay.
func StartBatch(ctx context.Context, c Starter, queue, corpID string, at time.Time, delay time.Duration) error {
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       BatchID(corpID, at),
		TaskQueue:                                queue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StartDelay:                               max(0, delay),
		StaticSummary:                            "Ask for what the events of a window want to know",
		Priority:                                 temporal.Priority{PriorityKey: PriorityLive},
	}, TypeFetchBatch, BatchInput{At: at})
	if _, already := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); err != nil && !already {
		return fmt.Errorf("start the batch of %s: %w", at.UTC().Format(time.RFC3339), err)
	}
	return nil
}
