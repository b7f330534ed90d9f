package e2e_test

import (
	"context"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

const (
	tokenAPI   = "/v1.0/oauth2/accessToken"
	gatewayAPI = "/v1.0/gateway/connections/open"
)

// TestWrongSecret: the processes say what is wrong and stay, not ready, and do not hammer DingTalk.
func TestWrongSecret(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 6, Quiet: true}})
	wrong := map[string]string{"DINGTALK_CLIENT_SECRET": "a-wrong-secret-that-no-log-may-show"}

	t.Run("starter", func(t *testing.T) {
		d.start(worker, worker, nil) // so that the schema is there
		d.awaitReady(worker)
		d.start(starter, starter, wrong)
		d.awaitLog(starter, "DINGTALK_CLIENT_SECRET")
		require.Equal(t, http.StatusOK, d.status(starter, "/healthz"))
		require.NotEqual(t, http.StatusOK, d.status(starter, "/readyz"))
		before := d.platform.Calls()[gatewayAPI].Calls
		require.Never(t, func() bool { return d.platform.Calls()[gatewayAPI].Calls > before+10 }, 5*time.Second, tick, "a hot loop")
		require.NotContains(t, d.log(starter), wrong["DINGTALK_CLIENT_SECRET"])
		d.terminate(starter)
		d.terminate(worker)
	})
	t.Run("worker", func(t *testing.T) {
		d.start(worker, worker, wrong)
		d.start(starter, starter, nil)
		d.awaitReady(starter)
		s := script{deployment: d}
		d.company.Advance(s.on(s.workday(3), 9, 0))
		before := d.platform.Calls()[tokenAPI].Calls
		const punches = 10
		for nth := range punches {
			must(t, func() (company.PunchResult, error) {
				return d.company.Punch(company.PunchRequest{User: s.someone("office", nth%2), At: s.on(s.workday(3), 8, nth)})
			})
		}
		d.settle()
		require.Eventually(t, func() bool { return d.count("event", "outcome = 'pending'") == punches }, soon, tick, "nothing is lost")
		d.awaitLog(worker, "check DINGTALK_CLIENT_ID and the secret")
		require.Never(t, func() bool { return d.platform.Calls()[tokenAPI].Calls > before+2*punches }, 5*time.Second, tick, "a hot loop")
		require.NotContains(t, d.log(worker), wrong["DINGTALK_CLIENT_SECRET"])
		require.Equal(t, http.StatusOK, d.status(worker, "/healthz"))
	})
}

// TestMissingSettings: all faults are named at once, nothing is started, the exit status is 2.
func TestMissingSettings(t *testing.T) {
	for _, program := range []string{starter, worker} {
		t.Run(program, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			command := exec.CommandContext(ctx, programs+"/"+program)
			command.Env = []string{"DAKASYNC_QPS=many", "DAKASYNC_TIMEZONE=Mars/Olympus", "DAKASYNC_SETTEL_DELAYS=1s"}
			output, err := command.CombinedOutput()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			require.Equal(t, 2, exit.ExitCode(), "%s", output)
			for _, name := range []string{
				"DINGTALK_CLIENT_ID", "DINGTALK_CLIENT_SECRET", "DINGTALK_CORP_ID", "DATABASE_URL", // missing
				"DAKASYNC_QPS", "DAKASYNC_TIMEZONE", // malformed
				"DAKASYNC_SETTEL_DELAYS", "DAKASYNC_SETTLE_DELAYS", // misspelt, and what was meant
			} {
				require.Contains(t, string(output), name)
			}
		})
	}
}

// TestPostgresDownAtStart: the starter acks, for Temporal takes the events; the worker waits, and goes on when the database is back.
func TestPostgresDownAtStart(t *testing.T) {
	database := newProxy(t, sharedCluster.Postgres.Address())
	d := deploy(t, plan{company: company.Options{Employees: 12, Seed: 3}, days: 2, databaseAddress: database.address})
	s := script{deployment: d}
	d.start(worker, worker, nil)
	d.start(starter, starter, nil)
	d.awaitReady(starter)
	d.awaitLog(worker, "PostgreSQL")
	require.NotEqual(t, http.StatusOK, d.status(worker, "/readyz"))
	d.awaitSetup() // a namespace that is new refuses runs for some seconds
	d.drive(s.on(1, 12, 0))
	d.settle()
	for _, event := range d.platform.Deliveries() {
		// Two types of event tell of one approval. What the second one says has no place but PostgreSQL: it is answered LATER.
		if event.EventType != "bpms_instance_change" && event.EventType != "attendance_approve_status_change" {
			require.Equal(t, platform.StateAcked, event.State, "%v", event.Attempts)
		}
	}

	database.openUp()
	d.awaitReady(worker, starter)
	d.converge()
	d.drainFailedList()
	d.reconcileAll()
	d.requireTruth()
}

// TestTemporalDownAtStart: events are acked into PostgreSQL, and relayed when Temporal is back.
func TestTemporalDownAtStart(t *testing.T) {
	temporal := newProxy(t, sharedCluster.Temporal.Address())
	d := deploy(t, plan{company: company.Options{Employees: 12, Seed: 4}, days: 2, temporalAddress: temporal.address})
	s := script{deployment: d}
	d.start(worker, worker, nil)
	d.start(starter, starter, nil)
	d.awaitReady(starter)
	d.awaitLog(starter, "Temporal")
	d.awaitLog(worker, "Temporal")
	d.drive(s.on(1, 12, 0))
	d.settle()
	for _, event := range d.platform.Deliveries() {
		require.Equal(t, platform.StateAcked, event.State, "%v", event.Attempts)
	}
	require.Positive(t, d.count("event", "outcome = 'pending' AND workflow_id IS NULL"))

	temporal.openUp()
	d.awaitReady(worker, starter)
	d.converge()
	d.reconcileAll()
	d.requireTruth()
}

