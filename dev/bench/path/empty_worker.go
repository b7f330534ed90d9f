package path

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
	// EmptyWorkerArgument makes the bench's program the empty workflows' worker.
	EmptyWorkerArgument = "empty-worker"

	emptyQueue   = "empty"
	emptyApart   = "EmptyApart"   // a local step, a regular one on another queue, a local one
	emptyInline  = "EmptyInline"  // two local steps
	emptyRegular = "EmptyRegular" // one regular step
	emptyRecall  = "EmptyRecall"
	emptyFetch   = "EmptyFetch"
	emptyWrite   = "EmptyWrite" // its result is as long as an answer
	emptyStore   = "EmptyStore" // the same without a result: the history has the answer already

	finished = "done"

	stepTimeout = 30 * time.Second
	cachedRuns  = 256
)

// apart does what a punch's run asks of the server when its call is an activity of its own and all goes well, and nothing else: a local
// step, a regular one on another queue, a local one, and search attributes that change.
func apart(ctx workflow.Context, in string) (string, error) {
	plan, err := local(ctx, emptyRecall, in)
	if err != nil {
		return plan, err
	}
	answer, err := regular(ctx, workflows.DingTalkQueue(emptyQueue), emptyFetch)
	if err != nil {
		return answer, err
	}
	if _, err := local(ctx, emptyStore, answer); err != nil {
		return "", err
	}
	return finished, attributes(ctx)
}

// inline does what a punch's run asks of the server when its call is made within the first task.
func inline(ctx workflow.Context, in string) (string, error) {
	plan, err := local(ctx, emptyRecall, in)
	if err != nil {
		return plan, err
	}
	if _, err := local(ctx, emptyWrite, plan); err != nil {
		return "", err
	}
	return finished, attributes(ctx)
}

// single is the leanest shape with an activity of which the server remembers that it ended: one.
func single(ctx workflow.Context, _ string) (string, error) {
	if _, err := regular(ctx, emptyQueue, emptyWrite); err != nil {
		return "", err
	}
	return finished, attributes(ctx)
}

func local(ctx workflow.Context, step, in string) (string, error) {
	var out string
	options := workflow.LocalActivityOptions{StartToCloseTimeout: stepTimeout, Summary: step}
	err := workflow.ExecuteLocalActivity(workflow.WithLocalActivityOptions(ctx, options), step, in).Get(ctx, &out)
	return out, err
}

func regular(ctx workflow.Context, queue, step string) (string, error) {
	var out string
	options := workflow.ActivityOptions{TaskQueue: queue, StartToCloseTimeout: stepTimeout, Summary: step, Priority: emptyPriority()}
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), step, "a question is short").Get(ctx, &out)
	return out, err
}

func attributes(ctx workflow.Context) error {
	return workflow.UpsertTypedSearchAttributes(ctx,
		temporal.NewSearchAttributeKeyKeyword(workflows.AttributeOutcome).ValueSet(string(attendance.OutcomeDone)),
		temporal.NewSearchAttributeKeyKeyword(workflows.AttributeWorkDate).ValueSet("2026-11-01"))
}

// emptySteps do nothing; the last one writes down that it ran, as the product's row does.
type emptySteps struct{ file *os.File }

func (emptySteps) recall(context.Context, string) (string, error) { return filler(recallSize), nil }
func (emptySteps) fetch(context.Context, string) (string, error)  { return filler(answerSize), nil }

func (s emptySteps) write(ctx context.Context, _ string) (string, error) {
	_, err := fmt.Fprintf(s.file, "%s %d\n", activity.GetInfo(ctx).WorkflowExecution.ID, time.Now().UnixNano())
	return filler(answerSize), err
}

func (s emptySteps) store(ctx context.Context, _ string) (string, error) {
	_, err := s.write(ctx, "")
	return "", err
}

// RunEmptyWorker is the child process. Its bounds are those of the product's worker.
//
//nolint:mnd // They are copied from there.
func RunEmptyWorker(ctx context.Context, arguments []string) error {
	if len(arguments) != 3 { //nolint:mnd // Address, namespace, file.
		return errors.New("this program starts itself so; start it without arguments")
	}
	file, err := os.OpenFile(arguments[2], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the file of finished runs: %w", err)
	}
	defer func() { _ = file.Close() }()
	c, err := client.DialContext(ctx, client.Options{
		HostPort: arguments[0], Namespace: arguments[1], Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}}, // as the product's
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
	main.RegisterWorkflowWithOptions(apart, workflow.RegisterOptions{Name: emptyApart})
	main.RegisterWorkflowWithOptions(inline, workflow.RegisterOptions{Name: emptyInline})
	main.RegisterWorkflowWithOptions(single, workflow.RegisterOptions{Name: emptyRegular})
	main.RegisterActivityWithOptions(steps.recall, activity.RegisterOptions{Name: emptyRecall})
	main.RegisterActivityWithOptions(steps.write, activity.RegisterOptions{Name: emptyWrite})
	main.RegisterActivityWithOptions(steps.store, activity.RegisterOptions{Name: emptyStore})
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
