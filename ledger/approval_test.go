package ledger_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
)

func trip(id string, begin, end time.Time, users ...string) attendance.Instance {
	return attendance.Instance{
		ProcessInstanceID: id, Kind: attendance.ApprovalTrip, OriginatorUserID: users[0], Status: attendance.StatusCompleted,
		Result: attendance.ResultAgree, ReadAt: at("08:01:00"), FinishedAt: at("08:00:00"),
		Spans: []attendance.Span{{UserIDs: users, Begin: begin, End: end}},
	}
}

func (b bundle) approvalDays() []string {
	b.t.Helper()
	return b.rows(`SELECT process_instance_id || ' ' || user_id || ' ' || to_char(work_date, 'DD') || coalesce(' ' || to_char(begin_time, 'DD HH24:MI') ||
		'-' || to_char(end_time, 'DD HH24:MI'), '') || ' ' || state FROM dakasync.approval_day ORDER BY 1`)
}

func TestSaveInstanceOfATripWithCompanions(t *testing.T) {
	t.Parallel()
	b := setup(t) // its now is the evening of the 5th
	i := trip("i1", at("13:00:00"), at("12:00:00").AddDate(0, 0, 4), "u1", "u2")
	days := b.instance(i)
	require.Len(t, days, 8, "two users, the 2nd to the 5th; the 6th is to come")
	require.Equal(t, attendance.UserDay{UserID: "u2", WorkDate: monday.AddDays(3)}, days[7])
	require.Equal(t, days, b.instance(i), "idempotent")
	require.Len(t, b.approvalDays(), 10)
	require.Equal(t, "i1 u1 02 02 13:00-03 00:00 due", b.approvalDays()[0])
	require.Equal(t, "i1 u2 06 06 00:00-06 12:00 due", b.approvalDays()[9])

	b.save(detail(monday, at("07:59:00"))) // asked before it was decided
	require.Equal(t, "i1 u1 02 02 13:00-03 00:00 due", b.approvalDays()[0])
	b.save(detail(monday, at("08:00:01")))
	b.save(detail(monday.AddDays(4), at("09:00:00"))) // asked before the day came
	require.Equal(t, "i1 u1 02 02 13:00-03 00:00 synced", b.approvalDays()[0])
	require.Equal(t, "i1 u1 06 06 00:00-06 12:00 due", b.approvalDays()[4])
	due, err := b.DueDays(t.Context(), monday, monday.AddDays(1))
	require.NoError(t, err)
	require.Equal(t, []attendance.UserDay{
		{UserID: "u2", WorkDate: monday}, {UserID: "u1", WorkDate: monday.AddDays(1)}, {UserID: "u2", WorkDate: monday.AddDays(1)},
	}, due)
}

func TestSaveInstanceFindsTheNightShiftOfTheDayBefore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	eve := monday.AddDays(-1)
	b.save(detail(eve, at("08:00:00"), result("USER", at("22:00:00").AddDate(0, 0, -1), at("22:00:00").AddDate(0, 0, -1)),
		result("SYSTEM", at("07:00:00"), time.Time{})))
	days := b.instance(trip("i1", at("06:00:00"), at("08:00:00"), "u1"))
	require.Equal(t, []attendance.UserDay{{UserID: "u1", WorkDate: eve}, {UserID: "u1", WorkDate: monday}}, days)
	days = b.instance(trip("i2", at("05:00:00"), at("07:00:00"), "u1"))
	require.Equal(t, []attendance.UserDay{{UserID: "u1", WorkDate: eve}, {UserID: "u1", WorkDate: monday}}, days, "until the shift ends")
}

func TestSaveInstanceModifiedTwice(t *testing.T) {
	t.Parallel()
	first := trip("i1", at("09:00:00"), at("18:00:00"), "u1")
	second := trip("i2", at("09:00:00").AddDate(0, 0, 1), at("18:00:00").AddDate(0, 0, 1), "u1")
	third := trip("i3", at("09:00:00").AddDate(0, 0, 2), at("18:00:00").AddDate(0, 0, 2), "u1")
	for n, i := range []*attendance.Instance{&second, &third} {
		i.BizAction, i.MainProcessInstanceID = attendance.ActionModify, "i1"
		i.FinishedAt = at("10:00:00").Add(time.Duration(n) * time.Hour)
	}
	for _, order := range [][]attendance.Instance{{first, second, third}, {third, second, first}, {second, first, third}} {
		b := setup(t)
		for _, i := range order {
			b.instance(i)
		}
		require.Equal(t, []string{
			"i1 u1 02 02 09:00-02 18:00 void", "i2 u1 03 03 09:00-03 18:00 void", "i3 u1 04 04 09:00-04 18:00 due",
		}, b.approvalDays())
		require.Equal(t, 0, b.count(`SELECT count(*) FROM dakasync.approval WHERE revoked`))
	}
}