// TestStoresGoAwayWhileRunning: first Temporal, then PostgreSQL, then both are gone for a while; in the end nothing is missing.
func TestStoresGoAwayWhileRunning(t *testing.T) {
	temporal, database := newProxy(t, sharedCluster.Temporal.Address()), newProxy(t, sharedCluster.Postgres.Address())
	temporal.openUp()
	database.openUp()
	d := deploy(t, plan{
		company: company.Options{Employees: 12, Seed: 5}, days: 4, temporalAddress: temporal.address, databaseAddress: database.address,
	})
	s := script{deployment: d}
	d.up()
	d.drive(s.on(2, 12, 0),
		moment{s.on(4, 9, 0), temporal.close}, moment{s.on(4, 14, 0), temporal.openUp},
		moment{s.on(4, 18, 0), database.close}, moment{s.on(3, 9, 0), database.openUp},
	)
	temporal.close()
	database.close()
	before := len(d.platform.Deliveries())
	d.company.Advance(s.on(2, 20, 0)) // nobody can make these durable: they must not be acked
	require.Greater(t, len(d.platform.Deliveries()), before)
	d.settle()
	for _, event := range d.platform.Deliveries()[before:] {
		require.Equal(t, platform.StateFailed, event.State, "acked though no store was there")
	}
	temporal.openUp()
	database.openUp()
	d.awaitReady(worker, starter)
	d.drive(s.on(1, 12, 0))
	d.converge()
	d.drainFailedList()
	d.reconcileAll()
	d.requireTruth()
}

// TestQuotaSpent: nothing is lost, few calls are wasted, and the work goes on when there is quota again.
func TestQuotaSpent(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 20, Quiet: true}})
	s := script{deployment: d}
	d.up()
	d.company.Advance(s.on(s.workday(4), 9, 30))
	quota := d.platform.Billed() + 3
	d.platform.Configure(func(s *platform.Settings) { s.CallQuota = quota })
	const punches = 30
	for nth := range punches {
		user := d.company.Employees()[1+nth%20].UserID
		must(t, func() (company.PunchResult, error) {
			return d.company.Punch(company.PunchRequest{User: user, At: s.on(s.workday(4), 8, nth)})
		})
	}
	d.settle()
	d.awaitLog(worker, "the month's calls are used up")
	refused := func() int { return d.platform.Calls()["/topapi/attendance/getupdatedata"].Outcomes["quota"] }
	require.Never(t, func() bool { return refused() > punches }, 4*time.Second, tick, "calls are wasted")
	require.Equal(t, punches, d.count("event", ""), "nothing is lost")
	require.Positive(t, d.count("event", "outcome IN ('pending', 'unexplained')"))
	require.Equal(t, 1, d.count("decision", "mode = 'stopped'"), "it is plain why")

	// There is quota again. The waiting steps look once an hour; an operator who cannot wait restarts the worker and resets them. What
	// came meanwhile was kept for the sweep.
	d.platform.Configure(func(s *platform.Settings) { s.CallQuota = 0 })
	d.terminate(worker)
	d.start(worker, worker, nil)
	d.awaitReady(worker)
	d.resetWaitingActivities()
	d.converge()
	require.Positive(t, d.count("decision", "mode = 'live' AND decided_at > (SELECT max(decided_at) FROM dakasync.decision WHERE mode = 'stopped')"))
	d.reconcileAll()
	d.requireTruthOfEvents()
}

// resetWaitingActivities is `temporal activity reset` on every open run.
func (d *deployment) resetWaitingActivities() {
	d.t.Helper()
	listed, err := d.temporal.ListWorkflow(d.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: d.name, Query: "ExecutionStatus = 'Running' AND WorkflowType != 'Resync'", PageSize: 1000,
	})
	require.NoError(d.t, err)
	for _, run := range listed.GetExecutions() {
		described, err := d.temporal.DescribeWorkflowExecution(d.t.Context(), run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId())
		require.NoError(d.t, err)
		for _, pending := range described.GetPendingActivities() {
			_, err := d.temporal.WorkflowService().ResetActivity(d.t.Context(), &workflowservice.ResetActivityRequest{
				Namespace: d.name, Execution: run.GetExecution(), Activity: &workflowservice.ResetActivityRequest_Id{Id: pending.GetActivityId()},
			})
			require.NoError(d.t, err)
		}
	}
}

// TestFleetRate: two workers together keep the rate that the setting names.
func TestFleetRate(t *testing.T) {
	d := deploy(t, plan{
		company:  company.Options{Employees: 40, Quiet: true},
		settings: func(s *platform.Settings) { s.QPS = 12 },
		env:      map[string]string{"DAKASYNC_QPS": "10"},
	})
	s := script{deployment: d}
	d.start(worker, worker, nil)
	d.start(worker, "worker2", nil)
	d.start(starter, starter, nil)
	d.awaitReady(worker, "worker2", starter)
	d.company.Advance(s.on(s.workday(4), 9, 30))
	for nth := range 40 {
		user := d.company.Employees()[1+nth].UserID
		must(t, func() (company.PunchResult, error) {
			return d.company.Punch(company.PunchRequest{User: user, At: s.on(s.workday(4), 8, nth)})
		})
	}
	d.converge()
	for api, calls := range d.platform.Calls() {
		require.Zero(t, calls.Outcomes["throttled"], "%s was throttled: %v", api, calls.Outcomes)
	}
}
