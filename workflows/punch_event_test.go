package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/workflows"
)

func punchHint(at time.Time) attendance.Hint {
	return attendance.Hint{
		Kind: attendance.KindPunch, CorpID: corp, EventType: "attendance_check_record", Channel: attendance.ChannelStream,
		UserID: "u1", CheckTime: at, BornAt: at, ReceivedAt: at,
	}
}

// showing answers a day with a record, from the n-th question on.
func showing(from int, date attendance.Date, at time.Time) func(int, attendance.UserDay) (attendance.Answer, error) {
	return func(n int, d attendance.UserDay) (attendance.Answer, error) {
		a := attendance.Answer{UserID: d.UserID, WorkDate: d.WorkDate, Source: attendance.SourceDetail}
		if n >= from && d.WorkDate == date {
			a.Records = []attendance.Record{{CheckTime: at.Truncate(time.Second)}}
		}
		return a, nil
	}
}

func TestPunchIsExplainedByItsDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := clock(11, 23, 9, 0).Add(123 * time.Millisecond)
	w.dayFunc = showing(0, day(11, 23), at)

	d := w.run(punchHint(at))

	require.Equal(t, workflows.Decision{
		Outcome: attendance.OutcomeDone, WorkDate: day(11, 23), Reason: "the detail of 2026-11-23 shows the punch", Rounds: 1,
	}, d)
	require.Equal(t, []string{"PlanPunch", "FetchDay u1 2026-11-23", "Persist done"}, w.asked, "one call, three steps")
	require.Len(t, w.written[0].Answers, 1)
	require.Equal(t, attendance.TriggerEvent, w.written[0].Trigger)
	require.Equal(t, "default-test-taskqueue-dingtalk", w.queues[workflows.StepFetchDay])
	require.Equal(t, "default-test-taskqueue", w.queues[workflows.StepPersist])
}

func TestPunchThatIsKnownCostsNoCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.recalls = []attendance.Recall{{Known: true, WorkDate: day(11, 22)}}
	d := w.run(punchHint(clock(11, 23, 0, 40)))
	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, day(11, 22), d.WorkDate)
	require.Zero(t, w.count("Fetch"))
}

func TestPunchAfterMidnightStandsOnThePreviousWorkDate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := clock(11, 23, 0, 40)
	w.dayFunc = showing(0, day(11, 22), at)
	d := w.run(punchHint(at))
	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, day(11, 22), d.WorkDate)
	require.Len(t, w.written[0].Answers, 2, "both answers are kept")
}

func TestPunchBeforeMidnightStandsOnTheNextWorkDate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := clock(11, 22, 23, 50)
	w.dayFunc = showing(0, day(11, 23), at)
	require.Equal(t, day(11, 23), w.run(punchHint(at)).WorkDate)
	require.Equal(t, 2, w.count("FetchDay"))
}

func TestPunchWaitsForLaggingReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delays = []time.Duration{5 * time.Second, 30 * time.Second}
	at := clock(11, 23, 18, 0)
	w.dayFunc = showing(2, day(11, 23), at)
	d := w.run(punchHint(at))
	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, 3, d.Rounds)
	require.Equal(t, 3, w.count("FetchDay u1 2026-11-23"))
	require.Zero(t, w.count("FindMakeUps"))
	require.Len(t, w.written, 3, "what is known is written in every round")
}

func TestPunchIsFoundInTheLedgerWhileItWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delays = []time.Duration{5 * time.Second}
	w.recalls = []attendance.Recall{{}, {Known: true, WorkDate: day(11, 23)}}
	d := w.run(punchHint(clock(11, 23, 18, 0)))
	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, 1, w.count("FetchDay"), "another event's answer spares the second call")
}

func TestPunchOutOfReachCostsNoCall(t *testing.T) {
	t.Parallel()
	for reach, reason := range map[attendance.Reach]string{
		attendance.ReachTooOld: "over 180 days old", attendance.ReachFuture: "in the future",
	} {
		w := newWorld(t)
		w.reach = reach
		d := w.run(punchHint(clock(11, 23, 9, 0)))
		require.Equal(t, attendance.OutcomeUnexplained, d.Outcome)
		require.Contains(t, d.Reason, reason)
		require.Zero(t, w.count("Fetch"))
		require.Equal(t, []attendance.Outcome{attendance.OutcomeUnexplained}, w.outcomes())
	}
}

func TestPunchOfAnUnknownUserIsUnexplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delays = []time.Duration{time.Minute}
	w.failures[workflows.StepFetchDay] = final(workflows.ErrorNotFound, "DingTalk knows no user u1 (60121)")
	d := w.run(punchHint(clock(11, 23, 9, 0)))
	require.Equal(t, attendance.OutcomeUnexplained, d.Outcome)
	require.Contains(t, d.Reason, "60121")
	require.Equal(t, 1, w.count("Fetch"), "asking again would not help")
}

func TestPunchSurvivesPassingErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := clock(11, 23, 9, 0)
	w.dayFunc = func(n int, d attendance.UserDay) (attendance.Answer, error) {
		if n < 4 {
			return attendance.Answer{}, passing("quota spent")
		}
		return showing(0, day(11, 23), at)(n, d)
	}
	d := w.run(punchHint(at))
	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, 1, d.Rounds)
}

func TestPostgresAwaySpendsNoCallTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := clock(11, 23, 9, 0)
	w.dayFunc = showing(0, day(11, 23), at)
	w.persistFunc = func(n int) error {
		if n < 6 {
			return passing("PostgreSQL is away")
		}
		return nil
	}
	d := w.run(punchHint(at))
	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, 1, w.count("FetchDay"))
	require.Equal(t, 7, w.count("Persist"))
}

func TestPunchThatNothingShowsIsUnexplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delays = []time.Duration{5 * time.Second}
	d := w.run(punchHint(clock(11, 23, 18, 0)))
	require.Equal(t, attendance.OutcomeUnexplained, d.Outcome)
	require.Equal(t, day(11, 23), d.WorkDate)
	require.Contains(t, d.Reason, "neither 2026-11-23 nor 2026-11-22 nor a make-up approval")
	require.Equal(t, []string{
		"PlanPunch", "FetchDay u1 2026-11-23", "Persist", "PlanPunch",
		"FetchDay u1 2026-11-23", "FetchDay u1 2026-11-22", "Persist",
		"PunchExplained", "FindMakeUps u1", "Persist unexplained",
	}, w.asked)
}

// makeUp is an approved make-up of u1.
func makeUp(id string, at time.Time, workDate attendance.Date) attendance.Instance {
	return attendance.Instance{
		ProcessInstanceID: id, Kind: attendance.ApprovalMakeUp, OriginatorUserID: "u1",
		Status: attendance.StatusCompleted, Result: attendance.ResultAgree,
		MakeUps: []attendance.MakeUp{{UserID: "u1", At: at, WorkDate: workDate}},
	}
}

func TestPunchIsExplainedByAnApprovalThatOnlyDingTalkKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := clock(11, 22, 9, 0)
	w.found = []workflows.InstanceRef{{ID: "other1111111111", Code: "P"}, {ID: "match2222222222", Code: "P"}, {ID: "known3333333333", Code: "P"}}
	w.known = []string{"known3333333333"}
	w.instances["match2222222222"] = []attendance.Instance{makeUp("match2222222222", at, day(11, 21))}
	w.instances["other1111111111"] = []attendance.Instance{makeUp("other1111111111", at.Add(time.Hour), day(11, 22))}
	w.touched["match2222222222"] = []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 21)}, {UserID: "u1", WorkDate: day(11, 20)}}

	d := w.run(punchHint(at))

	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, day(11, 21), d.WorkDate, "the form's work day")
	require.Equal(t, 1, w.count("ReadInstance"), "the newest that is not known; then no more")
	require.Equal(t, 1, w.count("FetchDay u1 2026-11-20"), "a day that the lost approval touches")
	require.Equal(t, 1, w.count("FetchDay u1 2026-11-21"), "asked before already")
	require.Equal(t, "P", w.saved[0].ProcessCode)
}

func TestPunchIsExplainedByAnApprovalInTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.explained = true
	d := w.run(punchHint(clock(11, 22, 9, 0)))
	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Zero(t, w.count("FindMakeUps"))
}

func TestPunchReadsABoundedNumberOfApprovals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 40 {
		w.found = append(w.found, workflows.InstanceRef{ID: string(rune('a'+i)) + "0000000000"})
	}
	d := w.run(punchHint(clock(11, 22, 9, 0)))
	require.Equal(t, attendance.OutcomeUnexplained, d.Outcome)
	require.Equal(t, 20, w.count("ReadInstance"))
	require.Contains(t, d.Reason, "DingTalk knows no approval", "refusals are named")
}

func TestPunchWithoutPermissionForApprovals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failures[workflows.StepFindMakeUps] = final("InvalidRequest", "invalidProcessCode")
	d := w.run(punchHint(clock(11, 22, 9, 0)))
	require.Equal(t, attendance.OutcomeUnexplained, d.Outcome)
	require.Contains(t, d.Reason, "invalidProcessCode")
}

func TestDrainedPunchIsWrittenAsSuch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := clock(11, 23, 9, 0)
	w.dayFunc = showing(0, day(11, 23), at)
	h := punchHint(at)
	h.Channel = attendance.ChannelFailedPush
	w.run(h)
	require.Equal(t, attendance.TriggerDrain, w.written[0].Trigger)
}
