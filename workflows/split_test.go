package workflows_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/workflows"
)

// openSlots leaves the first user of every page open, on the first day.
func (w *world) openSlots(ctx context.Context, in workflows.SlotsInput) (workflows.Slots, error) {
	w.mu.Lock()
	unplanned := w.unplanned
	w.unplanned = false
	w.strict = append(w.strict, in.Thrift)
	w.mu.Unlock()
	slots := workflows.Slots{Unplanned: unplanned}
	if w.openFunc != nil {
		slots.Open = w.openFunc(in.Window)
	}
	for n := range in.Window.UserIDs {
		if w.slotsEach > 0 {
			slots.Planned = append(slots.Planned, w.slotsEach+n%2)
		}
	}
	return slots, w.note(ctx, workflows.StepOpenSlots, windowName(in.Window))
}

func (w *world) reconcile() workflows.ReconcileResult {
	w.t.Helper()
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeReconcileDay, workflows.ReconcileInput{})
	require.NoError(w.t, env.GetWorkflowError())
	var result workflows.ReconcileResult
	require.NoError(w.t, env.GetWorkflowResult(&result))
	return result
}

func (w *world) calls(prefix string) []string {
	var calls []string
	for _, a := range w.asked {
		if len(a) >= len(prefix) && a[:len(prefix)] == prefix {
			calls = append(calls, a)
		}
	}
	return calls
}

func TestSweepAsksForResultsOnceTheyAreFinal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees = []string{"u1", "u2"}
	w.unsettled = []attendance.Date{day(11, 21), day(11, 22)}
	w.split = &workflows.Split{Early: []attendance.Date{day(11, 22)}}
	w.reconcile()
	require.Equal(t, []string{
		"FetchWindow 2026-11-21..2026-11-22 u1,u2 records", "FetchWindow 2026-11-21..2026-11-21 u1,u2 results",
	}, w.calls("FetchWindow"))
	require.Empty(t, w.calls("FetchSchedule"), "every plan is known")
}

func TestSweepAsksForTheScheduleOfAWeekWhereItIsNotKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operator, w.unplanned = true, true
	w.employees = []string{"u1"}
	w.unsettled = []attendance.Date{day(11, 21), day(11, 22)}
	w.split = &workflows.Split{Early: []attendance.Date{day(11, 22)}}
	w.reconcile()
	require.Equal(t, []string{"FetchSchedule 2026-11-21..2026-11-27 u1"}, w.calls("FetchSchedule"))
	require.Equal(t, []string{"SaveSchedule 2026-11-21..2026-11-27 u1"}, w.calls("SaveSchedule"))
	require.Equal(t, []bool{false}, w.strict)

	w = newWorld(t)
	w.operator, w.unplanned = true, true
	w.employees = []string{"u1"}
	w.unsettled = []attendance.Date{day(11, 21)}
	w.split = &workflows.Split{Thrift: true}
	w.reconcile()
	require.Len(t, w.calls("OpenSlots"), 2, "the schedule may account for what was open")
	require.Equal(t, []bool{true, true}, w.strict, "a day off that may have become a workday is asked about, too")
}

// The people of several pages share calls, so that the rows fill theirs; a person's
// sweep asks for every schedule.
func TestSweepFillsThePagesOfResults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operator, w.slotsEach = true, 2
	for n := range 2 * attendance.WindowUsers {
		w.employees = append(w.employees, fmt.Sprintf("u%04d", n))
	}
	w.unsettled = []attendance.Date{day(11, 20)}
	w.split = &workflows.Split{Anew: true, Brisk: true}
	w.reconcile()
	require.Len(t, w.calls("FetchSchedule"), 2)
	require.Len(t, w.calls("OpenSlots"), 2)
	var results []string
	users := 0
	for _, call := range w.calls("FetchWindow") {
		if strings.HasSuffix(call, " results") {
			results = append(results, call)
			users += strings.Count(call, "u0")
		}
	}
	require.Len(t, results, 3)
	require.Equal(t, 41, strings.Count(results[0], "u0"), "of 125 rows those of nine make a third page")
	require.Equal(t, 100, users)
}

