package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/ledger"
)

// A day's whole life is found again: hints, answers, versions, an approval and what a sweep healed.
func TestFactsOfADay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.SaveCompany(t.Context()))
	require.NoError(t, b.SaveEmployees(t.Context(), []string{"u1"}, at("07:00:00")))
	require.NoError(t, b.SaveDecision(t.Context(), budget.Decision{Mode: budget.ModeLive, Reason: "enough", DecidedAt: at("00:00:00").Add(-time.Hour)}))
	hint := punchHint(at("09:00:00"), at("09:00:05"))
	b.record(hint)
	b.save(detail(monday, at("09:00:07"), result("USER", at("09:00:00"), at("09:00:00"))))
	require.NoError(t, b.FinishEvent(t.Context(), hint.Key(), attendance.OutcomeDone))
	late := punchHint(at("00:30:00").AddDate(0, 0, 1), at("00:30:02").AddDate(0, 0, 1)) // a night shift's end
	b.record(late)
	off := result("USER", at("00:30:00").AddDate(0, 0, 1), at("00:30:00").AddDate(0, 0, 1))
	off.CheckType, off.PlanID = "OffDuty", 8
	b.save(detail(monday, at("00:31:00").AddDate(0, 0, 1), result("USER", at("09:00:00"), at("09:00:00")), off))
	b.record(punchHint(at("12:00:00").AddDate(0, 0, 1), at("12:00:01").AddDate(0, 0, 1))) // another day's
	b.instance(makeUp("i1", at("13:00:00"), monday))
	approved := attendance.Hint{
		Kind: attendance.KindApproval, CorpID: corp, EventType: "bpms_instance_change", Channel: attendance.ChannelFailedPush, UserID: "boss",
		ReceivedAt: at("17:59:30"), Approval: &attendance.ApprovalHint{ProcessInstanceID: "i1", Type: attendance.TypeFinish, Result: "agree"},
	}
	b.record(approved)
	_, err := b.sql.Exec(t.Context(), `INSERT INTO dakasync.difference (corp_id, user_id, work_date, domain, what, after, why, workflow_id)
		VALUES ($1, 'u1', '2026-11-02', 'punches', 'punch', '{"a": 1}', 'no event came', 'sweep/1'), ($1, 'u2', '2026-11-02', 'punches', 'x', NULL, 'y', 'z')`, corp)
	require.NoError(t, err)
	_, err = b.sql.Exec(t.Context(), `INSERT INTO dakasync.gap (corp_id, began_at, ended_at, reason) VALUES ($1, $2, $3, 'lost'), ($1, $4, $5, 'lost')`,
		corp, at("10:00:00"), at("10:01:00"), at("10:00:00").AddDate(0, 0, -2), at("10:01:00").AddDate(0, 0, -2))
	require.NoError(t, err)
	require.NoError(t, b.CountCalls(t.Context(), []ledger.CallCount{
		{Hour: at("09:00:00"), API: "/a", Outcome: "ok", Calls: 3, Counted: 3}, {Hour: at("05:00:00"), API: "/a", Outcome: "ok", Calls: 9, Counted: 9},
	}))
	require.NoError(t, b.SaveReconciled(t.Context(), []attendance.Date{monday}, attendance.Evidence{Since: at("20:00:00")}, "sweep/1"))

	f, err := b.FactsOf(t.Context(), "u1", monday)
	require.NoError(t, err)
	require.NotNil(t, f.Employee)
	require.Len(t, f.Day.Results, 2)
	require.Equal(t, attendance.SourceDetail, f.Day.Results[0].Origin)
	require.Equal(t, []bool{true, true, true}, []bool{f.Day.Punches[0].Explained, f.Day.Punches[1].Explained, f.Day.Punches[2].Explained})
	keys := map[string]ledger.EventFact{}
	for _, e := range f.Events {
		keys[e.Key] = e
	}
	require.Len(t, f.Events, 3)
	require.Equal(t, monday, keys[hint.Key()].PunchOn)
	require.Equal(t, attendance.OutcomeDone, keys[hint.Key()].Outcome)
	require.Equal(t, monday, keys[late.Key()].PunchOn, "a punch of the next morning")
	require.Equal(t, attendance.ChannelFailedPush, keys[approved.Key()].Channel)
	require.Len(t, f.Versions, f.Day.Version)
	require.Equal(t, 1, f.Versions[0].Version)
	require.Len(t, f.Versions[len(f.Versions)-1].Shown.Punches, 3)
	require.Equal(t, "detail", f.Asked[0].Kind)
	require.True(t, f.Asked[0].At.Equal(at("00:31:00").AddDate(0, 0, 1)), "the newest of its kind")
	require.Len(t, f.Approvals, 1)
	require.True(t, f.Approvals[0].Parts[0].MadeUpTime.Equal(at("13:00:00")))
	require.Len(t, f.Differences, 1)
	require.JSONEq(t, `{"a": 1}`, string(f.Differences[0].After))
	require.Len(t, f.Gaps, 1)
	require.Equal(t, "sweep/1", f.Reconciled.WorkflowID)
	require.Len(t, f.Complete, 3)
	require.Len(t, f.Decisions, 1)
	for _, c := range f.Calls {
		require.False(t, c.Hour.Equal(at("05:00:00")), "nothing of the day was done in that hour")
	}

	nobody, err := b.FactsOf(t.Context(), "u9", monday.AddDays(-40))
	require.NoError(t, err)
	require.Nil(t, nobody.Day)
	require.Nil(t, nobody.Employee)
	require.Empty(t, nobody.Events)
	_, err = b.FactsOf(t.Context(), "", monday)
	require.ErrorIs(t, err, ledger.ErrNoSubject)
}
