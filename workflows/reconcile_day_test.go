package workflows_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/workflows"
)

func TestReconcileSweepsWhatIsOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees = []string{"u1", "u2"}
	w.operator = true
	w.unsettled = []attendance.Date{day(11, 10), day(11, 21), day(11, 22)}
	w.due = []attendance.UserDay{{UserID: "u2", WorkDate: day(11, 23)}}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeReconcileDay, workflows.ReconcileInput{})
	require.NoError(t, env.GetWorkflowError())
	var result workflows.ReconcileResult
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, w.unsettled, result.Dates)
	require.Equal(t, 6, result.UserDays)
	require.Equal(t, []string{"lost"}, result.AmbiguousDrains)
	require.Equal(t, day(11, 10), w.leftSince, "who left since then was there")
	require.Equal(t, []string{
		"PlanSweep", "RefreshEmployees", "PlanWalk", "FetchDay u2 2026-11-23", "Persist", "EmployeePage",
		"FetchWindow 2026-11-10..2026-11-10 u1,u2", "Persist", "FetchSchedule 2026-11-10..2026-11-10 u1,u2", "SaveSchedule 2026-11-10..2026-11-10 u1,u2",
		"FetchWindow 2026-11-21..2026-11-22 u1,u2", "Persist", "FetchSchedule 2026-11-21..2026-11-22 u1,u2", "SaveSchedule 2026-11-21..2026-11-22 u1,u2",
		"EmployeePage u2", "FindApprovals", "NamedApprovals 200", "Differences 200", "Differences 0",
		"SettleDays [2026-11-10 2026-11-21 2026-11-22]", "AbandonDrains 10m0s", "RequestRecovery ambiguous",
	}, w.asked)
	for _, p := range w.written {
		require.Equal(t, attendance.TriggerSweep, p.Trigger)
	}
}

func TestReconcileWithoutAnOperatorAsksForOneScheduleOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees = manyUsers(60)
	slices.Sort(w.employees)
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeReconcileDay, workflows.ReconcileInput{Date: "2026-11-20"})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 1, w.count("FetchSchedule"))
	require.Zero(t, w.count("SaveSchedule"))
	require.Equal(t, 2, w.count("FetchWindow 2026-11-20..2026-11-20"))
}

func TestReconcileGoesOnAfterContinueAsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees = manyUsers(120)
	slices.Sort(w.employees)
	w.operator = true
	in := workflows.ReconcileInput{Date: "2026-11-20"}
	runs := 0
	for ; runs < 50; runs++ {
		env := w.env()
		env.SetContinueAsNewSuggested(true)
		env.ExecuteWorkflow(workflows.TypeReconcileDay, in)
		if env.GetWorkflowError() == nil {
			break
		}
		in = successor[workflows.ReconcileInput](t, env.GetWorkflowError())
	}
	require.Greater(t, runs, 5)
	require.Equal(t, 3, w.count("FetchWindow"))
	require.Equal(t, 1, w.count("PlanSweep"))
	require.Equal(t, 1, w.count("SettleDays [2026-11-20]"))
}

// A lost read of failed pushes is made good by asking about everything that it
// may have told of, and not by less.
func TestReconcileMakesLostReadsGood(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer func(attendance.Window) error
		want   []string
	}{
		"all answered":    {nil, []string{"d1", "d2"}},
		"an unknown user": {func(attendance.Window) error { return final(workflows.ErrorNotFound, "left") }, []string{"d1", "d2"}},
		"a refusal":       {func(attendance.Window) error { return final("InvalidRequest", "odd") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.employees, w.unsettled, w.lost = []string{"u1", "u2"}, []attendance.Date{day(11, 22)}, []string{"d1", "d2"}
			w.windowFunc = tt.answer
			env := w.env()
			env.SetContinueAsNewSuggested(true)
			in := workflows.ReconcileInput{}
			for {
				env.ExecuteWorkflow(workflows.TypeReconcileDay, in)
				if env.GetWorkflowError() == nil {
					break
				}
				in = successor[workflows.ReconcileInput](t, env.GetWorkflowError())
				env = w.env()
				env.SetContinueAsNewSuggested(true)
			}
			require.Equal(t, tt.want, w.resolved)
		})
	}
}

// An approval that lagged, or whose answer was odd, when its event came is read
// again, and not forgotten.
func TestReconcileReadsApprovalsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees, w.unsettled = []string{"u1"}, []attendance.Date{day(11, 22)}
	w.open = []attendance.OpenApproval{{ID: "i1", Code: "P", Key: "k1"}, {ID: "i2", Key: "k2"}, {ID: "gone", Key: "k3"}}
	w.instances["i1"] = []attendance.Instance{{Status: attendance.StatusCompleted, Result: attendance.ResultAgree, Kind: attendance.ApprovalLeave}}
	w.instances["i2"] = []attendance.Instance{{Status: attendance.StatusRunning}}
	w.touched["i1"] = []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 22)}, {UserID: "u1", WorkDate: day(11, 23)}}
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeReconcileDay, workflows.ReconcileInput{})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []attendance.Outcome{attendance.OutcomeDone}, w.outcomes())
	require.Equal(t, "k1", w.written[0].Key)
	require.Equal(t, 1, w.count("FetchDay u1 2026-11-23"))
	require.Zero(t, w.count("FetchDay u1 2026-11-22"), "swept anyway")
	var result workflows.ReconcileResult
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Len(t, result.Problems, 1)
}

func TestReconcileOfNoDateFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeReconcileDay, workflows.ReconcileInput{Date: "yesterday"})
	require.ErrorContains(t, env.GetWorkflowError(), "is not a date")
}

// What PostgreSQL will never take of some costs nobody else the sweep; it proves nothing then.
func TestReconcileGoesOnWherePostgreSQLRefuses(t *testing.T) {
	t.Parallel()
	for _, brisk := range []bool{false, true} {
		w := newWorld(t)
		w.employees, w.operator = manyUsers(120), true
		slices.Sort(w.employees)
		w.unsettled, w.split = []attendance.Date{day(11, 20)}, &workflows.Split{Brisk: brisk}
		w.lost = []string{"d1"}
		w.persistFunc = func(n int) error {
			if n == 0 {
				return final(workflows.ErrorRefused, "a row is refused")
			}
			return nil
		}
		w.failures[workflows.StepSaveSchedule] = final(workflows.ErrorRefused, "a plan is refused")
		w.unplanned = true
		w.found = []workflows.InstanceRef{{ID: "i1"}}
		w.instances["i1"] = []attendance.Instance{leave("i1")}
		w.failures[workflows.StepSaveInstance] = final(workflows.ErrorRefused, "an approval is refused")
		w.rows, w.effective = 1, []workflows.InstanceRef{{ID: "i2"}}
		w.instances["i2"] = []attendance.Instance{leave("i2")}
		result, _ := sweep(w, workflows.ReconcileInput{}, false)
		require.Equal(t, 6, w.count("FetchWindow"), "clock-ins and results of three pages")
		require.Len(t, result.Problems, 4)
		require.Equal(t, []string{"KeepUnread i1 2026-11-20 Refused", "KeepUnread i2 2026-11-20 Refused"}, w.calls("KeepUnread"))
		require.True(t, w.proof.Refused)
		require.Empty(t, w.resolved)
	}
}
