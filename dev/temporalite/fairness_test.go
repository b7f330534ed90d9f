package temporalite_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"dakasync/dev/cluster"
	"dakasync/dev/cluster/clustertest"
)

const (
	busyQueue = "calls"
	greedy    = 12 // steps of the run that came first
	modest    = 3  // steps of the one that came later
)

// crowd leaves steps to a queue: many of one fairness key, then a few of another, then an urgent one. The whole run has the first key:
// that the others have their own shows that a step's key comes before its run's.
func crowd(ctx workflow.Context) error {
	var steps []workflow.Future
	leave := func(count int, priority temporal.Priority) {
		ctx := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{TaskQueue: busyQueue, StartToCloseTimeout: time.Minute, Priority: priority})
		for range count {
			steps = append(steps, workflow.ExecuteActivity(ctx, "step"))
		}
	}
	leave(greedy, temporal.Priority{PriorityKey: 5})
	if err := workflow.Sleep(ctx, 50*time.Millisecond); err != nil {
		return err
	}
	leave(modest, temporal.Priority{PriorityKey: 5, FairnessKey: "modest"})
	leave(1, temporal.Priority{PriorityKey: 1})
	for _, step := range steps {
		if err := step.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// What waits is handed out by priority, and within one in turns by fairness key.
func TestUrgentTasksFirstAndFairness(t *testing.T) {
	on := clustertest.StartIn(t, cluster.Options{Dir: clustertest.Dir(t), Volatile: true, NoUI: true})
	handle := dial(t, on)
	runner := worker.New(handle, "queue", worker.Options{})
	runner.RegisterWorkflow(crowd)
	require.NoError(t, runner.Start())
	defer runner.Stop()
	run, err := handle.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		TaskQueue: "queue", Priority: temporal.Priority{PriorityKey: 5, FairnessKey: "greedy"},
	}, crowd)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return waiting(t, handle, on.Temporal.Namespace()) == greedy+modest+1 }, 20*time.Second, 20*time.Millisecond)

	var mu sync.Mutex
	var order []string
	caller := worker.New(handle, busyQueue, worker.Options{MaxConcurrentActivityExecutionSize: 1, DisableWorkflowWorker: true})
	caller.RegisterActivityWithOptions(func(ctx context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		key := activity.GetInfo(ctx).Priority.FairnessKey
		if activity.GetInfo(ctx).Priority.PriorityKey == 1 {
			key = "urgent"
		}
		order = append(order, key)
		return nil
	}, activity.RegisterOptions{Name: "step"})
	require.NoError(t, caller.Start())
	defer caller.Stop()
	require.NoError(t, run.Get(t.Context(), nil))
	require.Len(t, order, greedy+modest+1)
	require.Equal(t, "urgent", order[0])
	require.Equal(t, modest, count(order[:2*modest+2], "modest"), "in turns: %v", order)
	require.Equal(t, greedy, count(order, "greedy"), "a step has its run's key unless it has its own")
}

func count(list []string, what string) int {
	return len(slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s != what }))
}

// waiting is how many tasks a queue holds that nobody polls.
func waiting(t *testing.T, handle client.Client, namespace string) int64 {
	t.Helper()
	is, err := handle.WorkflowService().DescribeTaskQueue(t.Context(), &workflowservice.DescribeTaskQueueRequest{
		Namespace: namespace, TaskQueue: &taskqueue.TaskQueue{Name: busyQueue}, TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY, ReportStats: true,
	})
	require.NoError(t, err)
	return is.GetStats().GetApproximateBacklogCount()
}
