package e2e_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"dakasync/dev/oracle"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
	"dakasync/workflows"
)

const eventRuns = "WorkflowType IN ('PunchEvent', 'DayEvent', 'ApprovalEvent')"

// TestRollingRelease walks through docs/operations.md's release with two builds of the real worker, while events come in: every command
// on the page is carried out, and what the page says of it is looked for. In the end every row is right.
func TestRollingRelease(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 25, Seed: 14}, days: 10})
	p := readReleasePage(d)
	s := script{deployment: d}
	beside := p.next("helm -n attendance upgrade")
	oldID, newID := p.set(beside)["versioning.keep[0].buildId"], p.set(beside)["image.tag"]
	require.NotEmpty(t, oldID)
	require.NotEqual(t, oldID, newID)
	r := rolling{releasePage: p, name: p.valueOf(p.commands[1], "--name"), oldBuild: oldID, newBuild: newID}

	r.startWorker(oldID)
	d.start(starter, starter, nil)
	d.awaitReady(oldID, starter)
	d.awaitSetup()
	d.drive(s.on(9, 12, 0))
	r.requireOnly(oldID)

	// 1: beside the old one.
	r.startWorker(newID)
	d.awaitReady(newID)
	r.awaitListed()
	d.drive(s.on(8, 0, 0))
	r.requireOnly(oldID)

	// 2: a tenth. What began before ends where it began.
	held := r.hold(s.on(8, 12, 30), oldID)
	r.ramp()
	r.release(held, oldID)
	before := d.runs(eventRuns)
	d.drive(s.on(2, 0, 0))
	r.awaitAssigned()
	began, onNew := d.runs(eventRuns)-before, r.count("temporal workflow count")
	t.Logf("%d runs began, %d of them on %s", began, onNew, newID)
	require.Greater(t, began, 100)
	require.Positive(t, onNew)
	require.Less(t, onNew, began/3, "a tenth, more or less")
	require.Zero(t, r.count("temporal workflow count"), "the page's search for runs that failed")

	// 3: everything.
	held = r.hold(s.on(2, 12, 30), oldID)
	r.run("temporal worker deployment set-current-version")
	drained := p.next("temporal worker deployment describe-version")
	require.Equal(t, oldID, p.valueOf(drained, "--build-id"))
	r.awaitDrainage(drained, "draining")
	r.requireStandingRunOn(newID)
	r.release(held, oldID)
	r.requireNewOn(newID, s.on(1, 0, 0))

	// 4: the old one is drained. Its workers stay here, as the walk goes back to it.
	r.awaitDrainage(drained, "drained")

	// Going back, and moving what is pinned to the build that is left.
	held = r.hold(s.on(1, 12, 30), newID)
	r.run("temporal worker deployment set-current-version")
	r.requireStandingRunOn(oldID)
	r.requireNewOn(oldID, s.on(1, 20, 0))
	drained = p.next("temporal worker deployment describe-version")
	require.Equal(t, newID, p.valueOf(drained, "--build-id"))
	r.awaitDrainage(drained, "draining")
	r.run("temporal workflow update-options")
	r.awaitDrainage(drained, "drained")
	stop := p.set(p.next("helm -n attendance upgrade"))
	require.Equal(t, map[string]string{"versioning.keep": "null"}, stop, "one build is left")
	d.terminate(newID)
	r.release(held, oldID)
	p.requireAllDone()

	d.drive(s.on(0, 0, 0))
	d.converge()
	d.drainFailedList()
	d.reconcileAll()
	d.requireTruth()
	d.requireNoFailedRuns()
	d.terminate(oldID)
	d.terminate(starter)
}

// rolling is a walk from one build to another.
type rolling struct {
	*releasePage
	name, oldBuild, newBuild string
}

func (r *rolling) startWorker(buildID string) {
	r.t.Helper()
	r.start(worker, buildID, map[string]string{"DAKASYNC_DEPLOYMENT": r.name, "DAKASYNC_BUILD_ID": buildID})
}

