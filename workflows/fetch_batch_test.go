package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/workflows"
)

// batchAt paces an event by the batch that closes at a time.
func batchAt(at time.Time) workflows.Pace {
	return workflows.Pace{Mode: budget.ModeBatched, Batch: at, Wake: at.Add(10 * time.Second)}
}

func recordsOf(date attendance.Date, userIDs ...string) attendance.Window {
	return attendance.Window{UserIDs: userIDs, Days: attendance.DateRange{From: date, To: date}, Only: attendance.PartRecords}
}

func TestBatchedPunchIsAnsweredByItsBatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.paces = []workflows.Pace{batchAt(clock(11, 23, 12, 5))}
	w.recalls = []attendance.Recall{{}, {Known: true, WorkDate: day(11, 23)}}
	d := w.run(punchHint(clock(11, 23, 11, 59)))
	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, []string{"PlanPunch", "PlanPunch", "Persist done"}, w.asked, "no call of its own")
}

// Reads lag, and a batch may be held up: the next one is waited for, and then the
// run asks by itself, once, on every date that may be.
func TestBatchedPunchThatBatchesDoNotShow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delays = []time.Duration{5 * time.Second, 30 * time.Second}
	w.paces = []workflows.Pace{batchAt(clock(11, 23, 12, 5)), batchAt(clock(11, 23, 12, 10)), batchAt(clock(11, 23, 12, 15))}
	w.dayFunc = showing(0, day(11, 22), clock(11, 23, 15, 0))
	d := w.run(punchHint(clock(11, 23, 15, 0)))
	require.Equal(t, attendance.OutcomeDone, d.Outcome)
	require.Equal(t, day(11, 22), d.WorkDate, "an unlikely date too")
	require.Equal(t, []string{
		"PlanPunch", "PlanPunch", "PlanPunch", "FetchDay u1 2026-11-23", "FetchDay u1 2026-11-22", "Persist done",
	}, w.asked)
}

func TestPunchIsKeptWhileNothingIsSpent(t *testing.T) {
	t.Parallel()
	for _, mode := range []budget.Mode{budget.ModeSweep, budget.ModeStopped} {
		w := newWorld(t)
		w.paces = []workflows.Pace{{Mode: mode, Reason: "4,500 of 5,000 calls are spent"}}
		d := w.run(punchHint(clock(11, 23, 9, 0)))
		require.Equal(t, attendance.OutcomeUnexplained, d.Outcome)
		require.Equal(t, "kept for the nightly sweep: 4,500 of 5,000 calls are spent", d.Reason)
		require.Equal(t, []string{"PlanPunch", "Persist unexplained"}, w.asked)
	}
}

// The budget may end, or be raised, while a run waits.
func TestPaceChangesWhileAPunchWaits(t *testing.T) {
	t.Parallel()
	stopped := workflows.Pace{Mode: budget.ModeStopped, Reason: "spent"}
	tests := map[string]struct {
		paces []workflows.Pace
		want  []string
	}{
		"batched, then stopped": {[]workflows.Pace{batchAt(clock(11, 23, 12, 5)), stopped}, []string{"PlanPunch", "PlanPunch", "Persist unexplained"}},
		"live, then stopped": {
			[]workflows.Pace{{}, stopped},
			[]string{"PlanPunch", "FetchDay u1 2026-11-23", "Persist", "PlanPunch", "Persist unexplained"},
		},
		"batched, then live": {
			[]workflows.Pace{batchAt(clock(11, 23, 12, 5)), {}},
			[]string{"PlanPunch", "PlanPunch", "FetchDay u1 2026-11-23", "FetchDay u1 2026-11-22", "Persist", "PunchExplained"},
		},
	}
	for name, test := range tests {
		w := newWorld(t)
		w.delays = []time.Duration{5 * time.Second}
		w.paces = test.paces
		w.run(punchHint(clock(11, 23, 15, 0)))
		require.Equal(t, test.want, w.asked[:min(len(test.want), len(w.asked))], name)
	}
}

func TestBatchedDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delays = []time.Duration{5 * time.Second}
	w.paces = []workflows.Pace{batchAt(clock(11, 23, 12, 5))}
	w.recalls = []attendance.Recall{{}, {Known: true, WorkDate: day(11, 20)}}
	require.Equal(t, attendance.OutcomeDone, w.run(dayHint()).Outcome)
	require.Equal(t, []string{"PlanDay", "PlanDay", "Persist done"}, w.asked)

	w = newWorld(t)
	w.paces = []workflows.Pace{batchAt(clock(11, 23, 12, 5))}
	require.Equal(t, attendance.OutcomeDone, w.run(dayHint()).Outcome, "batches ask in vain")
	require.Equal(t, []string{"PlanDay", "PlanDay", "PlanDay", "FetchDay u1 2026-11-20", "Persist done"}, w.asked)

	w = newWorld(t)
	w.paces = []workflows.Pace{{Mode: budget.ModeSweep, Reason: "spent"}}
	require.Equal(t, attendance.OutcomeUnexplained, w.run(dayHint()).Outcome)
	require.Equal(t, []string{"PlanDay", "Persist unexplained"}, w.asked)
}

