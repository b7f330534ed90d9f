package workflows_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"dakasync/workflows"
)

// TestReplay holds the workflows to histories that released code has left: a
// change that would decide otherwise on the same history must not pass. A new
// path is recorded by the end-to-end test TestRecordHistories (see there), from
// released code and not from the change under test, into a set of its own: what
// older releases have left is replayed as long as their runs may be open.
func TestReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "histories", "*", "*.json*"))
	require.NoError(t, err)
	require.NotEmpty(t, files, "no history to replay: a check that finds nothing has shown nothing")
	seen := map[string]int{}
	for _, file := range files {
		history := readHistory(t, file)
		seen[history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()]++
		t.Run(filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replayer := worker.NewWorkflowReplayer()
			workflows.Register(replayer)
			require.NoError(t, replayer.ReplayWorkflowHistory(nil, history))
		})
	}
	for _, name := range workflows.Types() {
		require.Positive(t, seen[name], "no history of %s", name)
	}
}

func readHistory(t *testing.T, file string) *historypb.History {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	var r io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		r, err = gzip.NewReader(f)
		require.NoError(t, err)
	}
	history, err := client.HistoryFromJSON(r, client.HistoryJSONOptions{})
	require.NoError(t, err)
	require.NotEmpty(t, history.GetEvents())
	return history
}
