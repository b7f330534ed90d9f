package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

const (
	pagesPerRun      = 50               // of at most 200 elements each
	retryDrain       = 10 * time.Second // before the one repetition of a failed read
	maxDrainFailures = 2
)

// DrainFailedPushes empties DingTalk's failed-push list into the ledger and
// starts a run for every element. Reading the list destroys it: a read is sent
// once, under an intent that is recorded first.
func DrainFailedPushes(ctx workflow.Context, state DrainState) (DrainState, error) {
	d := &drainRun{state: state}
	if err := d.dispatch(ctx, "Elements that an earlier drain left"); err != nil {
		return d.state, err
	}
	return d.run(ctx)
}

type drainRun struct {
	state DrainState
}

func (d *drainRun) run(ctx workflow.Context) (DrainState, error) {
	for page := 0; ; page++ {
		if page == pagesPerRun || (page > 0 && shouldContinue(ctx)) {
			return d.state, workflow.NewContinueAsNewError(ctx, DrainFailedPushes, d.state)
		}
		more, err := d.page(ctx, page)
		if err != nil {
			return d.state, err
		}
		if !more {
			d.sayDone(ctx)
			return d.state, nil
		}
	}
}

func (d *drainRun) sayDone(ctx workflow.Context) {
	words := fmt.Sprintf("drained: %d reads, %d elements", d.state.Pages, d.state.Dispatched.Elements)
	if d.state.Skipped != "" {
		words = "not read: " + d.state.Skipped
	}
	say(ctx, words)
}

// page does one destructive read, and reports whether there is more to read.
func (d *drainRun) page(ctx workflow.Context, page int) (more bool, err error) {
	id := fmt.Sprintf("%s/%d", workflow.GetInfo(ctx).WorkflowExecution.RunID, page)
	say(ctx, "reading the failed pushes: "+id)
	read, err := d.read(ctx, id)
	if err != nil {
		return d.recover(ctx, id, err)
	}
	if read.Skipped != "" {
		d.state.Skipped = read.Skipped
		return false, nil
	}
	d.state.Pages++
	if read.Page != nil {
		in := StoreDrainInput{DrainID: id, Page: *read.Page}
		if _, err := ledgerBulk[Nothing](ctx, StepStoreDrain, "Store what was read", in, PriorityLive); err != nil {
			return false, err
		}
	}
	// More behind nothing would be asked for, and paid for, without end.
	return read.HasMore && read.Count > 0, d.dispatch(ctx, fmt.Sprintf("%d elements", read.Count))
}

func (d *drainRun) read(ctx workflow.Context, id string) (DrainRead, error) {
	in := ReadDrainInput{DrainID: id}
	if d.state.Pages == 0 && d.state.Failures == 0 {
		in.Run = workflow.GetInfo(ctx).WorkflowExecution.ID
	}
	var read DrainRead
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, once(ctx, "Read (and destroy) the failed pushes")),
		StepReadFailedPushes, in).Get(ctx, &read)
	return read, err
}

// recover marks a read of which nobody knows whether it was sent, dispatches
// what it may have stored, and lets the drain go on once. What DingTalk refused
// outright (a permission, a spent quota) has destroyed nothing and is not tried
// again: the schedule will. A read that became ambiguous is recovered from.
func (d *drainRun) recover(ctx workflow.Context, id string, cause error) (more bool, err error) {
	if temporal.IsCanceledError(cause) {
		return false, cause
	}
	ambiguous, err := ledger[[]string](ctx, StepAbandonDrains, "Drains without an answer", AbandonInput{})
	if err != nil {
		return false, err
	}
	d.state.Ambiguous = append(d.state.Ambiguous, ambiguous...)
	if slices.Contains(ambiguous, id) && since(ctx, changeRequestRecovery) {
		if err := requestRecovery(ctx, ReasonAmbiguous); err != nil {
			return false, err
		}
	}
	if err := d.dispatch(ctx, "Elements that the read may have stored"); err != nil {
		return false, err
	}
	d.state.Failures++
	if gaveUp(cause) || d.state.Failures >= maxDrainFailures {
		return false, cause
	}
	return true, workflow.Sleep(ctx, retryDrain)
}

// dispatch starts the runs of elements that are stored and have none.
func (d *drainRun) dispatch(ctx workflow.Context, words string) error {
	done, err := ledgerBulk[Dispatched](ctx, StepDispatchElements, words, Nothing{}, PriorityLive)
	if err != nil {
		return err
	}
	d.state.Dispatched = d.state.Dispatched.plus(done)
	return nil
}

func (a Dispatched) plus(b Dispatched) Dispatched {
	return Dispatched{
		Elements:   a.Elements + b.Elements,
		Started:    a.Started + b.Started,
		Duplicates: a.Duplicates + b.Duplicates,
		Unreadable: a.Unreadable + b.Unreadable,
	}
}
