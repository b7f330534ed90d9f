package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHelpNeedsNoSettings(t *testing.T) {
	for _, command := range []string{"", "migrate", "status", "resync", "backfill", "reconcile", "drain", "plan", "codec", "erase", "prune"} {
		t.Run("help "+command, func(t *testing.T) {
			b := newBench(t, nil)
			args := []string{"--help"}
			if command != "" {
				args = []string{command, "--help"}
			}
			require.NoError(t, b.run(t, args...))
			require.Contains(t, b.out.String(), "Usage:")
		})
	}
	b := newBench(t, nil)
	require.NoError(t, b.run(t))
	require.Contains(t, b.out.String(), "resync")
}

func TestVersion(t *testing.T) {
	b := newBench(t, nil)
	require.NoError(t, b.run(t, "--version"))
	require.Contains(t, b.out.String(), "dakactl ")
	require.Contains(t, b.out.String(), "built with go")
}

func TestFaultsInTheSettingsAreNamedAtOnce(t *testing.T) {
	for _, args := range [][]string{
		{"migrate"}, {"status"}, {"drain"}, {"codec"}, {"erase", "u1"}, {"prune", "--keep", "events=400"}, {"reconcile"}, {"reconcile", "--date", "2026-11-01"},
		{"resync", "--from", "2026-11-01", "--to", "2026-11-02"}, {"backfill", "--from", "2026-11-01", "--to", "2026-11-02"},
	} {
		t.Run(args[0], func(t *testing.T) {
			b := newBench(t, map[string]string{"DAKASYNC_QPZ": "1"})
			err := b.run(t, args...)
			requireExit(t, 2, err)
			require.ErrorContains(t, err, " faults in the settings")
			require.Regexp(t, "DATABASE_URL is not set|DINGTALK_CORP_ID is not set", err.Error())
			require.ErrorContains(t, err, "did you mean DAKASYNC_QPS?")
			require.Empty(t, b.temporal.started)
			require.False(t, b.ledger.migrated)
		})
	}
}

func TestMisuseIsOneSentence(t *testing.T) {
	for name, args := range map[string][]string{
		"unknown command": {"resink"},
		"unknown flag":    {"drain", "--force"},
		"stray argument":  {"migrate", "now"},
	} {
		t.Run(name, func(t *testing.T) {
			requireExit(t, 1, newBench(t, complete()).run(t, args...))
		})
	}
	for usage, args := range map[string][]string{"dakactl explain USER DATE": {"explain", "0225"}, "dakactl erase USER": {"erase"}, "dakactl drain": {"drain", "now"}} {
		require.ErrorContains(t, newBench(t, complete()).run(t, args...), ": "+usage+" [")
	}
}

func TestMigrateNeedsOnlyTheDatabase(t *testing.T) {
	b := newBench(t, map[string]string{"DATABASE_URL": "postgres://u@db/daka"})
	require.NoError(t, b.run(t, "migrate"))
	require.True(t, b.ledger.migrated)
	require.Equal(t, "the schema is at version 7\n", b.out.String())

	b.ledger.err = errors.New("connection refused")
	err := b.run(t, "migrate")
	requireExit(t, 1, err)
	require.ErrorContains(t, err, "DATABASE_URL")
}

// A script, or a Job of Kubernetes whose node is drained, must not take a command that was cut short for one that is done: ops ends
// with 0 for the cancellation of who was told to stop.
func TestACommandThatIsCutShortIsNotDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := newBench(t, complete())
	b.ledger.err = fmt.Errorf("wait for who migrates: %w", context.Canceled)
	migrate := func() error {
		root := newRoot(b.app)
		root.SetArgs([]string{"migrate"})
		return interrupted(ctx, root.ExecuteContext(ctx))
	}
	require.ErrorIs(t, migrate(), context.Canceled, "nobody has interrupted it")
	cancel()
	err := migrate()
	requireExit(t, 1, err)
	require.NotErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "interrupted: the schema was not brought up")

	b.ledger.err = nil
	require.NoError(t, migrate(), "it was done before it was told")
}
