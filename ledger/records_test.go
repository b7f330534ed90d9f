package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

// asked shows when each day was asked about, and when its clock-ins were.
func (b bundle) asked() []string {
	b.t.Helper()
	return b.rows(`SELECT user_id || to_char(work_date, ' DD') || coalesce(to_char(synced_at, ' "synced" HH24:MI'), '') ||
		coalesce(to_char(listed_at, ' "listed" HH24:MI'), '') FROM dakasync.day ORDER BY user_id, work_date`)
}

func (b bundle) results() []string {
	b.t.Helper()
	return b.rows(`SELECT slot || ' ' || check_type || coalesce(to_char(user_check_time, ' HH24:MI'), ' none') || ' ' || origin
		FROM dakasync.result ORDER BY user_id, work_date, slot`)
}

func TestRecordsFillTheDay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	in, out := result("USER", at("09:00:00"), at("08:59:00")), result("USER", at("18:00:00"), at("18:01:00"))
	out.CheckType, out.PlanID = "OffDuty", 8
	a := listed(monday, at("09:10:00"), in)
	a.Records = []attendance.Record{{CheckTime: at("08:59:00")}, {CheckTime: at("09:05:00")}}
	b.save(a)
	require.Equal(t, []string{"0 OnDuty 08:59 sweep"}, b.results())
	require.Equal(t, []string{"u1 02 08:59:00 on 02 sweep", "u1 02 09:05:00 on 02 sweep"}, b.punches())
	require.Equal(t, []string{"u1 02 listed 09:10"}, b.asked())

	for _, a := range []attendance.Answer{detail(monday, at("12:00:00"), in), listed(monday, at("18:10:00"), in, out), listed(monday, at("18:20:00"))} {
		b.save(a)
	}
	require.Equal(t, []string{"0 OnDuty 08:59 detail", "1 OffDuty 18:01 sweep"}, b.results())
	require.Equal(t, []string{"u1 02 synced 12:00 listed 18:20"}, b.asked())
	require.Equal(t, 3, b.count(`SELECT count(*) FROM dakasync.day_version`), "what shows nothing new makes no version")
}

// What a state shows may differ from release to release: rows that an older one has left neither stay nor are in the way.
func TestRowsThatAnOlderReleaseLeft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	in := result("USER", at("09:00:00"), at("08:59:00"))
	leave := func() {
		t.Helper()
		b.save(detail(monday, at("10:00:00"), in))
		require.NoError(t, b.SaveSchedule(t.Context(), []string{"u1"}, monday, monday, []attendance.Planned{{UserID: "u1", WorkDate: monday, PlanID: 7, PlanCheckTime: at("10:00:00")}}, at("12:00:00"), why))
		b.save(detail(monday, at("11:00:00")))
		require.Empty(t, b.results(), "the slot was moved")
		_, err := b.sql.Exec(t.Context(), `INSERT INTO dakasync.result (corp_id, user_id, work_date, slot, check_type, time_result, origin)
			VALUES ('ding1', 'u1', '2026-11-02', 0, 'OnDuty', 'Normal', 'detail')`)
		require.NoError(t, err)
	}
	leave()
	b.save(detail(monday, at("11:30:00")))
	require.Empty(t, b.results(), "it shows nothing")
	leave()
	in.PlanCheckTime = at("10:00:00")
	b.save(detail(monday, at("13:00:00"), in))
	require.Equal(t, []string{"0 OnDuty 08:59 detail"}, b.results())
}

// A result that another answer hides wakes the punch of its time when nothing hides it any more, whichever answer lets it be seen.
func TestAHiddenResultThatIsShownBearsUponItsPunch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	edited, signed := result("BOSS", at("09:00:00"), at("09:00:00")), result("USER", at("09:00:00"), at("08:59:00"))
	first := detail(monday, at("10:00:00"), edited)
	first.Records = []attendance.Record{{CheckTime: at("12:00:00")}}
	b.save(first)
	b.save(listed(monday, at("12:00:00"), result("APPROVE", at("09:00:00"), at("12:00:00"))))
	require.Equal(t, []string{"0 OnDuty 09:00 detail"}, b.results(), "an edit of the boss's stays")
	b.save(detail(monday, at("11:00:00"), signed))
	require.Equal(t, []string{"0 OnDuty 12:00 sweep"}, b.results())
	require.Equal(t, 1, b.count(`SELECT count(*) FROM dakasync.punch WHERE check_time = $1 AND check_type = 'OnDuty'`, at("12:00:00")))
}

