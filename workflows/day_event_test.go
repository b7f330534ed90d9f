package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/workflows"
)

func dayHint() attendance.Hint {
	return attendance.Hint{
		Kind: attendance.KindDay, CorpID: corp, EventType: "attend_bossCheck_change", Channel: attendance.ChannelStream,
		UserID: "u1", WorkDate: day(11, 20), EventID: "e1", BornAt: clock(11, 23, 11, 0),
	}
}

func TestDayIsFetchedAndWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.run(dayHint())
	require.Equal(t, workflows.Decision{
		Outcome: attendance.OutcomeDone, WorkDate: day(11, 20), Reason: "the day was fetched", Rounds: 1,
	}, d)
	require.Equal(t, []string{"PlanDay", "FetchDay u1 2026-11-20", "Persist done"}, w.asked)
}

func TestDayWithoutACall(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*world)
		want   attendance.Outcome
	}{
		"known":   {func(w *world) { w.recalls = []attendance.Recall{{Known: true}} }, attendance.OutcomeDone},
		"future":  {func(w *world) { w.reach = attendance.ReachFuture }, attendance.OutcomeIgnored},
		"too old": {func(w *world) { w.reach = attendance.ReachTooOld }, attendance.OutcomeUnexplained},
	}
	for name, test := range tests {
		w := newWorld(t)
		test.change(w)
		require.Equal(t, test.want, w.run(dayHint()).Outcome, name)
		require.Zero(t, w.count("Fetch"), name)
		require.Equal(t, []attendance.Outcome{test.want}, w.outcomes(), name)
	}
}

func TestDayOfAnUnknownUserIsUnexplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failures[workflows.StepFetchDay] = final(workflows.ErrorNotFound, "no such user")
	d := w.run(dayHint())
	require.Equal(t, attendance.OutcomeUnexplained, d.Outcome)
	require.Equal(t, "no such user", d.Reason)
}

func TestDayThatAnotherRunFetchesMeanwhileCostsNoCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delays = []time.Duration{5 * time.Second}
	w.recalls = []attendance.Recall{{}, {Known: true, WorkDate: day(11, 20)}}
	require.Equal(t, attendance.OutcomeDone, w.run(dayHint()).Outcome)
	require.Equal(t, []string{"PlanDay", "PlanDay", "Persist done"}, w.asked)
}
