package payroll

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dakactl/say"
	"dakasync/dakactl/sheet"
	"dakasync/ledger"
)

var (
	shanghai = time.FixedZone("CST", 8*3600)
	monday   = attendance.NewDate(2026, time.November, 2)
	yes      = true
)

// at is an instant of the Monday in Shanghai, or of days later.
func at(days int, clock string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", monday.AddDays(days).String()+" "+clock, shanghai)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func slot(kind, is string, plan, user time.Time) ledger.ShownResult {
	return ledger.ShownResult{Result: attendance.Result{CheckType: kind, TimeResult: is, PlanCheckTime: plan, UserCheckTime: user}}
}

// nightShift is a day that ends the next morning, with a leave and a make-up.
func nightShift() ledger.PayrollDay {
	return ledger.PayrollDay{
		UserID: "u1", WorkDate: monday, Known: true, Scheduled: &yes, Settled: true, Version: 4, AskedAt: at(2, "02:00"),
		Results: []ledger.ShownResult{
			slot("OnDuty", "Late", at(0, "20:00"), at(0, "20:12")), slot("OffDuty", "Normal", at(1, "04:00"), at(1, "04:01")),
			slot("OnDuty", "NotSigned", at(1, "05:00"), time.Time{}), slot("OffDuty", "Strange", time.Time{}, at(1, "08:00")),
		},
		Punches: []ledger.ShownPunch{
			{CheckTime: at(0, "20:12"), Explained: true}, {CheckTime: at(1, "04:01"), Explained: true}, {CheckTime: at(1, "08:00"), Explained: true},
		},
		Approvals: []ledger.PayrollApproval{
			{Kind: attendance.ApprovalLeave, ApprovalPart: ledger.ApprovalPart{BeginTime: new(at(0, "20:00")), EndTime: new(at(1, "00:00")), State: "synced"}},
			{Kind: attendance.ApprovalMakeUp, ApprovalPart: ledger.ApprovalPart{MadeUpTime: new(at(1, "08:00")), State: "synced"}},
		},
	}
}

// named is a row by its columns' names.
func named(t *testing.T, header []string, row []sheet.Cell) map[string]sheet.Cell {
	t.Helper()
	require.Len(t, row, len(header))
	cells := map[string]sheet.Cell{}
	for i, name := range header {
		require.NotContains(t, cells, name)
		cells[name] = row[i]
	}
	return cells
}

func TestDay(t *testing.T) {
	table := Table{Words: say.English, Zone: shanghai, Through: monday}
	require.Equal(t, map[string]sheet.Cell{
		"user_id": "u1", "work_date": monday, "final": "yes", "open": "", "scheduled": "yes", "slots": 4,
		"normal": 1, "late": 1, "serious_late": 0, "early": 0, "absent": 0, "not_signed": 1, "other_results": 1,
		"results":     "20:00 OnDuty Late 20:12; 11-03 04:00 OffDuty Normal 11-03 04:01; 11-03 05:00 OnDuty NotSigned; OffDuty Strange 11-03 08:00",
		"first_punch": at(0, "20:12").In(shanghai), "last_punch": at(1, "08:00").In(shanghai), "punches": "20:12 11-03 04:01 11-03 08:00",
		"unexplained_punches": 0, "make_ups": "11-03 08:00", "leave": "20:00–11-03 00:00", "overtime": "", "trip": "", "out": "",
		"version": 4, "asked_at": at(2, "02:00").In(shanghai),
	}, named(t, table.DayHeader(), table.Day(nightShift())))
}

func TestWhatIsOpen(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*ledger.PayrollDay)
		through attendance.Date
		want    string
	}{
		"nothing":                    {func(*ledger.PayrollDay) {}, monday, ""},
		"complete before it":         {func(*ledger.PayrollDay) {}, monday.AddDays(-1), "not complete"},
		"complete on no date":        {func(*ledger.PayrollDay) {}, attendance.Date{}, "not complete"},
		"not settled":                {func(d *ledger.PayrollDay) { d.Settled = false }, monday, "not settled"},
		"never asked about":          {func(d *ledger.PayrollDay) { *d = ledger.PayrollDay{UserID: "u", WorkDate: monday, Seen: true} }, monday, "never asked about"},
		"before the user came":       {func(d *ledger.PayrollDay) { *d = ledger.PayrollDay{UserID: "u", WorkDate: monday} }, monday, ""},
		"an unexplained punch":       {func(d *ledger.PayrollDay) { d.Punches[0].Explained = false }, monday, "unexplained punch"},
		"an approval":                {func(d *ledger.PayrollDay) { d.Approvals[0].State = "due" }, monday, "approval not asked about"},
		"neither complete nor final": {func(d *ledger.PayrollDay) { d.Settled = false }, attendance.Date{}, "not complete; not settled"},
	} {
		t.Run(name, func(t *testing.T) {
			d := nightShift()
			test.change(&d)
			table := Table{Words: say.English, Zone: shanghai, Through: test.through}
			row := named(t, table.DayHeader(), table.Day(d))
			require.Equal(t, test.want, row["open"])
			require.Equal(t, test.want == "", table.Final(d))
			require.Equal(t, map[bool]sheet.Cell{true: "yes", false: "no"}[test.want == ""], row["final"])
		})
	}
}

