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
// the list that is too long for a history, and which templates are asked about.
type CallLedger interface {
	DrainLedger
	EmployeeLedger
	BudgetLedger
	ApprovalCodes(ctx context.Context) ([]string, error)
	// UnlistedApprovals are agreed ones of these templates, started in an interval,
	// that are not among those listed, at most limit.
	UnlistedApprovals(ctx context.Context, codes []string, started attendance.TimeRange, listed []string, limit int) ([]attendance.OpenApproval, error)
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
	answer, err := asking(ctx, s, func() (attendance.Answer, error) { return s.DingTalk.UserDay(ctx, day.UserID, day.WorkDate) })
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
	answers, err := asking(ctx, s, func() ([]attendance.Answer, error) { return ask(ctx, w.UserIDs, w.Days.From, w.Days.To) })
	if err != nil {
		return nil, err
	}
	return answers, fits(answers)
}

// FetchSchedule asks what is planned for many users and days.
func (s *DingTalkSteps) FetchSchedule(ctx context.Context, w attendance.Window) (workflows.ScheduleAnswer, error) {
	defer beat(ctx)()
	askedAt := s.NowFunc()
	return asking(ctx, s, func() (workflows.ScheduleAnswer, error) {
		planned, err := s.DingTalk.Schedule(ctx, w.UserIDs, w.Days.From, w.Days.To)
		if errors.Is(err, dingtalk.ErrNoOperator) {
			return workflows.ScheduleAnswer{NoOperator: true}, nil
		}
		return workflows.ScheduleAnswer{Planned: planned, AskedAt: askedAt}, err //nolint:wrapcheck // It is translated.
	})
}

// ReadInstance reads one approval. Where its form does not say what it is, the
// codes of the make-up templates go with it; without them (no permission for
// the templates) the form stands alone.
func (s *DingTalkSteps) ReadInstance(ctx context.Context, ref workflows.InstanceRef) (workflows.Reading, error) {
	defer beat(ctx)()
	instance, err := asking(ctx, s, func() (attendance.Instance, error) { return s.DingTalk.Instance(ctx, ref.ID, ref.Code) })
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

// FindMakeUps lists make-up approvals that were started in an interval.
func (s *DingTalkSteps) FindMakeUps(ctx context.Context, in workflows.FindMakeUpsInput) (workflows.Found, error) {
	defer beat(ctx)()
	found, err := asking(ctx, s, func() (found workflows.Found, err error) {
		codes, err := s.DingTalk.MakeUpCodes(ctx)
		for i := 0; err == nil && i < len(codes); i++ {
			err = s.list(ctx, codes[i], in, &found)
		}
		return found, err //nolint:wrapcheck // It is translated.
	})
	if err != nil {
		return found, err
	}
	return found, fits(found)
}

// FindApprovals lists approvals of every kind that attendance knows: of the
// make-up and leave templates, and of those that approvals in the ledger have.
// A template that only the ledger knows may not be there any more.
func (s *DingTalkSteps) FindApprovals(ctx context.Context, in workflows.FindMakeUpsInput) (workflows.Found, error) {
	defer beat(ctx)()
	found, err := asking(ctx, s, func() (workflows.Found, error) { return s.findApprovals(ctx, in) })
	if err != nil {
		return found, err
	}
	return found, fits(found)
}

func (s *DingTalkSteps) findApprovals(ctx context.Context, in workflows.FindMakeUpsInput) (workflows.Found, error) {
	var found workflows.Found
	makeUps, err := s.DingTalk.MakeUpCodes(ctx)
	if err != nil {
		return found, err //nolint:wrapcheck // The caller translates it.
	}
	leaves, err := s.DingTalk.LeaveCodes(ctx)
	if err != nil {
		return found, err //nolint:wrapcheck // As above.
	}
	known, err := s.Ledger.ApprovalCodes(ctx)
	if err != nil {
		return found, fmt.Errorf("list the templates of known approvals: %w", err)
	}
	there := distinct(makeUps, leaves)
	var searched []string
	for _, code := range distinct(there, known) {
		err := s.list(ctx, code, in, &found)
		if gone(err) && !slices.Contains(there, code) {
			activity.GetLogger(ctx).Warn("a template that approvals were of is not known any more", "code", code, "error", err)
			found.Calls++
			continue
		}
		if err != nil {
			return found, err
		}
		searched = append(searched, code)
	}
	return found, s.missing(ctx, searched, in, &found)
}

const (
	// listLag is how long a list may lag behind what was started, and times that are
	// known to the minute only behind themselves.
	listLag = time.Hour
	// maxMissing is how many approvals that are not listed one search asks for: each
	// costs a call, which tells whether it was deleted.
	maxMissing = 20
)

// missing adds the agreed approvals of everybody that the ledger knows and DingTalk
// does not list any more.
func (s *DingTalkSteps) missing(ctx context.Context, codes []string, in workflows.FindMakeUpsInput, found *workflows.Found) error {
	started := attendance.TimeRange{From: in.Started.From.Add(listLag), To: in.Started.To.Add(-listLag)}
	if len(in.UserIDs) > 0 || !started.From.Before(started.To) {
		return nil
	}
	listed := make([]string, 0, len(found.Instances))
	for _, i := range found.Instances {
		listed = append(listed, i.ID)
	}
	missing, err := s.Ledger.UnlistedApprovals(ctx, codes, started, listed, maxMissing)
	if err != nil {
		return fmt.Errorf("look for approvals that are not listed: %w", err)
	}
	for _, m := range missing {
		found.Missing = append(found.Missing, workflows.InstanceRef{ID: m.ID, Code: m.Code})
	}
	return nil
}

// list adds the approvals of one template.
func (s *DingTalkSteps) list(ctx context.Context, code string, in workflows.FindMakeUpsInput, found *workflows.Found) error {
	ids, err := s.DingTalk.InstanceIDs(ctx, code, in.UserIDs, in.Started.From, in.Started.To)
	if err != nil {
		return err //nolint:wrapcheck // The caller translates it.
	}
	found.Calls += max(1, (len(ids)+instancePage-1)/instancePage)
	for _, id := range ids {
		found.Instances = append(found.Instances, workflows.InstanceRef{ID: id, Code: code})
	}
	return nil
}

// gone reports whether DingTalk says that there is nothing to list.
func gone(err error) bool {
	refusal, ok := errors.AsType[*dingtalk.Error](err)
	return ok && (refusal.Kind == dingtalk.KindInvalidRequest || refusal.Kind == dingtalk.KindNotFound)
}

// distinct are the codes of both lists, each once, in order.
func distinct(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(code string) bool { return code == "" })
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