// The punch stood on another date until then: its event alone told of it.
func TestAHiddenResultThatIsShownBearsUponAPunchOfAnotherDate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	night := at("02:00:00")
	b.record(punchHint(night, night))
	sunday := monday.AddDays(-1)
	first, second := result("APPROVE", at("09:00:00"), at("00:00:00")), result("APPROVE", at("09:00:00"), night)
	first.PlanID, second.PlanID = 0, 1
	b.save(listed(sunday, at("09:00:00"), first, second))
	require.NotContains(t, b.results(), "1 OnDuty 02:00 sweep", "which of the two it is nobody knows")
	late := attendance.Answer{UserID: "u1", WorkDate: sunday, Source: attendance.SourceSweep, AskedAt: night}
	late.Results = []attendance.Result{result("BOSS", at("09:00:00"), at("08:00:00")), result("USER", at("09:00:00"), at("03:00:00"))}
	late.Results[0].PlanID, late.Results[1].PlanID, late.Results[1].TimeResult = 2, 2, "NotSigned"
	b.save(late)
	require.Contains(t, b.results(), "1 OnDuty 02:00 sweep")
	require.Contains(t, b.punches(), "u1 02 02:00:00 on 01 sweep")
}

// Records cannot show what an approval does to a day, nor settle it.
func TestRecordsLeaveApprovalDaysDue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i := makeUp("i1", at("09:00:00"), monday)
	b.instance(i)
	b.save(listed(monday, at("19:00:00")))
	due := `SELECT count(*) FROM dakasync.approval_day WHERE state = 'due'`
	require.Equal(t, 1, b.count(due))
	require.NoError(t, b.SettleDay(t.Context(), monday, at("18:00:00")))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM dakasync.day WHERE settled_at IS NULL`))
	b.save(detail(monday, at("19:00:00")))
	require.Zero(t, b.count(due))
}

func TestRecordsAnswerPunchesAndNoChangedDays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	nine, born := at("09:00:00"), at("09:00:30")
	known := attendance.Recall{Known: true, WorkDate: monday}
	require.Zero(t, b.record(punchHint(nine, born)))
	b.save(listed(monday, born, result("USER", nine, nine)))
	require.Equal(t, known, b.record(punchHint(nine, born)))
	require.Zero(t, b.record(punchHint(nine, born.Add(1))), "it was born after the question")
	require.Zero(t, b.record(dayHint(monday, born)))
	b.save(detail(monday, born, result("USER", nine, nine)))
	require.Equal(t, known, b.record(dayHint(monday, born)))

	require.NoError(t, b.SettleDay(t.Context(), monday, born))
	b.save(listed(monday, at("10:00:04")))
	require.Zero(t, b.record(punchHint(nine, at("10:00:00"))), "reads lag, and nobody comes back to a settled day")
	b.save(listed(monday, at("10:00:05")))
	require.Equal(t, known, b.record(punchHint(nine, at("10:00:00"))))
}

// A batch asks about 50 users; who has left meanwhile is not there to be found.
func TestRecordsOfThoseWhoLeftProveNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.SaveEmployees(t.Context(), []string{"u1", "u2"}, at("01:00:00")))
	require.NoError(t, b.SaveEmployees(t.Context(), []string{"u2"}, at("02:00:00")))
	present := listed(monday, at("10:00:00"))
	present.UserID = "u2"
	b.save(listed(monday, at("10:00:00")), present)
	require.Equal(t, []string{"u2 02 listed 10:00"}, b.asked())
}

// A day that was off when the schedule was asked for days before may have become a workday: of who was absent nothing else tells.
func TestADayOffIsKnownOnceItHasBegun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	const after = 48 * time.Hour
	days := attendance.DateRange{From: monday, To: monday}
	plan := func(askedAt time.Time, slots ...attendance.Planned) {
		t.Helper()
		require.NoError(t, b.SaveSchedule(ctx, []string{"u1"}, monday, monday, slots, askedAt, swept))
	}
	look := func(strict bool) (open int, unplanned bool) {
		t.Helper()
		list, _, unplanned, err := b.OpenSlots(ctx, []string{"u1"}, days, after, strict)
		require.NoError(t, err)
		return len(list), unplanned
	}
	plan(at("00:00:00").Add(-time.Second))
	b.save(listed(monday, at("00:00:00").Add(after)))
	open, unplanned := look(false)
	require.Zero(t, open, "everybody's results are asked for anyway")
	require.False(t, unplanned)
	open, unplanned = look(true)
	require.Equal(t, 1, open)
	require.True(t, unplanned)

	plan(at("00:00:00"))
	open, unplanned = look(true)
	require.Zero(t, open)
	require.False(t, unplanned)

	in := result("USER", at("09:00:00"), at("08:59:00"))
	plan(at("00:00:01"), attendance.Planned{UserID: "u1", WorkDate: monday, CheckType: in.CheckType, PlanCheckTime: in.PlanCheckTime, PlanID: in.PlanID})
	open, unplanned = look(true)
	require.Equal(t, 1, open, "a workday that nobody signed")
	require.False(t, unplanned)
}

// What clock-ins and schedule account for need not be asked for, and is settled by
// the clock-ins that were listed when the day was final.
func TestOpenSlots(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	final := at("18:00:00") // of monday
	after := final.Sub(monday.In(shanghai))
	days := attendance.DateRange{From: monday, To: monday}
	open := func() ([]attendance.UserDay, bool) {
		t.Helper()
		list, _, unplanned, err := b.OpenSlots(ctx, []string{"u1"}, days, after, false)
		require.NoError(t, err)
		return list, unplanned
	}
	u1 := []attendance.UserDay{{UserID: "u1", WorkDate: monday}}

	list, unplanned := open()
	require.Equal(t, u1, list, "nothing is known")
	require.True(t, unplanned)

	in := result("USER", at("09:00:00"), at("08:59:00"))
	slot := attendance.Planned{UserID: "u1", WorkDate: monday, CheckType: in.CheckType, PlanCheckTime: in.PlanCheckTime, PlanID: in.PlanID}
	require.NoError(t, b.SaveSchedule(ctx, []string{"u1"}, monday, monday, []attendance.Planned{slot}, at("08:00:00"), why))
	b.save(listed(monday, final.Add(-1), in))
	_, slots, _, err := b.OpenSlots(ctx, []string{"u1", "u2"}, days, after, false)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"u1": 1, "u2": 0}, slots)
	list, unplanned = open()
	require.Equal(t, u1, list, "listed too early")
	require.False(t, unplanned)
	require.NoError(t, b.SettleDay(ctx, monday, final))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM dakasync.day WHERE settled_at IS NULL`))

	b.save(listed(monday, final, in))
	list, _ = open()
	require.Empty(t, list)
	require.NoError(t, b.SettleDay(ctx, monday, final))
	require.Zero(t, b.count(`SELECT count(*) FROM dakasync.day WHERE settled_at IS NULL`))

	b.record(punchHint(at("12:00:00"), at("12:00:00")))
	list, _ = open()
	require.Equal(t, u1, list, "a punch that nothing explains")
	b.save(detail(monday, at("19:00:00"), in, result("USER", at("12:00:00"), at("12:00:00"))))
	list, _ = open()
	require.Equal(t, u1, list, "a slot that the schedule does not name")

	b.save(detail(monday, at("20:00:00"), in))
	list, _ = open()
	require.Empty(t, list)
	b.instance(makeUp("i1", at("09:30:00"), monday))
	list, _ = open()
	require.Equal(t, u1, list, "an approval stands on the day")
}

