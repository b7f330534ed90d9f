package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"dakasync/budget"
	"dakasync/dingtalk"
	"dakasync/workflows"
)

// asking lets a step ask if the budget does, and tells Temporal what an error
// means. The question is asked with the context that it is handed.
func asking[T any](ctx context.Context, s *DingTalkSteps, question func(context.Context) (T, error)) (T, error) {
	ctx, probe, err := s.admit(ctx)
	if err != nil {
		var none T
		return none, err
	}
	answer, err := question(ctx)
	if probe {
		s.probed(ctx, err)
	}
	if err != nil {
		return answer, s.translate(ctx, err)
	}
	return answer, nil
}

// admit lets a step spend calls if the budget does: when it is spent, what a
// person asked for may still use the reserve. The count of what was spent is some
// seconds old, as it comes with the workers' tallies, and a step may make several
// calls: so the bound may be passed by what the fleet asks meanwhile. What is not
// known stops nothing.
//
// That DingTalk refuses may end before the month does, for calls can be bought:
// then one step an hour, and what a person asked for, is a probe, which the client
// sends though it knows of the refusal. A refused step is tried again: many wake as
// the month turns, and may come before the schedule has decided anew.
func (s *DingTalkSteps) admit(ctx context.Context) (asked context.Context, probe bool, err error) {
	now := s.NowFunc()
	d, err := s.governor.decision(ctx, s.Ledger, now)
	if err == nil && d.Mode == budget.ModeStopped && d.Lapsed(now.In(s.Location)) {
		s.reconsider(ctx, now)
		d, err = s.governor.decision(ctx, s.Ledger, now)
	}
	if err != nil {
		activity.GetLogger(ctx).Warn("the budget is not known; the call is made", "error", err)
		return ctx, false, nil
	}
	person := activity.GetInfo(ctx).Priority.PriorityKey == workflows.PriorityManual
	spent := s.overspent(ctx, now, d, person)
	if d.Mode != budget.ModeStopped {
		if spent == nil {
			return ctx, false, nil
		}
		if d = s.reconsider(ctx, now); d.Mode != budget.ModeStopped { // everybody shall see that it stops
			d.Reason = spent.Error()
		}
	}
	turn := budget.MonthTurn(now.In(s.Location))
	wait := until(turn, now, quotaPause, quotaPause)
	if spent == nil { // so it is DingTalk that refuses
		free, again := s.governor.probe(now)
		if free || person {
			return dingtalk.AsProbe(ctx), true, nil
		}
		wait = min(wait, again)
	}
	return ctx, false, temporal.NewApplicationErrorWithOptions(
		fmt.Sprintf("no call is made before %s unless calls are bought or the budget is raised: %s", turn.Format(time.DateOnly), d.Reason),
		string(dingtalk.KindQuotaSpent), temporal.ApplicationErrorOptions{NextRetryDelay: wait},
	)
}

// overspent is why the budget does not allow a call more, or nil. Where the ledger
// does not say what was spent, it is what the decision goes by.
func (s *DingTalkSteps) overspent(ctx context.Context, now time.Time, d budget.Decision, person bool) error {
	if s.Budget.Calls <= 0 {
		return nil
	}
	facts := budget.Facts{At: now.In(s.Location)}
	var err error
	if facts.Calls, err = s.governor.spent(ctx, s.Ledger, facts.At); err != nil {
		activity.GetLogger(ctx).Warn("what was spent is not known; the last decision's count is taken", "error", err)
		facts.Calls = d.Calls
	}
	return s.Budget.Allows(facts, 1, person)
}

// probeTime is how long the others wait for a probe's end.
const probeTime = 10 * time.Second

// probe reports whether it is time for a probe, or when to ask again: at once
// after a start of the worker, and then once an hour.
func (g *governor) probe(now time.Time) (free bool, again time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch since := now.Sub(g.probedAt); {
	case g.probedAt.IsZero() || since < 0 || since >= quotaPause:
		g.probedAt = now
		return true, 0
	case since < probeTime:
		return false, probeTime
	default:
		return false, quotaPause
	}
}

// probed takes back that the calls are spent when a call was answered.
func (s *DingTalkSteps) probed(ctx context.Context, err error) {
	if err != nil {
		return
	}
	now := s.NowFunc()
	if err := s.Ledger.WithdrawQuotaWord(ctx, budget.MeterCalls, now); err != nil {
		activity.GetLogger(ctx).Warn("that there are calls again could not be written down", "error", err)
		return
	}
	s.reconsider(ctx, now)
}

// reconsider has it decided at once how events are answered. It is best effort:
// the schedule decides again in minutes.
func (s *DingTalkSteps) reconsider(ctx context.Context, now time.Time) budget.Decision {
	d, err := s.decide(ctx, s.Ledger)
	if err != nil {
		activity.GetLogger(ctx).Warn("how events are answered could not be decided", "error", err)
		return d
	}
	s.governor.keep(d, now)
	return d
}

// noteSpent writes down that DingTalk says that the month's calls are spent, and
// has it decided what follows. It is best effort: the error that brought the word
// is the step's own.
func (s *DingTalkSteps) noteSpent(ctx context.Context) {
	now := s.NowFunc()
	s.governor.mark(now)
	if err := s.Ledger.SaveQuotaWord(ctx, budget.MeterCalls, now); err != nil {
		activity.GetLogger(ctx).Warn("that the calls are spent could not be written down", "error", err)
		return
	}
	s.reconsider(ctx, now)
}

// mark notes that it is known what a probe would find.
func (g *governor) mark(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.probedAt = now
}

// messageOf is what an error says to a person, without the SDK's wrapping.
func messageOf(err error) string {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return app.Message()
	}
	return err.Error()
}
