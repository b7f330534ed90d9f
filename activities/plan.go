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

// catchUp is how many dates, about which nobody was asked when they were final
// though others have settled them, a sweep takes beside the unsettled ones.
const catchUp = 14

// clocksDiffer is by how much our clock and PostgreSQL's may.
const clocksDiffer = time.Hour

// ResolveRange judges dates that a person asked for by today's date.
func (s *LedgerSteps) ResolveRange(_ context.Context, in workflows.RangeInput) (attendance.DateRange, error) {
	days, err := attendance.ParseRange(in.From, in.To, s.today())
	if err != nil {
		return attendance.DateRange{}, badRange(err)
	}
	return days, nil
}

// PlanWalk says how many user-days a walk has, and in which intervals the
// approvals of its days may have been started.
func (s *LedgerSteps) PlanWalk(ctx context.Context, in workflows.WalkInput) (workflows.WalkPlan, error) {
	if len(in.Chunks) == 0 {
		return workflows.WalkPlan{}, nil
	}
	started := attendance.ApprovalSearch(in.Chunks[0].From.In(s.Location), s.NowFunc())
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
	return workflows.WalkPlan{Searches: started.Searches(employees), Total: employees * days}, nil
}

// PlanSweep says which dates a sweep asks about, and which single user-days.
// Yesterday is always among them: a day without a single event is the one that
// needs it most. So are the days that gaps and lost reads of failed pushes may
// concern; a blind sweep takes only those.
func (s *LedgerSteps) PlanSweep(ctx context.Context, in workflows.SweepInput) (workflows.SweepPlan, error) {
	now, today := s.NowFunc(), s.today()
	if in.Date != "" {
		days, err := attendance.ParseRange(in.Date, in.Date, today)
		if err != nil {
			return workflows.SweepPlan{}, badRange(err)
		}
		return workflows.SweepPlan{Dates: []attendance.Date{days.From}, At: now, Split: &workflows.Split{Anew: true, Brisk: true}}, nil
	}
	since := today.AddDays(-attendance.HorizonDays)
	gaps, lost, err := s.missed(ctx)
	if err != nil {
		return workflows.SweepPlan{}, err
	}
	plan := workflows.SweepPlan{Gaps: gaps, Drains: idsOf(lost), At: now}
	if in.Blind {
		plan.Dates = attendance.SweepDates(nil, concerned(gaps, lost), since, today, s.Location)
		return plan, nil
	}
	dates, err := s.unsettled(ctx, since, today.AddDays(-1))
	if err != nil {
		return workflows.SweepPlan{}, err
	}
	unreconciled, err := s.Ledger.Unreconciled(ctx, since, s.lastFinal(), catchUp)
	if err != nil {
		return workflows.SweepPlan{}, fmt.Errorf("list dates that are not reconciled: %w", err)
	}
	dates = append(dates, unreconciled...)
	plan.Dates = attendance.SweepDates(append(dates, today.AddDays(-1)), concerned(gaps, lost), since, today, s.Location)
	if plan.Split, err = s.split(ctx, plan.Dates, concerned(gaps, lost)); err != nil {
		return plan, err
	}
	if plan.Search, err = s.searchMode(ctx, plan.Dates, len(gaps)+len(lost) > 0); err != nil {
		return plan, err
	}
	return plan, s.planDue(ctx, &plan, since, today)
}

// searchMode says how the nightly sweep looks for approvals: for all where
// something may have been missed.
func (s *LedgerSteps) searchMode(ctx context.Context, dates []attendance.Date, missed bool) (attendance.SearchMode, error) {
	if missed || len(dates) == 0 {
		return attendance.SearchWhole, nil
	}
	now := s.NowFunc()
	searches, err := s.Ledger.ApprovalSearches(ctx, now.Add(-attendance.SearchSpan))
	if err != nil {
		return "", fmt.Errorf("look how far approvals were searched for: %w", err)
	}
	return attendance.ModeOfSearch(searches, attendance.ApprovalSearch(dates[0].In(s.Location), now).From, now), nil
}

// split says how the nightly sweep asks: for the clock-ins of all dates, and for
// the results of those that are final, or that may have been missed.
func (s *LedgerSteps) split(ctx context.Context, dates []attendance.Date, missed []attendance.LostRead) (*workflows.Split, error) {
	d, err := s.governor.decision(ctx, s.Ledger, s.NowFunc())
	if err != nil {
		return nil, err
	}
	full := attendance.SweepDates(nil, missed, attendance.Date{}, s.today(), s.Location)
	kept, err := s.Ledger.KeptSince(ctx, dates[0].In(s.Location))
	if err != nil {
		return nil, fmt.Errorf("look whether events were kept since %s: %w", dates[0], err)
	}
	// Of an edit that nobody was told of no clock-in tells.
	split := &workflows.Split{Thrift: d.Thrift && !kept && len(missed) == 0, Kept: kept, Brisk: true}
	for _, date := range dates {
		if s.NowFunc().Before(s.finalAt(date)) && !slices.Contains(full, date) {
			split.Early = append(split.Early, date)
		}
	}
	return split, nil
}

// OpenSlots says what clock-ins and schedule leave open of a window.
func (s *LedgerSteps) OpenSlots(ctx context.Context, in workflows.SlotsInput) (workflows.Slots, error) {
	w := in.Window
	open, slots, unplanned, err := s.Ledger.OpenSlots(ctx, w.UserIDs, w.Days, finalAfter, in.Thrift)
	if err != nil {
		return workflows.Slots{}, fmt.Errorf("look what is open of %d users: %w", len(w.UserIDs), err)
	}
	found := workflows.Slots{Open: open, Unplanned: unplanned, Planned: make([]int, 0, len(w.UserIDs))}
	for _, user := range w.UserIDs {
		found.Planned = append(found.Planned, slots[user])
	}
	return found, nil
}

