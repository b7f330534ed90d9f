package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/ledger"
)

func TestDecisionsAreKeptWhereSomethingChanges(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	_, found, err := b.CurrentDecision(ctx)
	require.NoError(t, err)
	require.False(t, found)

	decide := func(clock string, mode budget.Mode, window time.Duration) budget.Decision {
		t.Helper()
		d := budget.Decision{
			Mode: mode, Window: window, Reason: "at " + clock + "\x00", DecidedAt: at(clock).UTC(),
			Calls: 1, Pushes: 2, ForecastCalls: 3, ForecastPushes: 4,
		}
		for range 2 {
			require.NoError(t, b.SaveDecision(ctx, d))
		}
		return d
	}
	decide("08:00:00", budget.ModeLive, 0)
	decide("08:30:00", budget.ModeLive, 0)
	decide("09:00:00", budget.ModeLive, 0) // an hour has passed
	decide("09:01:00", budget.ModeBatched, 5*time.Minute)
	newest := decide("09:02:00", budget.ModeBatched, 1500*time.Millisecond)
	decide("08:45:00", budget.ModeStopped, 0) // came late
	decide("10:01:59", budget.ModeBatched, 1500*time.Millisecond)
	require.Equal(t, []string{"08:00 live 00:00:00", "09:00 live 00:00:00", "09:01 batched 00:05:00", "09:02 batched 00:00:01.5"},
		b.rows(`SELECT to_char(decided_at, 'HH24:MI') || ' ' || mode || ' ' || batch_window FROM dakasync.decision ORDER BY decided_at`))
	current, found, err := b.CurrentDecision(ctx)
	require.NoError(t, err)
	require.True(t, found)
	newest.Reason = "at 09:02:00\uFFFD"
	require.Equal(t, newest, current)
	require.ErrorIs(t, b.SaveDecision(ctx, budget.Decision{Mode: budget.ModeLive}), ledger.ErrNoSubject)
	var refused *ledger.RefusedError
	require.ErrorAs(t, b.SaveDecision(ctx, budget.Decision{Mode: "asleep", DecidedAt: at("12:00:00")}), &refused)
}

// A month's figures are not shown as the next one's.
func TestTheFirstDecisionOfAMonthIsKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	began := attendance.NewDate(2026, time.November, 1).In(shanghai)
	for _, d := range []budget.Decision{
		{DecidedAt: began.Add(-11 * time.Minute), Calls: 4400}, {DecidedAt: began.Add(-time.Minute), Calls: 4450},
		{DecidedAt: began}, {DecidedAt: began.Add(10 * time.Minute), Calls: 9}, {DecidedAt: began.Add(time.Hour), Calls: 50},
	} {
		d.Mode = budget.ModeLive
		require.NoError(t, b.SaveDecision(t.Context(), d))
	}
	require.Equal(t, []string{"31 23:49 4400", "01 00:00 0", "01 01:00 50"},
		b.rows(`SELECT to_char(decided_at, 'DD HH24:MI ') || calls FROM dakasync.decision ORDER BY decided_at`))
}

func TestPushesAreCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.CountPushes(t.Context(), nil))
	for range 2 {
		require.NoError(t, b.CountPushes(t.Context(), []budget.PushCount{
			{Hour: at("09:10:00"), EventType: "attendance_check_record", Pushes: 2}, {Hour: at("09:59:00"), EventType: "attendance_check_record", Pushes: 1},
			{Hour: at("10:00:00"), EventType: "attendance_check_record", Pushes: 5}, {Hour: at("09:00:00"), EventType: "bpms\x00", Pushes: 7},
		}))
	}
	require.Equal(t, []string{"09 attendance_check_record 6", "09 bpms\uFFFD 14", "10 attendance_check_record 10"},
		b.rows(`SELECT to_char(hour, 'HH24') || ' ' || event_type || ' ' || pushes FROM dakasync.push ORDER BY hour, event_type`))
}

func TestQuotaWordsBelongToTheCompanysMonth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	began := attendance.NewDate(2026, time.November, 1).In(shanghai)
	for _, at := range []time.Time{began.Add(2 * time.Hour), began, began.Add(time.Hour), began.Add(-time.Second)} {
		require.NoError(t, b.SaveQuotaWord(ctx, budget.MeterCalls, at))
	}
	require.NoError(t, b.SaveQuotaWord(ctx, budget.MeterPushes, began.Add(-time.Second)))
	require.Equal(t, []string{
		"calls 2026-10-01 31 23:59:59 31 23:59:59", "calls 2026-11-01 01 00:00:00 01 02:00:00", "pushes 2026-10-01 31 23:59:59 31 23:59:59",
	}, b.rows(`SELECT kind || ' ' || month || to_char(first_at, ' DD HH24:MI:SS') || to_char(last_at, ' DD HH24:MI:SS') FROM dakasync.quota_word ORDER BY 1`))
	facts, err := b.BudgetFacts(ctx, at("12:00:00"))
	require.NoError(t, err)
	require.Equal(t, began.Add(2*time.Hour).UTC(), facts.Refused)
	require.Zero(t, facts.Muted)
	facts, err = b.BudgetFacts(ctx, began.Add(-time.Hour))
	require.NoError(t, err)
	require.Equal(t, began.Add(-time.Second).UTC(), facts.Muted)
	require.ErrorIs(t, b.SaveQuotaWord(ctx, budget.MeterCalls, time.Time{}), ledger.ErrNoSubject)
}

