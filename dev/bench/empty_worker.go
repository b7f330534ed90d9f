package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
	"dakasync/workflows"
)

const (
	// emptyWorkerArgument makes this program the empty workflow's worker.
	emptyWorkerArgument = "empty-worker"
	emptyQueue          = "empty"
	emptyWorkflow       = "Empty"
	emptyRecall         = "EmptyRecall"
	emptyFetch          = "EmptyFetch"
	emptyWrite          = "EmptyWrite"

	stepTimeout = 30 * time.Second
	cachedRuns  = 256
)

// emptyRun does what a punch's run asks of the server when all goes well, and nothing else: a local step, a regular one on
// another queue, a local one, and search attributes that change.
func emptyRun(ctx workflow.Context, in string) (string, error) {
	var plan, answer string
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: stepTimeout, Summary: "Recall"})
	if err := workflow.ExecuteLocalActivity(local, emptyRecall, in).Get(ctx, &plan); err != nil {
		return "", err
	}
	regular := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: workflows.DingTalkQueue(emptyQueue), StartToCloseTimeout: stepTimeout, Summary: "Fetch", Priority: emptyPriority(),
	})
	if err := workflow.ExecuteActivity(regular, emptyFetch, "a question is short").Get(ctx, &answer); err != nil {
		return "", err
	}
	local = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: stepTimeout, Summary: "Write"})
	if err := workflow.ExecuteLocalActivity(local, emptyWrite, answer).Get(ctx, nil); err != nil {
		return "", err
	}
	err := workflow.UpsertTypedSearchAttributes(ctx,
		temporal.NewSearchAttributeKeyKeyword(workflows.AttributeOutcome).ValueSet(string(attendance.OutcomeDone)),
		temporal.NewSearchAttributeKeyKeyword(workflows.AttributeWorkDate).ValueSet("2026-11-01"))
	return "done", err
}

// emptySteps do nothing; the last one writes down that it ran, as the product's row does.
type emptySteps struct{ file *os.File }

func (emptySteps) recall(context.Context, string) (string, error) { return filler(recallSize), nil }
func (emptySteps) fetch(context.Context, string) (string, error)  { return filler(answerSize), nil }

func (s emptySteps) write(ctx context.Context, _ string) error {
	_, err := fmt.Fprintf(s.file, "%s %d\n", activity.GetInfo(ctx).WorkflowExecution.ID, time.Now().UnixNano())
	return err
}

// runEmptyWorker is the child process. Its bounds are those of the product's worker.
//
//nolint:mnd // They are copied from there.
func runEmptyWorker(ctx context.Context, arguments []string) error {
	if len(arguments) != 3 { //nolint:mnd // Address, namespace, file.
		return errors.New("this program starts itself so; start it without arguments")
	}
	file, err := os.OpenFile(arguments[2], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // Named by our parent.
	if err != nil {
		return fmt.Errorf("open the file of finished runs: %w", err)
	}
	defer func() { _ = file.Close() }()
	c, err := client.DialContext(ctx, client.Options{
		HostPort: arguments[0], Namespace: arguments[1], Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return fmt.Errorf("connect to Temporal: %w", err)
	}
	defer c.Close()
	steps := emptySteps{file}
	sdkworker.SetStickyWorkflowCacheSize(cachedRuns)
	options := sdkworker.Options{
		MaxConcurrentWorkflowTaskExecutionSize: 64, MaxConcurrentLocalActivityExecutionSize: 32, MaxConcurrentActivityExecutionSize: 32,
		MaxConcurrentWorkflowTaskPollers: 4, MaxConcurrentActivityTaskPollers: 4,
	}
	main := sdkworker.New(c, emptyQueue, options)
	main.RegisterWorkflowWithOptions(emptyRun, workflow.RegisterOptions{Name: emptyWorkflow})
	main.RegisterActivityWithOptions(steps.recall, activity.RegisterOptions{Name: emptyRecall})
	main.RegisterActivityWithOptions(steps.write, activity.RegisterOptions{Name: emptyWrite})
	options.DisableWorkflowWorker, options.MaxConcurrentActivityExecutionSize, options.TaskQueueActivitiesPerSecond = true, 20, 2000
	calls := sdkworker.New(c, workflows.DingTalkQueue(emptyQueue), options)
	calls.RegisterActivityWithOptions(steps.fetch, activity.RegisterOptions{Name: emptyFetch})
	for _, one := range []sdkworker.Worker{main, calls} {
		if err := one.Start(); err != nil {
			return fmt.Errorf("start the empty worker: %w", err)
		}
		defer one.Stop()
	}
	<-ctx.Done()
	return nil
}

// emptyHint gives an empty run the search attributes of a punch's.
func emptyHint() attendance.Hint {
	return attendance.Hint{Kind: attendance.KindPunch, CorpID: "empty", EventType: "attendance_check_record", UserID: "empty", CheckTime: time.Unix(0, 0)}
}
