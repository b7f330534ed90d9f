package activities_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/dingtalk"
	"dakasync/workflows"
)

func paced(at time.Time) workflows.EventInput {
	return workflows.EventInput{Hint: attendance.Hint{Kind: attendance.KindPunch, CorpID: "ding1", UserID: "u1", CheckTime: at, BornAt: at}}
}

func TestPaceOfAPunch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	plan := must[workflows.PunchPlan](b, workflows.StepPlanPunch, paced(noon))
	require.Zero(t, plan.Pace, "before the first decision events are answered at once")

	b = newBench(t)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeBatched, Window: 5 * time.Minute}
	plan = must[workflows.PunchPlan](b, workflows.StepPlanPunch, paced(noon))
	closes := noon.Add(5 * time.Minute)
	require.Equal(t, budget.ModeBatched, plan.Pace.Mode)
	require.True(t, plan.Pace.Batch.Equal(closes))
	require.False(t, plan.Pace.Wake.Before(closes.Add(30*time.Second)))
	require.True(t, plan.Pace.Wake.Before(closes.Add(time.Minute)))
	require.Equal(t, []string{"batch/ding1/2026-11-23T04:05:00Z"}, b.starts.started)
	must[workflows.PunchPlan](b, workflows.StepPlanPunch, paced(noon.Add(-time.Minute)))
	require.Len(t, b.starts.started, 1, "the batch is there")

	b = newBench(t)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeSweep, Reason: "all is spent"}
	plan = must[workflows.PunchPlan](b, workflows.StepPlanPunch, paced(noon))
	require.Equal(t, workflows.Pace{Mode: budget.ModeSweep, Reason: "all is spent"}, plan.Pace)

	b = newBench(t)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeBatched, Window: 5 * time.Minute}
	b.book.recall = attendance.Recall{Known: true, WorkDate: day(11, 23)}
	require.Zero(t, must[workflows.PunchPlan](b, workflows.StepPlanPunch, paced(noon)).Pace)
	require.Empty(t, b.starts.started, "nothing is left to ask")
}

// What comes as the month turns may be before the schedule has decided anew: it is not kept until the month after.
func TestADecisionOfLastMonthKeepsNoEvent(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, 10, 31, 23, 50, 0, 0, shanghai)
	for _, mode := range []budget.Mode{budget.ModeStopped, budget.ModeSweep, budget.ModeBatched} {
		b := newBench(t)
		b.book.spending.decision = budget.Decision{Mode: mode, Window: time.Hour, Reason: "all is spent", DecidedAt: last.UTC()}
		b.book.spending.facts = budget.Facts{Employees: 10}
		require.Zero(t, must[workflows.PunchPlan](b, workflows.StepPlanPunch, paced(noon)).Pace, mode)
		must[workflows.PunchPlan](b, workflows.StepPlanPunch, paced(noon.Add(-time.Minute)))
		require.Len(t, b.book.spending.saved, 1, "once")
		require.Equal(t, budget.ModeLive, b.book.spending.saved[0].Mode)

		b = newBench(t)
		b.book.spending.decision = budget.Decision{Mode: mode, Window: time.Hour, DecidedAt: last.Add(time.Hour).UTC()}
		require.Equal(t, mode, must[workflows.PunchPlan](b, workflows.StepPlanPunch, paced(noon)).Pace.Mode, "the month is the company's")
		require.Empty(t, b.book.spending.saved)
	}
	b := newBench(t)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeStopped, DecidedAt: last.UTC()}
	b.book.spending.factsErr = errAway
	_, err := step[workflows.PunchPlan](b, workflows.StepPlanPunch, paced(noon))
	require.ErrorContains(t, err, "add up what was spent", "it is tried again")
}

// The run must not sleep towards a batch that will not be.
func TestBatchThatCannotBeStarted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeBatched, Window: 5 * time.Minute}
	b.starts.errs["batch/ding1/2026-11-23T04:05:00Z"] = errAway
	_, err := step[workflows.PunchPlan](b, workflows.StepPlanPunch, paced(noon))
	require.ErrorContains(t, err, "start the batch of 2026-11-23T04:05:00Z")

	b.starts.errs["batch/ding1/2026-11-23T04:05:00Z"] = &serviceerror.WorkflowExecutionAlreadyStarted{}
	require.Equal(t, budget.ModeBatched, must[workflows.PunchPlan](b, workflows.StepPlanPunch, paced(noon)).Pace.Mode)
}

