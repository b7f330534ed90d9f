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
func Dir(t testing.TB) string {
	t.Helper()
	parent := ""
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		parent = "/dev/shm"
	}
	dir, err := os.MkdirTemp(parent, "dakasync-test-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755)) //nolint:gosec // The account passes through.
	return dir
}

// Start brings up a cluster that is stopped and removed when the test ends.
func Start(t testing.TB) *cluster.Cluster {
	t.Helper()
	return StartIn(t, cluster.Options{Dir: Dir(t), Volatile: true, NoUI: true})
}

// StartIn is Start with options, so that a test can start again on the same folder.
func StartIn(t testing.TB, options cluster.Options) *cluster.Cluster {
	t.Helper()
	started, err := cluster.Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, started.Stop(context.WithoutCancel(t.Context()))) })
	return started
}