// loose are the loose days around monday, whose results are final at a time.
func (b bundle) loose(final time.Time) []attendance.UserDay {
	b.t.Helper()
	list, err := b.LooseDays(b.t.Context(), monday.AddDays(-1), monday.AddDays(1), final.Sub(monday.In(shanghai)))
	require.NoError(b.t, err)
	return list
}

// A late riddle on a date about which everybody was asked costs that user's day.
func TestLooseDays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	final := at("18:00:00")
	b.save(detail(monday, final, result("USER", at("09:00:00"), at("08:59:00"))))
	require.NoError(t, b.SettleDay(ctx, monday, final))
	require.NoError(t, b.ReopenDay(ctx, "u1", monday, at("17:00:00")))
	require.Empty(t, b.loose(final), "not everybody was asked about the date: it is swept as a whole")
	dates, err := b.UnsettledDates(ctx, monday, monday)
	require.NoError(t, err)
	require.Equal(t, []attendance.Date{monday}, dates)

	require.NoError(t, b.SaveReconciled(ctx, []attendance.Date{monday}, attendance.Evidence{Since: final, UserDays: 1}, "w"))
	require.Empty(t, b.loose(final), "it was asked about when it was final: settled")
	require.Zero(t, b.count(`SELECT count(*) FROM dakasync.day WHERE settled_at IS NULL`))

	b.record(punchHint(at("12:00:00"), at("20:00:00")))
	require.Equal(t, []attendance.UserDay{{UserID: "u1", WorkDate: monday}}, b.loose(final), "a late riddle")
	dates, err = b.UnsettledDates(ctx, monday, monday)
	require.NoError(t, err)
	require.Empty(t, dates)
	b.save(detail(monday, at("21:00:00"), result("USER", at("09:00:00"), at("08:59:00")), result("USER", at("12:00:00"), at("12:00:00"))))
	require.Empty(t, b.loose(final), "solved, and settled")
	require.Zero(t, b.count(`SELECT count(*) FROM dakasync.day WHERE settled_at IS NULL`))
}

