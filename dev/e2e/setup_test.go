package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"dakasync/simulator/company"
	"dakasync/workflows"
)

// TestSetup: two workers and two starters that start at once leave one of everything behind, and divide the work.
func TestSetup(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 12, Seed: 6}, days: 4, env: map[string]string{"DAKASYNC_DRAIN_INTERVAL": "30m"}})
	for _, name := range []string{worker, "worker2"} {
		d.start(worker, name, nil)
	}
	for _, name := range []string{starter, "starter2"} {
		d.start(starter, name, nil)
	}
	d.awaitReady(worker, "worker2", starter, "starter2")

	require.Eventually(t, func() bool { return len(d.schedules()) == 3 }, soon, tick, "schedules are missing")
	drain, sweep := d.schedules()[workflows.ScheduleDrain], d.schedules()[workflows.ScheduleReconcile]
	require.NotNil(t, drain)
	require.NotNil(t, sweep)
	require.Equal(t, 30*time.Minute, drain.Schedule.Spec.Intervals[0].Every)
	for _, schedule := range []*client.ScheduleDescription{drain, sweep} {
		require.Equal(t, enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, schedule.Schedule.Policy.Overlap)
	}
	known, err := d.temporal.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: d.name})
	require.NoError(t, err)
	for _, name := range []string{"DakaUserId", "DakaWorkDate", "DakaEventType", "DakaOutcome"} {
		require.Equal(t, enumspb.INDEXED_VALUE_TYPE_KEYWORD, known.GetCustomAttributes()[name])
	}
	require.Eventually(t, func() bool { return d.runs("WorkflowType = 'Resync'") == 1 }, soon, tick, "one standing run")
	described, err := d.temporal.DescribeWorkflowExecution(t.Context(), "resync/"+d.company.CorpID(), "")
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, described.GetWorkflowExecutionInfo().GetStatus())

	d.drive(today(t).AddDate(0, 0, -2))
	d.converge()
	require.Equal(t, 4, d.platform.Connections(), "two connections of each starter")

	// A run is findable by user, work date, event type and outcome.
	punched := d.company.Truth().Punches
	require.NotEmpty(t, punched)
	query := "DakaEventType = 'attendance_check_record' AND DakaOutcome = 'done' AND DakaUserId = '" + punched[0].UserID +
		"' AND DakaWorkDate = '" + punched[0].WorkDate.String() + "'"
	require.Positive(t, d.runs(query))
	for _, name := range []string{starter, "starter2", worker, "worker2"} {
		d.terminate(name)
	}
	d.report(d.callDifferences())

	// Another start finds everything, and changes only what the settings say.
	d.env["DAKASYNC_DRAIN_INTERVAL"] = "45m"
	require.NoError(t, d.temporal.ScheduleClient().GetHandle(t.Context(), workflows.ScheduleReconcile).Pause(t.Context(), client.SchedulePauseOptions{}))
	d.up()
	require.Eventually(t, func() bool {
		return d.schedules()[workflows.ScheduleDrain].Schedule.Spec.Intervals[0].Every == 45*time.Minute
	}, soon, tick, "the schedule does not follow the setting")
	require.True(t, d.schedules()[workflows.ScheduleReconcile].Schedule.State.Paused, "an operator's pause is undone")
	require.Equal(t, 1, d.runs("WorkflowType = 'Resync'"))
}

func (d *deployment) schedules() map[string]*client.ScheduleDescription {
	d.t.Helper()
	listed, err := d.temporal.ScheduleClient().List(d.t.Context(), client.ScheduleListOptions{})
	require.NoError(d.t, err)
	found := map[string]*client.ScheduleDescription{}
	for listed.HasNext() {
		entry, err := listed.Next()
		require.NoError(d.t, err)
		found[entry.ID], err = d.temporal.ScheduleClient().GetHandle(d.t.Context(), entry.ID).Describe(d.t.Context())
		require.NoError(d.t, err)
	}
	return found
}