// The morning that ends a night shift stands under the day before, which was swept and is not opened by the punch.
func TestLatePunchThatIsKeptIsLeftToTheSweepWhereItMayStand(t *testing.T) {
	t.Parallel()
	morning := noon.Add(-6*time.Hour).AddDate(0, 0, -2) // of the 21st: it was final at midnight
	for mode, kept := range map[budget.Mode]bool{budget.ModeStopped: true, budget.ModeSweep: true, budget.ModeLive: false, budget.ModeBatched: false} {
		b := newBench(t)
		b.book.spending.decision = budget.Decision{Mode: mode, Window: time.Minute}
		must[workflows.PunchPlan](b, workflows.StepPlanPunch, paced(morning))
		for _, reopened := range []string{"ReopenDay u1 2026-11-21 at 12:00:00", "ReopenDay u1 2026-11-20 at 12:00:00"} {
			require.Equal(t, kept, slices.Contains(b.book.log, reopened), "%s %s", mode, reopened)
		}
	}
	b := newBench(t)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeSweep}
	must[workflows.PunchPlan](b, workflows.StepPlanPunch, paced(noon))
	require.NotContains(t, b.book.log, "ReopenDay u1 2026-11-23 at 12:00:00", "the sweep comes to it anyway")
}

func TestPlanBatchTurnsPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.spending.wants = []attendance.Want{
		attendance.WantPunch("a", noon, shanghai), attendance.WantPunch("a", noon.Add(time.Hour), shanghai), attendance.WantPunch("b", noon, shanghai),
	}
	plan := must[workflows.BatchPlan](b, workflows.StepPlanBatch, workflows.PlanBatchInput{Through: noon, After: "_", Limit: 2})
	require.Equal(t, 3, plan.Wants)
	require.Equal(t, "b", plan.Last, "there may be more")
	require.Len(t, plan.Fetch.Windows, 1)
	require.Equal(t, attendance.PartRecords, plan.Fetch.Windows[0].Only)
	require.Equal(t, []string{`Wanted 12:00:00 "_" 2`}, b.book.log)

	b.book.spending.wantsToo = []attendance.Want{attendance.WantDay("c", day(11, 20))}
	plan = must[workflows.BatchPlan](b, workflows.StepPlanBatch, workflows.PlanBatchInput{Through: noon, Limit: 3})
	require.Empty(t, plan.Last, "users of approvals are on no page")
	require.Equal(t, 4, plan.Wants, "the first page asks for approvals' days")
	require.Equal(t, []attendance.UserDay{{UserID: "c", WorkDate: day(11, 20)}}, plan.Fetch.Singles)
}

func TestDaysOfAnApprovalKeepThePace(t *testing.T) {
	t.Parallel()
	in := workflows.ApprovalDaysInput{Key: "k", Since: noon, Days: []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 3)}, {UserID: "u2", WorkDate: day(11, 3)}}}
	for mode, reopened := range map[budget.Mode]bool{budget.ModeStopped: true, budget.ModeSweep: true, budget.ModeLive: false, budget.ModeBatched: false} {
		b := newBench(t)
		b.book.due = in.Days[1:]
		b.book.spending.decision = budget.Decision{Mode: mode, Window: time.Minute}
		plan := must[workflows.ApprovalDaysPlan](b, workflows.StepPlanApprovalDays, in)
		require.Equal(t, in.Days[1:], plan.Open, mode)
		require.Equal(t, mode == budget.ModeBatched, !plan.Pace.Wake.IsZero(), mode)
		require.Equal(t, reopened, slices.Contains(b.book.log, "ReopenDay u2 2026-11-03 at 12:00:00"), mode)
		require.NotContains(t, b.book.log, "ReopenDay u1 2026-11-03 at 12:00:00", "it was asked about since")
	}
	b := newBench(t)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeBatched, Window: time.Minute}
	require.Empty(t, must[workflows.ApprovalDaysPlan](b, workflows.StepPlanApprovalDays, in))
	require.Empty(t, b.starts.started, "for nothing no batch runs")
}

func TestDecisionIsWrittenDown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.spending.facts = budget.Facts{Calls: 12}
	d := must[budget.Decision](b, workflows.StepDecide, workflows.Nothing{})
	require.Equal(t, 12, d.Calls)
	require.NotEmpty(t, d.Reason)
	require.Len(t, b.book.spending.saved, 1)
}

