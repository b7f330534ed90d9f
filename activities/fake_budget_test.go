package activities_test

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"dakasync/attendance"
	"dakasync/budget"
)

func (d *dingTalk) Records(_ context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error) {
	return d.answers, d.ask(fmt.Sprintf("Records %v %s %s", userIDs, from, to))
}

func (d *dingTalk) Results(_ context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error) {
	return d.answers, d.ask(fmt.Sprintf("Results %v %s %s", userIDs, from, to))
}

// spending is what the book knows of the budget, and of what is still to be asked.
type spending struct {
	decision    budget.Decision
	decisionErr error
	facts       budget.Facts
	factsErr    error
	saved       []budget.Decision
	spent       []string // what DingTalk said is spent
	counted     int      // how often it was asked what was spent
	wants       []attendance.Want
	wantsToo    []attendance.Want // of approvals
	loose       []attendance.UserDay
	open        []attendance.UserDay
	unplanned   bool
	slots       map[string]int // of every user
	unlisted    []attendance.OpenApproval
	kept        bool
	judged      []string // since when approvals' events were judged again
}

func (b *book) CurrentDecision(context.Context) (budget.Decision, bool, error) {
	return b.spending.decision, b.spending.decision.Mode != "", b.spending.decisionErr
}

func (b *book) BudgetFacts(_ context.Context, now time.Time) (budget.Facts, error) {
	facts := b.spending.facts
	facts.At = now
	return facts, cmp.Or(b.spending.factsErr, b.err)
}

func (b *book) MonthCalls(context.Context, time.Time) (int, error) {
	b.spending.counted++
	return b.spending.facts.Calls, b.err
}

func (b *book) SaveDecision(_ context.Context, d budget.Decision) error {
	b.spending.saved = append(b.spending.saved, d)
	return b.err
}

func (b *book) SaveQuotaWord(_ context.Context, meter string, at time.Time) error {
	b.spending.spent = append(b.spending.spent, meter)
	if meter == budget.MeterCalls {
		b.spending.facts.Refused = at
	}
	return b.err
}

func (b *book) WithdrawQuotaWord(_ context.Context, meter string, _ time.Time) error {
	b.spending.facts.Refused = time.Time{}
	return b.note("WithdrawQuotaWord %s", meter)
}

func (b *book) WantedByApprovals(_ context.Context, through time.Time) ([]attendance.Want, error) {
	return b.spending.wantsToo, b.note("WantedByApprovals %s", through.Format(time.TimeOnly))
}

func (b *book) Wanted(_ context.Context, through time.Time, after string, limit int) ([]attendance.Want, error) {
	return b.spending.wants, b.note("Wanted %s %q %d", through.Format(time.TimeOnly), after, limit)
}

func (b *book) ReopenDay(_ context.Context, userID string, date attendance.Date, changedAt time.Time) error {
	return b.note("ReopenDay %s %s at %s", userID, date, changedAt.Format(time.TimeOnly))
}

func (b *book) KeptSince(_ context.Context, since time.Time) (bool, error) {
	return b.spending.kept, b.note("KeptSince %s", since.Format(time.DateTime))
}

func (b *book) LooseDays(_ context.Context, since, through attendance.Date, _ time.Duration) ([]attendance.UserDay, error) {
	return b.spending.loose, b.note("LooseDays %s %s", since, through)
}

func (b *book) OpenSlots(_ context.Context, userIDs []string, days attendance.DateRange, _ time.Duration, strict bool) ([]attendance.UserDay, map[string]int, bool, error) {
	return b.spending.open, b.spending.slots, b.spending.unplanned, b.note("OpenSlots %v %s %s %t", userIDs, days.From, days.To, strict)
}

func (b *book) UnlistedApprovals(_ context.Context, codes []string, started attendance.TimeRange, listed []string, limit int) ([]attendance.OpenApproval, error) {
	return b.spending.unlisted, b.note("UnlistedApprovals %v %s %d %d", codes, started.To.Format(time.TimeOnly), len(listed), limit)
}

func (b *book) JudgeApprovals(_ context.Context, since time.Time) error {
	b.spending.judged = append(b.spending.judged, since.Format(time.DateOnly))
	return b.err
}
