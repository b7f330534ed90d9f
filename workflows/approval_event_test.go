package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/workflows"
)

func approvalHint(eventType, result string) attendance.Hint {
	return attendance.Hint{
		Kind: attendance.KindApproval, CorpID: corp, EventType: "bpms_instance_change", Channel: attendance.ChannelStream,
		UserID: "u1", BornAt: clock(11, 23, 11, 0), ReceivedAt: clock(11, 23, 11, 0),
		Approval: &attendance.ApprovalHint{ProcessInstanceID: "i1", ProcessCode: "P", Type: eventType, Result: result},
	}
}

func agreed(id string, kind attendance.ApprovalKind) attendance.Instance {
	return attendance.Instance{
		ProcessInstanceID: id, Kind: kind, OriginatorUserID: "u1",
		Status: attendance.StatusCompleted, Result: attendance.ResultAgree,
	}
}

func running(id string) attendance.Instance {
	return attendance.Instance{ProcessInstanceID: id, OriginatorUserID: "u1", Status: attendance.StatusRunning}
}

// A make-up on a day without a schedule pushes no punch event, and the day does
// not show it: the approval's event is its only trace.
func TestPitfallMakeUpOnUnscheduledDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.instances["i1"] = []attendance.Instance{makeUp("i1", clock(11, 22, 9, 0), day(11, 22))}
	w.touched["i1"] = []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 22)}}

	d := w.run(approvalHint("finish", "agree"))

	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, day(11, 22), d.WorkDate)
	require.Len(t, w.saved, 1)
	require.Equal(t, attendance.ApprovalMakeUp, w.saved[0].Kind)
	require.Equal(t, []attendance.MakeUp{{UserID: "u1", At: clock(11, 22, 9, 0), WorkDate: day(11, 22)}}, w.saved[0].MakeUps,
		"the approval itself is the evidence")
	require.Equal(t, 1, w.count("FetchDay u1 2026-11-22"), "the day is asked all the same")
	require.Equal(t, attendance.TriggerApproval, w.written[0].Trigger)
}

// On a holiday the same holds, also for a made-up time after midnight that the
// form puts on the day before.
func TestPitfallMakeUpOnHoliday(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	holiday := makeUp("i1", clock(10, 2, 0, 30), day(10, 1))
	holiday.Kind = attendance.ApprovalOther // a form that nobody knows; its template does
	w.codes = []string{"P"}
	w.instances["i1"] = []attendance.Instance{holiday}
	w.touched["i1"] = []attendance.UserDay{{UserID: "u1", WorkDate: day(10, 1)}, {UserID: "u1", WorkDate: day(10, 2)}}

	d := w.run(approvalHint("finish", "agree"))

	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, attendance.ApprovalMakeUp, w.saved[0].Kind)
	require.Equal(t, 1, w.count("FetchDay u1 2026-10-01"))
	require.Equal(t, 1, w.count("FetchDay u1 2026-10-02"))
}

func TestApprovalThatWasNeverAgreedCostsNoCall(t *testing.T) {
	t.Parallel()
	for eventType, result := range map[string]string{"start": "", "finish": "refuse", "terminate": "", "delete": ""} {
		w := newWorld(t)
		d := w.run(approvalHint(eventType, result))
		require.Equal(t, attendance.OutcomeDone, d.Outcome, eventType)
		require.Equal(t, []string{"PlanApproval", "SaveInstance i1", "Persist done"}, w.asked, eventType)
	}
}

func TestApprovalDeletedAfterItWasAgreedIsFetchedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.touched["i1"] = []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 20)}}
	w.run(approvalHint("delete", ""))
	require.Equal(t, attendance.StatusDeleted, w.saved[0].Status)
	require.Equal(t, 1, w.count("FetchDay u1 2026-11-20"))
	require.Zero(t, w.count("ReadInstance"))
}