func TestThrough(t *testing.T) {
	through := func(dates ...attendance.Date) attendance.Date {
		var all []attendance.Completeness
		for _, d := range dates {
			all = append(all, attendance.Completeness{Through: d})
		}
		return Through(all)
	}
	require.Equal(t, monday, through(monday.AddDays(1), monday, monday.AddDays(2)), "the kind that is furthest behind counts")
	require.Zero(t, through(monday, attendance.Date{}))
	require.Zero(t, through())
}

func TestMonths(t *testing.T) {
	m := &Months{Table: Table{Words: say.English, Zone: shanghai, Through: monday.AddDays(1)}}
	empty := func(user string, date attendance.Date) ledger.PayrollDay {
		return ledger.PayrollDay{UserID: user, WorkDate: date}
	}
	var rows [][]sheet.Cell
	var finals []bool
	take := func(row []sheet.Cell, final bool) {
		if row != nil {
			rows, finals = append(rows, row), append(finals, final)
		}
	}
	december := attendance.NewDate(2026, time.December, 1)
	for _, d := range []ledger.PayrollDay{
		nightShift(), empty("u1", monday.AddDays(1)), empty("u2", monday), empty("u2", monday.AddDays(2)), empty("u2", monday.AddDays(3)), empty("u2", december),
	} {
		take(m.Add(d))
	}
	take(m.End())
	require.Len(t, rows, 3)
	require.Equal(t, []bool{true, false, false}, finals)
	require.Equal(t, map[string]sheet.Cell{
		"user_id": "u1", "month": "2026-11", "from": monday, "to": monday.AddDays(1), "final": "yes", "open": "",
		"days": 2, "final_days": 2, "scheduled_days": 1, "days_with_punches": 1, "punches": 3, "slots": 4,
		"normal": 1, "late": 1, "serious_late": 0, "early": 0, "absent": 0, "not_signed": 1, "other_results": 1,
		"unexplained_punches": 0, "make_ups": 1, "leave_days": 1, "overtime_days": 0, "trip_days": 0, "out_days": 0,
	}, named(t, m.Header(), rows[0]))
	second := named(t, m.Header(), rows[1])
	require.Equal(t, []sheet.Cell{"u2", "2026-11", 3, 1, "no", "not complete"},
		[]sheet.Cell{second["user_id"], second["month"], second["days"], second["final_days"], second["final"], second["open"]})
	require.Equal(t, "2026-12", named(t, m.Header(), rows[2])["month"])
	row, _ := m.End()
	require.Nil(t, row, "it is over")
}

// Both grains add up: a month counts what its days show.
func TestEveryResultIsCountedOnce(t *testing.T) {
	d := nightShift()
	d.Results = nil
	for _, is := range []string{"Normal", "Late", "SeriousLate", "Early", "Absenteeism", "NotSigned", "New"} {
		d.Results = append(d.Results, slot("OnDuty", is, time.Time{}, time.Time{}))
	}
	table := Table{Words: say.English, Zone: shanghai}
	row := named(t, table.DayHeader(), table.Day(d))
	for _, name := range resultColumns() {
		require.Equal(t, 1, row[name], name)
	}
	m := Months{Table: table}
	m.Add(d)
	d.WorkDate = monday.AddDays(1)
	m.Add(d)
	cells, _ := m.End()
	month := named(t, m.Header(), cells)
	for _, name := range resultColumns() {
		require.Equal(t, 2, month[name], name)
	}
	require.Equal(t, 14, month["slots"])
	require.Equal(t, 6, month["punches"])
}
