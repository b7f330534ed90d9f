// Package clustertest gives a test a cluster that goes with it.
package clustertest

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/dev/cluster"
)

// Dir is a temporary folder, in memory where the machine has it, that the database server's account can reach, as
// t.TempDir is not for root.
func Dir(tb testing.TB) string {
	tb.Helper()
	parent := ""
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		parent = "/dev/shm"
	}
	dir, err := os.MkdirTemp(parent, "dakasync-test-") //nolint:usetesting // See above.
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, os.RemoveAll(dir)) })
	require.NoError(tb, os.Chmod(dir, 0o755)) //nolint:gosec // The account passes through.
	return dir
}

// Start brings up a cluster that is stopped and removed when the test ends.
func Start(tb testing.TB) *cluster.Cluster {
	tb.Helper()
	return StartIn(tb, cluster.Options{Dir: Dir(tb), Volatile: true, NoUI: true})
}

// StartIn is Start with options, so that a test can start again on the same folder.
func StartIn(tb testing.TB, options cluster.Options) *cluster.Cluster {
	tb.Helper()
	started, err := cluster.Start(tb.Context(), options)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, started.Stop(context.WithoutCancel(tb.Context()))) })
	return started
}
