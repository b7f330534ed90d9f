package workflows_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/workflows"
)

func leave(id string) attendance.Instance {
	return attendance.Instance{ProcessInstanceID: id, Status: attendance.StatusCompleted, Result: attendance.ResultAgree, Kind: attendance.ApprovalLeave}
}

// sweep runs a sweep to its end, through its successors; hurried makes every step
// one run. It returns how many runs there were.
func sweep(w *world, in workflows.ReconcileInput, hurried bool) (workflows.ReconcileResult, int) {
	w.t.Helper()
	for runs := 1; ; runs++ {
		env := w.env()
		env.SetContinueAsNewSuggested(hurried)
		env.ExecuteWorkflow(workflows.TypeReconcileDay, in)
		if env.GetWorkflowError() == nil {
			var result workflows.ReconcileResult
			require.NoError(w.t, env.GetWorkflowResult(&result))
			return result, runs
		}
		in = successor[workflows.ReconcileInput](w.t, env.GetWorkflowError())
		require.Less(w.t, runs, 100)
	}
}

func (w *world) savedAs(id string) []string {
	var statuses []string
	for _, i := range w.saved {
		if i.ProcessInstanceID == id {
			statuses = append(statuses, i.Status)
		}
	}
	return statuses
}

// One step after the other, with a successor after each, comes to the same.
func TestSweepReadsWhatItsDaysNameAndWhatStandsWhereTheyDiffer(t *testing.T) {
	t.Parallel()
	for _, hurried := range []bool{false, true} {
		w := newWorld(t)
		w.employees, w.unsettled = []string{"u1"}, []attendance.Date{day(11, 22)}
		w.gaps = []attendance.Gap{gap(clock(11, 22, 11, 0), clock(11, 22, 11, 30))}
		w.rows = 3
		for i := range 25 {
			id := fmt.Sprintf("n%02d", i)
			w.named = append(w.named, workflows.InstanceRef{ID: id})
			w.instances[id] = []attendance.Instance{leave(id)}
		}
		w.touched["n00"] = []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 22)}}
		w.effective = []workflows.InstanceRef{{ID: "holds", Code: "P"}, {ID: "deleted", Code: "P"}, {ID: "revoked", Code: "P"}}
		w.instances["holds"] = []attendance.Instance{leave("holds")}
		revoked := leave("revoked")
		revoked.AttachedIDs = []string{"revocation"}
		w.instances["revoked"] = []attendance.Instance{revoked}
		w.instances["revocation"] = []attendance.Instance{leave("revocation")}
		w.touched["holds"] = []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 19)}}
		w.touched["deleted"] = []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 20)}}
		w.touched["revocation"] = []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 21)}}

		result, runs := sweep(w, workflows.ReconcileInput{}, hurried)
		require.Equal(t, hurried, runs > 8, runs)
		require.Equal(t, 25, w.count("ReadInstance n"))
		require.Equal(t, 1, w.count("FetchDay u1 2026-11-22"), "a detail shows more than the sweep")
		require.Equal(t, 1, w.count("Differences 175"), "the bound is for both")
		require.Equal(t, []string{attendance.StatusDeleted}, w.savedAs("deleted"))
		require.Equal(t, "P", w.saved[len(w.saved)-3].ProcessCode)
		require.Equal(t, []string{attendance.StatusCompleted}, w.savedAs("revocation"))
		require.Equal(t, 1, w.count("FetchDay u1 2026-11-20"))
		require.Equal(t, 1, w.count("FetchDay u1 2026-11-21"))
		require.Zero(t, w.count("FetchDay u1 2026-11-19"), "nothing has changed")
		require.Equal(t, w.gaps, result.GapsClosed)
		require.Equal(t, 3, result.Differences)
		require.Empty(t, result.Problems)
		require.Equal(t, &attendance.Evidence{
			Since: clock(11, 23, 12, 0), UserDays: 1, Calls: result.Calls, Approvals: 29, Differences: 3,
		}, w.proof)
	}
}

