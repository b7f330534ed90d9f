package temporalite_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"dakasync/dev/cluster"
	"dakasync/dev/cluster/clustertest"
)

func empty(workflow.Context) error { return nil }

func TestHistoryOutlivesTheServer(t *testing.T) {
	options := cluster.Options{Dir: clustertest.Dir(t), Volatile: true}
	first := clustertest.StartIn(t, options)
	runEmpty(t, first)
	answers(t, first.Temporal.UIURL())
	require.NoError(t, first.Stop(t.Context()))

	second := clustertest.StartIn(t, options)
	handle := dial(t, second)
	description, err := handle.DescribeWorkflowExecution(t.Context(), "once", "")
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, description.GetWorkflowExecutionInfo().GetStatus())
	require.Eventually(t, func() bool { return found(t, handle) }, 10*time.Second, 20*time.Millisecond)
}

// runEmpty runs a workflow with the product's search attributes on it.
func runEmpty(t *testing.T, on *cluster.Cluster) {
	t.Helper()
	handle := dial(t, on)
	runner := worker.New(handle, "queue", worker.Options{})
	runner.RegisterWorkflow(empty)
	require.NoError(t, runner.Start())
	defer runner.Stop()
	run, err := handle.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "once", TaskQueue: "queue",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword("DakaUserId").ValueSet("user-1"),
			temporal.NewSearchAttributeKeyKeyword("DakaWorkDate").ValueSet("2026-11-01"),
			temporal.NewSearchAttributeKeyKeyword("DakaEventType").ValueSet("attendance_check_record"),
			temporal.NewSearchAttributeKeyKeyword("DakaOutcome").ValueSet("done"),
		),
	}, empty)
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), nil))
}

func found(t *testing.T, handle client.Client) bool {
	t.Helper()
	count, err := handle.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: `DakaUserId = "user-1" AND DakaOutcome = "done"`})
	require.NoError(t, err)
	return count.GetCount() == 1
}

func dial(t *testing.T, on *cluster.Cluster) client.Client {
	t.Helper()
	handle, err := client.DialContext(t.Context(), client.Options{HostPort: on.Temporal.Address(), Namespace: on.Temporal.Namespace()})
	require.NoError(t, err)
	t.Cleanup(handle.Close)
	return handle
}

// answers waits until an address serves a page.
func answers(t *testing.T, address string) {
	t.Helper()
	require.Eventually(t, func() bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		require.NoError(t, err)
		response, err := (&http.Client{Timeout: time.Second}).Do(request)
		if err != nil {
			return false
		}
		require.NoError(t, response.Body.Close())
		return response.StatusCode == http.StatusOK
	}, 10*time.Second, 20*time.Millisecond)
}
