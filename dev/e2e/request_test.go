package e2e_test

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
	"dakasync/workflows"
)

// lossyCompany is one of whose events none arrives: what is in the tables, somebody has asked for.
func lossyCompany(t *testing.T, employees int) *deployment {
	t.Helper()
	d := deploy(t, plan{
		company:  company.Options{Employees: employees, Seed: 9},
		settings: func(s *platform.Settings) { s.DropChance = 1 },
	})
	d.company.Advance(time.Now())
	d.up()
	return d
}

// requireTruthOfDays compares what a walk over the company's days up to today can know: tonight's first punches of a shift that
// begins at midnight are tomorrow's.
func (d *deployment) requireTruthOfDays() {
	d.t.Helper()
	truth, today := d.company.Truth(), day(d.t, 0)
	truth.Punches = slices.DeleteFunc(truth.Punches, func(p company.PunchRow) bool {
		return p.WorkDate < d.company.FirstDay() || p.WorkDate > today
	})
	truth.Results = slices.DeleteFunc(truth.Results, func(r company.ResultRow) bool { return r.WorkDate > today })
	d.report(slices.Concat(d.punchDifferences(truth), d.resultDifferences(truth), d.versionDifferences(truth)))
}

func (d *deployment) resync(payload any) {
	d.t.Helper()
	require.NoError(d.t, d.temporal.SignalWorkflow(d.t.Context(), workflows.ResyncID(d.company.CorpID()), "", workflows.SignalResync, payload))
}

// resyncProgress asks the standing run. Temporal may hand a query to a worker that has just left: nobody answers that one.
func (d *deployment) resyncProgress() workflows.ResyncProgress {
	d.t.Helper()
	var value converter.EncodedValue
	var err error
	for range 3 {
		value, err = d.temporal.QueryWorkflow(d.t.Context(), workflows.ResyncID(d.company.CorpID()), "", workflows.QueryProgress)
		if late := (*serviceerror.DeadlineExceeded)(nil); !errors.As(err, &late) && !errors.Is(err, context.DeadlineExceeded) {
			break
		}
		d.t.Log("a query of progress got no answer in time")
	}
	require.NoError(d.t, err)
	var progress workflows.ResyncProgress
	require.NoError(d.t, value.Get(&progress))
	return progress
}

// awaitResync waits until the newest so many requests are over.
func (d *deployment) awaitResync(requests int) []workflows.RequestProgress {
	d.t.Helper()
	var last []workflows.RequestProgress
	require.Eventually(d.t, func() bool {
		last = d.resyncProgress().Requests
		return len(last) >= requests && !slices.ContainsFunc(last, func(r workflows.RequestProgress) bool {
			return r.State == workflows.RequestQueued || r.State == workflows.RequestRunning
		})
	}, patience, tick, "%+v", last)
	return last
}

