package ledger_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
	"dakasync/budget"
)

func listed(date attendance.Date, asked time.Time, results ...attendance.Result) attendance.Answer {
	a := detail(date, asked, results...)
	a.Source = attendance.SourceRecords
	return a
}

func dayHint(date attendance.Date, born time.Time) attendance.Hint {
	return attendance.Hint{
		Kind: attendance.KindDay, CorpID: corp, EventType: "attendance_approve_change", EventID: "d" + date.String(), Channel: attendance.ChannelStream,
		UserID: "u1", WorkDate: date, BornAt: born, ReceivedAt: born.Add(time.Second),
	}
}

// wants are those of one page.
func (b bundle) wants() []attendance.Want {
	b.t.Helper()
	wants, err := b.Wanted(b.t.Context(), at("20:00:00").AddDate(0, 0, 3), "", 100)
	require.NoError(b.t, err)
	return wants
}

func TestWantedUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	nine, born := at("09:00:00"), at("09:00:30")
	punched := result("USER", nine, nine)
	punch, day := attendance.WantPunch("u1", nine, shanghai), attendance.WantDay("u1", monday)
	for name, c := range map[string]struct {
		answers []attendance.Answer
		left    []attendance.Want
	}{
		"nothing is known":         {nil, []attendance.Want{punch, day}},
		"records show the punch":   {[]attendance.Answer{listed(monday, born, punched)}, []attendance.Want{day}},
		"a detail shows both":      {[]attendance.Answer{detail(monday, born, punched)}, nil},
		"it was asked too early":   {[]attendance.Answer{detail(monday, born.Add(-time.Second), punched)}, []attendance.Want{punch, day}},
		"records lag":              {[]attendance.Answer{listed(monday, at("09:01:00"))}, []attendance.Want{punch, day}},
		"and then show it":         {[]attendance.Answer{listed(monday, at("09:01:00")), listed(monday, at("09:02:00"), punched)}, []attendance.Want{day}},
		"a detail lags":            {[]attendance.Answer{detail(monday, at("09:01:00"))}, []attendance.Want{punch}},
		"it stands under the eve":  {[]attendance.Answer{listed(monday.AddDays(-1), at("09:01:00"), punched)}, []attendance.Want{day}},
		"records of another day":   {[]attendance.Answer{listed(monday, born.Add(-time.Second), punched), listed(monday.AddDays(-1), at("09:01:00"))}, []attendance.Want{punch, day}},
		"a full answer, then none": {[]attendance.Answer{listed(monday, born.Add(-time.Second), punched), listed(monday, at("09:01:00"))}, []attendance.Want{day}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.record(punchHint(nine, born))
			b.record(dayHint(monday, born))
			b.save(c.answers...)
			require.Equal(t, c.left, b.wants())
		})
	}
}

func TestWantedIsOfWhatWaits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	nine := at("09:00:00")
	record := func(user string, change func(*attendance.Hint)) attendance.Hint {
		h := punchHint(nine, nine.Add(time.Second))
		h.UserID = user
		change(&h)
		b.record(h)
		return h
	}
	same := func(*attendance.Hint) {}
	record("waits", same)
	record("waits", func(h *attendance.Hint) { h.CheckTime = at("09:00:10") })                       // of the same days
	record("waits", func(h *attendance.Hint) { h.Channel = attendance.ChannelFailedPush })           // a second row of one event
	record("noon", func(h *attendance.Hint) { h.CheckTime, h.BornAt = at("15:00:00"), time.Time{} }) // of one day
	record("old", func(h *attendance.Hint) { h.CheckTime = nine.AddDate(0, 0, -200) })               // nobody answers
	record("oldest", func(h *attendance.Hint) { h.CheckTime = at("15:00:00").AddDate(0, 0, 3-180) }) // just not
	record("future", func(h *attendance.Hint) { h.CheckTime = nine.AddDate(0, 0, 10) })              // a clock is wrong
	record("late", func(h *attendance.Hint) { h.ReceivedAt = at("20:00:01").AddDate(0, 0, 3) })      // of the next window
	done := record("done", same)
	require.NoError(t, b.FinishEvent(t.Context(), done.Key(), attendance.OutcomeUnexplained))
	b.record(dayHint(monday.AddDays(4), nine))     // has not begun
	b.record(dayHint(monday.AddDays(3-181), nine)) // nobody answers
	_, err := b.sql.Exec(t.Context(), `INSERT INTO dakasync.event (corp_id, event_key, origin, event_type, user_id, work_date, check_time, received_at, workflow_id)
		VALUES ('ding1', 'punch/none', 'stream', 't', 'norun', '2026-11-02', '2026-11-02 09:00', '2026-11-02 09:00', NULL),
			('ding2', 'punch/other', 'stream', 't', 'other', '2026-11-02', '2026-11-02 09:00', '2026-11-02 09:00', 'w')`)
	require.NoError(t, err)
	approval := attendance.Hint{
		Kind: attendance.KindApproval, CorpID: corp, Channel: attendance.ChannelStream, UserID: "boss", ReceivedAt: nine,
		Approval: &attendance.ApprovalHint{ProcessInstanceID: "i1", Type: "finish"},
	}
	b.record(approval)
	require.Equal(t, []attendance.Want{
		attendance.WantPunch("noon", at("15:00:00"), shanghai),
		attendance.WantPunch("oldest", at("15:00:00").AddDate(0, 0, 3-180), shanghai),
		attendance.WantPunch("waits", nine, shanghai),
	}, b.wants())
}

func TestWantedKnowsWhatWasTakenBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	nine := at("09:00:00")
	b.instance(makeUp("i1", nine, monday))
	b.record(punchHint(nine, at("18:00:00")))
	revoke := makeUp("i2", nine, monday)
	revoke.BizAction, revoke.MainProcessInstanceID, revoke.MakeUps = attendance.ActionRevoke, "i1", nil
	b.instance(revoke)
	require.Equal(t, []attendance.Want{attendance.WantPunch("u1", nine, shanghai)}, b.wants())
	b.save(listed(monday, at("18:01:00")))
	require.Empty(t, b.wants())
}

func TestWantedLeavesTimeToReadsOfSettledDays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	nine := at("09:00:00")
	b.save(detail(monday, at("20:00:00"), result("USER", nine, nine)))
	require.NoError(t, b.SettleDay(t.Context(), monday, at("19:00:00")))
	b.record(dayHint(monday, at("19:59:58")))
	b.record(punchHint(nine, at("19:59:58")))
	require.Len(t, b.wants(), 2)
	b.save(detail(monday, at("20:00:03"), result("USER", nine, nine)))
	require.Empty(t, b.wants())
}

func TestWantedByPagesOfUsers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	nine := at("09:00:00")
	for _, user := range []string{"b", "a", "C", "é", "a1"} {
		for n := range 3 {
			h := punchHint(nine.AddDate(0, 0, -3*n), nine)
			h.UserID = user
			b.record(h)
		}
	}
	var pages [][]string
	after := ""
	for {
		wants, err := b.Wanted(t.Context(), at("20:00:00"), after, 2)
		require.NoError(t, err)
		if len(wants) == 0 {
			break
		}
		var users []string
		for _, w := range wants {
			users = append(users, w.UserID)
		}
		users = slices.Compact(users)
		pages, after = append(pages, users), users[len(users)-1]
	}
	require.Equal(t, [][]string{{"C", "a"}, {"a1", "b"}, {"é"}}, pages)
}

// What RecordHint calls known is not wanted, and everything else is.
func TestWantedIsWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		_, err := b.sql.Exec(ctx, `TRUNCATE dakasync.event, dakasync.day, dakasync.approval, dakasync.punch_taken_back CASCADE`)
		require.NoError(t, err)
		for _, d := range rapid.SliceOfN(rapid.Custom(func(t *rapid.T) delivery {
			return rapid.SampledFrom([]func(*rapid.T) delivery{drawAnswer, drawAnswer, drawInstance}).Draw(t, "kind")(t)
		}), 0, 8).Draw(t, "deliveries") {
			require.NoError(t, d.to(ctx, b.Store), d.name)
		}
		if rapid.Bool().Draw(t, "settled") {
			require.NoError(t, b.SettleDay(ctx, monday, at("00:00:00")))
		}
		h := punchHint(drawClock(t, "punched"), drawClock(t, "born").Add(time.Hour))
		want := attendance.WantPunch("u1", h.CheckTime, shanghai)
		if rapid.Bool().Draw(t, "of a day") {
			h = dayHint(monday.AddDays(rapid.IntRange(-1, 0).Draw(t, "day")), h.BornAt)
			want = attendance.WantDay("u1", h.WorkDate)
		}
		recall, err := b.RecordHint(ctx, h, nil, h.Key())
		require.NoError(t, err)
		wants, err := b.Wanted(ctx, h.ReceivedAt, "", 10)
		require.NoError(t, err)
		if recall.Known {
			require.Empty(t, wants)
		} else {
			require.Equal(t, []attendance.Want{want}, wants)
		}
	})
}

