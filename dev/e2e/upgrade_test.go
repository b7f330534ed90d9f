package e2e_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
	"dakasync/workflows"
)

// deploymentName is what Worker Versioning knows the workers of these tests by.
const deploymentName = "dakasync-e2e"

// build is the environment of a worker of one build.
func build(id string) map[string]string {
	return map[string]string{"DAKASYNC_DEPLOYMENT": deploymentName, "DAKASYNC_BUILD_ID": id}
}

// TestRollingRestart: two workers are replaced one after the other by a new build while events come in. Nothing is lost, and nothing
// that was paid for is done again.
func TestRollingRestart(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 15, Seed: 14}, days: 4})
	s := script{deployment: d}
	d.start(worker, "worker1", build("1"))
	d.start(worker, "worker2", build("1"))
	d.start(starter, starter, nil)
	d.awaitReady("worker1", "worker2", starter)
	d.awaitSetup()
	begin := func(next string) {
		d.start(worker, next, build("2"))
		d.awaitReady(next)
		d.setCurrent("2")
	}
	d.drive(s.on(1, 0, 0),
		moment{s.on(4, 9, 0), func() {
			begin("worker3")
			d.terminate("worker1")
		}},
		moment{s.on(3, 9, 0), func() {
			begin("worker4")
			d.awaitDrained("1") // the events' runs that it began are its own
			d.terminate("worker2")
		}},
	)
	d.converge()
	d.drainFailedList()
	d.reconcileAll()
	d.requireTruth()
	d.requireNoFailedRuns()
	d.requireNoRepeatedCalls()
	for _, name := range []string{"worker3", "worker4", starter} {
		d.terminate(name)
	}
	d.report(d.callDifferences())
}

// setCurrent makes a build the one that runs move to, as an operator does with `temporal worker deployment set-current-version`.
func (d *deployment) setCurrent(buildID string) {
	d.t.Helper()
	handle := d.temporal.WorkerDeploymentClient().GetHandle(deploymentName)
	require.Eventually(d.t, func() bool {
		_, err := handle.SetCurrentVersion(d.t.Context(), client.WorkerDeploymentSetCurrentVersionOptions{BuildID: buildID})
		return err == nil
	}, upTime, tick, "build %s does not become the current one", buildID)
}

// awaitDrained waits until no run is pinned to a build.
func (d *deployment) awaitDrained(buildID string) {
	d.t.Helper()
	require.Eventually(d.t, func() bool {
		said, err := standIn{d}.describeVersion(d.t.Context(), deploymentName, buildID)
		return err == nil && strings.HasSuffix(said, " drained")
	}, patience, 200*time.Millisecond, "runs stay on build %s", buildID)
}

// requireNoRepeatedCalls looks for DingTalk calls that were handed out a second time.
func (d *deployment) requireNoRepeatedCalls() {
	d.t.Helper()
	looked := 0
	for _, execution := range d.executions("WorkflowType IN ('PunchEvent', 'DayEvent', 'ApprovalEvent')") {
		for _, event := range d.history(execution).GetEvents() {
			if started := event.GetActivityTaskStartedEventAttributes(); started != nil {
				looked++
				require.EqualValues(d.t, 1, started.GetAttempt(), "%s did a step again: %s",
					execution.GetExecution().GetWorkflowId(), started.GetLastFailure())
			}
		}
	}
	require.Positive(d.t, looked, "no step was taken")
}

// TestResyncSurvivesAVersionChange: a request that one build has begun is finished by the next, from where it was.
func TestResyncSurvivesAVersionChange(t *testing.T) {
	d := deploy(t, plan{
		company: company.Options{Employees: 120, Seed: 9}, // three pages of users
		settings: func(s *platform.Settings) {
			s.DropChance = 1
			if *oldPrograms != "" {
				s.Legal = "all" // the first release took isLegal for "it counts"
			}
		},
	})
	d.company.Advance(time.Now())
	d.startFrom(cmp.Or(*oldPrograms, programs), worker, "old", build("1"))
	d.awaitReady("old")
	require.Eventually(t, func() bool { return d.runs("WorkflowType = 'Resync'") == 1 }, upTime, tick)
	d.platform.AddFault(platform.Fault{Path: "/attendance/list", Delay: 50 * time.Millisecond})
	d.resync(map[string]any{"from": day(t, 21).String(), "to": day(t, 0).String(), "reason": "over the change"})
	done := 0
	require.Eventually(t, func() bool {
		if requests := d.resyncProgress().Requests; len(requests) == 1 {
			done = requests[0].Done
		}
		return done > 0
	}, patience, tick, "the request does not run")

	d.start(worker, "new", build("2"))
	d.awaitReady("new")
	d.setCurrent("2")
	d.terminate("old")
	require.GreaterOrEqual(t, d.resyncProgress().Requests[0].Done, done, "what was done is not forgotten")
	d.resync(map[string]any{"from": day(t, 1).String(), "to": day(t, 1).String(), "reason": "while it runs"})
	d.platform.ClearFaults("")
	requests := d.awaitResync(2)
	for _, r := range requests {
		require.Equal(t, workflows.RequestDone, r.State, "%+v", r)
		require.Equal(t, r.Total, r.Done)
	}
	require.Equal(t, 121*22, requests[0].Done, "120 people and the administrator, each day once")
	described, err := d.temporal.DescribeWorkflowExecution(t.Context(), workflows.ResyncID(d.company.CorpID()), "")
	require.NoError(t, err)
	info := described.GetWorkflowExecutionInfo()
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, info.GetStatus())
	require.Equal(t, fmt.Sprintf("%s.2", deploymentName), version(info.GetVersioningInfo().GetDeploymentVersion()), "who works on it now")
	d.requireTruthOfDays()
	d.requireNoFailedRuns()
}

// version spells a deployment version.
func version(v interface {
	GetDeploymentName() string
	GetBuildId() string
},
) string {
	return v.GetDeploymentName() + "." + v.GetBuildId()
}
