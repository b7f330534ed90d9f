package main

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"dakasync/workflows"
)

// asJSON is a call of every command that ends with an answer, and a key of it.
func asJSON(t *testing.T) map[string][]string {
	t.Helper()
	return map[string][]string{
		"migrate":   {"schema_version"},
		"status":    {"errors"},
		"resync":    {"workflow_id", "--from", "2026-11-01", "--to", "2026-11-02", "--user", "u1"},
		"backfill":  {"workflow_id", "--from", "2026-11-01", "--to", "2026-11-02", "--user", "u1"},
		"reconcile": {"schedule"},
		"drain":     {"schedule"},
		"plan":      {"company", "--employees", "200"},
		"erase":     {"done", "u1"},
		"prune":     {"done", "--keep", "events=400"},
		"explain":   {"entries", "u1", "2026-11-02"},
		"export":    {"rows_not_final", "--from", "2026-11-01", "--to", "2026-11-02", "--output", t.TempDir() + "/x.csv"},
	}
}

// withoutAnswer are the commands that cannot: codec serves until it is interrupted,
// and what completion and help print is for the shell and for people.
func withoutAnswer() []string { return []string{"codec", "completion", "help"} }

// Every command answers programs: its standard output is one JSON value and nothing
// else, whatever it says to people meanwhile.
func TestEveryCommandAnswersPrograms(t *testing.T) {
	calls := asJSON(t)
	for _, c := range newRoot(newBench(t, nil).app).Commands() {
		if slices.Contains(withoutAnswer(), c.Name()) {
			require.Nil(t, c.Flags().Lookup("json"), c.Name())
			continue
		}
		require.NotNil(t, c.Flags().Lookup("json"), "%s has no --json", c.Name())
		call, tried := calls[c.Name()]
		if slices.Contains([]string{"doctor", "livetest"}, c.Name()) && !tried {
			continue // they have tests of their own
		}
		require.True(t, tried, "%s --json is not tried here", c.Name())
		t.Run(c.Name(), func(t *testing.T) {
			b := newBench(t, complete())
			b.app.errOut = &b.errOut
			b.ledger.head, b.ledger.days = paidDays()
			b.temporal.schedule.On("Describe", mock.Anything).Return(&client.ScheduleDescription{}, nil)
			b.temporal.schedule.On("Trigger", mock.Anything, mock.Anything).Return(nil)
			b.temporal.answers = []any{workflows.ResyncProgress{}}
			require.NoError(t, b.run(t, append([]string{c.Name(), "--json"}, call[1:]...)...))
			var answer map[string]any
			require.NoError(t, json.Unmarshal(b.out.Bytes(), &answer), b.out.String())
			require.Contains(t, answer, call[0])
		})
	}
}

func TestRequestsAnswerWithCostAndEnd(t *testing.T) {
	b := newBench(t, complete())
	b.app.errOut = &b.errOut
	b.temporal.answers = []any{workflows.ResyncProgress{Requests: []workflows.RequestProgress{
		{UserIDs: []string{"u1"}, From: "2026-11-01", To: "2026-11-02", State: workflows.RequestDone, Done: 2, Total: 2},
	}}}
	require.NoError(t, b.run(t, "resync", "--user", "u1", "--from", "2026-11-01", "--to", "2026-11-02", "--wait", "--json"))
	var answer struct {
		requested

		Progress workflows.RequestProgress `json:"progress"`
	}
	require.NoError(t, json.Unmarshal(b.out.Bytes(), &answer))
	require.Equal(t, "resync/dingcorp", answer.WorkflowID)
	require.Equal(t, 2, answer.Progress.Done)
	require.Equal(t, 5000, *answer.Cost.Left)
	require.Positive(t, answer.Cost.Calls)
	require.Contains(t, b.errOut.String(), "done: 2 of 2 user-days\n")

	b = newBench(t, complete())
	b.temporal.startErr = serviceerror.NewWorkflowExecutionAlreadyStarted("already", "", "run")
	b.app.errOut = &b.errOut
	require.NoError(t, b.run(t, "reconcile", "--date", "2026-11-03", "--json"))
	require.NoError(t, json.Unmarshal(b.out.Bytes(), &answer))
	require.True(t, answer.Already)

	b = newBench(t, complete())
	b.app.errOut = &b.errOut
	b.temporal.schedule.On("Describe", mock.Anything).Return(&client.ScheduleDescription{
		Info: client.ScheduleInfo{RunningWorkflows: []client.ScheduleWorkflowExecution{{WorkflowID: "busy"}}},
	}, nil)
	require.NoError(t, b.run(t, "drain", "--json"))
	require.JSONEq(t, `{"schedule": "drain-failed-pushes", "workflow_id": "busy", "already_running": true}`, b.out.String())
}

// A wait draws a bar where somebody looks on, and lines elsewhere.
func TestWaitingDrawsABar(t *testing.T) {
	state := func(name string, done int) workflows.ResyncProgress {
		return workflows.ResyncProgress{Requests: []workflows.RequestProgress{{UserIDs: []string{"u1"}, From: "2026-11-01", To: "2026-11-02", State: name, Done: done, Total: 4}}}
	}
	b := newBench(t, complete())
	b.app.errOut, b.app.terminal = &b.errOut, true
	b.temporal.answers = []any{state(workflows.RequestQueued, 0), state(workflows.RequestRunning, 1), state(workflows.RequestRunning, 3), state(workflows.RequestDone, 4)}
	require.NoError(t, b.run(t, "resync", "--user", "u1", "--from", "2026-11-01", "--to", "2026-11-02", "--wait"))
	require.Contains(t, b.errOut.String(), "running: 3 of 4 user-days")
	require.Contains(t, b.errOut.String(), "75%")
	require.NotContains(t, b.out.String(), "running")
	require.Contains(t, b.out.String(), "done: 4 of 4 user-days\n")
}

// The shell is offered commands, flags and the values that a flag takes.
func TestTheShellCompletes(t *testing.T) {
	complete := func(args ...string) string {
		b := newBench(t, nil)
		require.NoError(t, b.run(t, append([]string{cobra.ShellCompRequestCmd}, args...)...))
		return b.out.String()
	}
	require.Contains(t, complete("ex"), "explain\tTell the story of one person's day\nexport\t")
	require.Contains(t, complete("export", "--gr"), "--grain")
	require.Contains(t, complete("export", "--grain", ""), "day\nmonth\n:4")
	require.Contains(t, complete("export", "--format", ""), "csv\nxlsx\n")
	require.Contains(t, complete("export", "--lang", ""), "zh\nen\n")
	require.Contains(t, complete("plan", "--edition", ""), "standard\n")
	require.Contains(t, complete("prune", "--keep", ""), "events\n")
	require.Contains(t, complete("explain", ""), ":4\n", "no files where none are wanted")
	require.Contains(t, complete("export", "--output", ""), ":0\n", "files where they are")
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		b := newBench(t, nil)
		require.NoError(t, b.run(t, "completion", shell))
		require.Contains(t, b.out.String(), "dakactl")
	}
}