func TestWindowAsksForItsPart(t *testing.T) {
	t.Parallel()
	for part, want := range map[attendance.Part]string{
		"": "Window [u1] 2026-11-01 2026-11-02", attendance.PartRecords: "Records [u1] 2026-11-01 2026-11-02", attendance.PartResults: "Results [u1] 2026-11-01 2026-11-02",
	} {
		b := newBench(t)
		window := attendance.Window{UserIDs: []string{"u1"}, Days: attendance.DateRange{From: day(11, 1), To: day(11, 2)}, Only: part}
		must[[]attendance.Answer](b, workflows.StepFetchWindow, window)
		require.Equal(t, []string{want}, b.dingTalk.asked)
	}
}

// With the budget spent no call is made that nobody asked for.
func TestNothingIsSpentWhenTheBudgetIs(t *testing.T) {
	t.Parallel()
	window := attendance.Window{UserIDs: []string{"u1"}, Days: attendance.DateRange{From: day(11, 1), To: day(11, 2)}}
	for name, in := range map[string]any{
		workflows.StepFetchDay: attendance.UserDay{UserID: "u1", WorkDate: day(11, 1)}, workflows.StepFetchWindow: window,
		workflows.StepFetchSchedule: window, workflows.StepReadInstance: workflows.InstanceRef{ID: "i"},
		workflows.StepFindMakeUps: workflows.FindMakeUpsInput{}, workflows.StepFindApprovals: workflows.FindMakeUpsInput{},
		workflows.StepReadFailedPushes: workflows.ReadDrainInput{DrainID: "d"},
	} {
		b := newBench(t)
		b.book.spending.decision = budget.Decision{Mode: budget.ModeStopped, Calls: 4500, Reason: "4,500 of 5,000 calls are spent"}
		b.book.spending.facts.Calls = 4500
		const words = "no call is made before 2026-12-01 unless calls are bought or the budget is raised: 4,500 of 5,000 calls are spent"
		if name == workflows.StepReadFailedPushes {
			require.Equal(t, workflows.DrainRead{Skipped: words}, must[workflows.DrainRead](b, name, in))
		} else {
			_, err := step[workflows.Nothing](b, name, in)
			require.ErrorContains(t, err, words, name)
			require.False(t, appError(t, err).NonRetryable(), name)
		}
		require.Empty(t, b.dingTalk.asked, name)
		require.Empty(t, b.book.log, name)
	}

	b := newBench(t)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeStopped, Calls: 4500}
	must[int](b, workflows.StepRefreshEmployees, workflows.Nothing{})
	require.Equal(t, []string{"UserIDs"}, b.dingTalk.asked, "contacts cost nothing")
}

// That the month's calls are spent is written down, and decided upon, at once.
func TestDingTalkSaysThatAllIsSpent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.err = &dingtalk.Error{Kind: dingtalk.KindQuotaSpent}
	_, err := step[attendance.Answer](b, workflows.StepFetchDay, attendance.UserDay{UserID: "u1", WorkDate: day(11, 1)})
	require.Error(t, err)
	require.Equal(t, []string{budget.MeterCalls}, b.book.spending.spent)
	require.Len(t, b.book.spending.saved, 1)
	require.Equal(t, budget.ModeStopped, b.book.spending.saved[0].Mode)
	_, err = step[attendance.Answer](b, workflows.StepFetchDay, attendance.UserDay{UserID: "u1", WorkDate: day(11, 1)})
	require.ErrorContains(t, err, "no call is made before")
	require.Len(t, b.dingTalk.asked, 1)
}

// Calls can be bought before the month turns: one step, after a start of the worker
// and then once an hour, asks whether there are some. If so, all go on.
func TestThereAreCallsAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeStopped, Calls: 12, Reason: "DingTalk says so"}
	b.book.spending.facts = budget.Facts{Calls: 12, Refused: noon.Add(-time.Hour), Employees: 10}
	b.dingTalk.err = errAway
	ask := func() error {
		_, err := step[attendance.Answer](b, workflows.StepFetchDay, attendance.UserDay{UserID: "u1", WorkDate: day(11, 1)})
		return err
	}
	require.ErrorContains(t, ask(), errAway.Error(), "a probe, which says nothing")
	require.Empty(t, b.book.spending.saved)
	err := ask()
	require.ErrorContains(t, err, "no call is made before")
	require.Equal(t, 10*time.Second, appError(t, err).NextRetryDelay(), "the probe may end well")
	require.Len(t, b.dingTalk.asked, 1)

	b = newBench(t)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeStopped, Calls: 12}
	b.book.spending.facts = budget.Facts{Calls: 12, Refused: noon.Add(-time.Hour), Employees: 10}
	b.dingTalk.answers = []attendance.Answer{{}}
	require.NoError(t, ask())
	require.Equal(t, []string{"WithdrawQuotaWord calls"}, b.book.log)
	require.Equal(t, budget.ModeLive, b.book.spending.saved[0].Mode)
	require.NoError(t, ask(), "and all go on")
}