// What was refused, and what was not read, proves nothing and closes nothing.
func TestSweepThatIsRefusedClosesNothing(t *testing.T) {
	t.Parallel()
	malformed := final("Malformed", "no JSON")
	for name, break_ := range map[string]func(w *world){
		"days":     func(w *world) { w.windowFunc = func(attendance.Window) error { return malformed } },
		"search":   func(w *world) { w.searchFunc = func(workflows.FindMakeUpsInput) error { return malformed } },
		"too many": func(w *world) { w.more = true },
	} {
		w := newWorld(t)
		w.employees, w.unsettled, w.lost, w.rows = []string{"u1"}, []attendance.Date{day(11, 22)}, []string{"d1"}, 1
		w.gaps = []attendance.Gap{gap(clock(11, 22, 11, 0), clock(11, 22, 11, 30))}
		break_(w)
		result, _ := sweep(w, workflows.ReconcileInput{}, true)
		require.Empty(t, w.closed, name)
		require.Empty(t, w.resolved, name)
		require.Empty(t, result.GapsClosed, name)
		require.True(t, w.proof.Refused, name)
		require.Len(t, result.Problems, 1, name)
	}
}

// A large company has as many more days that may name approvals, or differ: up to what
// a run may hold.
func TestTheBoundOfReadingGrowsWithTheWalk(t *testing.T) {
	t.Parallel()
	dates := []attendance.Date{day(11, 17), day(11, 18), day(11, 19), day(11, 20), day(11, 21), day(11, 22)}
	for _, size := range []struct{ people, dates, bound int }{{120, 2, 204}, {18_000, 6, 2000}} {
		w := newWorld(t)
		w.employees, w.unsettled = manyUsers(size.people), dates[:size.dates]
		slices.Sort(w.employees)
		w.more = true
		result, _ := sweep(w, workflows.ReconcileInput{}, false)
		require.Equal(t, size.people*size.dates, result.UserDays)
		require.Equal(t, 1, w.count(fmt.Sprint("NamedApprovals ", size.bound)))
		require.Equal(t, 1, w.count(fmt.Sprint("Differences ", size.bound)))
		require.Contains(t, result.Problems[0], fmt.Sprintf("over %d approvals", size.bound))
	}
}

// An approval that nobody can read is kept, and does not keep the rest from being
// proven: else no gap would be closed any more.
func TestSweepKeepsAnApprovalThatCannotBeRead(t *testing.T) {
	t.Parallel()
	refs := []workflows.InstanceRef{{ID: "i", Code: "P"}}
	for name, lists := range map[string]func(w *world){
		"found":     func(w *world) { w.found = refs },
		"named":     func(w *world) { w.named = refs },
		"effective": func(w *world) { w.effective = refs },
		"unread":    func(w *world) { w.open = []attendance.OpenApproval{{ID: "told", Key: "k"}, {ID: "i", Code: "P"}} },
	} {
		w := newWorld(t)
		w.employees, w.unsettled, w.lost, w.rows = []string{"u1"}, []attendance.Date{day(11, 21), day(11, 22)}, []string{"d1"}, 1
		w.gaps = []attendance.Gap{gap(clock(11, 22, 11, 0), clock(11, 22, 11, 30))}
		w.failures["ReadInstance"] = final("Malformed", "no JSON")
		lists(w)
		result, _ := sweep(w, workflows.ReconcileInput{}, true)
		require.Equal(t, 1, w.count("KeepUnread i 2026-11-21 Malformed"), name)
		require.Equal(t, 1, w.count("KeepUnread"), name)
		require.Equal(t, w.gaps, result.GapsClosed, name)
		require.Equal(t, []string{"d1"}, w.resolved, name)
		require.False(t, w.proof.Refused, name)
		require.Contains(t, result.Problems[len(result.Problems)-1], "no JSON", name)
	}
}

// A person may sweep a date again: what the last time has found is not found again.
func TestSweepOfADateCountsItsOwnDifferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees, w.earlier, w.rows = []string{"u1"}, 7, 2
	result, _ := sweep(w, workflows.ReconcileInput{Date: "2026-11-20"}, true)
	require.Equal(t, 2, result.Differences)
	require.Equal(t, 2, w.proof.Differences)
}