func TestBudgetFactsOfAnEmptyLedger(t *testing.T) {
	t.Parallel()
	facts, err := setup(t).BudgetFacts(t.Context(), at("12:00:00"))
	require.NoError(t, err)
	require.Equal(t, budget.Facts{At: at("12:00:00"), Days: []budget.Day{}}, facts)
}

func TestBudgetFacts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	spend := func(at time.Time, api, outcome string, calls, counted int) {
		require.NoError(t, b.CountCalls(ctx, []ledger.CallCount{{at, api, outcome, calls, counted}}))
		require.NoError(t, b.CountPushes(ctx, []budget.PushCount{{Hour: at, EventType: "t", Pushes: 10 * counted}}))
	}
	first, sunday := monday.AddDays(-3).In(shanghai), monday.AddDays(-1).In(shanghai)
	h := punchHint(first.Add(15*time.Hour), first.Add(15*time.Hour)) // began to listen on Friday afternoon
	b.record(h)
	spend(first.Add(15*time.Hour), "list", "ok", 5, 5)
	spend(sunday.Add(-time.Hour), "list", "ok", 4, 3)      // October's last hour
	spend(sunday, "list", "ok", 2, 2)                      // November's first
	spend(sunday.Add(23*time.Hour), "list", "error", 3, 1) // Sunday's last
	spend(at("00:00:00"), "list", "ok", 1, 1)              // today
	require.NoError(t, b.SaveEmployees(ctx, []string{"u1", "u2", "u3"}, at("01:00:00")))
	require.NoError(t, b.SaveEmployees(ctx, []string{"u1", "u2"}, at("02:00:00")))

	// On Sunday 100 people punch within four seconds at 09:00, one of them twice; ten of them again at 09:04 and 09:06.
	arrive := func(user int, at time.Time, channel attendance.Channel) {
		h := punchHint(at, at)
		h.UserID, h.ReceivedAt, h.Channel = fmt.Sprint("u", user), at, channel
		b.record(h)
	}
	nine := sunday.Add(9 * time.Hour)
	for user := range 100 {
		arrive(user, nine.Add(time.Duration(user%4)*time.Second), attendance.ChannelStream)
	}
	arrive(0, nine, attendance.ChannelFailedPush) // the same event by the other channel
	arrive(0, nine.Add(30*time.Second), attendance.ChannelStream)
	for user := range 10 {
		arrive(user, nine.Add(4*time.Minute), attendance.ChannelStream)
		arrive(user, nine.Add(6*time.Minute), attendance.ChannelStream)
	}
	b.record(dayHint(monday, nine))

	live := budget.Decision{Mode: budget.ModeLive, DecidedAt: at("08:00:00").AddDate(0, 0, -50).UTC(), Reason: "x"}
	older, again, now := live, live, live
	older.DecidedAt, older.Mode = live.DecidedAt.AddDate(0, 0, -1), budget.ModeSweep
	again.DecidedAt = again.DecidedAt.AddDate(0, 0, 20)
	now.Mode, now.Window, now.DecidedAt = budget.ModeBatched, time.Minute, at("07:00:00").UTC()
	current := now
	current.DecidedAt = at("08:00:00").UTC()
	for _, d := range []budget.Decision{older, live, again, now, current} {
		require.NoError(t, b.SaveDecision(ctx, d))
	}
	facts, err := b.BudgetFacts(ctx, at("12:00:00"))
	require.NoError(t, err)
	require.Equal(t, budget.Facts{
		At: at("12:00:00"), Employees: 2, Calls: 4, Pushes: 40, Current: current, Decisions: []budget.Decision{live, now},
		Days: []budget.Day{
			{Date: monday.AddDays(-2), Calls: 3, Pushes: 30},
			{Date: monday.AddDays(-1), Calls: 3, Pushes: 30, Punches: 121, Batches: [budget.Rungs]int{4, 3, 2, 2}},
		},
	}, facts)
	calls, err := b.MonthCalls(ctx, at("12:00:00"))
	require.NoError(t, err)
	require.Equal(t, facts.Calls, calls)
}

