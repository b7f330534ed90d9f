package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// The retry policies, by what they are for.

// deadAfter is how long a worker that holds a step may be silent before another
// takes the step over. Steps send a sign of life in a third of it.
const deadAfter = 10 * time.Second

// quick tries a step inside the workflow task: PostgreSQL usually answers in
// milliseconds, and nothing of the step but its result enters the history.
func quick(summary string) workflow.LocalActivityOptions {
	return workflow.LocalActivityOptions{
		StartToCloseTimeout: 5 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, MaximumAttempts: 2},
		Summary:             summary,
	}
}

// patient waits for PostgreSQL: the server retries, and an outage of any length
// costs one event of history.
func patient(summary string, priority int) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Minute,
		HeartbeatTimeout:    deadAfter,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute,
		},
		Summary:  summary,
		Priority: temporal.Priority{PriorityKey: priority},
	}
}

// longestCall is for the questions that take many calls, which wait for their
// turn: contacts of a thousand departments at one call a second. A step that was
// cut off starts again from its first call, and would never come to its end. That
// a worker died is noticed by its heartbeat.
const longestCall = 2 * time.Hour

// call asks DingTalk. It is retried until it succeeds or cannot: the error says
// when (a throttle's end, an hour for a spent quota, ten minutes for what an
// operator can mend).
func call(ctx workflow.Context, summary string, priority int) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:           CallQueue(workflow.GetInfo(ctx).TaskQueueName, priority),
		StartToCloseTimeout: longestCall,
		HeartbeatTimeout:    deadAfter,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute,
		},
		Summary:  summary,
		Priority: temporal.Priority{PriorityKey: priority},
	}
}

// once is for the read that destroys what it reads.
func once(ctx workflow.Context, summary string) workflow.ActivityOptions {
	options := call(ctx, summary, PriorityLive)
	options.StartToCloseTimeout = 3 * time.Minute
	options.RetryPolicy = &temporal.RetryPolicy{MaximumAttempts: 1}
	return options
}

// ledger runs a step of the database queue: locally first, and patiently where
// that did not work out.
func ledger[Out any](ctx workflow.Context, step, summary string, in any) (Out, error) {
	var out Out
	err := workflow.ExecuteLocalActivity(workflow.WithLocalActivityOptions(ctx, quick(summary)), step, in).Get(ctx, &out)
	if err == nil || gaveUp(err) || temporal.IsCanceledError(err) {
		return out, err
	}
	return ledgerBulk[Out](ctx, step, summary, in, PriorityLive)
}

// ledgerBulk runs a step of the database queue that may take long.
func ledgerBulk[Out any](ctx workflow.Context, step, summary string, in any, priority int) (Out, error) {
	var out Out
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, patient(summary, priority)), step, in).Get(ctx, &out)
	return out, err
}

// inTask runs a step of a call within the workflow task, once. It must not keep the
// task for long: a call that has to wait belongs into the queue of calls.
func inTask[Out any](ctx workflow.Context, step, summary string, in any) (Out, error) {
	var out Out
	options := quick(summary)
	options.RetryPolicy.MaximumAttempts = 1
	err := workflow.ExecuteLocalActivity(workflow.WithLocalActivityOptions(ctx, options), step, in).Get(ctx, &out)
	return out, err
}

// ask runs a step of the DingTalk queue.
func ask[Out any](ctx workflow.Context, step, summary string, in any, priority int) (Out, error) {
	var out Out
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, call(ctx, summary, priority)), step, in).Get(ctx, &out)
	return out, err
}

// gaveUp reports whether a step ended in an error that no retry mends.
func gaveUp(err error) bool {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	return ok && app.NonRetryable()
}

// isType reports whether a step ended in an error of a type.
func isType(err error, errorType string) bool { return typeOf(err) == errorType }

// typeOf is the type of the error that a step ended in; empty if it has none.
func typeOf(err error) string {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return app.Type()
	}
	return ""
}

// reasonOf is what an error says to a person, without the SDK's wrapping.
func reasonOf(err error) string {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return app.Message()
	}
	return err.Error()
}

// say shows a person what the run is doing now.
func say(ctx workflow.Context, words string) { workflow.SetCurrentDetails(ctx, words) }

// maxEvents bounds a run's history below the server's own suggestion, so that
// a replay stays quick.
const maxEvents = 2000

// shouldContinue reports whether a long run should hand over to its successor.
func shouldContinue(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return info.GetContinueAsNewSuggested() || info.GetCurrentHistoryLength() > maxEvents
}
