package payroll

import (
	"strings"
	"time"

	"dakasync/attendance"
	"dakasync/dakactl/say"
	"dakasync/dakactl/sheet"
	"dakasync/ledger"
)

// Table makes rows in one language, with the company's clocks.
type Table struct {
	Words   say.Printer
	Zone    *time.Location
	Through attendance.Date // the last date through which every kind of data is complete; zero: none is
}

// Through is the last date through which every kind of data is complete.
func Through(complete []attendance.Completeness) attendance.Date {
	var through attendance.Date
	for i, c := range complete {
		if c.Through.IsZero() {
			return attendance.Date{}
		}
		if i == 0 || c.Through.Before(through) {
			through = c.Through
		}
	}
	return through
}

// Final reports whether nothing of a day is expected to change.
func (t Table) Final(d ledger.PayrollDay) bool { return len(t.open(d)) == 0 }

// open lists what is open of a day, as messages.
func (t Table) open(d ledger.PayrollDay) []string {
	var open []string
	if t.Through.IsZero() || d.WorkDate.After(t.Through) {
		open = append(open, "not complete")
	}
	if d.Known && !d.Settled {
		open = append(open, "not settled")
	}
	if !d.Known && d.Seen {
		open = append(open, "never asked about")
	}
	if facts(d).unexplained > 0 {
		open = append(open, "unexplained punch")
	}
	for _, a := range d.Approvals {
		if a.State == "due" {
			return append(open, "approval not asked about")
		}
	}
	return open
}

func (t Table) openWords(open []string) string {
	words := make([]string, len(open))
	for i, o := range open {
		words[i] = t.Words.Text(o)
	}
	return strings.Join(words, t.Words.Text("; "))
}

// tally is what is counted of days.
type tally struct {
	slots, normal, late, seriousLate, early, absent, notSigned, other int
	punches, unexplained, makeUps                                     int
}

func facts(d ledger.PayrollDay) tally {
	n := tally{slots: len(d.Results)}
	for _, r := range d.Results {
		switch r.TimeResult {
		case "Normal":
			n.normal++
		case "Late":
			n.late++
		case "SeriousLate":
			n.seriousLate++
		case "Early":
			n.early++
		case "Absenteeism":
			n.absent++
		case "NotSigned":
			n.notSigned++
		default:
			n.other++
		}
	}
	for _, p := range d.Punches {
		n.punches++
		if !p.Explained {
			n.unexplained++
		}
	}
	for _, a := range d.Approvals {
		if a.MadeUpTime != nil {
			n.makeUps++
		}
	}
	return n
}

func (n *tally) add(m tally) {
	n.slots, n.normal, n.late, n.seriousLate = n.slots+m.slots, n.normal+m.normal, n.late+m.late, n.seriousLate+m.seriousLate
	n.early, n.absent, n.notSigned, n.other = n.early+m.early, n.absent+m.absent, n.notSigned+m.notSigned, n.other+m.other
	n.punches, n.unexplained, n.makeUps = n.punches+m.punches, n.unexplained+m.unexplained, n.makeUps+m.makeUps
}

// results are the columns that count results, shared by both grains.
func (n *tally) results() []sheet.Cell {
	return []sheet.Cell{n.normal, n.late, n.seriousLate, n.early, n.absent, n.notSigned, n.other}
}

func resultColumns() []string {
	return []string{"normal", "late", "serious_late", "early", "absent", "not_signed", "other_results"}
}

// DayHeader names the columns of a row for each day.
func (t Table) DayHeader() []string {
	names := append([]string{"user_id", "work_date", "final", "open", "scheduled", "slots"}, resultColumns()...)
	return t.header(append(names, "results", "first_punch", "last_punch", "punches", "unexplained_punches", "make_ups",
		"leave", "overtime", "trip", "out", "version", "asked_at"))
}

func (t Table) header(names []string) []string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = t.Words.Text(name)
	}
	return words
}

// Day is the row of a day.
func (t Table) Day(d ledger.PayrollDay) []sheet.Cell {
	n := facts(d)
	open := t.open(d)
	row := append([]sheet.Cell{d.UserID, d.WorkDate, t.yes(len(open) == 0), t.openWords(open), t.scheduled(d.Scheduled), n.slots}, n.results()...)
	first, last, punches := t.punches(d)
	row = append(row, t.resultWords(d), first, last, punches, n.unexplained, t.makeUps(d))
	for _, kind := range []attendance.ApprovalKind{attendance.ApprovalLeave, attendance.ApprovalOvertime, attendance.ApprovalTrip, attendance.ApprovalOut} {
		row = append(row, t.parts(d, kind))
	}
	return append(row, d.Version, t.local(d.AskedAt))
}

func (t Table) yes(is bool) string {
	if is {
		return t.Words.Text("yes")
	}
	return t.Words.Text("no")
}

func (t Table) scheduled(is *bool) string {
	if is == nil {
		return t.Words.Text("unknown")
	}
	return t.yes(*is)
}

func (t Table) local(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.In(t.Zone)
}

// clock is a time of the day, with its date where that is not the row's.
func (t Table) clock(at time.Time, of attendance.Date) string {
	at = at.In(t.Zone)
	if attendance.DateOf(at, t.Zone) != of {
		return at.Format("01-02 15:04")
	}
	return at.Format("15:04")
}

// punches are the first, the last, and all of them in words.
func (t Table) punches(d ledger.PayrollDay) (first, last time.Time, all string) {
	words := make([]string, 0, len(d.Punches))
	for _, p := range d.Punches {
		if first.IsZero() {
			first = t.local(p.CheckTime)
		}
		last = t.local(p.CheckTime)
		words = append(words, t.clock(p.CheckTime, d.WorkDate))
	}
	return first, last, strings.Join(words, " ")
}

// resultWords are the slots in words: planned time, what for, how it was met, when.
func (t Table) resultWords(d ledger.PayrollDay) string {
	slots := make([]string, len(d.Results))
	for i, r := range d.Results {
		words := []string{t.Words.Text(r.CheckType), t.Words.Text(r.TimeResult)}
		if !r.PlanCheckTime.IsZero() {
			words = append([]string{t.clock(r.PlanCheckTime, d.WorkDate)}, words...)
		}
		if !r.UserCheckTime.IsZero() {
			words = append(words, t.clock(r.UserCheckTime, d.WorkDate))
		}
		slots[i] = strings.Join(words, " ")
	}
	return strings.Join(slots, t.Words.Text("; "))
}

func (t Table) makeUps(d ledger.PayrollDay) string {
	var words []string
	for _, a := range d.Approvals {
		if a.MadeUpTime != nil {
			words = append(words, t.clock(*a.MadeUpTime, d.WorkDate))
		}
	}
	return strings.Join(words, " ")
}

// parts are the times of a day that approvals of a kind cover.
func (t Table) parts(d ledger.PayrollDay, kind attendance.ApprovalKind) string {
	var words []string
	for _, a := range d.Approvals {
		if a.Kind == kind && a.BeginTime != nil && a.EndTime != nil {
			words = append(words, t.clock(*a.BeginTime, d.WorkDate)+"–"+t.clock(*a.EndTime, d.WorkDate))
		}
	}
	return strings.Join(words, " ")
}
