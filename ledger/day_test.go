package ledger_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
)

func (b bundle) day() string {
	b.t.Helper()
	return strings.Join(b.rows(`SELECT coalesce(scheduled::text, 'unknown') || ' ' || coalesce(to_char(synced_at, 'HH24:MI'), 'never') ||
		' v' || version FROM dakasync.day WHERE user_id = 'u1' AND work_date = '2026-11-02'`), "")
}

func TestDayHasAVersionOnlyWhenItChanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(detail(monday, at("08:00:00")))
	require.Equal(t, "unknown 08:00 v0", b.day(), "an empty answer tells nothing")
	b.save(detail(monday, at("09:01:00"), result("USER", at("09:00:00"), at("08:59:00"))))
	require.Equal(t, "true 09:01 v1", b.day())
	b.save(detail(monday, at("09:02:00"), result("USER", at("09:00:00"), at("08:59:00"))))
	require.Equal(t, "true 09:02 v1", b.day())
	b.save(detail(monday, at("09:01:30"), result("BOSS", at("09:00:00"), at("09:00:00"))))
	require.Equal(t, "true 09:02 v1", b.day(), "an older answer changes nothing")
	late := detail(monday, at("20:00:00"), result("USER", at("09:00:00"), at("08:59:00")), result("USER", at("18:00:00"), at("18:01:00")))
	late.Approvals = []attendance.Tag{{ProcessInstanceID: "i1", TagName: "请假", Duration: "2.0", DurationUnit: "day"}}
	require.NoError(t, b.SaveAnswers(t.Context(), []attendance.Answer{late},
		attendance.Why{Trigger: attendance.TriggerResync, WorkflowID: "resync/ding1"}))
	require.Equal(t, "true 20:00 v2", b.day())
	require.Equal(t, []string{"1 event punch/ding1/u1/1", "2 resync resync/ding1"}, b.rows(
		`SELECT version || ' ' || trigger || ' ' || workflow_id FROM dakasync.day_version ORDER BY version`))

	var snapshot struct {
		Scheduled bool             `json:"scheduled"`
		Results   []map[string]any `json:"results"`
		Punches   []map[string]any `json:"punches"`
		Approvals []attendance.Tag `json:"approvals"`
	}
	require.NoError(t, json.Unmarshal([]byte(b.rows(`SELECT snapshot::text FROM dakasync.day_version WHERE version = 2`)[0]), &snapshot))
	require.True(t, snapshot.Scheduled)
	require.Len(t, snapshot.Results, 2)
	require.Equal(t, "2026-11-02T10:01:00+00:00", snapshot.Results[1]["user_check_time"], "snapshots are in UTC")
	require.Len(t, snapshot.Punches, 2)
	require.Equal(t, "请假", snapshot.Approvals[0].TagName)
}

