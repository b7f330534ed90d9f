package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"dakasync/attendance"
	"dakasync/workflows"
)

func drained(t *testing.T, env *testsuite.TestWorkflowEnvironment) workflows.DrainState {
	t.Helper()
	require.NoError(t, env.GetWorkflowError())
	var state workflows.DrainState
	require.NoError(t, env.GetWorkflowResult(&state))
	return state
}

func TestDrainTakesNoInputAndFollowsHasMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.reads = []drainStep{{read: workflows.DrainRead{Count: 200, HasMore: true}}, {read: workflows.DrainRead{Count: 3}}}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeDrainFailedPushes)
	state := drained(t, env)
	require.Equal(t, 2, state.Pages)
	require.Equal(t, 3, state.Dispatched.Elements)
	require.Equal(t, []string{
		"DispatchElements", // what an earlier run left
		"ReadFailedPushes default-test-run-id/0", "DispatchElements",
		"ReadFailedPushes default-test-run-id/1", "DispatchElements",
	}, w.asked, "a page is dispatched before the next read, and no id is used twice")
}

func TestDrainBelievesNoMoreBehindAnEmptyPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 10 {
		w.reads = append(w.reads, drainStep{read: workflows.DrainRead{HasMore: true}})
	}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeDrainFailedPushes)
	drained(t, env)
	require.Equal(t, 1, w.count("ReadFailedPushes"), "each read is a call that is paid for")
}

func TestDrainThatFailsHalfwayIsAmbiguousAndGoesOnOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.reads = []drainStep{{err: passing("the connection broke off")}, {read: workflows.DrainRead{Count: 1}}}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeDrainFailedPushes)
	state := drained(t, env)
	require.Equal(t, []string{"lost"}, state.Ambiguous)
	require.Equal(t, 2, w.count("ReadFailedPushes"), "never the same id again")
	require.Equal(t, 1, w.count("ReadFailedPushes default-test-run-id/0"))
	require.Equal(t, 1, w.count("AbandonDrains"))
}

func TestDrainThatKeepsFailingEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.reads = []drainStep{{err: passing("broke off")}, {err: passing("broke off")}, {err: passing("broke off")}}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeDrainFailedPushes)
	require.ErrorContains(t, env.GetWorkflowError(), "broke off")
	require.Equal(t, 2, w.count("ReadFailedPushes"))
}

func TestDrainThatIsRefusedWaitsForItsSchedule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.reads = []drainStep{{err: final("DrainRefused", "the app lacks qyapi_base")}}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeDrainFailedPushes)
	require.ErrorContains(t, env.GetWorkflowError(), "qyapi_base")
	require.Equal(t, 1, w.count("ReadFailedPushes"))
}

func TestDrainStoresFromHistoryWhatPostgresDidNotTake(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := attendance.DrainPage{Elements: []attendance.FailedElement{{Raw: "{}"}, {Raw: "{}", Position: 1}}}
	w.reads = []drainStep{{read: workflows.DrainRead{Count: 2, Page: &page}}}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeDrainFailedPushes)
	drained(t, env)
	require.Equal(t, 1, w.count("StoreDrain 2"))
	require.Equal(t, "DispatchElements", w.asked[len(w.asked)-1], "and dispatches it then")
}

func TestDrainContinuesAsNewWithItsSums(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 60 {
		w.reads = append(w.reads, drainStep{read: workflows.DrainRead{Count: 200, HasMore: true}})
	}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeDrainFailedPushes)
	state := successor[workflows.DrainState](t, env.GetWorkflowError())
	require.Equal(t, 50, state.Pages)

	next := w.env()
	next.ExecuteWorkflow(workflows.TypeDrainFailedPushes, state)
	require.Equal(t, 61, drained(t, next).Pages)
}

// A read whose answer is lost is recovered from; one that was turned away has
// destroyed nothing.
func TestDrainAsksForTheRecoveryOfItsOwnLostRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ambiguous = []string{"default-test-run-id/0"}
	w.reads = []drainStep{{err: passing("the connection broke off")}, {read: workflows.DrainRead{Count: 1}}}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeDrainFailedPushes)
	drained(t, env)
	require.Equal(t, 1, w.count("RequestRecovery ambiguous"))

	w = newWorld(t)
	w.ambiguous = []string{"of another run"}
	w.reads = []drainStep{{err: final("DrainRefused", "the app lacks qyapi_base")}}
	env = w.env()
	env.ExecuteWorkflow(workflows.TypeDrainFailedPushes)
	require.ErrorContains(t, env.GetWorkflowError(), "qyapi_base")
	require.Zero(t, w.count("RequestRecovery"))
}

// Only the first read of a run may be left out, and why stands in its result.
func TestDrainThatIsLeftOutSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.reads = []drainStep{{read: workflows.DrainRead{Skipped: "nothing can have failed"}}}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeDrainFailedPushes)
	state := drained(t, env)
	require.Equal(t, "nothing can have failed", state.Skipped)
	require.Zero(t, state.Pages)
	require.Equal(t, []string{"default-test-workflow-id"}, w.drains)

	w = newWorld(t)
	w.reads = []drainStep{{err: passing("the connection broke off")}, {read: workflows.DrainRead{Count: 200, HasMore: true}}}
	env = w.env()
	env.ExecuteWorkflow(workflows.TypeDrainFailedPushes)
	drained(t, env)
	require.Equal(t, []string{"default-test-workflow-id", "", ""}, w.drains)
}
