package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/workflows"
)

func TestBackfill(t *testing.T) {
	args := []string{"backfill", "--from", "2026-10-01", "--to", "2026-11-02", "--reason", "first start"}
	in := workflows.BackfillInput{UserIDs: []string{}, From: "2026-10-01", To: "2026-11-02", Reason: "first start"}

	t.Run("starts", func(t *testing.T) {
		b := newBench(t, complete())
		require.NoError(t, b.run(t, args...))
		require.Equal(t, "backfill/dingcorp/2026-10-01/2026-11-02", b.temporal.started[0].ID)
		require.Equal(t, []any{in}, b.temporal.inputs)
		require.Contains(t, b.out.String(), "everybody")
	})
	t.Run("is running already", func(t *testing.T) {
		b := newBench(t, complete())
		b.temporal.startErr = serviceerror.NewWorkflowExecutionAlreadyStarted("already", "", "run")
		err := b.run(t, args...)
		requireExit(t, 1, err)
		require.ErrorContains(t, err, "is running already")
	})
	t.Run("waits for the result", func(t *testing.T) {
		b := newBench(t, complete())
		asked := make(chan struct{})
		b.temporal.answers = []any{workflows.BackfillProgress{State: "running", Done: 5, Total: 9, Calls: 2, ETASeconds: 90}}
		b.temporal.run.On("GetID").Return("id").Run(func(mock.Arguments) {
			select {
			case <-asked:
			default:
				close(asked)
			}
		})
		b.temporal.run.On("Get", mock.Anything, mock.Anything).Return(nil).Run(func(args mock.Arguments) {
			<-asked
			*args.Get(1).(*workflows.BackfillProgress) = workflows.BackfillProgress{State: "done", Done: 9, Total: 9, Calls: 4, Problems: []string{"one user is gone"}}
		})
		require.NoError(t, b.run(t, append(args, "--wait")...))
		require.Contains(t, b.out.String(), "running: 5 of 9 user-days, 2 calls, about 1m30s to go\n")
		require.Contains(t, b.out.String(), "done: 9 of 9 user-days, 4 calls\n  one user is gone\n")
	})
	t.Run("fails with the run", func(t *testing.T) {
		b := newBench(t, complete())
		b.temporal.answers = []any{errors.New("no poller")}
		b.temporal.run.On("GetID").Return("id")
		b.temporal.run.On("Get", mock.Anything, mock.Anything).Return(errors.New("too old"))
		err := b.run(t, append(args, "--wait")...)
		requireExit(t, 1, err)
		require.ErrorContains(t, err, "the backfill failed: too old")
	})
}

func TestReconcileOneDate(t *testing.T) {
	b := newBench(t, complete())
	require.NoError(t, b.run(t, "reconcile", "--date", "2026-11-03"))
	require.Equal(t, "reconcile/dingcorp/2026-11-03", b.temporal.started[0].ID)
	require.Equal(t, []any{workflows.ReconcileInput{Date: "2026-11-03"}}, b.temporal.inputs)

	for _, date := range []string{"", "tomorrow", "2026-11-04", "2026-01-01"} {
		b := newBench(t, complete())
		err := b.run(t, "reconcile", "--date", date)
		requireExit(t, 1, err)
		require.ErrorContains(t, err, "nothing was sent: --date")
		require.Empty(t, b.temporal.started)
	}
}

func TestSchedulesAreTriggered(t *testing.T) {
	for _, command := range []string{"drain", "reconcile"} {
		t.Run(command, func(t *testing.T) {
			b := newBench(t, complete())
			b.temporal.schedule.On("Describe", mock.Anything).Return(&client.ScheduleDescription{}, nil)
			b.temporal.schedule.On("Trigger", mock.Anything, client.ScheduleTriggerOptions{}).Return(nil).Once()
			require.NoError(t, b.run(t, command))
			b.temporal.schedule.AssertExpectations(t)
		})
		t.Run(command+" at work", func(t *testing.T) {
			b := newBench(t, complete())
			b.temporal.schedule.On("Describe", mock.Anything).Return(&client.ScheduleDescription{
				Info: client.ScheduleInfo{RunningWorkflows: []client.ScheduleWorkflowExecution{{WorkflowID: "busy"}}},
			}, nil)
			require.NoError(t, b.run(t, command))
			require.Contains(t, b.out.String(), "at work already: run busy")
		})
		t.Run(command+" without schedule", func(t *testing.T) {
			b := newBench(t, complete())
			b.temporal.schedule.On("Describe", mock.Anything).Return(nil, notFound())
			err := b.run(t, command)
			requireExit(t, 1, err)
			require.ErrorContains(t, err, "worker and starter create it")
		})
	}
}

