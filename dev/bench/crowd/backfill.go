package crowd

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"dakasync/attendance"
	"dakasync/workflows"
)

// weekly is how many days a backfill of a week asks for: one window.
const weekly = attendance.WindowDays

// amount is what backfills have done.
type amount struct{ userDays, calls int }

// backfills are runs that are under way.
type backfills struct {
	bench *bench
	runs  []client.WorkflowRun
	calls int // before they began
}

// ranges are the days of all backfills, today the last, in pieces of at most so many.
func (b *bench) ranges(most int) []attendance.DateRange {
	today := attendance.DateOf(b.into.Company.Now(), b.into.Company.Location())
	var list []attendance.DateRange
	for from := today.AddDays(1 - b.options.Days); !from.After(today); from = from.AddDays(most) {
		to := from.AddDays(most - 1)
		if to.After(today) {
			to = today
		}
		list = append(list, attendance.DateRange{From: from, To: to})
	}
	return list
}

// startBackfills starts one backfill of all days, or one for each week, or none, and waits until they are under way. Each time other
// people come first, so that what the ledger holds already is not asked for again.
func (b *bench) startBackfills(ctx context.Context, count int) (*backfills, error) {
	running := &backfills{bench: b, calls: b.walkCalls()}
	if count == 0 {
		return running, nil
	}
	days := b.options.Days
	if count > 1 {
		days = weekly
	}
	first := b.begun * len(b.users) / (2 * b.options.Rounds)
	b.begun++
	users := slices.Concat(b.users[first:], b.users[:first])
	for _, piece := range b.ranges(days) {
		in := workflows.BackfillInput{UserIDs: users, From: piece.From.String(), To: piece.To.String(), Reason: "measured"}
		run, err := b.rig.Temporal.ExecuteWorkflow(ctx, workflows.BackfillOptions(b.into.Queue(), b.into.Company.CorpID(), in), workflows.TypeBackfill, in)
		if err != nil {
			return nil, fmt.Errorf("start the backfill of %s: %w", piece.From, err)
		}
		running.runs = append(running.runs, run)
	}
	return running, b.rig.Until(ctx, "the backfills to be under way", settleTime, func(context.Context) bool {
		return b.walkCalls() >= running.calls+underWay
	})
}

// walkCalls are the answered calls that only backfills make.
func (b *bench) walkCalls() int {
	sum := 0
	for _, api := range []string{"/attendance/list", "/attendance/listRecord"} {
		sum += b.into.Platform.Calls()[api].Billed
	}
	return sum
}

// progress is what they have done so far, as their query tells it, and the calls.
func (r *backfills) progress(ctx context.Context) (amount, error) {
	sum := amount{calls: r.bench.walkCalls() - r.calls}
	for _, run := range r.runs {
		answer, err := r.bench.rig.Temporal.QueryWorkflow(ctx, run.GetID(), "", workflows.QueryProgress)
		if err != nil {
			return sum, fmt.Errorf("ask %s for its progress: %w", run.GetID(), err)
		}
		var p workflows.BackfillProgress
		if err := answer.Get(&p); err != nil {
			return sum, fmt.Errorf("read the progress of %s: %w", run.GetID(), err)
		}
		sum.userDays += p.Done
	}
	return sum, nil
}

// end cancels them, and returns when they are over.
func (r *backfills) end(ctx context.Context) error {
	for _, run := range r.runs {
		if err := r.bench.rig.Temporal.CancelWorkflow(ctx, run.GetID(), ""); err != nil {
			return fmt.Errorf("cancel %s: %w", run.GetID(), err)
		}
	}
	for _, run := range r.runs {
		err := run.Get(ctx, nil)
		if _, cancelled := errors.AsType[*temporal.CanceledError](err); err != nil && !cancelled {
			return fmt.Errorf("await the end of %s: %w", run.GetID(), err)
		}
	}
	return nil
}
