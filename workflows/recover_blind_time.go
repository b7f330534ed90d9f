package workflows

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

const (
	maxReasons = 10        // that one round tells apart
	keptRounds = 20        // that the result still tells of
	longestLag = time.Hour // between two rounds that a lost read alone has asked for
)

// RecoverBlindTime makes good what may have been missed while nobody listened,
// when DingTalk was told to come again later, or by a read of the failed pushes
// of which nobody knows what it destroyed. Those who know send the signal
// recover. It waits until pushes are repeated and reads have caught up, reads the
// failed pushes once more, and sweeps the days concerned.
func RecoverBlindTime(ctx workflow.Context, state RecoverState) (RecoverState, error) {
	r := &recoverRun{state: state, signals: workflow.GetSignalChannel(ctx, SignalRecover)}
	workflow.GoNamed(ctx, "signals", r.listen)
	return r.run(ctx)
}

type recoverRun struct {
	state   RecoverState
	signals workflow.ReceiveChannel
}

func (r *recoverRun) run(ctx workflow.Context) (RecoverState, error) {
	for {
		round, err := r.round(ctx)
		if err != nil {
			return r.state, err
		}
		r.state.remember(round)
		r.take()
		if len(r.state.Reasons) == 0 {
			say(ctx, round.words())
			return r.state, nil
		}
		if shouldContinue(ctx) {
			return r.state, workflow.NewContinueAsNewError(ctx, RecoverBlindTime, r.state)
		}
	}
}

// listen records signals while a step is under way (see resyncRun.listen).
func (r *recoverRun) listen(ctx workflow.Context) {
	for {
		if err := workflow.Await(ctx, func() bool { return r.signals.Len() > 0 }); err != nil {
			return // cancelled: the run ends
		}
		r.take()
	}
}

// take takes what is buffered, so that no run ends without it. A signal that
// cannot be read asks for a look as well.
func (r *recoverRun) take() {
	for {
		var raw converter.RawValue
		if !r.signals.ReceiveAsync(&raw) {
			return
		}
		var signal RecoverSignal
		if err := json.NewDecoder(bytes.NewReader(raw.Payload().GetData())).Decode(&signal); err != nil {
			signal.Reason = ""
		}
		r.state.add(cmp.Or(keywordValue(signal.Reason), "unknown"))
	}
}

// round is one look, and what follows from it.
func (r *recoverRun) round(ctx workflow.Context) (RecoverRound, error) {
	delay, err := r.delay(ctx)
	if err != nil {
		return RecoverRound{}, err
	}
	r.take()
	round := RecoverRound{Reasons: r.state.Reasons}
	// What is asked for from here on may be too young for this look to see: it gets a round of its own.
	r.state.Reasons = nil
	say(ctx, fmt.Sprintf("asked for a look (%s); looking in %s", strings.Join(round.Reasons, ", "), delay))
	if err := workflow.Sleep(ctx, delay); err != nil {
		return round, err
	}
	round.At = workflow.Now(ctx)
	plan, err := ledger[RecoveryPlan](ctx, StepPlanRecovery, "What may have been missed?", RecoveryInput{Look: true})
	if err != nil {
		return round, err
	}
	round.Gaps, round.Drains = plan.Gaps, plan.Drains
	if round.wantsDrain() {
		say(ctx, round.words()+": reading the failed pushes")
		if err := r.drain(ctx, &round); err != nil {
			return round, err
		}
	}
	if len(plan.Gaps) == 0 && len(plan.Drains) == 0 {
		return round, nil
	}
	say(ctx, round.words()+": sweeping the days concerned")
	return round, r.sweep(ctx, &round)
}

// delay gives DingTalk's repetitions and everybody's reads their time. A lost read
// that follows on the round that was to make the last one good has more, and so has
// one that follows on others in vain, which may take longer to fail than a run lives:
// what fails every time must not be paid for every time.
func (r *recoverRun) delay(ctx workflow.Context) (time.Duration, error) {
	r.take()
	plan, err := ledger[RecoveryPlan](ctx, StepPlanRecovery, "How long are repetitions waited for?", RecoveryInput{})
	if err != nil {
		return 0, err
	}
	delay := plan.Delay
	if len(r.state.Reasons) == 1 && r.state.Reasons[0] == ReasonAmbiguous {
		for range max(r.state.Round, (plan.InVain-1)/maxDrainFailures) {
			delay = max(plan.Delay, min(2*delay, longestLag))
		}
	}
	return delay, nil
}

