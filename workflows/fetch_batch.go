package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

const (
	// batchUsers is about how many users one page of a batch names.
	batchUsers = 1000
	// batchCalls is how many of its windows are asked for at once: the fleet's
	// rate, not the way of one call to DingTalk and back, is to bound a batch.
	batchCalls = 4
)

// FetchBatch asks, by the fewest calls, about everything that the events of a
// window want to know, and writes the answers. What they want stands in the
// ledger: an event is pending until something accounts for it. The events' own
// runs find the answers there; what a batch could not get, the next one, or the
// run itself, asks for again.
func FetchBatch(ctx workflow.Context, in BatchInput) (BatchResult, error) {
	r := &batchRun{in: in}
	if r.in.State == nil {
		r.in.State = &BatchState{}
	}
	for {
		over, err := r.page(ctx)
		if err != nil {
			return BatchResult{}, err
		}
		if over {
			s := r.in.State
			return BatchResult{Wants: s.Wants, Calls: s.Calls, Problems: s.Problems}, nil
		}
		if shouldContinue(ctx) {
			return BatchResult{}, workflow.NewContinueAsNewError(ctx, FetchBatch, r.in)
		}
	}
}

type batchRun struct {
	in BatchInput
}

// page asks about the next users.
func (r *batchRun) page(ctx workflow.Context) (over bool, err error) {
	s := r.in.State
	in := PlanBatchInput{Through: r.in.At, After: s.After, Limit: batchUsers}
	plan, err := ledger[BatchPlan](ctx, StepPlanBatch, "What do pending events want to know?", in)
	if err != nil {
		return false, err
	}
	s.Wants += plan.Wants
	say(ctx, fmt.Sprintf("%d user-days wanted so far, %d calls spent", s.Wants, s.Calls))
	if err := r.fetch(ctx, plan.Fetch); err != nil {
		return false, err
	}
	s.After = plan.Last
	return plan.Last == "", nil
}

// fetch asks for the windows, several at once.
func (r *batchRun) fetch(ctx workflow.Context, plan attendance.FetchPlan) error {
	asks := make([]func(workflow.Context, *fetcher) error, 0, len(plan.Windows)+1)
	for _, window := range plan.Windows {
		asks = append(asks, func(ctx workflow.Context, f *fetcher) error { return f.window(ctx, window) })
	}
	if len(plan.Singles) > 0 {
		asks = append(asks, func(ctx workflow.Context, f *fetcher) error { return f.singles(ctx, plan.Singles) })
	}
	slots := workflow.NewSemaphore(ctx, batchCalls)
	group := workflow.NewWaitGroup(ctx)
	fetchers, errs := make([]*fetcher, len(asks)), make([]error, len(asks))
	for i, ask := range asks {
		fetchers[i] = &fetcher{trigger: attendance.TriggerEvent, priority: PriorityLive}
		group.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer group.Done()
			if errs[i] = slots.Acquire(ctx, 1); errs[i] != nil {
				return
			}
			defer slots.Release(1)
			errs[i] = ask(ctx, fetchers[i])
		})
	}
	group.Wait(ctx)
	for i, f := range fetchers {
		if errs[i] != nil {
			return errs[i]
		}
		r.account(f)
	}
	return nil
}

func (r *batchRun) account(f *fetcher) {
	s := r.in.State
	s.Calls += f.calls
	for _, problem := range f.problems {
		if len(s.Problems) < maxProblems {
			s.Problems = append(s.Problems, problem)
		}
	}
}

// BatchInput is the input of FetchBatch. State is nil for a new one.
type BatchInput struct {
	At    time.Time   `json:"at"` // when its window closed
	State *BatchState `json:"state,omitempty"`
}

// BatchState is where a batch stands.
type BatchState struct {
	After    string   `json:"after,omitempty"` // the last user asked about
	Wants    int      `json:"wants"`
	Calls    int      `json:"calls"`
	Problems []string `json:"problems,omitempty"`
}

// BatchResult is what a batch came to.
type BatchResult struct {
	Wants    int      `json:"wants"` // what events wanted to know
	Calls    int      `json:"calls"`
	Problems []string `json:"problems,omitempty"`
}