// Nobody asked about an edit that was kept for the sweep: that the day was asked about when it was final says nothing of it.
func TestAChangeThatNobodyAskedAboutLeavesTheDayLoose(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	final := at("18:00:00")
	signed := result("USER", at("09:00:00"), at("09:20:00"))
	u1 := []attendance.UserDay{{UserID: "u1", WorkDate: monday}}
	b.save(detail(monday, final, signed))
	during := dayHint(monday, final.Add(time.Minute)) // while the sweep went on
	b.record(during)
	require.NoError(t, b.FinishEvent(ctx, during.Key(), attendance.OutcomeUnexplained))
	require.NoError(t, b.SettleDay(ctx, monday, final))
	require.NoError(t, b.SaveReconciled(ctx, []attendance.Date{monday}, attendance.Evidence{Since: final, UserDays: 1}, "w"))
	require.Equal(t, u1, b.loose(final), "the answer is older than the edit")
	b.save(detail(monday, at("18:02:00"), signed))
	require.Empty(t, b.loose(final), "asked about since, and settled")
	require.Zero(t, b.count(`SELECT count(*) FROM dakasync.day WHERE settled_at IS NULL`))

	after := dayHint(monday, at("20:00:00"))
	after.EventID = "after"
	b.record(after)
	require.NoError(t, b.FinishEvent(ctx, after.Key(), attendance.OutcomeUnexplained))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM dakasync.day WHERE settled_at IS NULL`), "the day says itself that it is open")
	require.Equal(t, u1, b.loose(final), "edited after its date was reconciled")
	b.save(listed(monday, at("21:00:00"), signed))
	require.Equal(t, u1, b.loose(final), "clock-ins do not tell of an edit")
	b.save(detail(monday, at("21:00:00"), result("BOSS", at("09:00:00"), at("09:00:00"))))
	require.Empty(t, b.loose(final))
}

// What DingTalk does not show a day after it told of it, it will not show: no night after that pays for it.
func TestARiddleThatNobodySolvesIsNotAskedAboutForEver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	final := at("18:00:00")
	b.save(detail(monday, final))
	require.NoError(t, b.SettleDay(ctx, monday, final))
	require.NoError(t, b.SaveReconciled(ctx, []attendance.Date{monday}, attendance.Evidence{Since: final, UserDays: 1}, "w"))
	late := punchHint(at("12:00:00"), at("20:00:00"))
	b.record(late)
	require.NoError(t, b.FinishEvent(ctx, late.Key(), attendance.OutcomeUnexplained))
	require.Len(t, b.loose(final), 1)
	b.save(detail(monday, at("20:02:00")))
	require.Len(t, b.loose(final), 1, "reads lag: the run has asked at once")
	b.save(detail(monday, at("20:01:00").AddDate(0, 0, 1)))
	require.Empty(t, b.loose(final))
	require.Equal(t, []string{"stream 1 unexplained"}, b.events(), "it stays open for a person")
}

// The morning that ends a night shift stands under the day before.
func TestALateMorningLeavesTheDayBeforeLoose(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	final := at("18:00:00")
	sunday := monday.AddDays(-1)
	b.save(detail(monday, final), detail(sunday, final))
	for _, d := range []attendance.Date{sunday, monday} {
		require.NoError(t, b.SettleDay(ctx, d, final))
		require.NoError(t, b.SaveReconciled(ctx, []attendance.Date{d}, attendance.Evidence{Since: final, UserDays: 1}, "w"))
	}
	b.record(punchHint(at("06:00:00"), at("20:00:00")))
	require.NoError(t, b.ReopenDay(ctx, "u1", sunday, at("20:00:00"))) // as the plan of a punch that is kept does
	require.Equal(t, []attendance.UserDay{{UserID: "u1", WorkDate: sunday}, {UserID: "u1", WorkDate: monday}}, b.loose(final))
	b.save(detail(sunday, at("21:00:00"), result("USER", at("06:00:00"), at("06:00:00"))))
	require.Empty(t, b.loose(final))
}

// Neither the day's events nor its punches tell that an approval changed it: the leave of the morning that a night shift ends in, or one that
// was taken back.
func TestADayThatAnApprovalChangedIsLooseUntilItIsAskedAbout(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	final := at("18:00:00")
	b.save(detail(monday, final, result("USER", at("22:00:00"), at("21:59:00"))))
	require.NoError(t, b.SettleDay(ctx, monday, final))
	require.NoError(t, b.SaveReconciled(ctx, []attendance.Date{monday}, attendance.Evidence{Since: final, UserDays: 1}, "w"))
	require.NoError(t, b.ReopenDay(ctx, "u1", monday, at("19:00:00")))
	for range 2 {
		require.Equal(t, []attendance.UserDay{{UserID: "u1", WorkDate: monday}}, b.loose(final), "asked about when it was final, and not since it changed")
	}
	require.NoError(t, b.SettleDay(ctx, monday, final))
	require.NoError(t, b.ReopenDay(ctx, "u1", monday, at("20:00:00")), "again, before anybody asked")
	require.NoError(t, b.ReopenDay(ctx, "u1", monday, at("19:10:00")), "told late")
	b.save(detail(monday, at("19:30:00"), result("USER", at("22:00:00"), at("21:59:00"))))
	require.Len(t, b.loose(final), 1, "the answer is older than the newest change")
	b.save(detail(monday, at("20:00:00"), result("USER", at("22:00:00"), at("21:59:00"))))
	require.Empty(t, b.loose(final))
	require.Zero(t, b.count(`SELECT count(*) FROM dakasync.day WHERE settled_at IS NULL`))

	in := result("USER", at("22:00:00"), at("21:59:00"))
	slot := func(planAt time.Time) attendance.Planned {
		return attendance.Planned{UserID: "u1", WorkDate: monday, CheckType: in.CheckType, PlanCheckTime: planAt, PlanID: in.PlanID}
	}
	require.NoError(t, b.SaveSchedule(ctx, []string{"u1"}, monday, monday, []attendance.Planned{slot(in.PlanCheckTime), slot(at("23:00:00"))}, at("08:00:00"), why))
	require.NoError(t, b.ReopenDay(ctx, "u1", monday, at("21:00:00")))
	b.save(listed(monday, at("21:30:00"), in))
	require.Len(t, b.loose(final), 1, "clock-ins tell nothing of who did not sign")
	require.NoError(t, b.SaveSchedule(ctx, []string{"u1"}, monday, monday, []attendance.Planned{slot(in.PlanCheckTime)}, at("08:01:00"), why))
	require.Empty(t, b.loose(final), "clock-ins show what an approval makes of them")
}
