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
// shift (the attendance FAQ's rule for missing punches).
const finalAfter = 36 * time.Hour

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
	employees, err := s.Ledger.CountEmployees(ctx)
	if err != nil {
		return workflows.WalkPlan{}, fmt.Errorf("count employees: %w", err)
	}
	return workflows.WalkPlan{Searches: started.Pieces(), Total: employees * days}, nil
}

// PlanSweep says which dates a sweep asks about, and which single user-days.
// Yesterday is always among them: a day without a single event is the one that
// needs it most.
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
	dates, err := s.Ledger.UnsettledDates(ctx, since, yesterday)
	if err != nil {
		return workflows.SweepPlan{}, fmt.Errorf("list unsettled dates: %w", err)
	}
	if !slices.Contains(dates, yesterday) {
		dates = append(dates, yesterday)
	}
	due, err := s.Ledger.DueDays(ctx, since, today)
	if err != nil {
		return workflows.SweepPlan{}, fmt.Errorf("list approval days that have come: %w", err)
	}
	due = slices.DeleteFunc(due, func(d attendance.UserDay) bool { return slices.Contains(dates, d.WorkDate) })
	return workflows.SweepPlan{Dates: dates, Due: due}, nil
}

// SettleDays settles the dates whose results are final, and returns them.
func (s *LedgerSteps) SettleDays(ctx context.Context, in workflows.SettleInput) ([]attendance.Date, error) {
	defer beat(ctx)()
	var settled []attendance.Date
	for _, date := range in.Dates {
		finalAt := date.In(s.Location).Add(finalAfter)
		if s.NowFunc().Before(finalAt) {
			continue
		}
		if err := s.Ledger.SettleDay(ctx, date, finalAt); err != nil {
			return nil, fmt.Errorf("settle %s: %w", date, err)
		}
		settled = append(settled, date)
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