// awaitListed waits until Temporal knows the new build, while the old one is current.
func (r *rolling) awaitListed() {
	r.t.Helper()
	describe := r.next("temporal worker deployment describe")
	var out string
	require.Eventually(r.t, func() bool {
		out = r.execute(describe)
		return strings.Contains(out, r.newBuild)
	}, upTime, tick, "the new build is not listed")
	require.Regexp(r.t, `CurrentVersionBuildID\s+`+regexp.QuoteMeta(r.oldBuild)+`\n`, out)
}

// ramp gives the new build its tenth, takes that away as the page says, and gives it again.
func (r *rolling) ramp() {
	r.t.Helper()
	ramp := r.next("temporal worker deployment set-ramping-version")
	require.Eventually(r.t, func() bool { return r.polled(r.newBuild) == 3 }, upTime, tick, "the new build does not poll three queues")
	r.execute(ramp)
	describe := []string{"temporal", "worker", "deployment", "describe", "--name", r.name}
	ramping := regexp.MustCompile(`RampingVersionBuildID\s+` + regexp.QuoteMeta(r.newBuild) + `\n(?s:.*)RampingVersionPercentage\s+10\b`)
	require.Regexp(r.t, ramping, r.execute(describe))
	r.run("temporal worker deployment set-ramping-version")
	require.NotRegexp(r.t, ramping, r.execute(describe))
	r.execute(ramp)
	require.Regexp(r.t, ramping, r.execute(describe))
}

// polled is how many queues Temporal has seen a build's workers at.
func (r *rolling) polled(buildID string) int {
	r.t.Helper()
	is, err := standIn{r.deployment}.handle(r.name).DescribeVersion(r.t.Context(), client.WorkerDeploymentDescribeVersionOptions{BuildID: buildID})
	if err != nil {
		return 0
	}
	queues := map[string]bool{}
	for _, queue := range is.Info.TaskQueuesInfos {
		queues[queue.Name] = true
	}
	return len(queues)
}

// on counts the events' runs of a build.
func (r *rolling) on(buildID string) int {
	r.t.Helper()
	return r.runs(eventRuns + " AND TemporalWorkerDeploymentVersion = '" + r.name + ":" + buildID + "'")
}

// awaitAssigned waits until each event's run is a build's.
func (r *rolling) awaitAssigned() {
	r.t.Helper()
	r.settle()
	began, its := 0, 0
	require.Eventually(r.t, func() bool {
		began, its = len(r.table("event", "event_key")), r.on(r.oldBuild)+r.on(r.newBuild)
		return r.told() && began == its
	}, upTime, 200*time.Millisecond, fmtLazy(func() string { return fmt.Sprintf("%d events, runs begun by a build: %d", began, its) }))
}

// told: each event that was acknowledged is on record.
func (r *rolling) told() bool {
	r.t.Helper()
	got := r.table("event", "event_key", "origin")
	return !slices.ContainsFunc(r.platform.Deliveries(), func(event platform.Delivery) bool {
		return event.State == platform.StateAcked && slices.ContainsFunc(r.naturalKeys(event), func(key string) bool {
			return len(oracle.RowsOf(got, key, "stream", event)) == 0
		})
	})
}

// requireOnly: all events' runs are a build's.
func (r *rolling) requireOnly(buildID string) {
	r.t.Helper()
	r.awaitAssigned()
	require.Positive(r.t, r.on(buildID))
	require.Equal(r.t, r.runs(eventRuns), r.on(buildID))
}

// requireNewOn lets time pass: all runs that begin are a build's.
func (r *rolling) requireNewOn(buildID string, to time.Time) {
	r.t.Helper()
	r.awaitAssigned()
	before := map[string]bool{}
	for _, execution := range r.executions(eventRuns) {
		before[execution.GetExecution().GetWorkflowId()] = true
	}
	r.drive(to)
	r.awaitAssigned()
	began := 0
	for _, execution := range r.executions(eventRuns) {
		if id := execution.GetExecution().GetWorkflowId(); !before[id] {
			began++
			require.Equal(r.t, buildID, r.info(id).GetVersioningInfo().GetDeploymentVersion().GetBuildId(), "%s began at %s", id, execution.GetStartTime().AsTime())
		}
	}
	require.Positive(r.t, began, "nothing happened")
}