// What was edited while events were kept, or came empty, nobody knows, also once that is over and another month has begun.
func TestKeptSince(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	since := func(at time.Time) bool {
		t.Helper()
		kept, err := b.KeptSince(ctx, at)
		require.NoError(t, err)
		return kept
	}
	require.False(t, since(at("09:00:00")))
	decide := func(clock string, mode budget.Mode) {
		require.NoError(t, b.SaveDecision(ctx, budget.Decision{Mode: mode, DecidedAt: at(clock)}))
	}
	decide("08:00:00", budget.ModeLive)
	require.False(t, since(at("07:00:00")))
	decide("10:00:00", budget.ModeSweep)
	decide("12:00:00", budget.ModeLive)
	require.True(t, since(at("09:00:00")))
	require.True(t, since(at("11:00:00")), "decided before, and in force then")
	require.False(t, since(at("12:00:00")))
	decide("13:00:00", budget.ModeStopped)
	require.True(t, since(at("12:00:00")))

	b = setup(t)
	october := at("09:00:00").AddDate(0, 0, -3)
	require.NoError(t, b.SaveQuotaWord(ctx, budget.MeterPushes, october))
	require.NoError(t, b.SaveQuotaWord(ctx, budget.MeterCalls, at("09:00:00")))
	require.True(t, since(october.Add(-time.Hour)))
	require.False(t, since(october.Add(time.Hour)), "pushes came again with the month")
	require.NoError(t, b.SaveQuotaWord(ctx, budget.MeterPushes, at("09:00:00")))
	require.True(t, since(at("20:00:00")), "the month's are spent still")
	require.NoError(t, b.WithdrawQuotaWord(ctx, budget.MeterPushes, at("12:00:00")))
	require.False(t, since(at("20:00:00")))
	require.True(t, since(at("08:00:00")))
}

// A page costs what its users have pending, not what is pending or was done.
func TestWantedReadsByIndex(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	const users, done, waiting = 2000, 100, 10
	filler, err := pgx.Connect(ctx, b.sql.Config().ConnString())
	require.NoError(t, err)
	for _, fill := range []string{
		fmt.Sprintf(`INSERT INTO dakasync.day (corp_id, user_id, work_date, last_trigger, synced_at)
			SELECT 'ding1', 'u' || u, '2026-11-02'::date - d, 'event', '2026-11-02' FROM generate_series(1, %d) u, generate_series(0, 19) d`, users),
		`INSERT INTO dakasync.punch (corp_id, user_id, work_date, check_time, origin, explained, state)
			SELECT corp_id, user_id, work_date, work_date + h * interval '1 hour', 'sweep', true, '{}' FROM dakasync.day, generate_series(1, 5) h`,
		`INSERT INTO dakasync.event (corp_id, event_key, origin, event_type, user_id, work_date, check_time, received_at, workflow_id, outcome)
			SELECT corp_id, 'punch/' || user_id || check_time, 'stream', 't', user_id, work_date, check_time, check_time, 'w',
				CASE WHEN work_date < '2026-11-01' THEN 'done' ELSE 'pending' END FROM dakasync.punch`,
		`ANALYZE dakasync.event, dakasync.day, dakasync.punch`,
	} {
		_, err := filler.Exec(ctx, fill)
		require.NoError(t, err)
	}
	require.NoError(t, filler.Close(ctx))
	require.Equal(t, users*waiting, b.count(`SELECT count(*) FROM dakasync.event WHERE outcome = 'pending'`))
	require.Eventually(t, func() bool {
		return b.count(`SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_user_tables WHERE relname = 'event'`) >= users*done
	}, 20*time.Second, 20*time.Millisecond)
	_, err = b.sql.Exec(ctx, `SELECT pg_stat_reset()`)
	require.NoError(t, err)
	wants, err := b.Wanted(ctx, at("20:00:00"), "u3", 50)
	require.NoError(t, err)
	require.NotEmpty(t, wants)
	b.Close()
	require.Eventually(t, func() bool {
		return b.count(`SELECT coalesce(sum(idx_tup_fetch + seq_tup_read), 0) FROM pg_stat_user_tables WHERE relname = 'event'`) > 0
	}, 20*time.Second, 20*time.Millisecond)
	read := b.rows(`SELECT relname || ' ' || seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables
		WHERE relname IN ('event', 'punch', 'day', 'punch_taken_back') AND seq_tup_read + coalesce(idx_tup_fetch, 0) > $1`, 3*50*waiting)
	require.Empty(t, read, "rows read by one page")
}