// What waits for the month's turn may wake before the schedule has decided anew: it
// is not put off for another hour, as if until the month after.
func TestADecisionOfLastMonthStopsNothing(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, 10, 31, 23, 50, 0, 0, shanghai)
	b := newBench(t)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeStopped, Calls: 4500, DecidedAt: last.UTC()}
	b.book.spending.facts = budget.Facts{Employees: 10}
	b.dingTalk.answers = []attendance.Answer{{}}
	must[attendance.Answer](b, workflows.StepFetchDay, attendance.UserDay{UserID: "u1", WorkDate: day(11, 1)})
	require.Len(t, b.book.spending.saved, 1)
	require.Equal(t, budget.ModeLive, b.book.spending.saved[0].Mode)

	b = newBench(t)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeStopped, Calls: 4500, DecidedAt: last.Add(time.Hour).UTC()}
	b.book.spending.facts.Calls = 4500
	_, err := step[attendance.Answer](b, workflows.StepFetchDay, attendance.UserDay{UserID: "u1", WorkDate: day(11, 1)})
	require.ErrorContains(t, err, "no call is made before 2026-12-01", "the month is the company's")
}

// The hourly read of the failed pushes is a probe as well.
func TestReadOfFailedPushesFindsCallsAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.spending.decision = budget.Decision{Mode: budget.ModeStopped, Calls: 12}
	b.book.spending.facts = budget.Facts{Calls: 12, Refused: noon.Add(-time.Hour), Employees: 10}
	b.dingTalk.body = []byte(`{"errcode":0,"failed_list":[]}`)
	must[workflows.DrainRead](b, workflows.StepReadFailedPushes, workflows.ReadDrainInput{DrainID: "d"})
	require.Contains(t, b.book.log, "WithdrawQuotaWord calls")
}

// A budget that nobody can read keeps nobody from working.
func TestCallsGoOnWhileTheBudgetIsNotKnown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.spending.decisionErr = errors.New("away")
	b.dingTalk.answers = []attendance.Answer{{}}
	must[attendance.Answer](b, workflows.StepFetchDay, attendance.UserDay{UserID: "u1", WorkDate: day(11, 1)})
	require.Len(t, b.dingTalk.asked, 1)
}

func TestSweepAsksForResultsWhereTheyAreFinal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.unsettled = []attendance.Date{day(11, 20), day(11, 21), day(11, 22)}
	b.book.spending.decision = budget.Decision{Mode: budget.ModeBatched, Window: time.Minute, Thrift: true}
	plan := must[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{})
	require.Equal(t, &workflows.Split{Early: []attendance.Date{day(11, 22)}, Thrift: true, Brisk: true}, plan.Split)

	b = newBench(t)
	b.book.unsettled = []attendance.Date{day(11, 22)}
	b.book.gaps = []attendance.Gap{{Began: noon.Add(-24 * time.Hour), Ended: noon.Add(-23 * time.Hour)}}
	b.book.spending.decision = budget.Decision{Mode: budget.ModeLive, Thrift: true}
	plan = must[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{})
	require.Equal(t, &workflows.Split{Brisk: true}, plan.Split, "what a gap may have cost is asked for whole")

	b = newBench(t)
	b.book.unsettled = []attendance.Date{day(11, 20)}
	b.book.spending.decision = budget.Decision{Mode: budget.ModeLive, Thrift: true}
	b.book.spending.kept = true
	plan = must[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{})
	require.True(t, plan.Split.Kept)
	require.False(t, plan.Split.Thrift, "whoever asks now did not ask when the first of the dates began")
	require.Contains(t, b.book.log, "KeptSince 2026-11-20 00:00:00")

	plan = must[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{Date: "2026-11-20"})
	require.Equal(t, &workflows.Split{Anew: true, Brisk: true}, plan.Split, "a person's sweep is whole")
	plan = must[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{Blind: true})
	require.Nil(t, plan.Split)
}