// hold lets time pass, and some people punch at its end, while DingTalk answers no question about days. It tells which runs of a build wait for that.
func (r *rolling) hold(to time.Time, buildID string) []string {
	r.t.Helper()
	r.platform.AddFault(platform.Fault{Path: "/topapi/attendance/getupdatedata", Status: http.StatusServiceUnavailable})
	r.drive(to)
	for nth := range 4 {
		user := script{deployment: r.deployment}.someone("office", nth)
		must(r.t, func() (company.PunchResult, error) { return r.company.Punch(company.PunchRequest{User: user}) })
	}
	r.awaitAssigned()
	held := r.held(buildID)
	require.NotEmpty(r.t, held, "no run of %s waits", buildID)
	return held
}

// held are a build's open runs of punches, none of which can end while DingTalk does not answer.
func (r *rolling) held(buildID string) (held []string) {
	r.t.Helper()
	for _, execution := range r.executions("WorkflowType = 'PunchEvent' AND ExecutionStatus = 'Running'") {
		info := r.info(execution.GetExecution().GetWorkflowId())
		if info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || info.GetVersioningInfo().GetDeploymentVersion().GetBuildId() != buildID {
			continue
		}
		require.Equal(r.t, enumspb.VERSIONING_BEHAVIOR_PINNED, info.GetVersioningInfo().GetBehavior())
		held = append(held, info.GetExecution().GetWorkflowId())
	}
	return held
}

// release lets DingTalk answer: what is still held ends, and on that build. A run that waited for its next round has ended meanwhile, on
// the build that held it, if another run's answer told of its punch.
func (r *rolling) release(held []string, buildID string) {
	r.t.Helper()
	held = slices.DeleteFunc(held, func(id string) bool { return r.info(id).GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING })
	require.NotEmpty(r.t, held, "nothing waits any more")
	r.platform.ClearFaults("")
	for _, id := range held {
		require.NoError(r.t, r.temporal.GetWorkflow(r.t.Context(), id, "").Get(r.t.Context(), nil))
		require.Equal(r.t, buildID, r.info(id).GetVersioningInfo().GetDeploymentVersion().GetBuildId(), "%s ended on another build", id)
	}
	r.t.Logf("%d runs were held, and ended on %s", len(held), buildID)
}

func (r *rolling) info(id string) *workflowpb.WorkflowExecutionInfo {
	r.t.Helper()
	described, err := r.temporal.DescribeWorkflowExecution(r.t.Context(), id, "")
	require.NoError(r.t, err)
	return described.GetWorkflowExecutionInfo()
}

// requireStandingRunOn: the run that never ends does what it is asked for on a build.
func (r *rolling) requireStandingRunOn(buildID string) {
	r.t.Helper()
	date := day(r.t, 5).String()
	r.resync(map[string]any{"from": date, "to": date, "reason": "who does it?"})
	require.Eventually(r.t, func() bool {
		info := r.info(workflows.ResyncID(r.company.CorpID())).GetVersioningInfo()
		if info.GetBehavior() == enumspb.VERSIONING_BEHAVIOR_AUTO_UPGRADE && info.GetDeploymentVersion().GetBuildId() == buildID {
			return true
		}
		r.resync("a step to move at") // which is refused; the request itself may be waiting, and had its step before the queues knew
		return false
	}, upTime, time.Second, "the standing run does not move to %s", buildID)
}

// awaitDrainage waits until a build is said to be draining, or drained.
func (r *rolling) awaitDrainage(describe []string, status string) {
	r.t.Helper()
	said := regexp.MustCompile(`DrainageStatus\s+` + status + `\b`)
	require.Eventually(r.t, func() bool { return said.MatchString(r.execute(describe)) }, patience, 200*time.Millisecond, "%v: not %s", describe, status)
}

// count carries out the page's next search and reads its answer.
func (r *rolling) count(words string) int {
	r.t.Helper()
	total := regexp.MustCompile(`Total:\s+(\d+)`).FindStringSubmatch(r.run(words))
	require.NotNil(r.t, total)
	number, err := strconv.Atoi(total[1])
	require.NoError(r.t, err)
	return number
}