// TestResync: the standing run takes signals while it works, shows where it is, refuses what makes no sense, and goes on.
func TestResync(t *testing.T) {
	d := lossyCompany(t, 20)
	s := script{deployment: d}
	from, to := day(t, 21).String(), day(t, 1).String()
	user := s.someone("office", 0)

	d.platform.AddFault(platform.Fault{Path: "/attendance/list", Delay: 100 * time.Millisecond})
	d.resync(map[string]any{"from": from, "to": to, "reason": "everybody"})
	require.Eventually(t, func() bool {
		requests := d.resyncProgress().Requests
		return len(requests) == 1 && requests[0].State == workflows.RequestRunning
	}, soon, 10*time.Millisecond, "the request does not run")
	// While it runs:
	d.resync(map[string]any{"user_ids": []string{user}, "from": to, "to": day(t, -30).String(), "reason": "into the future"})
	for _, bad := range []any{
		map[string]any{"from": "2026-02-30", "to": to, "reason": "no such day"},
		map[string]any{"from": to, "to": from, "reason": "backwards"},
		map[string]any{"from": day(t, 200).String(), "to": day(t, 190).String(), "reason": "too long ago"},
		map[string]any{"from": from, "to": to, "user_id": "mistyped"},
		"just a text", 42, nil, []byte{0, 1, 2},
	} {
		d.resync(bad)
	}
	d.platform.ClearFaults("")

	requests := d.awaitResync(10)
	require.Len(t, requests, 10)
	require.Equal(t, workflows.RequestDone, requests[0].State)
	require.Equal(t, 20*21, requests[0].Total-21, "twenty people and the administrator over 21 days")
	require.Equal(t, requests[0].Total, requests[0].Done)
	require.Equal(t, workflows.RequestDone, requests[1].State)
	require.Equal(t, day(t, 0).String(), requests[1].To, "the future is cut off")
	for _, refused := range requests[2:] {
		require.Equal(t, workflows.RequestRefused, refused.State, "%+v", refused)
		require.NotEmpty(t, refused.Error)
	}

	d.resync(map[string]any{"from": day(t, 0).String(), "to": day(t, 0).String(), "reason": "today"})
	requests = d.awaitResync(11)
	require.Equal(t, workflows.RequestDone, requests[10].State, "the run goes on after bad signals")

	d.requireTruthOfDays()
	require.Positive(t, d.count("day_version", "trigger = 'resync'"))
	require.Equal(t, 1, d.runs("WorkflowType = 'Resync' AND ExecutionStatus = 'Running'"))
	d.requireNoFailedRuns()

	t.Run("by dakactl", func(t *testing.T) {
		out := d.dakactl(t, "resync", "--user", user, "--from", from, "--to", from, "--reason", "by hand", "--wait")
		require.Contains(t, out, from)
		requests := d.awaitResync(12)
		require.Equal(t, "by hand", requests[11].Reason)
		require.Equal(t, workflows.RequestDone, requests[11].State)
		d.dakactl(t, "status")
	})
}

// dakactl runs the operator's command with the deployment's settings.
func (d *deployment) dakactl(t *testing.T, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), programs+"/dakactl", arguments...)
	for name, value := range d.env {
		command.Env = append(command.Env, name+"="+value)
	}
	output, err := command.CombinedOutput()
	require.NoError(t, err, "dakactl %s: %s", strings.Join(arguments, " "), output)
	return string(output)
}

// TestBackfill: a walk over everybody and three weeks goes on where it was when its worker is killed.
func TestBackfill(t *testing.T) {
	d := lossyCompany(t, 120) // three pages of users
	in := workflows.BackfillInput{From: day(t, 21).String(), To: day(t, 0).String(), Reason: "first start"}
	d.platform.AddFault(platform.Fault{Path: "/attendance/list", Delay: 50 * time.Millisecond})
	run, err := d.temporal.ExecuteWorkflow(t.Context(), workflows.BackfillOptions("dakasync", d.company.CorpID(), in), workflows.TypeBackfill, in)
	require.NoError(t, err)
	var progress workflows.BackfillProgress
	ask := func() bool {
		value, err := d.temporal.QueryWorkflow(t.Context(), run.GetID(), "", workflows.QueryProgress)
		return err == nil && value.Get(&progress) == nil
	}
	require.Eventually(t, func() bool { return ask() && progress.Done > 0 }, patience, 10*time.Millisecond)
	require.Equal(t, workflows.RequestRunning, progress.State)
	require.Positive(t, progress.Left)
	require.Positive(t, progress.Calls)
	d.kill(worker)
	d.platform.ClearFaults("")
	d.start(worker, worker, nil)
	require.NoError(t, run.Get(t.Context(), &progress))
	require.Equal(t, workflows.RequestDone, progress.State)
	require.Equal(t, 121*22, progress.Done)
	require.Zero(t, progress.Left)
	require.Empty(t, progress.Problems)

	d.requireTruthOfDays()
	require.Positive(t, d.count("day_version", "trigger = 'backfill'"))
	t.Logf("%d calls for %d user-days", d.platform.Billed(), progress.Done)

	_, err = d.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "too-old", TaskQueue: "dakasync"}, workflows.TypeBackfill,
		workflows.BackfillInput{From: day(t, 400).String(), To: day(t, 390).String()})
	require.NoError(t, err)
	require.ErrorContains(t, d.temporal.GetWorkflow(t.Context(), "too-old", "").Get(t.Context(), nil), "180")
}
