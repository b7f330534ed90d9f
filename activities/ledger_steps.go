package activities

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/workflows"
)

// LedgerSteps are the steps of the database queue.
type LedgerSteps struct {
	Settings

	Ledger  Ledger
	Starter Starter // for the runs of failed pushes, and for recoveries
	Drains  Drains
	InTask  bool // the call of a punch is tried within the task: see TaskSteps

	governor governor
}

// Starter starts runs.
type Starter interface {
	workflows.Starter
	workflows.SignalStarter
}

// Drains reads the failed pushes.
type Drains interface {
	// Trigger has them read now, or right after the reading that is under way.
	Trigger(ctx context.Context) error
}

// PlanPunch says what to do about a punch, and records its event: but for one that
// is to be asked about at once and of which nothing is known, which AskDay records
// together with the answer.
func (s *LedgerSteps) PlanPunch(ctx context.Context, in workflows.PlanPunchInput) (workflows.PunchPlan, error) {
	at := in.Hint.CheckTime
	plan := workflows.PunchPlan{
		Reach:        attendance.ReachOf(at, s.NowFunc(), s.Location),
		Calendar:     attendance.DateOf(at, s.Location),
		Candidates:   attendance.CandidatesFor(at, s.Location),
		SettleDelays: s.SettleDelays,
		InTask:       s.InTask,
	}
	var err error
	if plan.InTask && !in.Record && plan.Reach == attendance.ReachOK {
		if plan.Unrecorded, err = s.mayWait(ctx, in.Hint); err != nil || plan.Unrecorded {
			return plan, err
		}
	}
	if plan.Recall, err = s.record(ctx, in.EventInput); err != nil {
		return workflows.PunchPlan{}, err
	}
	if plan.Recall.Known || plan.Reach != attendance.ReachOK {
		return plan, nil
	}
	if plan.Pace, err = s.pace(ctx, in.Hint.Key()); err != nil {
		return plan, err
	}
	// Of a late punch the ledger opens the calendar's day only; the morning after a night shift is of the day before.
	late := slices.DeleteFunc(slices.Clone(plan.Candidates.Likely), func(d attendance.Date) bool { return s.NowFunc().Before(s.finalAt(d)) })
	return plan, s.leave(ctx, plan.Pace, in.Hint.UserID, late...)
}

// leave leaves user-days to the nightly sweep, if events are kept for it.
func (s *LedgerSteps) leave(ctx context.Context, pace workflows.Pace, userID string, days ...attendance.Date) error {
	if pace.Mode != budget.ModeSweep && pace.Mode != budget.ModeStopped {
		return nil
	}
	for _, d := range days {
		if err := s.Ledger.ReopenDay(ctx, userID, d, s.NowFunc()); err != nil {
			return fmt.Errorf("keep %s of %s for the nightly sweep: %w", d, userID, err)
		}
	}
	return nil
}

// mayWait reports whether the answer comes at once and tells all: then the event
// need not be recorded before.
func (s *LedgerSteps) mayWait(ctx context.Context, h attendance.Hint) (bool, error) {
	if h.CorpID != s.CorpID || h.UserID == "" {
		return false, nil // recording it says what is wrong
	}
	d, err := s.governor.decision(ctx, s.Ledger, s.NowFunc())
	if err != nil || d.Mode != "" && d.Mode != budget.ModeLive {
		return false, err
	}
	mentioned, err := s.Ledger.PunchMentioned(ctx, h.UserID, h.CheckTime)
	if err != nil {
		return false, fmt.Errorf("look a punch of %s up: %w", h.UserID, err)
	}
	return !mentioned, nil
}

// PlanDay records the event of a changed day and says what to do about it.
func (s *LedgerSteps) PlanDay(ctx context.Context, in workflows.EventInput) (workflows.DayPlan, error) {
	recall, err := s.record(ctx, in)
	if err != nil {
		return workflows.DayPlan{}, err
	}
	plan := workflows.DayPlan{
		Recall: recall, Reach: attendance.ReachOfDay(in.Hint.WorkDate, s.today()), Gather: s.gather(in.Hint.Key()),
	}
	if recall.Known || plan.Reach != attendance.ReachOK {
		return plan, nil
	}
	plan.Pace, err = s.pace(ctx, in.Hint.Key())
	return plan, err
}

// PlanApprovalDays says which of the days that an approval touches nobody has asked about since,
// and when that is done. Those that are kept are left to the nightly sweep.
func (s *LedgerSteps) PlanApprovalDays(ctx context.Context, in workflows.ApprovalDaysInput) (workflows.ApprovalDaysPlan, error) {
	open, err := s.Ledger.Unasked(ctx, in.Days, in.Since)
	if err != nil {
		return workflows.ApprovalDaysPlan{}, fmt.Errorf("look which days of an approval are known: %w", err)
	}
	plan := workflows.ApprovalDaysPlan{Open: open}
	if len(open) == 0 {
		return plan, nil
	}
	if plan.Pace, err = s.pace(ctx, in.Key); err != nil {
		return plan, err
	}
	for _, d := range open {
		if err := s.leave(ctx, plan.Pace, d.UserID, d.WorkDate); err != nil {
			return plan, err
		}
	}
	return plan, nil
}

