package payroll

import (
	"slices"

	"dakasync/attendance"
	"dakasync/dakactl/sheet"
	"dakasync/ledger"
)

// Months folds days into a row for each person and month. Days must come by user
// and date.
type Months struct {
	Table

	now month
}

// month is one person's days of a month so far.
type month struct {
	user               string
	from, to           attendance.Date
	days, final        int
	scheduled, present int
	sum                tally
	touched            map[attendance.ApprovalKind]int
	open               []string
}

// approvalColumns are the kinds that days are counted by.
func approvalColumns() []attendance.ApprovalKind {
	return []attendance.ApprovalKind{attendance.ApprovalLeave, attendance.ApprovalOvertime, attendance.ApprovalTrip, attendance.ApprovalOut}
}

// Header names the columns.
func (m *Months) Header() []string {
	names := append([]string{
		"user_id", "month", "from", "to", "final", "open", "days", "final_days", "scheduled_days", "days_with_punches", "punches", "slots",
	}, resultColumns()...)
	return m.header(append(names, "unexplained_punches", "make_ups", "leave_days", "overtime_days", "trip_days", "out_days"))
}

// Add takes a day in. When it begins another month, or another person's, the one
// before is returned as a row, and whether it is final.
func (m *Months) Add(d ledger.PayrollDay) (row []sheet.Cell, final bool) {
	if m.now.days > 0 && (m.now.user != d.UserID || m.now.from.Month != d.WorkDate.Month || m.now.from.Year != d.WorkDate.Year) {
		row, final = m.End()
	}
	if m.now.days == 0 {
		m.now = month{user: d.UserID, from: d.WorkDate, touched: map[attendance.ApprovalKind]int{}}
	}
	n := &m.now
	n.days, n.to = n.days+1, d.WorkDate
	if d.Scheduled != nil && *d.Scheduled {
		n.scheduled++
	}
	if len(d.Punches) > 0 {
		n.present++
	}
	n.sum.add(facts(d))
	for _, kind := range approvalColumns() {
		if slices.ContainsFunc(d.Approvals, func(a ledger.PayrollApproval) bool { return a.Kind == kind && a.BeginTime != nil }) {
			n.touched[kind]++
		}
	}
	open := m.open(d)
	if len(open) == 0 {
		n.final++
	}
	for _, o := range open {
		if !slices.Contains(n.open, o) {
			n.open = append(n.open, o)
		}
	}
	return row, final
}

// End is the row of the last month; nil if there were no days.
func (m *Months) End() (row []sheet.Cell, final bool) {
	n := m.now
	m.now = month{}
	if n.days == 0 {
		return nil, false
	}
	final = n.final == n.days
	row = []sheet.Cell{
		n.user, n.from.String()[:len("2026-11")], n.from, n.to, m.yes(final), m.openWords(n.open),
		n.days, n.final, n.scheduled, n.present, n.sum.punches, n.sum.slots,
	}
	row = append(append(row, n.sum.results()...), n.sum.unexplained, n.sum.makeUps)
	for _, kind := range approvalColumns() {
		row = append(row, n.touched[kind])
	}
	return row, final
}
