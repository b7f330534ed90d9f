package e2e_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"dakasync/seal"
	"dakasync/temporal"
	"dakasync/workflows"
)

// TestInspect: of a namespace in which nobody has set anything up everything is missing, and then nothing is.
func TestInspect(t *testing.T) {
	d := newDeployment(t, "inspect_"+strings.ToLower(rand.Text()[:12]))
	c := namespaceAt(t, sharedCluster.Temporal.Address(), d.name, seal.NewCodec(seal.Ring{}, "dingcorp"))
	look := func(deployment string) temporal.Inspection {
		is, err := temporal.Inspect(t.Context(), c, d.name, "daka", deployment)
		require.NoError(t, err)
		return is
	}
	ids := []string{workflows.ScheduleGovern, workflows.ScheduleDrain, workflows.ScheduleReconcile}
	is := look("attendance")
	require.Equal(t, 24*time.Hour, is.Retention)
	require.ElementsMatch(t, workflows.SearchAttributes(), is.MissingAttributes)
	require.False(t, is.AttributesUnknown)
	require.Len(t, is.Schedules, len(ids))
	for i, s := range is.Schedules {
		require.Equal(t, temporal.InspectedSchedule{ID: ids[i], Missing: true}, s)
	}
	require.Equal(t, []temporal.InspectedQueue{
		{Name: "daka", Kind: "workflow"}, {Name: "daka", Kind: "activity"}, {Name: "daka-dingtalk", Kind: "activity"}, {Name: "daka-background", Kind: "activity"},
	}, is.Queues)
	require.False(t, is.DeploymentFound)

	require.NoError(t, ensured(t, c, d.name))
	require.NoError(t, c.ScheduleClient().GetHandle(t.Context(), workflows.ScheduleDrain).Pause(t.Context(), client.SchedulePauseOptions{}))
	polling := sdkworker.New(c, "daka", sdkworker.Options{DeploymentOptions: sdkworker.DeploymentOptions{
		UseVersioning: true, Version: sdkworker.WorkerDeploymentVersion{DeploymentName: "attendance", BuildID: "1"},
		DefaultVersioningBehavior: workflow.VersioningBehaviorPinned,
	}})
	polling.RegisterWorkflow(func(workflow.Context) error { return nil })
	require.NoError(t, polling.Start())
	t.Cleanup(polling.Stop)
	require.Eventually(t, func() bool {
		is = look("attendance")
		return is.Queues[0].Pollers > 0 && is.DeploymentFound
	}, upTime, tick)
	require.Empty(t, is.MissingAttributes)
	for _, s := range is.Schedules {
		require.Equal(t, temporal.InspectedSchedule{ID: s.ID, Paused: s.ID == workflows.ScheduleDrain}, s)
	}
	require.Zero(t, is.Queues[2].Pollers, "nobody asks for calls")
	require.Empty(t, is.CurrentBuild)
	require.NoError(t, temporal.PromoteFirst(t.Context(), c.WorkerDeploymentClient(), "attendance", "1"))
	require.Equal(t, "1", look("attendance").CurrentBuild)
	require.False(t, look("another").DeploymentFound)

	_, err := temporal.Inspect(t.Context(), c, "no-such-namespace", "daka", "")
	require.ErrorContains(t, err, "TEMPORAL_NAMESPACE")
}

// ensured sets up what a deployment must find.
func ensured(t *testing.T, c client.Client, namespace string) error {
	t.Helper()
	var err error
	setup := temporal.Setup{Namespace: namespace, Queue: "daka", CorpID: "dingcorp", Location: time.UTC, DrainInterval: time.Hour}
	require.Eventually(t, func() bool { err = temporal.Ensure(t.Context(), c, setup); return err == nil }, upTime, tick, "%v", fmtLazy(func() string { return err.Error() }))
	return err
}