func TestApprovalWaitsUntilItReadsAsFinished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delays = []time.Duration{5 * time.Second, 30 * time.Second}
	w.instances["i1"] = []attendance.Instance{running("i1"), running("i1"), agreed("i1", attendance.ApprovalLeave)}
	d := w.run(approvalHint("finish", ""))
	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, 3, w.count("ReadInstance"))
	require.Len(t, w.saved, 1, "only the last reading is written")
}

func TestApprovalKeepsWhatOnlyItsEventKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.instances["i1"] = []attendance.Instance{agreed("i1", attendance.ApprovalLeave)}
	h := approvalHint("finish", "agree")
	h.Approval.MainProcessInstanceID = "main"
	h.Approval.FinishedAt = clock(11, 23, 10, 59).Add(123 * time.Millisecond)
	w.known = []string{"main"}
	w.run(h)
	require.Equal(t, h.Approval.FinishedAt, w.saved[0].FinishedAt, "the API knows minutes only")
	require.Equal(t, "main", w.saved[0].MainProcessInstanceID)
}

func TestApprovalThatStaysRunningIsUnexplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delays = []time.Duration{5 * time.Second}
	w.instances["i1"] = []attendance.Instance{running("i1")}
	d := w.run(approvalHint("finish", "agree"))
	require.Equal(t, attendance.OutcomeUnexplained, d.Outcome)
	require.Contains(t, d.Reason, "still shows the approval as running")
	require.Len(t, w.saved, 1)
}

func TestApprovalThatDingTalkDoesNotKnowKeepsItsRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.run(approvalHint("finish", "agree"))
	require.Equal(t, attendance.OutcomeUnexplained, d.Outcome)
	require.Contains(t, d.Reason, "DingTalk knows no approval i1")
	require.Equal(t, "i1", w.saved[0].ProcessInstanceID)
}

func TestMakeUpWithoutAReadableTimeIsUnexplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.codes = []string{"P"}
	w.instances["i1"] = []attendance.Instance{agreed("i1", attendance.ApprovalOther)}
	d := w.run(approvalHint("finish", "agree"))
	require.Equal(t, attendance.OutcomeUnexplained, d.Outcome)
	require.Contains(t, d.Reason, "names no made-up time")
}

func TestRevocationReadsTheMainInstanceFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	revoke := agreed("i1", attendance.ApprovalLeave)
	revoke.BizAction, revoke.MainProcessInstanceID = attendance.ActionRevoke, "main"
	w.instances["i1"] = []attendance.Instance{revoke}
	w.instances["main"] = []attendance.Instance{agreed("main", attendance.ApprovalLeave)}
	w.touched["i1"] = []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 20)}}

	d := w.run(approvalHint("finish", "agree"))

	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, "main", w.saved[0].ProcessInstanceID)
	require.Equal(t, "i1", w.saved[1].ProcessInstanceID)
	require.Equal(t, 1, w.count("FetchDay u1 2026-11-20"), "the days are fetched again")
}

func TestMainInstanceThatIsKnownIsNotReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	modify := agreed("i1", attendance.ApprovalLeave)
	modify.BizAction, modify.MainProcessInstanceID = attendance.ActionModify, "main"
	w.instances["i1"] = []attendance.Instance{modify}
	w.known = []string{"main"}
	w.run(approvalHint("finish", "agree"))
	require.Equal(t, 1, w.count("ReadInstance"))
}

func TestAttachedInstancesAreWalked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	main := agreed("i1", attendance.ApprovalTrip)
	main.AttachedIDs = []string{"modify", "known"}
	w.instances["i1"] = []attendance.Instance{main}
	w.instances["modify"] = []attendance.Instance{agreed("modify", attendance.ApprovalTrip)}
	w.known = []string{"known"}
	w.touched["modify"] = []attendance.UserDay{{UserID: "u2", WorkDate: day(11, 19)}}
	w.run(approvalHint("finish", "agree"))
	require.Equal(t, 1, w.count("ReadInstance modify"))
	require.Zero(t, w.count("ReadInstance known"))
	require.Equal(t, 1, w.count("FetchDay u2 2026-11-19"), "a companion's day")
}

func TestWalkOfAttachedInstancesIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	main := agreed("i1", attendance.ApprovalTrip)
	for i := range 100 {
		main.AttachedIDs = append(main.AttachedIDs, string(rune('A'+i))+"0000000000")
	}
	w.instances["i1"] = []attendance.Instance{main}
	require.Equal(t, attendance.OutcomeDone, w.run(approvalHint("finish", "agree")).Outcome)
	require.Equal(t, 21, w.count("ReadInstance"))
}

func TestCompanionsOfATripAreFetchedInAWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.instances["i1"] = []attendance.Instance{agreed("i1", attendance.ApprovalTrip)}
	window := attendance.Window{UserIDs: []string{"u1", "u2", "u3"}, Days: attendance.DateRange{From: day(11, 18), To: day(11, 20)}}
	w.touched["i1"] = window.UserDays()
	d := w.run(approvalHint("finish", "agree"))
	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.True(t, d.WorkDate.IsZero(), "nine user-days have no one date")
	require.Equal(t, 1, w.count("FetchWindow 2026-11-18..2026-11-20 u1,u2,u3"))
	require.Zero(t, w.count("FetchDay"))
	require.Equal(t, 3, d.Rounds, "one call for the approval, two for nine user-days")
}

func TestFortyYearLeaveIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	leave := agreed("i1", attendance.ApprovalLeave)
	leave.Spans = []attendance.Span{{UserIDs: []string{"u1"}, Begin: clock(1, 1, 0, 0), End: clock(1, 1, 0, 0).AddDate(40, 0, 0)}}
	w.instances["i1"] = []attendance.Instance{leave}
	past := attendance.Window{UserIDs: []string{"u1"}, Days: attendance.DateRange{From: day(5, 27), To: day(11, 23)}}
	w.touched["i1"] = past.UserDays() // what the ledger hands out: past, and within DingTalk's reach
	require.Equal(t, attendance.OutcomeDone, w.run(approvalHint("finish", "agree")).Outcome)
	require.LessOrEqual(t, w.count("FetchWindow")+w.count("FetchDay"), 27)
}

func TestWindowThatDoesNotFitIsAskedInHalves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tooBig = 5
	w.instances["i1"] = []attendance.Instance{agreed("i1", attendance.ApprovalTrip)}
	window := attendance.Window{UserIDs: []string{"u1", "u2", "u3"}, Days: attendance.DateRange{From: day(11, 14), To: day(11, 20)}}
	w.touched["i1"] = window.UserDays()
	w.run(approvalHint("finish", "agree"))
	var got []attendance.UserDay
	for _, p := range w.written {
		for _, a := range p.Answers {
			got = append(got, attendance.UserDay{UserID: a.UserID, WorkDate: a.WorkDate})
		}
	}
	require.ElementsMatch(t, window.UserDays(), got)
}

func TestDayThatDingTalkRefusesDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.instances["i1"] = []attendance.Instance{agreed("i1", attendance.ApprovalOut)}
	w.touched["i1"] = []attendance.UserDay{{UserID: "gone", WorkDate: day(11, 20)}, {UserID: "u1", WorkDate: day(11, 20)}}
	w.dayFunc = func(_ int, d attendance.UserDay) (attendance.Answer, error) {
		if d.UserID == "gone" {
			return attendance.Answer{}, final(workflows.ErrorNotFound, "no such user")
		}
		return w.empty(d), nil
	}
	d := w.run(approvalHint("finish", "agree"))
	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Contains(t, d.Reason, "2026-11-20 of gone: no such user")
	require.Equal(t, 1, w.count("FetchDay u1"))
}

func TestApprovalStatusChangeIsFindableByItsOriginator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := approvalHint("finish", "")
	h.EventType, h.UserID, h.Approval.ApproveType = "attendance_approve_status_change", "", "LEAVE"
	w.instances["i1"] = []attendance.Instance{agreed("i1", attendance.ApprovalOther)}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeApprovalEvent, workflows.EventInput{Hint: h})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, attendance.ApprovalLeave, w.saved[0].Kind)
}