func TestSaveInstanceWithoutEffectHasNoDays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n, change := range []func(i *attendance.Instance){
		func(i *attendance.Instance) { i.Status, i.Result = attendance.StatusRunning, "" },
		func(i *attendance.Instance) { i.Result = attendance.ResultRefuse },
		func(i *attendance.Instance) { i.Status = attendance.StatusTerminated },
		func(i *attendance.Instance) { i.Kind = attendance.ApprovalOther },
	} {
		i := trip("i"+string(rune('1'+n)), at("09:00:00"), at("18:00:00"), "u1")
		change(&i)
		require.Empty(t, b.instance(i))
	}
	require.Empty(t, b.approvalDays())
	known, err := b.KnownInstances(t.Context(), []string{"i1", "i2", "i3", "i9"})
	require.NoError(t, err)
	require.Equal(t, []string{"i2", "i3"}, known, "a running one is to be read again")
}

// A sweep, which looks first what everything was worth before, leaves the same days as anybody.
func TestSaveInstanceOfASweepHasNoDaysThatAreGone(t *testing.T) {
	t.Parallel()
	for _, why := range []attendance.Why{swept, why} {
		b := setup(t)
		i := trip("i1", at("09:00:00"), at("18:00:00"), "u1")
		b.instance(i)
		require.Len(t, b.approvalDays(), 1)
		i.BizAction, i.ReadAt = attendance.ActionRevoke, i.ReadAt.Add(time.Hour)
		_, err := b.SaveInstance(t.Context(), i, why)
		require.NoError(t, err)
		require.Empty(t, b.approvalDays(), why.Trigger)
	}
}

func TestSaveInstanceOfFortyYears(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i := trip("i1", at("09:00:00").AddDate(-20, 0, 0), at("09:00:00").AddDate(20, 0, 0), "u1")
	require.Len(t, b.instance(i), attendance.HorizonDays+1)
	require.Equal(t, 14611, b.count(`SELECT count(*) FROM dakasync.approval_day`))
	i = trip("i2", at("09:00:00"), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), "u1")
	require.Len(t, b.instance(i), 4)
}

