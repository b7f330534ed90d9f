package activities

import (
	"context"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/workflows"
)

const (
	// decisionAge is how old the decision in hand may be: it is wanted with every
	// event, and made every ten minutes.
	decisionAge = 2 * time.Second
	// spentAge is how old the count of what was spent may be: it is wanted with every
	// call, and grows every few seconds.
	spentAge = 2 * time.Second
)

// A run looks for the answers of its batch a share of the window after it closed,
// within bounds, and at most as long again later: all at once would be a storm.
const (
	wakeShare    = 10
	earliestWake = 2 * time.Second
	latestWake   = 30 * time.Second
	wakeSteps    = 16
)

// governor holds the decision in force, and what was spent. It remembers the batch that it started
// last: of the many events of a window only the first must start it.
type governor struct {
	mu      sync.Mutex
	is      budget.Decision
	askedAt time.Time
	started time.Time // the batch

	calls      int       // that the month has taken
	callsUntil time.Time // when that is to be read again

	probedAt time.Time // when DingTalk was last asked whether there are calls again
}

// decision is how events are answered now; before the first decision at once.
func (g *governor) decision(ctx context.Context, l BudgetLedger, now time.Time) (budget.Decision, error) {
	g.mu.Lock()
	is, fresh := g.is, now.Sub(g.askedAt) < decisionAge && !now.Before(g.askedAt)
	g.mu.Unlock()
	if fresh {
		return is, nil
	}
	is, _, err := l.CurrentDecision(ctx)
	if err != nil {
		return is, fmt.Errorf("read how events are answered now: %w", err)
	}
	g.keep(is, now)
	return is, nil
}

func (g *governor) keep(d budget.Decision, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.is, g.askedAt = d, now
}

// spent is how many calls the month has taken, as the ledger had it a moment ago;
// now is in the company's zone. Of the month before it says nothing.
func (g *governor) spent(ctx context.Context, l BudgetLedger, now time.Time) (int, error) {
	g.mu.Lock()
	calls, left := g.calls, g.callsUntil.Sub(now)
	g.mu.Unlock()
	if left > 0 && left <= spentAge {
		return calls, nil
	}
	calls, err := l.MonthCalls(ctx, now)
	if err != nil {
		return 0, fmt.Errorf("add up the month's calls: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls, g.callsUntil = calls, now.Add(spentAge)
	if turn := budget.MonthTurn(now); turn.Before(g.callsUntil) {
		g.callsUntil = turn
	}
	return calls, nil
}

// start makes sure that a batch will run.
func (g *governor) start(ctx context.Context, s *LedgerSteps, at, now time.Time) error {
	g.mu.Lock()
	known := g.started.Equal(at)
	g.mu.Unlock()
	if known {
		return nil
	}
	if err := workflows.StartBatch(ctx, s.Starter, s.TaskQueue, s.CorpID, at, at.Sub(now)); err != nil {
		return err // It names the batch.
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.started = at
	return nil
}

// pace says when an event's question is asked. The batch that will ask is there
// when it returns. As the month turns an event may come before the schedule has
// decided anew: last month's decision would keep it until the sweep.
func (s *LedgerSteps) pace(ctx context.Context, key string) (workflows.Pace, error) {
	now := s.NowFunc()
	d, err := s.governor.decision(ctx, s.Ledger, now)
	if err == nil && d.Lapsed(now.In(s.Location)) {
		d, err = s.Decide(ctx, workflows.Nothing{})
	}
	if err != nil {
		return workflows.Pace{}, err
	}
	switch d.Mode {
	case budget.ModeBatched:
		at := d.Batch(now)
		if at.IsZero() {
			return workflows.Pace{}, nil
		}
		share := min(max(d.Window/wakeShare, earliestWake), latestWake)
		return workflows.Pace{Mode: d.Mode, Batch: at, Wake: at.Add(share + spread(key, share))}, s.governor.start(ctx, s, at, now)
	case budget.ModeSweep, budget.ModeStopped:
		return workflows.Pace{Mode: d.Mode, Reason: d.Reason}, nil
	default:
		return workflows.Pace{}, nil
	}
}

// spread is a part of a time, by a key, so that those born together do not all
// act at the same moment.
func spread(key string, over time.Duration) time.Duration {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(key)) // never fails
	return over * time.Duration(sum.Sum32()%wakeSteps) / wakeSteps
}

// PlanBatch says what pending events want to know, and how to ask for it.
func (s *LedgerSteps) PlanBatch(ctx context.Context, in workflows.PlanBatchInput) (workflows.BatchPlan, error) {
	wants, err := s.Ledger.Wanted(ctx, in.Through, in.After, in.Limit)
	if err != nil {
		return workflows.BatchPlan{}, fmt.Errorf("list what pending events want to know: %w", err)
	}
	plan := workflows.BatchPlan{Last: lastOfPage(wants, in.Limit)}
	if in.After == "" { // they are few, and no page is of their users
		more, err := s.Ledger.WantedByApprovals(ctx, in.Through)
		if err != nil {
			return workflows.BatchPlan{}, fmt.Errorf("list the days that pending approvals want to know: %w", err)
		}
		wants = append(wants, more...)
	}
	plan.Wants, plan.Fetch = len(wants), attendance.PlanBatch(wants)
	return plan, nil
}

// lastOfPage is the last user of a page that is full; empty for the last page.
func lastOfPage(wants []attendance.Want, limit int) string {
	users, last := 0, ""
	for _, w := range wants {
		if w.UserID != last {
			users, last = users+1, w.UserID
		}
	}
	if users < limit {
		return ""
	}
	return last
}

// Decide chooses how events are answered from now on, and writes it down.
func (s *LedgerSteps) Decide(ctx context.Context, _ workflows.Nothing) (budget.Decision, error) {
	d, err := s.decide(ctx, s.Ledger)
	if err == nil {
		s.governor.keep(d, s.NowFunc())
	}
	return d, err
}

func (s Settings) decide(ctx context.Context, l BudgetLedger) (budget.Decision, error) {
	now := s.NowFunc().In(s.Location)
	facts, err := l.BudgetFacts(ctx, now)
	if err != nil {
		return budget.Decision{}, fmt.Errorf("add up what was spent: %w", err)
	}
	d := budget.Decide(facts, s.Budget)
	if err := l.SaveDecision(ctx, d); err != nil {
		return d, fmt.Errorf("write how events are answered from now on: %w", err)
	}
	return d, nil
}
