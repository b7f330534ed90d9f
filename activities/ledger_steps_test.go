package activities_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"dakasync/activities"
	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/workflows"
)

// registry records the names of steps, and registers them for execution.
type registry struct {
	env   *testsuite.TestActivityEnvironment
	names *[]string
}

func (r registry) RegisterActivity(a any) { r.env.RegisterActivity(a) }

func (r registry) RegisterActivityWithOptions(a any, o activity.RegisterOptions) {
	if r.names != nil {
		*r.names = append(*r.names, o.Name)
	}
	r.env.RegisterActivityWithOptions(a, o)
}

func (r registry) RegisterDynamicActivity(a any, o activity.DynamicRegisterOptions) {
	r.env.RegisterDynamicActivity(a, o)
}

func TestEveryStepOfTheRunsIsRegistered(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	var ledger, calls []string
	(&activities.LedgerSteps{}).Register(registry{suite.NewTestActivityEnvironment(), &ledger})
	(&activities.DingTalkSteps{}).Register(registry{suite.NewTestActivityEnvironment(), &calls})
	require.ElementsMatch(t, workflows.DatabaseSteps(), ledger)
	require.ElementsMatch(t, workflows.DingTalkSteps(), calls)
}

func punch(at time.Time) workflows.EventInput {
	return workflows.EventInput{
		Hint:    attendance.Hint{Kind: attendance.KindPunch, CorpID: "ding1", UserID: "u1", CheckTime: at},
		Payload: []byte(`{"userId":"u1"}`),
	}
}

func TestPlanPunch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.recall = attendance.Recall{Known: true, WorkDate: day(11, 22)}
	plan := must[workflows.PunchPlan](b, workflows.StepPlanPunch, punch(noon.Add(-11*time.Hour)))
	require.Equal(t, workflows.PunchPlan{
		Recall: b.book.recall, Calendar: day(11, 23), SettleDelays: []time.Duration{5 * time.Second},
		Candidates: attendance.Candidates{Likely: []attendance.Date{day(11, 23), day(11, 22)}},
	}, plan)
	require.JSONEq(t, `{"userId":"u1"}`, string(b.book.payload))
	require.Equal(t, "default-test-workflow-id", b.book.runs)

	require.Equal(t, attendance.ReachFuture, must[workflows.PunchPlan](b, workflows.StepPlanPunch, punch(noon.AddDate(0, 0, 2))).Reach)
	require.Equal(t, attendance.ReachTooOld, must[workflows.PunchPlan](b, workflows.StepPlanPunch, punch(noon.AddDate(-1, 0, 0))).Reach)
}

// An event is recorded at once, unless its answer comes at once and is all that is known.
func TestPlanPunchLeavesRecordingToTheAnswer(t *testing.T) {
	t.Parallel()
	hint := punch(noon)
	recorded := []string{"RecordHint " + hint.Hint.Key()}
	for name, c := range map[string]struct {
		set func(*bench, *workflows.PlanPunchInput)
		log []string
	}{
		"nothing is known":          {func(*bench, *workflows.PlanPunchInput) {}, []string{"PunchMentioned u1"}},
		"something is":              {func(b *bench, _ *workflows.PlanPunchInput) { b.book.mentioned = true }, append([]string{"PunchMentioned u1"}, recorded...)},
		"the run wants it recorded": {func(_ *bench, in *workflows.PlanPunchInput) { in.Record = true }, recorded},
		"another company's":         {func(_ *bench, in *workflows.PlanPunchInput) { in.Hint.CorpID = "ding2" }, []string{"RecordHint " + strings.ReplaceAll(hint.Hint.Key(), "ding1", "ding2")}},
		"nobody's":                  {func(_ *bench, in *workflows.PlanPunchInput) { in.Hint.UserID = "" }, nil},
		"too old":                   {func(_ *bench, in *workflows.PlanPunchInput) { in.Hint.CheckTime = noon.AddDate(-1, 0, 0) }, nil},
		"kept for the night": {func(b *bench, _ *workflows.PlanPunchInput) {
			b.book.spending.decision = budget.Decision{Mode: budget.ModeSweep}
		}, recorded},
		"batched": {func(b *bench, _ *workflows.PlanPunchInput) {
			b.book.spending.decision = budget.Decision{Mode: budget.ModeBatched, Window: time.Minute}
		}, recorded},
	} {
		b := newBench(t)
		b.ledgerSteps.InTask = true
		in := workflows.PlanPunchInput{EventInput: hint}
		c.set(b, &in)
		plan := must[workflows.PunchPlan](b, workflows.StepPlanPunch, in)
		require.Equal(t, name == "nothing is known", plan.Unrecorded, name)
		if c.log == nil {
			c.log = []string{"RecordHint " + in.Hint.Key()}
		}
		require.Equal(t, c.log, b.book.log, name)
	}
}

