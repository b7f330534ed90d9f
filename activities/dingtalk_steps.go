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
	Ledger   DrainAndEmployeeLedger

	StorePause time.Duration // between attempts to store a drain; zero means a second
}

// DrainAndEmployeeLedger is what calls write before anything else may happen:
// the drain, and the list that is too long for a history.
type DrainAndEmployeeLedger interface {
	DrainLedger
	EmployeeLedger
}

const (
	// maxAnswer is how many bytes of answers one result may hold: Temporal
	// refuses payloads of 2 MB.
	maxAnswer = 1_500_000
	// instancePage is how many ids one call lists.
	instancePage = 20
)

// FetchDay asks about one user's work date.
func (s *DingTalkSteps) FetchDay(ctx context.Context, day attendance.UserDay) (attendance.Answer, error) {
	defer beat(ctx)()
	answer, err := s.DingTalk.UserDay(ctx, day.UserID, day.WorkDate)
	if err != nil {
		return answer, s.translate(ctx, err)
	}
	return answer, fits(answer)
}

// FetchWindow asks about many users and days.
func (s *DingTalkSteps) FetchWindow(ctx context.Context, w attendance.Window) ([]attendance.Answer, error) {
	defer beat(ctx)()
	answers, err := s.DingTalk.Window(ctx, w.UserIDs, w.Days.From, w.Days.To)
	if err != nil {
		return nil, s.translate(ctx, err)
	}
	return answers, fits(answers)
}

// FetchSchedule asks what is planned for many users and days.
func (s *DingTalkSteps) FetchSchedule(ctx context.Context, w attendance.Window) (workflows.ScheduleAnswer, error) {
	defer beat(ctx)()
	askedAt := s.NowFunc()
	planned, err := s.DingTalk.Schedule(ctx, w.UserIDs, w.Days.From, w.Days.To)
	if errors.Is(err, dingtalk.ErrNoOperator) {
		return workflows.ScheduleAnswer{NoOperator: true}, nil
	}
	if err != nil {
		return workflows.ScheduleAnswer{}, s.translate(ctx, err)
	}
	return workflows.ScheduleAnswer{Planned: planned, AskedAt: askedAt}, nil
}

// ReadInstance reads one approval. Where its form does not say what it is, the
// codes of the make-up templates go with it; without them (no permission for
// the templates) the form stands alone.
func (s *DingTalkSteps) ReadInstance(ctx context.Context, ref workflows.InstanceRef) (workflows.Reading, error) {
	defer beat(ctx)()
	instance, err := s.DingTalk.Instance(ctx, ref.ID, ref.Code)
	if err != nil {
		return workflows.Reading{}, s.translate(ctx, err)
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

// FindMakeUps lists make-up approvals that were started in an interval.
func (s *DingTalkSteps) FindMakeUps(ctx context.Context, in workflows.FindMakeUpsInput) (workflows.Found, error) {
	defer beat(ctx)()
	var found workflows.Found
	codes, err := s.DingTalk.MakeUpCodes(ctx)
	if err != nil {
		return found, s.translate(ctx, err)
	}
	for _, code := range codes {
		ids, err := s.DingTalk.InstanceIDs(ctx, code, in.UserIDs, in.Started.From, in.Started.To)
		if err != nil {
			return found, s.translate(ctx, err)
		}
		found.Calls += max(1, (len(ids)+instancePage-1)/instancePage)
		for _, id := range ids {
			found.Instances = append(found.Instances, workflows.InstanceRef{ID: id, Code: code})
		}
	}
	return found, fits(found)
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