func TestSaveInstanceTakesHostileContent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i := trip("i\x00\xff"+strings.Repeat("x", 3000), at("09:00:00"), at("10:00:00"), "u\x00")
	i.Status, i.ProcessCode, i.AttachedIDs = "COMPLETED", "\x00", []string{"\xff", "a"}
	i.Spans = append(i.Spans, attendance.Span{UserIDs: []string{"u1"}, Begin: time.Date(-900, 1, 1, 0, 0, 0, 0, time.UTC), End: at("10:00:00")})
	i.MakeUps = []attendance.MakeUp{{UserID: "\x00", At: at("09:00:00"), WorkDate: attendance.Date{Year: -3, Month: 1, Day: 1}}, {UserID: "u1"}}
	b.instance(i)
	b.instance(i)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM dakasync.punch`))
	for range 100 { // what does not compress does not fit an index either
		i.ProcessCode += fmt.Sprintf("%x", sha256.Sum256([]byte(i.ProcessCode)))
	}
	b.instance(i)
	unended, err := b.ListApprovals(t.Context(), i.ProcessCode, []string{"c"})
	require.NoError(t, err)
	require.Equal(t, []string{"c"}, unended)
	ended, err := b.EndedApprovals(t.Context(), i.ProcessCode, nil, attendance.TimeRange{To: at("20:00:00")}, 10)
	require.NoError(t, err)
	require.Contains(t, ended, "c", "under the same name")
	require.NoError(t, b.SaveApprovalSearches(t.Context(), at("20:00:00"), []attendance.SearchedTemplate{{Code: i.ProcessCode, Whole: true, From: at("09:00:00")}}))
	loop := trip("a", at("09:00:00"), at("10:00:00"), "u1") // names itself, and its attached names it
	loop.MainProcessInstanceID, loop.AttachedIDs = "a", []string{"a", "b"}
	b.instance(loop)
	back := trip("b", at("09:00:00"), at("10:00:00"), "u1")
	back.MainProcessInstanceID, back.AttachedIDs = "a", []string{"a"}
	b.instance(back)
	b.instance(loop)
}

// Every approval is saved among those that are there, for as long as the company is.
func TestRelativesAreReadByIndex(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.sql.Exec(t.Context(), `INSERT INTO dakasync.approval (corp_id, process_instance_id, kind, status, result, complete, state)
		SELECT 'ding1', 'i' || n, 'leave', 'COMPLETED', 'agree', true, '{}' FROM generate_series(1, 20000) n`)
	require.NoError(t, err)
	_, err = b.sql.Exec(t.Context(), `ANALYZE dakasync.approval`)
	require.NoError(t, err)
	_, err = b.sql.Exec(t.Context(), `PREPARE relatives AS `+ledger.Relatives)
	require.NoError(t, err)
	for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
		_, err = b.sql.Exec(t.Context(), `SET plan_cache_mode = `+mode)
		require.NoError(t, err)
		plan := strings.Join(b.rows(`EXPLAIN EXECUTE relatives ('ding1', 'i7', NULL, '{i8}')`), "\n")
		require.Contains(t, plan, "approval_pkey", mode)
		require.NotContains(t, plan, "Seq Scan", mode)
	}
}

func TestOpenApprovals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	finish := func(id string, outcome attendance.Outcome) attendance.Hint {
		h := attendance.Hint{
			Kind: attendance.KindApproval, CorpID: punchHint(at("09:00:00"), at("09:00:00")).CorpID, EventType: "attendance_approve_status_change",
			Channel: attendance.ChannelStream, ReceivedAt: at("09:00:00"), UserID: "u1",
			Approval: &attendance.ApprovalHint{ProcessInstanceID: id, ProcessCode: "P", Type: attendance.TypeFinish, ApproveType: "LEAVE"},
		}
		b.record(h)
		b.instance(attendance.InstanceFromHint(h))
		require.NoError(t, b.FinishEvent(ctx, h.Key(), outcome))
		return h
	}
	open := func() []attendance.OpenApproval {
		list, err := b.OpenApprovals(ctx, time.Now().AddDate(0, 0, -7), 50)
		require.NoError(t, err)
		return list
	}
	lagging := finish("i/1", attendance.OutcomeUnexplained)
	finish("i2", attendance.OutcomePending) // its run is at it
	read := makeUp("i3", at("09:00:00"), monday)
	b.instance(read)
	finish("i3", attendance.OutcomeUnexplained) // read, though nothing can be made of it
	require.Equal(t, []attendance.OpenApproval{{ID: "i/1", Code: "P", Key: lagging.Key()}}, open())

	running := attendance.Instance{ProcessInstanceID: "i/1", Status: attendance.StatusRunning, ReadAt: at("09:00:05")}
	b.instance(running)
	require.Len(t, open(), 1, "a read that lags does not end it")
	require.NoError(t, b.FinishEvent(ctx, lagging.Key(), attendance.OutcomeDone))
	require.Empty(t, open())
	old, err := b.OpenApprovals(ctx, time.Now().Add(time.Hour), 50)
	require.NoError(t, err)
	require.Empty(t, old)
}

// A start that comes after the finish, or a refusal of what another step agreed,
// has no day asked about again; that it was deleted has.
func TestEventThatChangesNothingCostsNoCall(t *testing.T) {
	t.Parallel()
	b := setup(t)
	touched := []attendance.UserDay{{UserID: "u1", WorkDate: monday}}
	require.Equal(t, touched, b.instance(makeUp("i1", at("09:00:00"), monday)))
	for _, told := range []attendance.Instance{
		{Status: attendance.StatusRunning}, {Status: attendance.StatusCompleted, Result: attendance.ResultRefuse},
		{Status: attendance.StatusCompleted, Result: attendance.ResultAgree},
	} {
		told.ProcessInstanceID = "i1"
		require.Empty(t, b.instance(told), told.Status+told.Result)
	}
	require.Equal(t, touched, b.instance(attendance.Instance{ProcessInstanceID: "i1", Status: attendance.StatusDeleted}))
}
