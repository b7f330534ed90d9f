package activities

import (
	"context"
	"errors"

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
// it, the run keeps it. Only a few calls go this way at a time: those that would
// wait go by the queue of calls, where urgent ones are first.
type TaskSteps struct {
	calls  *DingTalkSteps
	ledger AnswerLedger
	lanes  chan struct{}
}

// AnswerLedger takes answers.
type AnswerLedger interface {
	SaveAnswers(ctx context.Context, answers []attendance.Answer, why attendance.Why) error
	Conclude(ctx context.Context, answers []attendance.Answer, why attendance.Why, key string, outcome attendance.Outcome) error
}

// NewTaskSteps lets so many calls be under way at a time.
func NewTaskSteps(calls *DingTalkSteps, ledger AnswerLedger, lanes int) *TaskSteps {
	return &TaskSteps{calls: calls, ledger: ledger, lanes: make(chan struct{}, lanes)}
}

// AskDay asks about a user-day for a punch, and writes the answer: with the
// event's outcome where it shows the punch.
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
	if err := s.write(ctx, in.Hint, answer); err != nil {
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

func (s *TaskSteps) write(ctx context.Context, h attendance.Hint, answer attendance.Answer) error {
	answers, why := []attendance.Answer{answer}, why(ctx, h.Trigger())
	if attendance.Explains(answer, h.CheckTime) {
		return s.ledger.Conclude(ctx, answers, why, h.Key(), attendance.OutcomeDone) //nolint:wrapcheck // It names the user-day.
	}
	return s.ledger.SaveAnswers(ctx, answers, why) //nolint:wrapcheck // As above.
}
