package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
)

// payroll shows the days of a span in short.
func (b bundle) payroll(from, to attendance.Date, users ...string) (ledger.PayrollHead, []string) {
	b.t.Helper()
	var head ledger.PayrollHead
	days := []string{}
	want := ledger.PayrollWant{Days: attendance.DateRange{From: from, To: to}, Users: users}
	require.NoError(b.t, b.Payroll(b.t.Context(), want, func(h ledger.PayrollHead) error { head = h; return nil }, func(d ledger.PayrollDay) error {
		line := fmt.Sprintf("%s %s %t %t %d %d", d.UserID, d.WorkDate, d.Known, d.Seen, len(d.Results), len(d.Punches))
		for _, a := range d.Approvals {
			line += fmt.Sprintf(" %s", a.Kind)
		}
		days = append(days, line)
		return nil
	}))
	return head, days
}

func TestPayrollHasADayForEverybody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.SaveCompany(t.Context()))
	require.NoError(t, b.SaveEmployees(t.Context(), []string{"u1", "u2", "u4"}, at("07:00:00").AddDate(0, 0, -5)))
	require.NoError(t, b.SaveEmployees(t.Context(), []string{"u1", "u2", "u5"}, at("23:00:00"))) // u4 left on Monday, by Shanghai's clock, and u5 came
	b.save(detail(monday, at("18:00:00"), result("USER", at("09:00:00"), at("08:59:00"))))
	stranger := detail(monday, at("18:00:00"), result("USER", at("09:00:00"), at("08:58:00")))
	stranger.UserID = "u3"
	b.save(stranger)
	b.instance(makeUp("i1", at("18:00:00"), monday))
	void := makeUp("i2", at("19:00:00"), monday)
	b.instance(void)
	revoke := makeUp("i3", at("19:00:00"), monday)
	revoke.BizAction, revoke.MainProcessInstanceID = attendance.ActionRevoke, "i2"
	b.instance(revoke)

	head, days := b.payroll(monday, monday.AddDays(1))
	require.Equal(t, 5, head.People)
	require.Len(t, head.Complete, 3)
	require.Equal(t, []string{
		"u1 2026-11-02 true true 1 2 make_up", "u1 2026-11-03 false true 0 0", "u2 2026-11-02 false true 0 0", "u2 2026-11-03 false true 0 0",
		"u3 2026-11-02 true false 1 1", "u4 2026-11-02 false true 0 0", "u5 2026-11-02 false true 0 0", "u5 2026-11-03 false true 0 0",
	}, days)
	head, days = b.payroll(monday, monday, "u3", "nobody")
	require.Equal(t, 1, head.People)
	require.Equal(t, []string{"u3 2026-11-02 true false 1 1"}, days)
	_, days = b.payroll(monday.AddDays(-6), monday.AddDays(-5), "u2")
	require.Equal(t, []string{"u2 2026-10-27 false true 0 0", "u2 2026-10-28 false true 0 0"}, days, "who is in the first walk was there before")
	_, days = b.payroll(monday.AddDays(-1), monday, "u5")
	require.Equal(t, []string{"u5 2026-11-01 false false 0 0", "u5 2026-11-02 false true 0 0"}, days, "who came later was not")

	stop := errors.New("enough")
	want := ledger.PayrollWant{Days: attendance.DateRange{From: monday, To: monday}}
	begin := func(ledger.PayrollHead) error { return nil }
	require.ErrorIs(t, b.Payroll(t.Context(), want, begin, func(ledger.PayrollDay) error { return stop }), stop)
	require.ErrorIs(t, b.Payroll(t.Context(), want, func(ledger.PayrollHead) error { return stop }, nil), stop)
	require.ErrorIs(t, b.Payroll(t.Context(), ledger.PayrollWant{}, begin, nil), ledger.ErrNoSubject)
	_, days = b.payroll(monday, monday, "u1")
	require.Len(t, days, 1, "the connections are free again")
}

// Many people are read page by page, and nobody is left out or doubled at its edge.
func TestPayrollGoesPageByPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var users []string
	for i := range 1203 {
		users = append(users, fmt.Sprintf("u%04d", i))
	}
	require.NoError(t, b.SaveEmployees(t.Context(), users, at("07:00:00").Add(-time.Hour)))
	head, days := b.payroll(monday, monday.AddDays(1))
	require.Equal(t, 1203, head.People)
	require.Len(t, days, 2*1203)
	for i, line := range days {
		require.True(t, strings.HasPrefix(line, fmt.Sprintf("u%04d %s", i/2, monday.AddDays(i%2))), line)
	}
}
