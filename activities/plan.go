package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"

	"dakasync/attendance"
	"dakasync/workflows"
)

// finalAfter is when, from the beginning of a work date, its results no longer
// change by themselves: an off-duty slot is judged up to twelve hours after the
// shift (the attendance FAQ's rule for missing punches), and a night shift ends
// as late as noon of the next day. The sweep of the night after finds it so.
const finalAfter = 48 * time.Hour

const (
	// openFor is for how many days a sweep reads an approval again that could not
	// be read, and openLimit how many of them: each costs a call a night.
	openFor   = 7
	openLimit = 50
)

// drainAtWork is for how long a drain may be under way in a run of its own.
const drainAtWork = 10 * time.Minute

// ResolveRange judges dates that a person asked for by today's date.
func (s *LedgerSteps) ResolveRange(_ context.Context, in workflows.RangeInput) (attendance.DateRange, error) {
	days, err := attendance.ParseRange(in.From, in.To, s.today())
	if err != nil {
		return attendance.DateRange{}, badRange(err)
	}
	return days, nil
}

// PlanWalk says how many user-days a walk has, and in which intervals the
// make-up approvals of its days may have been started.
func (s *LedgerSteps) PlanWalk(ctx context.Context, in workflows.WalkInput) (workflows.WalkPlan, error) {
	if len(in.Chunks) == 0 {
		return workflows.WalkPlan{}, nil
	}
	started := attendance.MakeUpSearch(in.Chunks[0].From.In(s.Location), s.NowFunc())
	days := 0
	for _, c := range in.Chunks {
		days += c.Days()
	}
	if n := len(in.UserIDs); n > 0 {
		return workflows.WalkPlan{Searches: []attendance.TimeRange{started}, Total: n * days}, nil
	}
	employees, err := s.Ledger.CountEmployees(ctx, in.Chunks[0].From.In(s.Location))
	if err != nil {
		return workflows.WalkPlan{}, fmt.Errorf("count employees: %w", err)
	}
	return workflows.WalkPlan{Searches: started.Pieces(), Total: employees * days}, nil
}

// PlanSweep says which dates a sweep asks about, and which single user-days.
// Yesterday is always among them: a day without a single event is the one that
// needs it most. So are the days that a lost read of failed pushes may have told of.
func (s *LedgerSteps) PlanSweep(ctx context.Context, in workflows.SweepInput) (workflows.SweepPlan, error) {
	today := s.today()
	if in.Date != "" {
		days, err := attendance.ParseRange(in.Date, in.Date, today)
		if err != nil {
			return workflows.SweepPlan{}, badRange(err)
		}
		return workflows.SweepPlan{Dates: []attendance.Date{days.From}}, nil
	}
	since, yesterday := today.AddDays(-attendance.HorizonDays), today.AddDays(-1)
	dates, err := s.unsettled(ctx, since, yesterday)
	if err != nil {
		return workflows.SweepPlan{}, err
	}
	lost, err := s.Ledger.LostReads(ctx, s.NowFunc().Add(-drainAtWork))
	if err != nil {
		return workflows.SweepPlan{}, fmt.Errorf("list the drains that may have lost something: %w", err)
	}
	drains := make([]string, 0, len(lost))
	for _, read := range lost {
		drains = append(drains, read.ID)
	}
	dates = attendance.SweepDates(append(dates, yesterday), lost, since, today, s.Location)
	due, err := s.Ledger.DueDays(ctx, since, today)
	if err != nil {
		return workflows.SweepPlan{}, fmt.Errorf("list approval days that have come: %w", err)
	}
	due = slices.DeleteFunc(due, func(d attendance.UserDay) bool { return slices.Contains(dates, d.WorkDate) })
	open, err := s.Ledger.OpenApprovals(ctx, s.NowFunc().AddDate(0, 0, -openFor), openLimit)
	if err != nil {
		return workflows.SweepPlan{}, fmt.Errorf("list approvals that could not be read: %w", err)
	}
	return workflows.SweepPlan{Dates: dates, Due: due, Drains: drains, Approvals: open}, nil
}

// unsettled are the dates that must be asked about. What others asked about when
// it was final is settled first: a backfill's half year is not paid for twice.
func (s *LedgerSteps) unsettled(ctx context.Context, since, through attendance.Date) ([]attendance.Date, error) {
	dates, err := s.Ledger.UnsettledDates(ctx, since, through)
	if err != nil {
		return nil, fmt.Errorf("list unsettled dates: %w", err)
	}
	final := 0
	for _, date := range dates {
		finalAt := s.finalAt(date)
		if s.NowFunc().Before(finalAt) {
			continue
		}
		final++
		if err := s.Ledger.SettleAnswered(ctx, date, finalAt); err != nil {
			return nil, fmt.Errorf("settle what is known of %s: %w", date, err)
		}
	}
	if final == 0 {
		return dates, nil
	}
	if dates, err = s.Ledger.UnsettledDates(ctx, since, through); err != nil {
		return nil, fmt.Errorf("list unsettled dates: %w", err)
	}
	return dates, nil
}

func (s *LedgerSteps) finalAt(date attendance.Date) time.Time {
	return date.In(s.Location).Add(finalAfter)
}

// SettleDays settles the dates whose results are final, and returns them. The
// drains named are made good: the days that they may have told of were swept.
func (s *LedgerSteps) SettleDays(ctx context.Context, in workflows.SettleInput) ([]attendance.Date, error) {
	defer beat(ctx)()
	var settled []attendance.Date
	for _, date := range in.Dates {
		finalAt := s.finalAt(date)
		if s.NowFunc().Before(finalAt) {
			continue
		}
		if err := s.Ledger.SettleDay(ctx, date, finalAt); err != nil {
			return nil, fmt.Errorf("settle %s: %w", date, err)
		}
		settled = append(settled, date)
	}
	if len(in.Drains) > 0 {
		if err := s.Ledger.ResolveDrains(ctx, in.Drains); err != nil {
			return nil, fmt.Errorf("mark %d drains as made good: %w", len(in.Drains), err)
		}
	}
	return settled, nil
}

// AbandonDrains marks drains that nobody finished, and returns them.
func (s *LedgerSteps) AbandonDrains(ctx context.Context, in workflows.AbandonInput) ([]string, error) {
	ids, err := s.Ledger.AbandonDrains(ctx, s.NowFunc().Add(-in.OlderThan))
	if err != nil {
		return nil, fmt.Errorf("mark drains without an answer: %w", err)
	}
	return ids, nil
}

// StoreDrain stores a page that the read itself could not.
func (s *LedgerSteps) StoreDrain(ctx context.Context, in workflows.StoreDrainInput) error {
	defer beat(ctx)()
	if err := s.Ledger.StoreDrain(ctx, in.DrainID, in.Page); err != nil {
		return fmt.Errorf("store the drain %s: %w", in.DrainID, err)
	}
	return nil
}

func badRange(err error) error {
	return temporal.NewNonRetryableApplicationError(err.Error(), workflows.ErrorBadRange, errors.Unwrap(err))
}