// planDue adds the user-days that came due and the approvals to read again. Today's are asked about
// before anything happened on them, and again when they are over: not where calls are spared.
func (s *LedgerSteps) planDue(ctx context.Context, plan *workflows.SweepPlan, since, today attendance.Date) error {
	through := today
	if plan.Split.Thrift || plan.Split.Kept {
		through = today.AddDays(-1)
	}
	due, err := s.Ledger.DueDays(ctx, since, through)
	if err != nil {
		return fmt.Errorf("list approval days that have come: %w", err)
	}
	loose, err := s.Ledger.LooseDays(ctx, since, today.AddDays(-1), finalAfter)
	if err != nil {
		return fmt.Errorf("list the unsettled days of settled dates: %w", err)
	}
	// A day that an approval changed may be both.
	loose = slices.DeleteFunc(loose, func(d attendance.UserDay) bool { return slices.Contains(due, d) })
	plan.Due = slices.DeleteFunc(append(due, loose...), func(d attendance.UserDay) bool { return slices.Contains(plan.Dates, d.WorkDate) })
	plan.Approvals, err = s.Ledger.OpenApprovals(ctx, s.NowFunc().AddDate(0, 0, -openFor), openLimit)
	if err != nil {
		return fmt.Errorf("list approvals that could not be read: %w", err)
	}
	unread, err := s.Ledger.UnreadApprovals(ctx, openLimit)
	if err != nil {
		return fmt.Errorf("list approvals that sweeps could not read: %w", err)
	}
	plan.Approvals = append(plan.Approvals, unread...)
	return nil
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

// lastFinal is the newest date whose results are final.
func (s *LedgerSteps) lastFinal() attendance.Date {
	date := s.today()
	for s.NowFunc().Before(s.finalAt(date)) {
		date = date.AddDays(-1)
	}
	return date
}

func (s *LedgerSteps) finalAt(date attendance.Date) time.Time {
	return date.In(s.Location).Add(finalAfter)
}

// SettleDays settles the dates whose results are final, and returns them. The
// drains and gaps named are made good: the days that they concern were swept. A
// date about which everybody was asked when it was final is reconciled.
func (s *LedgerSteps) SettleDays(ctx context.Context, in workflows.SettleInput) ([]attendance.Date, error) {
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
	if err := s.Ledger.JudgeApprovals(ctx, s.NowFunc().AddDate(0, 0, -openFor)); err != nil {
		return nil, fmt.Errorf("judge the events of approvals again: %w", err)
	}
	if len(in.Drains) > 0 {
		if err := s.Ledger.ResolveDrains(ctx, in.Drains); err != nil {
			return nil, fmt.Errorf("mark %d drains as made good: %w", len(in.Drains), err)
		}
	}
	if in.Evidence != nil && !in.Evidence.Refused {
		return settled, s.prove(ctx, in)
	}
	return settled, nil
}

// prove writes what a sweep that nobody refused has shown.
func (s *LedgerSteps) prove(ctx context.Context, in workflows.SettleInput) error {
	if len(in.Gaps) > 0 {
		if err := s.Ledger.CloseGaps(ctx, in.Gaps, *in.Evidence, workflowID(ctx)); err != nil {
			return fmt.Errorf("close %d gaps: %w", len(in.Gaps), err)
		}
	}
	if len(in.Searched) > 0 {
		if err := s.Ledger.SaveApprovalSearches(ctx, in.Evidence.Since, in.Searched); err != nil {
			return fmt.Errorf("keep how far approvals were searched for: %w", err)
		}
	}
	reconciled := slices.DeleteFunc(slices.Clone(in.Dates), func(d attendance.Date) bool { return in.Evidence.Since.Before(s.finalAt(d)) })
	if len(reconciled) == 0 {
		return nil
	}
	if err := s.Ledger.SaveReconciled(ctx, reconciled, *in.Evidence, workflowID(ctx)); err != nil {
		return fmt.Errorf("record that %d dates are reconciled: %w", len(reconciled), err)
	}
	return nil
}

// AbandonDrains marks drains that nobody finished, and returns all that are
// ambiguous. With no age the asker's own read is over, whatever the clocks say.
func (s *LedgerSteps) AbandonDrains(ctx context.Context, in workflows.AbandonInput) ([]string, error) {
	if in.OlderThan == 0 {
		in.OlderThan = -clocksDiffer
	}
	ids, err := s.Ledger.AbandonDrains(ctx, s.NowFunc().Add(-in.OlderThan))
	if err != nil {
		return nil, fmt.Errorf("mark drains without an answer: %w", err)
	}
	return ids, nil
}

// StoreDrain stores a page that the read itself could not.
func (s *LedgerSteps) StoreDrain(ctx context.Context, in workflows.StoreDrainInput) error {
	if err := s.Ledger.StoreDrain(ctx, in.DrainID, in.Page); err != nil {
		return fmt.Errorf("store the drain %s: %w", in.DrainID, err)
	}
	return nil
}

func badRange(err error) error {
	return temporal.NewNonRetryableApplicationError(err.Error(), workflows.ErrorBadRange, errors.Unwrap(err))
}