func TestDayLosesItsResultsOnlyByTwoSources(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(detail(monday, at("09:01:00"), result("USER", at("09:00:00"), at("08:59:00"))))
	b.save(detail(monday, at("10:00:00")))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM dakasync.result`))
	empty := detail(monday, at("11:00:00"))
	empty.Source = attendance.SourceSweep
	b.save(empty)
	require.Equal(t, 0, b.count(`SELECT count(*) FROM dakasync.result`))
	require.Equal(t, "false 11:00 v2", b.day())
	require.Equal(t, []string{"u1 02 08:59:00 on 02 detail"}, b.punches(), "a clock-in has happened")
}

func TestSaveSchedule(t *testing.T) {
	t.Parallel()
	b := setup(t)
	planned := []attendance.Planned{
		{UserID: "u1", WorkDate: monday, CheckType: "OnDuty", PlanCheckTime: at("09:00:00"), PlanID: 1},
		{UserID: "u2", WorkDate: monday, Rest: true},
	}
	save := func() {
		require.NoError(t, b.SaveSchedule(t.Context(), []string{"u1", "u2"}, monday, monday.AddDays(1), planned, at("07:00:00"), why))
	}
	save()
	save()
	require.Equal(t, []string{"u1 02 true v1", "u1 03 false v1", "u2 02 false v1", "u2 03 false v1"}, b.rows(
		`SELECT user_id || ' ' || to_char(work_date, 'DD') || ' ' || scheduled || ' v' || version FROM dakasync.day ORDER BY user_id, work_date`))
	require.Equal(t, "true never v1", b.day(), "a schedule is no answer about the day")
}

func TestSettleDay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	dates := func() []attendance.Date {
		found, err := b.UnsettledDates(ctx, monday.AddDays(-30), monday.AddDays(30))
		require.NoError(t, err)
		return found
	}
	h := punchHint(at("09:00:00"), at("09:00:01"))
	b.record(h)
	require.NoError(t, b.FinishEvent(ctx, h.Key(), attendance.OutcomeUnexplained))
	b.save(detail(monday, at("10:00:00")))
	require.Equal(t, []attendance.Date{monday}, dates())
	finalAt := at("20:00:00")
	require.NoError(t, b.SettleDay(ctx, monday, finalAt))
	require.Equal(t, []attendance.Date{monday}, dates(), "it was not asked about since it became final")
	b.save(detail(monday, at("21:00:00"), result("USER", at("09:00:00"), at("09:00:00"))))
	require.NoError(t, b.SettleDay(ctx, monday, finalAt))
	require.Empty(t, dates())
	require.Equal(t, []string{"stream 1 done"}, b.events(), "explained in the end")

	late := punchHint(at("12:00:00"), at("22:00:00"))
	b.record(late)
	require.Equal(t, []attendance.Date{monday}, dates(), "a new riddle")
	require.NoError(t, b.SaveEmployees(ctx, []string{"u2"}, at("08:00:00")))
	require.Empty(t, dates(), "who is not in contacts cannot be asked about")
}

// What a backfill asked about when it was final is settled by that, and costs no
// sweep over everybody; a riddle is left to the sweep.
func TestSettleAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	states := func() []string {
		return b.rows(`SELECT to_char(work_date, 'DD') || ' ' || (settled_at IS NOT NULL) FROM dakasync.day ORDER BY work_date`)
	}
	finalAt := at("20:00:00")
	tuesday, wednesday := monday.AddDays(1), monday.AddDays(2)
	require.NoError(t, b.SaveEmployees(ctx, []string{"u1"}, at("08:00:00")))
	b.save(detail(monday, at("21:00:00")), detail(tuesday, at("19:00:00")), detail(wednesday, at("21:00:00")))
	riddle := punchHint(at("09:00:00").AddDate(0, 0, 2), at("09:00:01").AddDate(0, 0, 2))
	b.record(riddle)
	for _, d := range []attendance.Date{monday, tuesday, wednesday} {
		require.NoError(t, b.SettleAnswered(ctx, d, finalAt))
	}
	require.Equal(t, []string{"02 true", "03 false", "04 false"}, states())
	dates, err := b.UnsettledDates(ctx, monday, wednesday)
	require.NoError(t, err)
	require.Equal(t, []attendance.Date{tuesday, wednesday}, dates)
}

// An approval day that came due is asked about by itself: not everybody's date.
func TestADueDayOpensNoDate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.instance(trip("i1", at("09:00:00"), at("18:00:00"), "u1"))
	dates, err := b.UnsettledDates(t.Context(), monday, monday)
	require.NoError(t, err)
	require.Empty(t, dates)
	due, err := b.DueDays(t.Context(), monday, monday)
	require.NoError(t, err)
	require.Equal(t, []attendance.UserDay{{UserID: "u1", WorkDate: monday}}, due)
}

// After an outage the events of some come late, and their days are asked about when they are final. Of those who were absent
// there is no event: the date must still be swept.
func TestADateIsNotSettledByTheDaysOfSome(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	finalAt := at("20:00:00")
	dates := func() []attendance.Date {
		list, err := b.UnsettledDates(ctx, monday, monday)
		require.NoError(t, err)
		return list
	}
	b.save(detail(monday, at("21:00:00")))
	require.NoError(t, b.SettleAnswered(ctx, monday, finalAt))
	require.Equal(t, []attendance.Date{monday}, dates(), "nobody knows who there is")
	require.NoError(t, b.SaveEmployees(ctx, []string{"u1", "u2"}, at("08:00:00")))
	require.NoError(t, b.SettleAnswered(ctx, monday, finalAt))
	require.Equal(t, []attendance.Date{monday}, dates(), "u2 was not asked about")
	other := detail(monday, at("21:00:00"))
	other.UserID = "u2"
	b.save(other)
	require.NoError(t, b.SettleAnswered(ctx, monday, finalAt))
	require.Empty(t, dates())
}

// An event is judged again even if its day was settled before it was explained.
func TestEventsOfSettledDaysAreJudgedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	punch := punchHint(at("09:00:00"), at("09:00:01"))
	changed := attendance.Hint{
		Kind: attendance.KindDay, CorpID: punch.CorpID, UserID: punch.UserID, EventType: "attend_bossCheck_change", EventID: "e",
		Channel: attendance.ChannelStream, WorkDate: monday, BornAt: at("10:00:00").AddDate(0, 0, 1), ReceivedAt: at("10:00:00").AddDate(0, 0, 1),
	}
	keep := func(h attendance.Hint) {
		b.record(h)
		require.NoError(t, b.FinishEvent(ctx, h.Key(), attendance.OutcomeUnexplained))
	}
	keep(punch)
	b.save(detail(monday, at("09:30:00").AddDate(0, 0, 1)))
	require.NoError(t, b.SettleDay(ctx, monday, at("09:00:00")))
	require.Zero(t, b.count(`SELECT count(*) FROM dakasync.day WHERE settled_at IS NULL`))
	keep(changed)
	require.Equal(t, []string{"stream 1 unexplained", "stream 1 unexplained"}, b.events())
	b.save(detail(monday, at("21:00:00").AddDate(0, 0, 1), result("USER", at("09:00:00"), at("09:00:00"))))
	require.NoError(t, b.SettleDay(ctx, monday.AddDays(1), at("20:00:00")))
	require.Equal(t, []string{"stream 1 done", "stream 1 done"}, b.events())
}

func TestSaveAnswersTakesHostileContent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := detail(monday, at("10:00:00"), result("USER\x00", at("09:00:00"), at("08:59:00")))
	a.UserID = "u\x00\xff" + strings.Repeat("长", 200)
	a.Results[0].Extra = json.RawMessage(`{"user_address":"\u0000","n":1e999999}`)
	a.Records = []attendance.Record{
		{CheckTime: at("08:59:00"), BizID: "\xff", InvalidMessage: strings.Repeat("\x00", 100), Extra: json.RawMessage(`{"a":"\ud800"}`)},
		{CheckTime: time.Date(40000, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	a.Approvals = []attendance.Tag{{TagName: "\x00", Begin: time.Date(-4, 1, 1, 0, 0, 0, 0, time.UTC)}}
	for range 2 {
		b.save(a)
	}
	require.Equal(t, 1, b.count(`SELECT count(*) FROM dakasync.punch WHERE extra IS NOT NULL`))
	require.Equal(t, 1, b.count(`SELECT max(version) FROM dakasync.day`))
	require.ErrorIs(t, b.SaveAnswers(t.Context(), []attendance.Answer{{UserID: "u1"}}, why), ledger.ErrNoSubject)
}