func TestPlanDayAndApproval(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	h := attendance.Hint{Kind: attendance.KindDay, CorpID: "ding1", UserID: "u1", WorkDate: day(11, 24), EventID: "e"}
	plan := must[workflows.DayPlan](b, workflows.StepPlanDay, workflows.EventInput{Hint: h})
	require.Equal(t, attendance.ReachFuture, plan.Reach)
	require.GreaterOrEqual(t, plan.Gather, 5*time.Second)
	require.Less(t, plan.Gather, 10*time.Second)

	a := attendance.Hint{Kind: attendance.KindApproval, CorpID: "ding1", Approval: &attendance.ApprovalHint{ProcessInstanceID: "i", Type: "start"}}
	require.Len(t, must[workflows.ApprovalPlan](b, workflows.StepPlanApproval, workflows.EventInput{Hint: a}).SettleDelays, 1)
	require.Equal(t, []string{"RecordHint day/ding1/u1/2026-11-24/e", "RecordHint approval/ding1/i/start"}, b.book.log)
}

func TestPersistWritesAnswersBeforeTheOutcome(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	must[workflows.Nothing](b, workflows.StepPersist, workflows.PersistInput{
		Answers: []attendance.Answer{{UserID: "u1", WorkDate: day(11, 22)}}, Trigger: attendance.TriggerEvent,
		Key: "k", Outcome: attendance.OutcomeDone,
	})
	require.Equal(t, []string{"Conclude 1 event k done"}, b.book.log)
	must[workflows.Nothing](b, workflows.StepPersist, workflows.PersistInput{})
	require.Len(t, b.book.log, 1, "nothing to write is nothing written")

	b.book.err = errAway
	_, err := step[workflows.Nothing](b, workflows.StepPersist, workflows.PersistInput{Answers: make([]attendance.Answer, 1), Key: "k"})
	require.False(t, appError(t, err).NonRetryable(), "PostgreSQL comes back")
	require.Len(t, b.book.log, 2, "no outcome before its answers")
}

func TestUnknownInstances(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.known = []string{"b"}
	require.Equal(t, []string{"a", "c"}, must[[]string](b, workflows.StepUnknownInstances, []string{"a", "b", "c"}))
}

func TestSmallSteps(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.due = []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 20)}}
	b.book.employees = []string{"u1"}
	require.True(t, must[bool](b, workflows.StepPunchExplained, workflows.Punch{UserID: "u1", At: noon}))
	require.Equal(t, b.book.due, must[[]attendance.UserDay](b, workflows.StepSaveInstance, workflows.SaveInstanceInput{
		Instance: attendance.Instance{ProcessInstanceID: "i"}, Trigger: attendance.TriggerApproval,
	}))
	require.Equal(t, []string{"u1"}, must[[]string](b, workflows.StepEmployeePage, workflows.PageInput{After: "a", Limit: 50}))
	must[[]string](b, workflows.StepEmployeePage, workflows.PageInput{Limit: 50, LeftSince: day(11, 20)})
	must[workflows.Nothing](b, workflows.StepSaveSchedule, workflows.SaveScheduleInput{
		Window:  attendance.Window{UserIDs: []string{"u1"}, Days: attendance.DateRange{From: day(11, 1), To: day(11, 7)}},
		Planned: make([]attendance.Planned, 2),
	})
	must[workflows.Nothing](b, workflows.StepStoreDrain, workflows.StoreDrainInput{DrainID: "d"})
	require.Equal(t, []string{"d"}, must[[]string](b, workflows.StepAbandonDrains, workflows.AbandonInput{OlderThan: time.Hour}))
	must[[]string](b, workflows.StepAbandonDrains, workflows.AbandonInput{})
	require.Equal(t, []string{
		"PunchExplained u1", "SaveInstance i approval", "EmployeesAfter a 50 0001-01-01 00:00:00",
		"EmployeesAfter  50 2026-11-20 00:00:00",
		"SaveSchedule [u1] 2026-11-01 2026-11-07 2", "StoreDrain d 0", "AbandonDrains 11:00:00",
		"AbandonDrains 13:00:00", // PostgreSQL's clock may be ahead of ours
	}, b.book.log)
}

// A step that nobody hears of for ten seconds is given to another worker, and would never come to its end.
func TestStepsThatWaitForPostgreSQLAreKnownToBeAlive(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]any{
		workflows.StepPlanSweep:      workflows.SweepInput{Blind: true},
		workflows.StepDifferences:    workflows.DifferencesInput{},
		workflows.StepNamedApprovals: workflows.NamedInput{},
		workflows.StepPersist:        workflows.PersistInput{Answers: make([]attendance.Answer, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			heard := make(chan struct{})
			var once sync.Once
			b.env.SetOnActivityHeartbeatListener(func(*activity.Info, converter.EncodedValues) { once.Do(func() { close(heard) }) })
			b.book.onNote = func() {
				select {
				case <-heard:
				case <-time.After(10 * time.Second):
					t.Error("the step is silent")
				}
			}
			_, err := b.env.ExecuteActivity(name, in)
			require.NoError(t, err)
		})
	}
}