// In a thrifty sweep those whose days are open share the calls, over all pages.
func TestThriftySweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for n := range 60 * attendance.WindowUsers {
		w.employees = append(w.employees, fmt.Sprintf("u%04d", n))
	}
	w.unsettled = []attendance.Date{day(11, 20), day(11, 21)}
	w.split = &workflows.Split{Thrift: true}
	w.openFunc = func(in attendance.Window) []attendance.UserDay { // one of each page on each day
		return []attendance.UserDay{{UserID: in.UserIDs[0], WorkDate: day(11, 20)}, {UserID: in.UserIDs[1], WorkDate: day(11, 21)}}
	}
	result := w.reconcile()
	results := 0
	users := map[string]int{}
	for _, p := range w.written {
		for _, a := range p.Answers {
			if a.Source == attendance.SourceSweep {
				users[a.WorkDate.String()]++
			}
		}
	}
	for _, call := range w.calls("FetchWindow") {
		if call[len(call)-len("results"):] == "results" {
			results++
		}
	}
	require.Equal(t, 4, results, "50 and 10 users on either day")
	require.Equal(t, map[string]int{"2026-11-20": 60, "2026-11-21": 60}, users)
	require.Equal(t, 2*60*attendance.WindowUsers, result.UserDays)
	require.Equal(t, 60+4+1, result.Calls)
}

// A sweep that hands over in between forgets nobody's open days.
func TestThriftySweepContinuesAsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for n := range 2 * attendance.WindowUsers {
		w.employees = append(w.employees, fmt.Sprintf("u%04d", n))
	}
	w.unsettled = []attendance.Date{day(11, 21)}
	w.split = &workflows.Split{Thrift: true}
	w.openFunc = func(in attendance.Window) []attendance.UserDay {
		return []attendance.UserDay{{UserID: in.UserIDs[0], WorkDate: day(11, 21)}}
	}
	in := workflows.ReconcileInput{}
	for n := 0; ; n++ {
		require.Less(t, n, 20)
		env := w.env()
		w.onNote = func() { suggest(env) }
		env.ExecuteWorkflow(workflows.TypeReconcileDay, in)
		if env.GetWorkflowError() == nil {
			break
		}
		in = successor[workflows.ReconcileInput](t, env.GetWorkflowError())
	}
	require.Equal(t, []string{"FetchWindow 2026-11-21..2026-11-21 u0000,u0050 results"}, w.calls("FetchWindow 2026-11-21..2026-11-21 u0000,u0050"))
}

// Where events are kept for the sweep every day differs from what was known: that
// is no reason to read every approval again.
func TestSweepOfKeptEventsReadsNoApprovalAgain(t *testing.T) {
	t.Parallel()
	for kept, readings := range map[bool]int{false: 1, true: 0} {
		w := newWorld(t)
		w.employees, w.unsettled = []string{"u1"}, []attendance.Date{day(11, 21)}
		w.rows, w.effective = 1, []workflows.InstanceRef{{ID: "i"}}
		w.split = &workflows.Split{Kept: kept}
		w.reconcile()
		require.Len(t, w.calls("ReadInstance i"), readings)
	}
}

// An approval that DingTalk lists no more is asked for: one that it does not know
// any more was deleted, and the days that it touched are fetched.
func TestSweepFindsDeletedApprovals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employees, w.unsettled = []string{"u1"}, []attendance.Date{day(11, 21)}
	w.split = &workflows.Split{}
	w.missing = []workflows.InstanceRef{{ID: "deleted", Code: "PROC"}, {ID: "listed late", Code: "PROC"}}
	w.instances["listed late"] = []attendance.Instance{makeUp("listed late", clock(11, 20, 9, 0), day(11, 20))}
	w.touched["deleted"] = []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 3)}}
	w.touched["listed late"] = []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 20)}}
	w.reconcile()
	require.Equal(t, []string{"ReadInstance deleted", "ReadInstance listed late"}, w.calls("ReadInstance"))
	require.Equal(t, attendance.StatusDeleted, w.saved[0].Status)
	require.Equal(t, []string{"FetchDay u1 2026-11-03"}, w.calls("FetchDay"), "what stands as it stood is not fetched")
}
