package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"dakasync/attendance"
	"dakasync/dingtalk"
	"dakasync/workflows"
)

// DingTalkSteps are the steps of the queue of calls.
type DingTalkSteps struct {
	Settings

	DingTalk DingTalk
	Ledger   CallLedger

	StorePause time.Duration // between attempts to store a drain; zero means a second

	governor governor
}

// CallLedger is what calls write before anything else may happen, the drain and
// the list that is too long for a history, and how approvals were searched for.
type CallLedger interface {
	DrainLedger
	EmployeeLedger
	BudgetLedger
	SearchLedger
}

// maxAnswer is how many bytes of answers one result may hold: Temporal refuses
// payloads of 2 MB.
const maxAnswer = 1_500_000

// FetchDay asks about one user's work date.
func (s *DingTalkSteps) FetchDay(ctx context.Context, day attendance.UserDay) (attendance.Answer, error) {
	defer beat(ctx)()
	answer, err := asking(ctx, s, func(ctx context.Context) (attendance.Answer, error) {
		return s.DingTalk.UserDay(ctx, day.UserID, day.WorkDate)
	})
	if err != nil {
		return answer, err
	}
	return answer, fits(answer)
}

// FetchWindow asks about many users and days.
func (s *DingTalkSteps) FetchWindow(ctx context.Context, w attendance.Window) ([]attendance.Answer, error) {
	defer beat(ctx)()
	ask := s.DingTalk.Window
	switch w.Only {
	case attendance.PartRecords:
		ask = s.DingTalk.Records
	case attendance.PartResults:
		ask = s.DingTalk.Results
	}
	answers, err := asking(ctx, s, func(ctx context.Context) ([]attendance.Answer, error) {
		return ask(ctx, w.UserIDs, w.Days.From, w.Days.To)
	})
	if err != nil {
		return nil, err
	}
	return answers, fits(answers)
}

// FetchSchedule asks what is planned for many users and days.
func (s *DingTalkSteps) FetchSchedule(ctx context.Context, w attendance.Window) (workflows.ScheduleAnswer, error) {
	defer beat(ctx)()
	askedAt := s.NowFunc()
	return asking(ctx, s, func(ctx context.Context) (workflows.ScheduleAnswer, error) {
		planned, err := s.DingTalk.Schedule(ctx, w.UserIDs, w.Days.From, w.Days.To)
		if errors.Is(err, dingtalk.ErrNoOperator) {
			return workflows.ScheduleAnswer{NoOperator: true}, nil
		}
		return workflows.ScheduleAnswer{Planned: planned, AskedAt: askedAt}, err // It is translated.
	})
}

// ReadInstance reads one approval. Where its form does not say what it is, the
// codes of the make-up templates go with it; without them (no permission for
// the templates) the form stands alone.
func (s *DingTalkSteps) ReadInstance(ctx context.Context, ref workflows.InstanceRef) (workflows.Reading, error) {
	defer beat(ctx)()
	instance, err := asking(ctx, s, func(ctx context.Context) (attendance.Instance, error) {
		return s.DingTalk.Instance(ctx, ref.ID, ref.Code)
	})
	if err != nil {
		return workflows.Reading{}, err
	}
	reading := workflows.Reading{Instance: instance}
	if ref.Code == "" || (instance.Kind != "" && instance.Kind != attendance.ApprovalOther) {
		return reading, fits(reading)
	}
	if reading.MakeUpCodes, err = s.DingTalk.MakeUpCodes(ctx); err != nil {
		activity.GetLogger(ctx).Warn("make-up templates are not known", "error", err)
		reading.MakeUpCodes = nil
	}
	return reading, fits(reading)
}

// RefreshEmployees records who is in contacts, and counts them. The list goes
// to the ledger and not into the history.
func (s *DingTalkSteps) RefreshEmployees(ctx context.Context, _ workflows.Nothing) (int, error) {
	defer beat(ctx)()
	seenAt := s.NowFunc()
	ids, err := s.DingTalk.UserIDs(ctx)
	if err != nil {
		return 0, s.translate(ctx, err)
	}
	slices.Sort(ids)
	if err := s.Ledger.SaveEmployees(ctx, ids, seenAt); err != nil {
		return 0, fmt.Errorf("write %d employees: %w", len(ids), err)
	}
	return len(ids), nil
}

// fits refuses a result that the history would not take.
func fits(result any) error {
	encoded, err := json.Marshal(result)
	if err != nil {
		return temporal.NewNonRetryableApplicationError("the answer cannot be encoded", "Unencodable", err)
	}
	if len(encoded) > maxAnswer {
		return temporal.NewNonRetryableApplicationError(
			fmt.Sprintf("the answer has %d bytes, at most %d fit a run's history", len(encoded), maxAnswer),
			workflows.ErrorTooBig, nil)
	}
	return nil
}
