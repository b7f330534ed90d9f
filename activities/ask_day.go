package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"dakasync/attendance"
	"dakasync/workflows"
)

// TaskSteps are the steps of a call that are taken within a workflow task: the
// short way of a punch, which spares the server an activity and a second task.
//
// A paid answer is in the ledger before the step ends, so a task that is
// repeated after its worker's death finds it there; where PostgreSQL does not take
// it, the run keeps it, and records the event. Only a few calls go this way at a time: those that would
// wait go by the queue of calls, where urgent ones are first.
type TaskSteps struct {
	calls  *DingTalkSteps
	ledger AnswerLedger
	lanes  chan struct{}
}

// AnswerLedger takes answers.
type AnswerLedger interface {
	// ConcludeHint records a punch's event (see EventLedger.RecordHint), merges the
	// answers and sets the event's outcome, if there is one, in one transaction.
	ConcludeHint(
		ctx context.Context, h attendance.Hint, payload []byte, answers []attendance.Answer, why attendance.Why, outcome attendance.Outcome,
	) error
}

// NewTaskSteps lets so many calls be under way at a time.
func NewTaskSteps(calls *DingTalkSteps, ledger AnswerLedger, lanes int) *TaskSteps {
	return &TaskSteps{calls: calls, ledger: ledger, lanes: make(chan struct{}, lanes)}
}

// AskDay asks about a user-day for a punch, and writes the event and the answer:
// with the event's outcome where it shows the punch.
func (s *TaskSteps) AskDay(ctx context.Context, in workflows.AskDayInput) (workflows.AskedDay, error) {
	select {
	case s.lanes <- struct{}{}:
		defer func() { <-s.lanes }()
	default:
		return workflows.AskedDay{}, nil
	}
	answer, err := s.calls.FetchDay(ctx, in.Day)
	if err != nil {
		return workflows.AskedDay{}, s.later(ctx, in.Day, err)
	}
	if err := s.write(ctx, in, answer); err != nil {
		activity.GetLogger(ctx).Warn("an answer is kept by its run: PostgreSQL does not take it now", "UserID", in.Day.UserID, "error", err)
		return workflows.AskedDay{Answer: &answer}, nil
	}
	return workflows.AskedDay{Answer: &answer, Written: true}, nil
}

// later makes of an error that another attempt may mend no error: the queue of
// calls makes that attempt, when the error says.
func (s *TaskSteps) later(ctx context.Context, day attendance.UserDay, err error) error {
	if refused, ok := errors.AsType[*temporal.ApplicationError](err); ok && refused.NonRetryable() {
		return err
	}
	activity.GetLogger(ctx).Warn("a question goes to the queue of calls", "UserID", day.UserID, "error", err)
	return nil
}

const (
	// handOver is how long before the end of its step the writing of an answer is given up:
	// where PostgreSQL hangs the run keeps what is paid for.
	handOver = time.Second
	// writeTime bounds it where the answer came too late for that: the run finds it in the ledger.
	writeTime = 5 * time.Second
)

// writing is how long an answer may take to be written.
func writing(ctx context.Context) (context.Context, context.CancelFunc) {
	until, bounded := ctx.Deadline()
	if bounded && ctx.Err() == nil && time.Until(until) > 2*handOver {
		return context.WithDeadline(ctx, until.Add(-handOver))
	}
	return context.WithTimeout(context.WithoutCancel(ctx), writeTime)
}

func (s *TaskSteps) write(ctx context.Context, in workflows.AskDayInput, answer attendance.Answer) error {
	ctx, cancel := writing(ctx)
	defer cancel()
	var outcome attendance.Outcome
	if attendance.Explains(answer, in.Hint.CheckTime) {
		outcome = attendance.OutcomeDone
	}
	return s.ledger.ConcludeHint(ctx, in.Hint, in.Payload, []attendance.Answer{answer}, why(ctx, in.Hint.Trigger()), outcome) // It names the user-day.
}