// What a day would have taken is found out once; of yesterday rows may still come.
func TestBudgetFactsKeepTheDemandOfPastDays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	arrive := func(user string, days int) {
		h := punchHint(at("09:00:00").AddDate(0, 0, days), at("09:00:01").AddDate(0, 0, days))
		h.UserID = user
		b.record(h)
	}
	expect := func(punches ...int) {
		t.Helper()
		facts, err := b.BudgetFacts(t.Context(), at("12:00:00"))
		require.NoError(t, err)
		var found []int
		for _, d := range facts.Days {
			found = append(found, d.Punches)
		}
		require.Equal(t, punches, found)
	}
	for days := -3; days <= 0; days++ {
		arrive("u1", days)
	}
	expect(1, 1)
	arrive("u2", -1)
	arrive("u2", -2)
	expect(1, 2)
	require.Equal(t, 3*budget.Rungs, b.count(`SELECT count(*) FROM dakasync.demand`))
	_, err := b.sql.Exec(t.Context(), `UPDATE dakasync.demand SET punches = 7 WHERE on_date = '2026-10-31'`)
	require.NoError(t, err)
	expect(7, 2)
}

// Not more than 35 days count, however long we have listened.
func TestBudgetFactsOfMonths(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	_, err := b.SaveCoverage(ctx, "s", []attendance.Proof{{ID: "p1"}})
	require.NoError(t, err)
	_, err = b.sql.Exec(ctx, `UPDATE dakasync.coverage SET began_at = '2020-01-01'`)
	require.NoError(t, err)
	for n := range 50 {
		require.NoError(t, b.CountCalls(ctx, []ledger.CallCount{{at("12:00:00").AddDate(0, 0, -n), "list", "ok", n, n}}))
	}
	facts, err := b.BudgetFacts(ctx, at("12:00:00"))
	require.NoError(t, err)
	require.Len(t, facts.Days, 35)
	for i, d := range facts.Days {
		require.Equal(t, budget.Day{Date: monday.AddDays(i - 35), Calls: 35 - i}, d)
	}
}

// That calls, or pushes, are spent no longer holds when DingTalk has answered, or pushed, since.
func TestQuotaWordIsWithdrawn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	require.NoError(t, b.SaveEmployees(ctx, []string{"u1", "u2"}, at("01:00:00")))
	// What DingTalk says is spent, and what is decided by it.
	heard := func(meter string) (time.Time, budget.Decision) {
		t.Helper()
		facts, err := b.BudgetFacts(ctx, at("20:00:00"))
		require.NoError(t, err)
		d := budget.Decide(facts, budget.Budget{Calls: 5000, Pushes: 3000, Window: -1, Drain: time.Hour})
		if meter == budget.MeterCalls {
			return facts.Refused, d
		}
		return facts.Muted, d
	}
	for meter, reason := range map[string]string{budget.MeterCalls: "(90020)", budget.MeterPushes: "(20001)"} {
		spent := func(clock, why string) {
			t.Helper()
			said, d := heard(meter)
			require.True(t, said.Equal(at(clock)), "%s: %s: %s", meter, why, said)
			require.Contains(t, d.Reason, reason)
		}
		again := func() {
			t.Helper()
			said, d := heard(meter)
			require.Zero(t, said, meter)
			require.NotContains(t, d.Reason, reason)
			require.Equal(t, budget.ModeLive, d.Mode)
			require.Positive(t, d.ForecastPushes, "they come")
		}
		withdraw := func(clock string) { require.NoError(t, b.WithdrawQuotaWord(ctx, meter, at(clock))) }
		say := func(clock string) { require.NoError(t, b.SaveQuotaWord(ctx, meter, at(clock))) }
		withdraw("09:00:00")
		again() // nothing was said
		say("10:00:00")
		spent("10:00:00", "it is said")
		withdraw("09:59:59")
		require.NoError(t, b.WithdrawQuotaWord(ctx, meter, at("11:00:00").AddDate(0, 1, 0)))
		spent("10:00:00", "it was said since, and next month's show nothing")
		withdraw("11:00:00")
		again()
		written := b.rows(`SELECT xmin || ' ' || to_char(again_at, 'HH24:MI') FROM dakasync.quota_word WHERE kind = '` + meter + `'`)
		withdraw("11:30:00")
		require.Equal(t, written, b.rows(`SELECT xmin || ' ' || to_char(again_at, 'HH24:MI') FROM dakasync.quota_word WHERE kind = '`+meter+`'`), "it is known")
		say("12:00:00")
		spent("12:00:00", "it is said again")
		withdraw("13:00:00")
		again()
	}
}
