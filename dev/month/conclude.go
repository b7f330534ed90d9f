package month

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
	"dakasync/dev/oracle"
	"dakasync/simulator/platform"
	"dakasync/workflows"
)

// conclude lets what is under way come to its end while the company's time stands still, and has everything swept that is not final.
func (m *month) conclude(ctx context.Context) error {
	const patience = 48 * time.Hour
	m.report.closed = true
	at := m.timeline.Now()
	settle := func() error {
		for end := at.Add(patience); at.Before(end); at = at.Add(m.Step) {
			m.timeline.Set(at)
			m.timeline.Settle()
			if err := m.failed(ctx); err != nil {
				return err
			}
			if m.underway() == 0 {
				return nil
			}
		}
		return fmt.Errorf("work is not done within %s: %v", patience, m.open)
	}
	if err := settle(); err != nil {
		return err
	}
	today := attendance.DateOf(m.company.Now(), m.company.Location())
	for n, r := range []run{
		{workflow: workflows.TypeDrainFailedPushes, input: workflows.DrainState{}},
		// What is not final the night asks in part: a person asks for all. The night judges the events anew.
		{workflow: workflows.TypeReconcileDay, input: workflows.ReconcileInput{Date: today.AddDays(-1).String()}},
		{workflow: workflows.TypeReconcileDay, input: workflows.ReconcileInput{Date: today.String()}},
		{workflow: workflows.TypeReconcileDay, input: workflows.ReconcileInput{}},
	} {
		r.id, r.number = fmt.Sprintf("conclude-%d", n), -n-1
		m.begin(r, 0)
		if err := settle(); err != nil {
			return err
		}
	}
	return m.meter.flush(ctx)
}

// underway counts the open runs.
func (m *month) underway() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, open := range m.open {
		n += open
	}
	return n
}

// judge compares the ledger with the truth, and the counts with the platform's.
func (m *month) judge(ctx context.Context) error {
	o := oracle.Oracle{DB: m.database, Company: m.company, Platform: m.platform}
	checks := []oracle.Check{o.Punches, o.Results, o.Days, o.Approvals, o.ApprovalDays, o.Versions}
	if m.lost() {
		checks[3] = o.ApprovalsFound
	}
	// What the platform pushed is its word, and of what it pushed without content it keeps the content.
	if m.report.Muted == 0 {
		checks = append(checks, o.Events, o.FailedPushes)
	}
	var err error
	m.report.Truth = m.company.Truth()
	if m.report.Differences, err = oracle.Run(ctx, m.report.Truth, checks...); err != nil {
		return err
	}
	calls, err := o.Calls(ctx)
	if err != nil {
		return err
	}
	m.report.Differences = append(m.report.Differences, calls...)
	unproven, err := m.unproven(ctx)
	m.report.Differences = append(m.report.Differences, unproven...)
	if strays := m.meter.strays(); strays != "" {
		m.report.Differences = append(m.report.Differences, "calls of no purpose: "+strays)
	}
	return err
}

// unproven are the dates whose results are final and about which no sweep proves that everybody was asked: the rows may be right, but nothing says
// so, and no date after them is complete. Under a budget nights fall out; later ones go back to them by the coverage, which is of the true time here.
func (m *month) unproven(ctx context.Context) ([]string, error) {
	if m.Budget != nil {
		return nil, nil
	}
	last := attendance.DateOf(m.company.Now(), m.company.Location()).AddDays(-finalNight)
	rows, err := m.database.Query(ctx, `SELECT 'nothing proves the sweep of ' || d::date FROM generate_series($1::timestamp, $2::timestamp, interval '1 day') d
		WHERE NOT EXISTS (SELECT FROM dakasync.reconciliation r WHERE r.work_date = d::date) ORDER BY d`, m.company.FirstDay().In(time.UTC), last.In(time.UTC))
	if err != nil {
		return nil, fmt.Errorf("look which dates are proven: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look which dates are proven: %w", err)
	}
	return found, nil
}

// lost reports whether something was never pushed.
func (m *month) lost() bool {
	return m.report.Muted > 0 || slices.ContainsFunc(m.platform.Deliveries(), func(d platform.Delivery) bool { return d.State == platform.StateDropped })
}
