package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

// Backfill walks a range of days for the users named, or for everybody. Its
// history is its memory: it goes on after the death of a worker, and continues
// as new between two steps.
func Backfill(ctx workflow.Context, in BackfillInput) (BackfillProgress, error) {
	b := &backfillRun{in: in}
	if err := workflow.SetQueryHandler(ctx, QueryProgress, func() (BackfillProgress, error) {
		return b.progress(workflow.Now(ctx)), nil
	}); err != nil {
		return BackfillProgress{}, fmt.Errorf("answer the query %s: %w", QueryProgress, err)
	}
	if b.in.State == nil {
		if err := b.open(ctx); err != nil {
			return BackfillProgress{}, err
		}
	}
	return b.run(ctx)
}

type backfillRun struct {
	in   BackfillInput
	over bool
}

func (b *backfillRun) open(ctx workflow.Context) error {
	days, err := ledger[attendance.DateRange](ctx, StepResolveRange, "Can these dates be asked for?",
		RangeInput{From: b.in.From, To: b.in.To})
	if err != nil {
		return err
	}
	b.in.UserIDs = distinctIDs(b.in.UserIDs)
	walk, err := openWalk(ctx, b.in.UserIDs, days.Chunk(), PriorityBackfill)
	if err != nil {
		return err
	}
	b.in.State = &BackfillState{Range: days, Walk: walk, StartedAt: workflow.Now(ctx)}
	return nil
}

func (b *backfillRun) run(ctx workflow.Context) (BackfillProgress, error) {
	w := &walker{walk: &b.in.State.Walk, trigger: attendance.TriggerBackfill, priority: PriorityBackfill}
	for {
		say(ctx, fmt.Sprintf("%d of %d user-days, %d calls", w.walk.Done, w.walk.Total, w.walk.Calls))
		over, err := w.step(ctx)
		if err != nil {
			return BackfillProgress{}, err
		}
		if over {
			b.over = true
			return b.progress(workflow.Now(ctx)), nil
		}
		if shouldContinue(ctx) {
			return BackfillProgress{}, workflow.NewContinueAsNewError(ctx, Backfill, b.in)
		}
	}
}

func (b *backfillRun) progress(now time.Time) BackfillProgress {
	p := BackfillProgress{State: RequestRunning, From: b.in.From, To: b.in.To}
	if b.in.State == nil {
		return p
	}
	s := b.in.State
	p.From, p.To = s.Range.From.String(), s.Range.To.String()
	p.Done, p.Total, p.Calls, p.Problems = s.Walk.Done, max(s.Walk.Total, s.Walk.Done), s.Walk.Calls, s.Walk.Problems
	if b.over {
		p.State, p.Total = RequestDone, p.Done
	}
	p.Left = p.Total - p.Done
	p.ETASeconds = eta(p.Done, p.Left, now.Sub(s.StartedAt))
	return p
}

// eta extends the pace so far; before the first answers there is none.
func eta(done, left int, elapsed time.Duration) int {
	if done == 0 {
		return 0
	}
	return int(elapsed.Seconds() * float64(left) / float64(done))
}
