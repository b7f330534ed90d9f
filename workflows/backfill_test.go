package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"dakasync/attendance"
	"dakasync/workflows"
)

func backfillProgress(t *testing.T, env *testsuite.TestWorkflowEnvironment) workflows.BackfillProgress {
	t.Helper()
	value, err := env.QueryWorkflow(workflows.QueryProgress)
	require.NoError(t, err)
	var p workflows.BackfillProgress
	require.NoError(t, value.Get(&p))
	return p
}

func TestBackfillWalksEverybody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees = manyUsers(60)
	slices.Sort(w.employees)
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeBackfill, workflows.BackfillInput{From: "2026-11-01", To: "2026-11-10", Reason: "new"})
	require.NoError(t, env.GetWorkflowError())
	var p workflows.BackfillProgress
	require.NoError(t, env.GetWorkflowResult(&p))
	require.Equal(t, workflows.BackfillProgress{
		State: "done", From: "2026-11-01", To: "2026-11-10", Done: 600, Total: 600, Calls: 2*(3+2) + 1, // the clock-ins of a whole week take two
	}, p)
	require.Equal(t, 4, w.count("FetchWindow"), "two pages of two weeks")
	require.Equal(t, "default-test-taskqueue-background", w.queues[workflows.StepFetchWindow], "nobody waits for it")
	require.Equal(t, attendance.TriggerBackfill, w.written[0].Trigger)
	require.Equal(t, p, backfillProgress(t, env))
}

func TestBackfillRefusesWhatDingTalkDoesNotAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeBackfill, workflows.BackfillInput{From: "2026-01-01", To: "2026-11-10"})
	require.ErrorContains(t, env.GetWorkflowError(), "over 180 days back: DingTalk answers from 2026-05-27 on")
	require.Zero(t, w.count("Fetch"))
}

func TestBackfillShowsItsPace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var half workflows.BackfillProgress
	env := w.env()
	fail := true
	w.windowFunc = func(in attendance.Window) error {
		if in.Days.From == day(11, 8) && fail { // DingTalk is away for a while in the middle
			fail = false
			return passing("away")
		}
		return nil
	}
	env.RegisterDelayedCallback(func() { half = backfillProgress(t, env) }, time.Millisecond*500)
	env.ExecuteWorkflow(workflows.TypeBackfill, workflows.BackfillInput{UserIDs: []string{"u1"}, From: "2026-11-01", To: "2026-11-14"})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, "running", half.State)
	require.Equal(t, 7, half.Done)
	require.Equal(t, 7, half.Left)
	require.Equal(t, 14, half.Total)
	require.GreaterOrEqual(t, half.ETASeconds, 0)
}

func TestBackfillGoesOnAfterContinueAsNew(t *testing.T) {
	t.Parallel()
	for every := 1; every <= 12; every++ {
		w := newWorld(t)
		w.employees = manyUsers(101)
		slices.Sort(w.employees)
		in := workflows.BackfillInput{From: "2026-11-01", To: "2026-11-10"}
		for runs := 0; ; runs++ {
			require.Less(t, runs, 100)
			env := w.env()
			steps := 0
			w.onNote = func() {
				if steps++; steps == every {
					suggest(env)
				}
			}
			env.ExecuteWorkflow(workflows.TypeBackfill, in)
			if env.GetWorkflowError() == nil {
				var p workflows.BackfillProgress
				require.NoError(t, env.GetWorkflowResult(&p))
				require.Equal(t, 1010, p.Done)
				break
			}
			in = successor[workflows.BackfillInput](t, env.GetWorkflowError())
		}
		require.Equal(t, 6, w.count("FetchWindow"), "every %d steps", every)
		require.Equal(t, 1, w.count("RefreshEmployees"))
		require.Equal(t, 1, w.count("FindApprovals"))
	}
}

func TestBackfillFindsApprovalsWhoseEventsWereLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.found = []workflows.InstanceRef{{ID: "lost", Code: "P"}, {ID: "known", Code: "P"}}
	w.known = []string{"known"}
	w.instances["lost"] = []attendance.Instance{makeUp("lost", clock(10, 1, 9, 0), day(10, 1))}
	w.touched["lost"] = []attendance.UserDay{{UserID: "u1", WorkDate: day(10, 1)}, {UserID: "u1", WorkDate: day(11, 2)}}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeBackfill, workflows.BackfillInput{
		UserIDs: manyUsers(25), From: "2026-11-01", To: "2026-11-07",
	})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 3, w.count("FindApprovals"), "ten users at a time")
	require.Equal(t, 3, w.count("FetchDay u1 2026-10-01"), "once for every time that it is found")
	require.Zero(t, w.count("FetchDay u1 2026-11-02"), "the walk itself has asked about it")
}

func TestOneUserWhomDingTalkDoesNotKnowHidesNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.windowFunc = func(in attendance.Window) error {
		if slices.Contains(in.UserIDs, "u7") {
			return final(workflows.ErrorNotFound, "DingTalk does not know it")
		}
		return nil
	}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeBackfill, workflows.BackfillInput{UserIDs: manyUsers(20), From: "2026-11-01", To: "2026-11-01"})
	require.NoError(t, env.GetWorkflowError())
	asked := map[string]bool{}
	for _, p := range w.written {
		for _, a := range p.Answers {
			asked[a.UserID] = true
		}
	}
	require.Len(t, asked, 19, "all but the one")
	var p workflows.BackfillProgress
	require.NoError(t, env.GetWorkflowResult(&p))
	require.Len(t, p.Problems, 1)
}

// A backfill that runs past midnight sees its first day grow too old: the other
// six of that week are asked about all the same.
func TestDayThatGrewTooOldHidesNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.windowFunc = func(in attendance.Window) error {
		if in.Days.From.Before(day(11, 2)) {
			return final(workflows.ErrorTooOld, "it is more than half a year ago")
		}
		return nil
	}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeBackfill, workflows.BackfillInput{UserIDs: manyUsers(20), From: "2026-11-01", To: "2026-11-07"})
	require.NoError(t, env.GetWorkflowError())
	answers := 0
	for _, p := range w.written {
		answers += len(p.Answers)
	}
	require.Equal(t, 20*6, answers)
	require.LessOrEqual(t, w.count("FetchWindow"), 7, "by days, not by users")
}