// An approval itself is read at once; its days keep the pace of other events.
func TestBatchedApproval(t *testing.T) {
	t.Parallel()
	touched := []attendance.UserDay{{UserID: "u1", WorkDate: day(11, 20)}, {UserID: "u1", WorkDate: day(11, 22)}}
	batched := []workflows.Pace{batchAt(clock(11, 23, 12, 5))}
	kept := []workflows.Pace{{Mode: budget.ModeSweep, Reason: "spent"}}
	steps := func(days ...string) []string {
		return append([]string{"PlanApproval", "ReadInstance i1", "SaveInstance i1", "PlanApprovalDays"}, days...)
	}
	tests := map[string]struct {
		paces             []workflows.Pace
		answered, answers []attendance.UserDay
		outcome           attendance.Outcome
		want              []string
	}{
		"live":                     {nil, nil, nil, attendance.OutcomeDone, steps("FetchDay u1 2026-11-20", "Persist", "FetchDay u1 2026-11-22", "Persist", "Persist done")},
		"a punch has asked for it": {nil, touched[:1], nil, attendance.OutcomeDone, steps("FetchDay u1 2026-11-22", "Persist", "Persist done")},
		"the batch answers":        {batched, nil, touched, attendance.OutcomeDone, steps("PlanApprovalDays", "Persist done")},
		"batches ask in vain for one": {
			batched, nil, touched[:1], attendance.OutcomeDone,
			steps("PlanApprovalDays", "PlanApprovalDays", "FetchDay u1 2026-11-22", "Persist", "Persist done"),
		},
		"kept for the sweep":          {kept, nil, nil, attendance.OutcomeUnexplained, steps("Persist unexplained")},
		"nothing to keep":             {kept, touched, nil, attendance.OutcomeDone, steps("Persist done")},
		"batched, then kept":          {append(batched, kept...), nil, nil, attendance.OutcomeUnexplained, steps("PlanApprovalDays", "Persist unexplained")},
		"batched, then nothing waits": {append(batched, workflows.Pace{}), touched[:1], nil, attendance.OutcomeDone, steps("PlanApprovalDays", "FetchDay u1 2026-11-22", "Persist", "Persist done")},
	}
	for name, test := range tests {
		w := newWorld(t)
		w.paces, w.answered, w.answers = test.paces, test.answered, test.answers
		w.instances["i1"] = []attendance.Instance{agreed("i1", attendance.ApprovalLeave)}
		w.touched["i1"] = touched
		require.Equal(t, test.outcome, w.run(approvalHint("finish", "agree")).Outcome, name)
		require.Equal(t, test.want, w.asked, name)
	}
}

func (w *world) batch(in workflows.BatchInput) (workflows.BatchResult, error) {
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeFetchBatch, in)
	require.True(w.t, env.IsWorkflowCompleted())
	var result workflows.BatchResult
	if err := env.GetWorkflowError(); err != nil {
		return result, err
	}
	return result, env.GetWorkflowResult(&result)
}

func TestBatchAsksForAllPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.batches = []workflows.BatchPlan{
		{Wants: 3, Last: "u2", Fetch: attendance.FetchPlan{
			Windows: []attendance.Window{recordsOf(day(11, 23), "u1", "u2"), {UserIDs: []string{"u1"}, Days: attendance.DateRange{From: day(11, 20), To: day(11, 20)}}},
		}},
		{Wants: 2, Fetch: attendance.FetchPlan{
			Singles: []attendance.UserDay{{UserID: "u9", WorkDate: day(11, 1)}}, Windows: []attendance.Window{recordsOf(day(11, 23), "u8")},
		}},
	}
	result, err := w.batch(workflows.BatchInput{At: clock(11, 23, 12, 0)})
	require.NoError(t, err)
	require.Equal(t, workflows.BatchResult{Wants: 5, Calls: 1 + 2 + 1 + 1}, result)
	slices.Sort(w.asked)
	require.Equal(t, []string{
		"FetchDay u9 2026-11-01",
		"FetchWindow 2026-11-20..2026-11-20 u1", "FetchWindow 2026-11-23..2026-11-23 u1,u2 records", "FetchWindow 2026-11-23..2026-11-23 u8 records",
		"Persist", "Persist", "Persist", "Persist", "PlanBatch", "PlanBatch u2",
	}, w.asked)
	for _, p := range w.written {
		require.Equal(t, attendance.TriggerEvent, p.Trigger)
	}
}

// One user whom DingTalk does not know hides nobody else of the batch.
func TestBatchWithAnUnknownUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.batches = []workflows.BatchPlan{{Wants: 2, Fetch: attendance.FetchPlan{Windows: []attendance.Window{recordsOf(day(11, 23), "left", "u2")}}}}
	w.windowFunc = func(in attendance.Window) error {
		if slices.Contains(in.UserIDs, "left") {
			return final(workflows.ErrorNotFound, "no such user")
		}
		return nil
	}
	result, err := w.batch(workflows.BatchInput{At: clock(11, 23, 12, 0)})
	require.NoError(t, err)
	require.Len(t, result.Problems, 1)
	require.Equal(t, 1, w.count("FetchWindow 2026-11-23..2026-11-23 u2 records"))
	require.Len(t, w.written, 1)
}

func TestBatchContinuesAsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.batches = []workflows.BatchPlan{{Wants: 1, Last: "u1"}, {Wants: 1}}
	env := w.env()
	w.onNote = func() { suggest(env) }
	in := workflows.BatchInput{At: clock(11, 23, 12, 0)}
	env.ExecuteWorkflow(workflows.TypeFetchBatch, in)
	next := successor[workflows.BatchInput](t, env.GetWorkflowError())
	require.True(t, next.At.Equal(in.At))
	w.onNote = nil
	result, err := w.batch(next)
	require.NoError(t, err)
	require.Equal(t, workflows.BatchResult{Wants: 2}, result)
	require.Equal(t, []string{"PlanBatch", "PlanBatch u1"}, w.asked)
}

func TestGovern(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	env := w.env()
	env.ExecuteWorkflow(workflows.TypeGovern)
	require.NoError(t, env.GetWorkflowError())
	var d budget.Decision
	require.NoError(t, env.GetWorkflowResult(&d))
	require.Equal(t, budget.ModeLive, d.Mode)
}