// gather is how long to wait for more news of a day: once to twice the first
// settle delay, by the event's key, so that those born together do not all ask
// at the same moment.
func (s *LedgerSteps) gather(key string) time.Duration {
	if len(s.SettleDelays) == 0 {
		return 0
	}
	return s.SettleDelays[0] + spread(key, s.SettleDelays[0])
}

// PlanApproval records an approval's event.
func (s *LedgerSteps) PlanApproval(ctx context.Context, in workflows.EventInput) (workflows.ApprovalPlan, error) {
	if _, err := s.record(ctx, in); err != nil {
		return workflows.ApprovalPlan{}, err
	}
	plan := workflows.ApprovalPlan{SettleDelays: s.SettleDelays}
	if !in.Hint.Approval.NeedsRead() {
		return plan, nil // the run saves what the event says as the instance
	}
	return plan, s.learn(ctx, in.Hint)
}

// learn keeps what an event says of an approval beside what reads say: events
// know times to the millisecond, and another run may read the instance again
// without them.
func (s *LedgerSteps) learn(ctx context.Context, h attendance.Hint) error {
	why := attendance.Why{Trigger: h.Trigger(), WorkflowID: h.Key()}
	if _, err := s.Ledger.SaveInstance(ctx, attendance.InstanceFromHint(h), why); err != nil {
		return fmt.Errorf("keep what the event %s says of an approval: %w", h.Key(), err)
	}
	return nil
}

func (s *LedgerSteps) record(ctx context.Context, in workflows.EventInput) (attendance.Recall, error) {
	recall, err := s.Ledger.RecordHint(ctx, in.Hint, in.Payload, workflowID(ctx))
	if err != nil {
		return recall, fmt.Errorf("record the event %s: %w", in.Hint.Key(), err)
	}
	return recall, nil
}

// Persist writes answers and, where an event is named, its outcome.
func (s *LedgerSteps) Persist(ctx context.Context, in workflows.PersistInput) error {
	if in.Key == "" && len(in.Answers) == 0 {
		return nil
	}
	if in.Key != "" {
		if err := s.Ledger.Conclude(ctx, in.Answers, why(ctx, in.Trigger), in.Key, in.Outcome); err != nil {
			return fmt.Errorf("write %d user-days and the outcome of %s: %w", len(in.Answers), in.Key, err)
		}
		return nil
	}
	if err := s.Ledger.SaveAnswers(ctx, in.Answers, why(ctx, in.Trigger)); err != nil {
		return fmt.Errorf("write %d user-days: %w", len(in.Answers), err)
	}
	return nil
}

// PunchExplained reports whether the ledger accounts for a punch.
func (s *LedgerSteps) PunchExplained(ctx context.Context, p workflows.Punch) (bool, error) {
	explained, err := s.Ledger.PunchExplained(ctx, p.UserID, p.At)
	if err != nil {
		return false, fmt.Errorf("look a punch of %s up: %w", p.UserID, err)
	}
	return explained, nil
}

// SaveInstance writes an approval and returns the user-days that it touches.
func (s *LedgerSteps) SaveInstance(ctx context.Context, in workflows.SaveInstanceInput) ([]attendance.UserDay, error) {
	days, err := s.Ledger.SaveInstance(ctx, in.Instance, why(ctx, in.Trigger))
	if err != nil {
		return nil, fmt.Errorf("write the approval %s: %w", in.Instance.ProcessInstanceID, err)
	}
	return days, nil
}

// UnknownInstances are those of the ids that the ledger has not read to their
// end, in the order given.
func (s *LedgerSteps) UnknownInstances(ctx context.Context, ids []string) ([]string, error) {
	known, err := s.Ledger.KnownInstances(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("look %d approvals up: %w", len(ids), err)
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(known, id) }), nil
}

// EmployeePage is the next page of employees: of those present, and of those who
// left lately enough to have been there.
func (s *LedgerSteps) EmployeePage(ctx context.Context, in workflows.PageInput) ([]string, error) {
	var leftSince time.Time
	if !in.LeftSince.IsZero() {
		leftSince = in.LeftSince.In(s.Location)
	}
	ids, err := s.Ledger.EmployeesAfter(ctx, in.After, in.Limit, leftSince)
	if err != nil {
		return nil, fmt.Errorf("list employees after %q: %w", in.After, err)
	}
	return ids, nil
}

// SaveSchedule writes what is planned for a window.
func (s *LedgerSteps) SaveSchedule(ctx context.Context, in workflows.SaveScheduleInput) error {
	w := in.Window
	if err := s.Ledger.SaveSchedule(ctx, w.UserIDs, w.Days.From, w.Days.To, in.Planned, in.AskedAt, why(ctx, in.Trigger)); err != nil {
		return fmt.Errorf("write the schedule of %d users: %w", len(w.UserIDs), err)
	}
	return nil
}

func why(ctx context.Context, trigger attendance.Trigger) attendance.Why {
	return attendance.Why{Trigger: trigger, WorkflowID: workflowID(ctx)}
}

func workflowID(ctx context.Context) string { return activity.GetInfo(ctx).WorkflowExecution.ID }
