package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/workflows"
)

func TestPunchIsAskedAboutWithinTheTask(t *testing.T) {
	t.Parallel()
	const plan, ask, record, fetch = "PlanPunch", "AskDay u1 2026-11-23", "PlanPunch record", "FetchDay u1 2026-11-23"
	for name, c := range map[string]struct {
		set     func(*world)
		steps   []string
		answers int // that the run writes itself
	}{
		"and written there":           {func(*world) {}, []string{plan, ask}, 0},
		"and written by the run":      {func(w *world) { w.unwritten = true }, []string{plan, ask, "Persist done"}, 1},
		"but others are":              {func(w *world) { w.busy = true }, []string{plan, ask, fetch, "Persist done"}, 1},
		"but the result is lost":      {func(w *world) { w.failures[workflows.StepAskDay] = passing("timeout") }, []string{plan, ask, record, fetch, "Persist done"}, 1},
		"but the worker asks by line": {func(w *world) { w.inTask = false }, []string{plan, fetch, "Persist done"}, 1},
	} {
		w := newWorld(t)
		w.inTask = true
		at := clock(11, 23, 9, 0)
		w.dayFunc = showing(0, day(11, 23), at)
		c.set(w)
		d := w.run(punchHint(at))
		require.Equal(t, workflows.Decision{
			Outcome: attendance.OutcomeDone, WorkDate: day(11, 23), Reason: "the detail of 2026-11-23 shows the punch", Rounds: 1,
		}, d, name)
		require.Equal(t, c.steps, w.asked, name)
		if c.answers > 0 {
			require.Len(t, w.written[0].Answers, c.answers, name)
		}
	}
}

// What AskDay has not recorded together with the answer the run has recorded, before it goes on.
func TestEventIsRecordedWithItsAnswerOrElseByTheRun(t *testing.T) {
	t.Parallel()
	const plan, ask, record, fetch = "PlanPunch", "AskDay u1 2026-11-23", "PlanPunch record", "FetchDay u1 2026-11-23"
	for name, c := range map[string]struct {
		set   func(*world)
		steps []string
	}{
		"with the answer":               {func(*world) {}, []string{plan, ask}},
		"PostgreSQL takes neither":      {func(w *world) { w.unwritten = true }, []string{plan, ask, record, "Persist done"}},
		"no lane is free":               {func(w *world) { w.busy = true }, []string{plan, ask, record, fetch, "Persist done"}},
		"the result is lost":            {func(w *world) { w.failures[workflows.StepAskDay] = passing("timeout") }, []string{plan, ask, record, fetch, "Persist done"}},
		"DingTalk knows no such user":   {func(w *world) { w.failures[workflows.StepAskDay] = final(workflows.ErrorNotFound, "60121") }, []string{plan, ask, record, "Persist unexplained"}},
		"the answer shows no punch yet": {func(w *world) { w.dayFunc = nil }, []string{plan, ask, "AskDay u1 2026-11-22", "PunchExplained", "FindMakeUps u1", "Persist unexplained"}},
	} {
		w := newWorld(t)
		w.inTask, w.unrecorded = true, true
		at := clock(11, 23, 9, 0)
		w.dayFunc = showing(0, day(11, 23), at)
		c.set(w)
		w.run(punchHint(at))
		require.Equal(t, c.steps, w.asked, name)
	}
}

func TestWithinTheTaskNobodyAsksTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.inTask = true
	w.failures[workflows.StepAskDay] = final(workflows.ErrorNotFound, "DingTalk knows no user u1 (60121)")
	d := w.run(punchHint(clock(11, 23, 9, 0)))
	require.Equal(t, attendance.OutcomeUnexplained, d.Outcome)
	require.Contains(t, d.Reason, "60121")
	require.Equal(t, []string{"PlanPunch", "AskDay u1 2026-11-23", "Persist unexplained"}, w.asked, "what is refused for good is refused in the queue as well")
}

func TestWithinTheTaskReadsLagToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.inTask, w.delays = true, []time.Duration{5 * time.Second}
	at := clock(11, 23, 18, 0)
	w.dayFunc = showing(1, day(11, 23), at)
	d := w.run(punchHint(at))
	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, 2, d.Rounds)
	require.Equal(t, []string{"PlanPunch", "AskDay u1 2026-11-23", "PlanPunch", "AskDay u1 2026-11-23"}, w.asked)
}

func TestAnswersOfBothWaysAreWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.inTask = true
	at := clock(11, 23, 0, 40)
	w.dayFunc = func(_ int, d attendance.UserDay) (attendance.Answer, error) {
		w.busy = false // from the second question on
		return showing(0, day(11, 22), at)(0, d)
	}
	w.busy = true
	d := w.run(punchHint(at))
	require.Equal(t, day(11, 22), d.WorkDate)
	require.Equal(t, []string{"PlanPunch", "AskDay u1 2026-11-23", "FetchDay u1 2026-11-23", "AskDay u1 2026-11-22", "Persist done"}, w.asked)
	require.Len(t, w.written[0].Answers, 1, "the second is in the ledger already")
}

// An answer that took too long is lost to the run, and may be in the ledger all the same; or another's is.
func TestWhatTheLedgerKnowsIsNotAskedASecondTime(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*world){
		"the result is lost":              func(w *world) { w.failures[workflows.StepAskDay] = passing("timeout") },
		"lost, and the event is recorded": func(w *world) { w.failures[workflows.StepAskDay], w.unrecorded = passing("timeout"), false },
		"no lane is free":                 func(w *world) { w.busy = true },
	} {
		w := newWorld(t)
		w.inTask, w.unrecorded = true, true
		w.recalls = []attendance.Recall{{}, {Known: true, WorkDate: day(11, 22)}}
		set(w)
		d := w.run(punchHint(clock(11, 23, 9, 0)))
		require.Equal(t, attendance.OutcomeDone, d.Outcome, name)
		require.Equal(t, day(11, 22), d.WorkDate, name)
		require.Equal(t, []string{"PlanPunch", "AskDay u1 2026-11-23", "PlanPunch record", "Persist done"}, w.asked, name)
	}
}