// Those whom DingTalk knows no more, and approvals that it never knew, are no
// refusal.
func TestSweepIsNotHeldUpByWhatIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees, w.unsettled, w.operator = []string{"u1", "u2", "left"}, []attendance.Date{day(11, 22)}, true
	w.gaps = []attendance.Gap{gap(clock(11, 22, 11, 0), clock(11, 22, 11, 30))}
	w.windowFunc = func(in attendance.Window) error {
		if in.UserIDs[len(in.UserIDs)-1] == "left" {
			return final(workflows.ErrorNotFound, "unknown user")
		}
		return nil
	}
	w.scheduleFunc = w.windowFunc
	w.found, w.named = []workflows.InstanceRef{{ID: "gone"}}, []workflows.InstanceRef{{ID: "never"}}
	result, _ := sweep(w, workflows.ReconcileInput{}, false)
	require.Equal(t, w.gaps, result.GapsClosed)
	require.Equal(t, 1, w.count("SaveSchedule 2026-11-22..2026-11-22 u1"), "who left hides nobody's plan")
	require.Equal(t, 1, w.count("SaveSchedule 2026-11-22..2026-11-22 u2"))
	require.Empty(t, w.saved, "not there yet is not deleted")
}

func TestSweepReadsNoMoreAfterManyRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees, w.unsettled = []string{"u1"}, []attendance.Date{day(11, 22)}
	for i := range 100 {
		w.found = append(w.found, workflows.InstanceRef{ID: fmt.Sprintf("i%02d", i)})
	}
	w.failures[workflows.StepReadInstance] = final("Malformed", "no JSON")
	sweep(w, workflows.ReconcileInput{}, true)
	require.Equal(t, 20, w.count("ReadInstance"), "each costs a call every night")
	require.Equal(t, 100, w.count("KeepUnread"), "the rest has its turn in the nights to come")
	require.Equal(t, 1, w.count("KeepUnread i79 2026-11-22 NotTried"))
	require.False(t, w.proof.Refused)
}

func TestSearchThatDoesNotFitIsCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees, w.unsettled = []string{"u1"}, []attendance.Date{day(11, 22)}
	var asked []attendance.TimeRange
	w.searchFunc = func(in workflows.FindMakeUpsInput) error {
		if in.Started.To.Sub(in.Started.From) > 3*24*time.Hour {
			return final(workflows.ErrorTooBig, "too big")
		}
		asked = append(asked, in.Started)
		return nil
	}
	sweep(w, workflows.ReconcileInput{}, true)
	require.Len(t, asked, 4, "eight days and a half, halved twice")
	require.True(t, asked[0].From.Equal(clock(11, 15, 0, 0)))
	for i := range asked[:3] {
		require.True(t, asked[i].To.Equal(asked[i+1].From))
	}
	require.True(t, asked[3].To.Equal(clock(11, 23, 12, 0)))
	require.False(t, w.proof.Refused)

	w.searchFunc = func(workflows.FindMakeUpsInput) error { return final(workflows.ErrorTooBig, "too big") }
	result, _ := sweep(w, workflows.ReconcileInput{}, false)
	require.True(t, w.proof.Refused)
	require.Contains(t, result.Problems[0], "too big")
}

func TestBlindSweepOfNothingSpendsNoCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees = []string{"u1"}
	result, _ := sweep(w, workflows.ReconcileInput{Blind: true}, true)
	require.Equal(t, []string{"PlanSweep blind", "Differences 0", "SettleDays []", "AbandonDrains 10m0s"}, w.asked)
	require.Zero(t, result.Calls)
}

func TestSweepAsksForTheRecoveryOfLateDrainsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.unsettled, w.lost = []attendance.Date{day(11, 22)}, []string{"lost"}
	sweep(w, workflows.ReconcileInput{}, false)
	require.Zero(t, w.count("RequestRecovery"), "this sweep knew of it")
	w.lost = nil
	sweep(w, workflows.ReconcileInput{Blind: true}, false)
	require.Zero(t, w.count("RequestRecovery"), "this sweep is the recovery")
	sweep(w, workflows.ReconcileInput{}, false)
	require.Equal(t, 1, w.count("RequestRecovery ambiguous"))
}
