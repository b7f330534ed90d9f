package budget

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
)

func TestCallsOfARequest(t *testing.T) {
	now := at(time.November, 20, 9)
	days := func(from, to int) attendance.DateRange {
		return attendance.DateRange{From: november(from), To: november(to)}
	}
	half := attendance.DateRange{From: attendance.DateOf(now, zone).AddDays(-179), To: november(20)}
	const forms = 5
	for _, test := range []struct {
		r    Request
		want int
		why  string
	}{
		{Request{}, 0, "nothing"},
		{Request{Users: 1, Days: days(1, 1)}, 1 + forms, "one question, and one search a form"},
		{Request{Users: 1, Days: days(1, 4)}, 2 + forms, "a window"},
		{Request{Users: 25, Days: days(1, 7)}, 7 + 2 + 3*forms, "a full week: two questions for the records; three searches a form"},
		{Request{Users: 25, Days: days(15, 20)}, 6 + 1 + 3*forms, "a day less takes one: tomorrow has no records yet"},
		{Request{Users: 25, Days: days(14, 19)}, 6 + 2 + 3*forms, "but not before today"},
		{Request{Users: 1, Everybody: true, Days: days(1, 1)}, 2 + forms, "a month before it and since: one search a form"},
		{Request{Users: 120, Everybody: true, Schedules: true, Days: days(2, 2)}, 2*(2+1+1) + 1 + 1 + 1 + forms, "120 users: two full windows and a part"},
		{Request{Users: 2000, Everybody: true, Days: days(20, 20)}, 40*(2+1) + (4*3+1)*forms, "big companies are searched by the week, in which 45 approvals a form are started: three pages, and one of the last days"},
		{Request{Users: 220, Everybody: true, Nightly: true, Days: days(18, 19)}, 5 + 9 + 1 + 2*forms, "5 windows of clock-ins, 9 pages, and a fifth of a schedule's 5 a week"},
		{Request{Users: 220, Everybody: true, Nightly: true, Thrift: true, Days: days(18, 19)}, 5 + 2 + 1 + 2*forms, "results of 33"},
		{Request{Users: 1000, Everybody: true, Days: half}, 20*(25*16+11) + (15+5)*forms, "half a year: 25 weeks and 5 days, of which the last reaches today; in the 120 days that are searched 387 approvals a form, 290 of them in the first 90"},
		{Request{Users: 10_000, Everybody: true, Schedules: true, Days: days(19, 19)}, 200*(2+1+1) + (4*12+6)*forms, "in a week 226 approvals a form are started, and 109 in the last days"},
		{Request{Users: 10_000, Everybody: true, Schedules: true, Days: days(19, 19), Approvals: 0.004}, 200*(2+1+1) + 5*forms, "hardly any are"},
		{Request{Users: 25, Days: days(1, 7), Approvals: 20}, 7 + 2 + (2*4+2)*forms, "in 49 days ten people start 64 a form, and five 32"},
	} {
		test.r.Now = now
		if test.r.Approvals == 0 {
			test.r = test.r.Knowing(0, test.r.Users)
		}
		t.Run(fmt.Sprintf("%d users, %d days", test.r.Users, test.r.Days.Days()), func(t *testing.T) {
			require.Equal(t, test.want, test.r.Calls(), test.why)
		})
	}
}

// What the ledger knows may be more than a typical company has, or a part.
func TestApprovalsThatAreKnown(t *testing.T) {
	r := Request{Days: attendance.DateRange{From: november(2), To: november(2)}, Everybody: true, Users: 1000, Now: at(time.November, 2, 0).AddDate(0, 0, 1)}
	require.InDelta(t, 31, days(r.Searched()), 1e-9, "30 days before, and one since")
	for known, want := range map[int]float64{0: 0.5, 499: 0.5, 3900: 3.9} {
		require.InDelta(t, want, r.Knowing(known, 1000).Approvals, 1e-9, known)
	}
	require.InDelta(t, 0.5, r.Knowing(3900, 0).Approvals, 1e-9, "of nobody knows how many")
}

// It is what windows cost elsewhere, and the search on top.
func TestCallsOfARequestAreThoseOfItsWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Request{Users: rapid.IntRange(1, 500).Draw(t, "users"), Everybody: true, Now: at(time.November, 20, 9)}
		r.Days.From = november(1)
		r.Days.To = november(rapid.IntRange(1, 19).Draw(t, "to"))
		windows := 0
		for _, chunk := range r.Days.Chunk() {
			for left := r.Users; left > 0; left -= attendance.WindowUsers {
				w := attendance.Window{UserIDs: make([]string, min(left, attendance.WindowUsers)), Days: chunk, Only: attendance.PartResults}
				windows += w.Cost()
				w.Only = attendance.PartRecords
				windows += w.Cost()
			}
		}
		require.Equal(t, windows, r.windows())
		require.Greater(t, r.Calls(), r.windows())
	})
}
