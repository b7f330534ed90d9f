package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/workflows"
)

func TestResyncSignalsTheStandingRun(t *testing.T) {
	b := newBench(t, complete())
	require.NoError(t, b.run(t, "resync", "--user", "u1", "--user", "u2", "--user", "u1", "--from", "2026-11-01", "--to", "2026-11-02", "--reason", "payroll"))
	require.Equal(t, []workflows.ResyncRequest{{UserIDs: []string{"u1", "u2"}, From: "2026-11-01", To: "2026-11-02", Reason: "payroll"}}, b.temporal.signals)
	require.Equal(t, "resync/dingcorp", b.temporal.started[0].ID)
	require.Equal(t, "dakasync", b.temporal.started[0].TaskQueue)
	require.Contains(t, b.out.String(), "temporal workflow query -w 'resync/dingcorp' --type progress")
}

func TestBadSpansAreNotSent(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no from":    {[]string{"--to", "2026-11-02"}, "--from is missing"},
		"no to":      {[]string{"--from", "2026-11-02"}, "--to is missing"},
		"impossible": {[]string{"--from", "2026-02-30", "--to", "2026-11-02"}, "--from"},
		"backwards":  {[]string{"--from", "2026-11-02", "--to", "2026-11-01"}, "is after to"},
		"too old":    {[]string{"--from", "2026-01-01", "--to", "2026-11-01"}, "180 days"},
		"future":     {[]string{"--from", "2026-11-04", "--to", "2026-11-05"}, "in the future"},
		"no user id": {[]string{"--from", "2026-11-01", "--to", "2026-11-02", "--user", " "}, "--user is empty"},
		"long story": {[]string{"--from", "2026-11-01", "--to", "2026-11-02", "--reason", strings.Repeat("x", 256)}, "--reason has 256"},
	} {
		for _, command := range []string{"resync", "backfill"} {
			t.Run(command+" "+name, func(t *testing.T) {
				b := newBench(t, complete())
				err := b.run(t, append([]string{command}, test.args...)...)
				requireExit(t, 1, err)
				require.ErrorContains(t, err, "nothing was sent")
				require.ErrorContains(t, err, test.says)
				require.Empty(t, b.temporal.started)
			})
		}
	}
}

func TestResyncWaits(t *testing.T) {
	other := workflows.RequestProgress{UserIDs: []string{"u9"}, From: "2026-11-01", To: "2026-11-09", Reason: "mine", State: workflows.RequestRefused, Error: "another's"}
	state := func(name, to, problem string, done int) workflows.ResyncProgress {
		return workflows.ResyncProgress{Requests: []workflows.RequestProgress{
			{UserIDs: []string{"u1"}, From: "2026-11-01", To: "2026-11-09", Reason: "mine", State: workflows.RequestRefused, Error: "an older one"},
			{UserIDs: []string{"u1"}, From: "2026-11-01", To: to, Reason: "mine", State: name, Error: problem, Done: done, Total: 3},
			other,
		}}
	}
	args := []string{"resync", "--user", "u1", "--from", "2026-11-01", "--to", "2026-11-09", "--reason", "mine", "--wait"}

	t.Run("until it is done", func(t *testing.T) {
		b := newBench(t, complete())
		b.temporal.answers = []any{
			errors.New("no poller"), state("queued", "2026-11-09", "", 0), state("running", "2026-11-03", "", 1),
			state("running", "2026-11-03", "", 1), state("done", "2026-11-03", "", 3),
		}
		require.NoError(t, b.run(t, args...))
		require.Equal(t, "the re-sync costs about 8 calls (1 user, 3 days), and 1 or 2 for each approval that is not read yet; 5,000 are left this month, 0 of 5,000 are spent\n"+
			"asked for 2026-11-01 to 2026-11-09 of user u1\n"+
			"no answer yet; is a worker running? (ask the run resync/dingcorp for its progress: no poller)\n"+
			"queued\nrunning: 1 of 3 user-days\ndone: 3 of 3 user-days\n", b.out.String())
	})
	t.Run("until it is refused", func(t *testing.T) {
		b := newBench(t, complete())
		b.temporal.answers = []any{state("running", "2026-11-03", "", 1), state("refused", "2026-11-03", "no such user", 0)}
		err := b.run(t, args...)
		requireExit(t, 1, err)
		require.ErrorContains(t, err, "the request was refused: no such user")
	})
	t.Run("until the run is gone", func(t *testing.T) {
		b := newBench(t, complete())
		b.temporal.answers = []any{notFound()}
		requireExit(t, 1, b.run(t, args...))
	})
	t.Run("until it is interrupted", func(t *testing.T) {
		b := newBench(t, complete())
		b.temporal.answers = []any{state("running", "2026-11-03", "", 1)}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		root := newRoot(b.app)
		root.SetArgs(args)
		err := root.ExecuteContext(ctx)
		requireExit(t, 1, err)
		require.NotErrorIs(t, err, context.Canceled, "that would be taken for a clean end")
	})
	t.Run("for one that was forgotten", func(t *testing.T) {
		b := newBench(t, complete())
		b.temporal.answers = []any{workflows.ResyncProgress{Requests: []workflows.RequestProgress{other}}}
		require.NoError(t, b.run(t, args...))
		require.Contains(t, b.out.String(), "no longer shows this one")
	})
}

func TestTemporalAway(t *testing.T) {
	for _, args := range [][]string{
		{"drain"}, {"reconcile"}, {"reconcile", "--date", "2026-11-01"}, {"status"},
		{"resync", "--from", "2026-11-01", "--to", "2026-11-02"}, {"backfill", "--from", "2026-11-01", "--to", "2026-11-02"},
	} {
		b := newBench(t, complete())
		b.dialErr = errors.New("Temporal at localhost:7233 does not answer (TEMPORAL_ADDRESS)")
		err := b.run(t, args...)
		requireExit(t, 1, err)
		require.ErrorContains(t, err, "TEMPORAL_ADDRESS")
	}
}
