package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"dakasync/attendance"
	"dakasync/workflows"
)

func gap(from, to time.Time) attendance.Gap {
	return attendance.Gap{Began: from, Ended: to, Reason: attendance.ProofCrashed}
}

func recovered(t *testing.T, env *testsuite.TestWorkflowEnvironment) workflows.RecoverState {
	t.Helper()
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	var state workflows.RecoverState
	require.NoError(t, env.GetWorkflowResult(&state))
	return state
}

func ask(env *testsuite.TestWorkflowEnvironment, reason string) {
	env.SignalWorkflow(workflows.SignalRecover, workflows.RecoverSignal{Reason: reason})
}

// recoverBlind runs a recovery that one signal has started.
func recoverBlind(w *world, reason string) *testsuite.TestWorkflowEnvironment {
	env := w.env()
	env.RegisterDelayedCallback(func() { ask(env, reason) }, 0)
	env.ExecuteWorkflow(workflows.TypeRecoverBlindTime, workflows.RecoverState{})
	return env
}

func TestFirstStartSpendsNoCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delay = 3 * time.Minute
	env := recoverBlind(w, workflows.ReasonStart)
	state := recovered(t, env)
	require.Equal(t, []string{"PlanRecovery delay", "PlanRecovery"}, w.asked)
	require.Len(t, state.Rounds, 1)
	require.Equal(t, []string{"start"}, state.Rounds[0].Reasons)
	require.WithinDuration(t, clock(11, 23, 12, 3), state.Rounds[0].At, time.Second, "not before pushes are repeated and reads have caught up")
}

func TestGapsAreDrainedAndSwept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees, w.unsettled = []string{"u1"}, []attendance.Date{day(11, 22), day(11, 23)}
	w.due, w.open = []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 1)}}, []attendance.OpenApproval{{ID: "i1"}}
	w.gaps, w.lost = []attendance.Gap{gap(clock(11, 23, 11, 0), clock(11, 23, 11, 30))}, []string{"d1"}
	w.rows = 4
	state := recovered(t, recoverBlind(w, workflows.ReasonReconnect))
	require.Equal(t, []string{
		"PlanRecovery delay", "PlanRecovery", "TriggerDrain", "PlanSweep blind", "RefreshEmployees", "PlanWalk", "EmployeePage",
		"FetchWindow 2026-11-22..2026-11-23 u1", "Persist", "FetchSchedule 2026-11-22..2026-11-23 u1", "EmployeePage u1", "FindApprovals",
		"NamedApprovals 200", "Differences 200", "Differences 0", "SettleDays [2026-11-22 2026-11-23]", "AbandonDrains 10m0s",
	}, w.asked, "neither what came due nor what could not be read, and no recovery of the recovery")
	round := state.Rounds[0]
	require.Equal(t, workflows.RecoverRound{
		At: round.At, Reasons: []string{"reconnect"}, Gaps: w.gaps, Drains: w.lost, Drained: true, Sweep: round.Sweep,
		UserDays: 2, Calls: round.Calls, Closed: 1, Differences: 4,
	}, round)
	require.Equal(t, []string{"d1"}, w.resolved)
	require.Equal(t, []time.Time{w.gaps[0].Began}, w.closed)
	require.True(t, strings.HasPrefix(round.Sweep, "recover-sweep/"), round.Sweep)
}

func TestReasonsThatNeedTheFailedPushesOnly(t *testing.T) {
	t.Parallel()
	for reason, drains := range map[string]int{
		workflows.ReasonLater: 1, workflows.ReasonAmbiguous: 1, workflows.ReasonReconnect: 0, workflows.ReasonStart: 0, "": 0,
	} {
		w := newWorld(t)
		recovered(t, recoverBlind(w, reason))
		require.Equal(t, drains, w.count("TriggerDrain"), reason)
		require.Zero(t, w.count("PlanSweep"), reason)
	}
}

// Whatever a recovery is at when a signal comes, the signal is looked into by a
// round that began after it, also where every round hands over to a successor.
func TestSignalsDuringARecoveryAreNotLost(t *testing.T) {
	t.Parallel()
	quiet := newWorld(t)
	quiet.employees, quiet.unsettled = []string{"u1"}, []attendance.Date{day(11, 22)}
	quiet.gaps = []attendance.Gap{gap(clock(11, 23, 11, 0), clock(11, 23, 11, 30))}
	recovered(t, recoverBlind(quiet, workflows.ReasonStart))
	steps := len(quiet.asked)
	require.Greater(t, steps, 10)
	for at := 1; at <= steps; at++ {
		for _, hurried := range []bool{false, true} {
			w := newWorld(t)
			w.employees, w.unsettled, w.gaps = quiet.employees, quiet.unsettled, quiet.gaps
			env := w.env()
			env.SetContinueAsNewSuggested(hurried)
			w.onNote = func() {
				if len(w.asked) == at {
					env.RegisterDelayedCallback(func() { ask(env, workflows.ReasonLater) }, 0)
				}
			}
			env.RegisterDelayedCallback(func() { ask(env, workflows.ReasonStart) }, 0)
			env.ExecuteWorkflow(workflows.TypeRecoverBlindTime, workflows.RecoverState{})
			runs := 1
			for ; env.GetWorkflowError() != nil; runs++ {
				state := successor[workflows.RecoverState](t, env.GetWorkflowError())
				env = w.env()
				env.ExecuteWorkflow(workflows.TypeRecoverBlindTime, state)
				require.Less(t, runs, 5)
			}
			var heard []string
			for _, round := range recovered(t, env).Rounds {
				heard = append(heard, round.Reasons...)
			}
			require.Equal(t, []string{"start", "later"}, heard, "at step %d", at)
		}
	}
}

func TestSignalsOfOneReasonAreOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delay = time.Minute
	env := w.env()
	env.RegisterDelayedCallback(func() {
		for range 20 {
			ask(env, workflows.ReasonLater)
			ask(env, strings.Repeat("x", 100_000))
		}
		env.SignalWorkflow(workflows.SignalRecover, "not what it should be")
		for i := range 20 {
			ask(env, strings.Repeat("r", i+1))
		}
	}, time.Second)
	env.ExecuteWorkflow(workflows.TypeRecoverBlindTime, workflows.RecoverState{})
	state := recovered(t, env)
	require.Len(t, state.Rounds, 2, "they came while the first look waited: it would not have seen what they are about")
	require.Empty(t, state.Rounds[0].Reasons)
	require.Len(t, state.Rounds[1].Reasons, 10)
	require.Equal(t, 1, w.count("TriggerDrain"))
}

// A read that a recovery has asked for can become ambiguous again: each time it
// waits longer.
func TestLostReadsOneAfterTheOtherAreGivenTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delay = 10 * time.Minute
	env := w.env()
	n := 0
	w.onNote = func() {
		if w.asked[len(w.asked)-1] == "PlanRecovery" && n < 5 {
			n++
			env.RegisterDelayedCallback(func() { ask(env, workflows.ReasonAmbiguous) }, 0)
		}
	}
	env.RegisterDelayedCallback(func() { ask(env, workflows.ReasonAmbiguous) }, 0)
	env.ExecuteWorkflow(workflows.TypeRecoverBlindTime, workflows.RecoverState{})
	var waits []time.Duration
	last := clock(11, 23, 12, 0)
	for _, round := range recovered(t, env).Rounds {
		waits = append(waits, round.At.Sub(last).Round(time.Minute))
		last = round.At
	}
	require.Equal(t, []time.Duration{10 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour, time.Hour, time.Hour}, waits)
}

// A read may take longer to fail than the recovery that asked for it lives.
func TestLostReadsThatOutliveTheRecoveryAreGivenTime(t *testing.T) {
	t.Parallel()
	for reason, waits := range map[string][]time.Duration{
		workflows.ReasonAmbiguous: {10 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour},
		workflows.ReasonReconnect: {10 * time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute},
	} {
		for n, wait := range waits {
			w := newWorld(t)
			w.delay, w.inVain = 10*time.Minute, 2*n // each drain reads twice
			round := recovered(t, recoverBlind(w, reason)).Rounds[0]
			require.Equal(t, wait, round.At.Sub(clock(11, 23, 12, 0)).Round(time.Minute), "%s after %d drains", reason, n)
		}
	}
}

func TestRecoveryWithoutTheScheduleSweepsAllTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees, w.unsettled = []string{"u1"}, []attendance.Date{day(11, 22)}
	w.gaps = []attendance.Gap{gap(clock(11, 23, 11, 0), clock(11, 23, 11, 30))}
	w.failures[workflows.StepTriggerDrain] = final(workflows.ErrorNotFound, "no schedule")
	round := recovered(t, recoverBlind(w, workflows.ReasonReconnect)).Rounds[0]
	require.False(t, round.Drained)
	require.Contains(t, round.Problems[0], "no schedule")
	require.Equal(t, 1, round.Closed)
}

func TestSweepThatFailsLeavesItsGapsOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees, w.unsettled = []string{"u1"}, []attendance.Date{day(11, 22)}
	w.gaps = []attendance.Gap{gap(clock(11, 23, 11, 0), clock(11, 23, 11, 30))}
	w.failures[workflows.StepPlanSweep] = final("Odd", "cannot be planned")
	round := recovered(t, recoverBlind(w, workflows.ReasonReconnect)).Rounds[0]
	require.Equal(t, []string{"the sweep failed: cannot be planned"}, round.Problems)
	require.Empty(t, w.closed)
}

func TestRecoveryRemembersTheLastRoundsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	state := workflows.RecoverState{Round: 70, Rounds: make([]workflows.RecoverRound, 20), Reasons: []string{"start"}}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeRecoverBlindTime, state)
	got := recovered(t, env)
	require.Equal(t, 71, got.Round)
	require.Len(t, got.Rounds, 20)
	require.Equal(t, []string{"start"}, got.Rounds[19].Reasons)
	require.Empty(t, got.Reasons)
}