func TestStatus(t *testing.T) {
	pending, last := now.Add(-90*time.Second), now.Add(-5*time.Second)
	b := newBench(t, complete())
	b.ledger.standing = ledgerStanding{
		SchemaVersion: 7, Events: []tally{{"done", 10}, {"pending", 1}}, OldestPending: &pending, LastEvent: &last,
		Complete: []domainStanding{
			{Domain: attendance.DomainPunches, Through: "2026-11-01", HeldBackOn: "2026-11-02", HeldBackBy: "1 unexplained punch"},
			{Domain: attendance.DomainResults, Through: "2026-11-02"},
			{Domain: attendance.DomainApprovals, HeldBackBy: "no connection was proven yet"},
		},
		Gaps: slices.Repeat([]gapStanding{{now.Add(-time.Hour), now.Add(-time.Minute), attendance.ProofCrashed}}, 12), BlindSeconds: 3540.5,
		Listeners: []listener{{"starter-1", 2, now.Add(-4 * time.Second)}, {"starter-2", 1, now}}, Lag: &lag{37, 0.8125, 4.5},
		Rows: []tally{{"punch", 12}}, Calls: []callsOfAPI{{"/attendance/list", 3, 2}, {"/topapi/x", 4, 4}},
	}
	b.temporal.schedule.On("Describe", mock.Anything).Return(&client.ScheduleDescription{
		Schedule: client.Schedule{State: &client.ScheduleState{Paused: true}}, Info: client.ScheduleInfo{NextActionTimes: []time.Time{now}},
	}, nil)
	b.temporal.answers = []any{workflows.ResyncProgress{Requests: []workflows.RequestProgress{
		{From: "2026-10-01", To: "2026-10-02", State: workflows.RequestDone},
		{From: "2026-11-01", To: "2026-11-02", State: workflows.RequestRunning, Done: 1, Total: 2, Reason: "payroll"},
	}}}

	require.NoError(t, b.run(t, "status"))
	text := b.out.String()
	require.Contains(t, text, "events    10 done, 1 pending\n")
	require.Contains(t, text, "open      none\n")
	require.Contains(t, text, "listening starter-1: connections 2, proven 4s ago\nlistening starter-2: connections 1, proven 0s ago\n"+
		"lag       of the last hour's 37 events half were known after 813ms, 95 of 100 after 4.5s\n")
	require.Contains(t, text, "1m30s ago")
	require.Contains(t, text, "calls     7 this month, 6 of them billed\n")
	require.Contains(t, text, "budget    nothing was decided yet: events are answered at once\n")
	for _, id := range []string{workflows.ScheduleDrain, workflows.ScheduleReconcile, workflows.ScheduleGovern} {
		require.Contains(t, text, "schedule  "+id+": paused\n")
	}
	require.Contains(t, text, "resync    running: 2026-11-01 to 2026-11-02, 1 of 2 user-days (payroll)\n")
	require.NotContains(t, text, "2026-10-01")
	require.Contains(t, text, "complete  punches through 2026-11-01; held back on 2026-11-02 by: 1 unexplained punch\n"+
		"          results through 2026-11-02\n"+
		"          approvals on no date yet; held back by: no connection was proven yet\n"+
		"blind     59m0.5s in the last 30 days, 12 open gaps\n")
	require.Equal(t, 10, strings.Count(text, ", 59m0s (crashed)\n"))
	require.Contains(t, text, "          and 2 more\n")

	b.out.Reset()
	b.ledger.standing.Decision = &budget.Decision{Mode: budget.ModeSweep, Reason: "Events are kept", DecidedAt: now.Add(-time.Minute), ForecastPushes: 2999}
	require.NoError(t, b.run(t, "status"))
	require.Contains(t, b.out.String(), "budget    Events are kept\n          decided at "+now.Add(-time.Minute).In(time.FixedZone("", 8*60*60)).Format(time.DateTime))
	require.Contains(t, b.out.String(), ", 1m0s ago; about 2,999 pushes by the end of that month\n")

	b.out.Reset()
	require.NoError(t, b.run(t, "status", "--json"))
	var s standing
	require.NoError(t, json.Unmarshal(b.out.Bytes(), &s))
	require.Equal(t, b.ledger.standing.Rows, s.Ledger.Rows)
	require.Equal(t, b.ledger.standing.Complete, s.Ledger.Complete)
	require.Len(t, s.Ledger.Gaps, 12)
	require.Equal(t, budget.ModeSweep, s.Ledger.Decision.Mode)
	require.True(t, s.Temporal.Schedules[0].Paused)
	require.Len(t, s.Temporal.Resyncs, 1)
	require.Empty(t, s.Errors)
}

func TestStatusShowsWhatAnswers(t *testing.T) {
	b := newBench(t, complete())
	b.ledger.err = errors.New("connection refused")
	b.temporal.schedule.On("Describe", mock.Anything).Return(nil, notFound())
	b.temporal.answers = []any{notFound()}
	err := b.run(t, "status")
	requireExit(t, 1, err)
	require.ErrorContains(t, err, "DATABASE_URL")
	text := b.out.String()
	require.Contains(t, text, "ledger    no answer\n")
	require.Contains(t, text, "schedule  reconcile-day: not there: worker and starter create it\n")
	require.Contains(t, text, "the standing run resync/dingcorp is not there")

	b = newBench(t, complete())
	b.dialErr = errors.New("Temporal does not answer")
	requireExit(t, 1, b.run(t, "status", "--json"))
	var s standing
	require.NoError(t, json.Unmarshal(b.out.Bytes(), &s))
	require.NotNil(t, s.Ledger)
	require.Nil(t, s.Temporal)
	require.Len(t, s.Errors, 1)
}