// drain has the failed pushes read, beside the sweep. Without the schedule, which
// the worker makes again, the sweep has to do.
func (r *recoverRun) drain(ctx workflow.Context, round *RecoverRound) error {
	_, err := ledger[Nothing](ctx, StepTriggerDrain, "Read the failed pushes once more", Nothing{})
	if gaveUp(err) {
		round.Problems = append(round.Problems, "the failed pushes are not read: "+reasonOf(err))
		return nil
	}
	round.Drained = err == nil
	return err
}

// sweep asks about the days concerned, in a run of its own. One that fails leaves
// its gaps open for the nightly sweep.
func (r *recoverRun) sweep(ctx workflow.Context, round *RecoverRound) error {
	// Unique, for differences are counted by it, and the same when the run is reset.
	round.Sweep = fmt.Sprintf("recover-sweep/%s/%d", workflow.GetInfo(ctx).OriginalRunID, r.state.Round)
	options := workflow.ChildWorkflowOptions{
		WorkflowID:    round.Sweep,
		StaticSummary: "Sweep of the days about which something may have been missed",
		Priority:      temporal.Priority{PriorityKey: PrioritySweep},
	}
	var result ReconcileResult
	err := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, options), TypeReconcileDay, ReconcileInput{Blind: true}).Get(ctx, &result)
	if temporal.IsCanceledError(err) {
		return err
	}
	if err != nil {
		round.Problems = append(round.Problems, "the sweep failed: "+reasonOf(err))
		return nil
	}
	round.UserDays, round.Calls, round.Closed, round.Differences = result.UserDays, result.Calls, len(result.GapsClosed), result.Differences
	round.Problems = append(round.Problems, result.Problems...)
	return nil
}

func (s *RecoverState) add(reason string) {
	if !slices.Contains(s.Reasons, reason) && len(s.Reasons) < maxReasons {
		s.Reasons = append(s.Reasons, reason)
	}
}

func (s *RecoverState) remember(round RecoverRound) {
	round.Gaps = round.Gaps[:min(len(round.Gaps), keptRounds)]
	round.Drains = round.Drains[:min(len(round.Drains), keptRounds)]
	s.Round++
	s.Rounds = append(s.Rounds, round)
	s.Rounds = s.Rounds[max(0, len(s.Rounds)-keptRounds):]
}

// wantsDrain reports whether DingTalk may hold pushes that did not arrive.
func (r RecoverRound) wantsDrain() bool {
	return len(r.Gaps) > 0 || len(r.Drains) > 0 ||
		slices.Contains(r.Reasons, ReasonLater) || slices.Contains(r.Reasons, ReasonAmbiguous)
}

func (r RecoverRound) words() string {
	if len(r.Gaps) == 0 && len(r.Drains) == 0 {
		return "nothing was missed"
	}
	var blind time.Duration
	for _, g := range r.Gaps {
		blind += g.Ended.Sub(g.Began)
	}
	return fmt.Sprintf("%d gaps, together %s, and %d lost reads of failed pushes", len(r.Gaps), blind.Round(time.Millisecond), len(r.Drains))
}

// RecoverState is the input of RecoverBlindTime, nothing at first, and its
// result: what was done.
type RecoverState struct {
	Reasons []string       `json:"reasons,omitempty"` // asked for and not looked into yet
	Round   int            `json:"round"`             // how many looks were taken
	Rounds  []RecoverRound `json:"rounds,omitempty"`  // the last ones
}

// RecoverRound is one look for what was missed.
type RecoverRound struct {
	At       time.Time        `json:"at"`
	Reasons  []string         `json:"reasons,omitempty"`
	Gaps     []attendance.Gap `json:"gaps,omitempty"`
	Drains   []string         `json:"drains,omitempty"`  // lost reads of failed pushes
	Drained  bool             `json:"drained,omitempty"` // the failed pushes were read once more
	Sweep    string           `json:"sweep,omitempty"`   // the workflow ID of the sweep
	UserDays int              `json:"user_days,omitempty"`
	Calls    int              `json:"calls,omitempty"`

	Closed      int      `json:"closed,omitempty"`      // gaps
	Differences int      `json:"differences,omitempty"` // rows of dakasync.difference
	Problems    []string `json:"problems,omitempty"`
}
