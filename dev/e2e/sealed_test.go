package e2e_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	payloads "go.temporal.io/api/proxy"
	"go.temporal.io/api/workflowservice/v1"

	"dakasync/seal"
	"dakasync/simulator/company"
)

// Keys of the suite.
const (
	keyA = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE="
	keyB = "b:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI="
)

// TestSealed: encryption is switched on in the middle of a company's life, and its key changed. Histories of all times go on; who
// reads Temporal's database finds nothing of what runs carry since; a worker without a key ends no run.
func TestSealed(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 8, Seed: 4747}, days: 4, env: map[string]string{"DAKASYNC_PAYLOAD_KEYS": ""}})
	hire := func() company.Employee {
		return must(t, func() (company.Employee, error) { return d.company.Hire(company.HireRequest{Group: "office"}) })
	}
	d.up()
	early := hire()
	d.drive(today(t).AddDate(0, 0, -2))
	d.converge()
	d.resyncBecause("a reason in clear", 1)
	require.NotEmpty(t, d.inTemporal(`"user_id":"`+early.UserID+`"`), "the search finds nothing where something is")
	require.NotEmpty(t, d.inTemporal("Punch of "+early.UserID), "summaries are searched as well")
	require.NotEmpty(t, d.inTemporal("a reason in clear"))

	began := d.restartWith(keyA)
	late := hire()
	d.drive(time.Now())
	d.converge()
	d.reconcileAll()
	d.resyncBecause("a sealed reason", 2)
	require.Positive(t, d.count("punch", "user_id = $1", late.UserID), "nothing was told of whom the search is for")
	for _, text := range []string{`"user_id":"` + late.UserID + `"`, "Punch of " + late.UserID, "a sealed reason"} {
		require.Empty(t, d.inTemporal(text), "Temporal's database shows %q", text)
	}
	d.requireSealedSince(began, "a")
	require.Contains(t, d.dakactl(t, "status"), "resync")

	// The standing run has been through both; its worker now lacks the first key.
	d.terminate(worker)
	blind := d.start(worker, worker, map[string]string{"DAKASYNC_PAYLOAD_KEYS": keyB})
	require.NotNil(t, blind)
	d.resync(map[string]any{"from": day(t, 1).String(), "to": day(t, 1).String(), "reason": "waits for its key"})
	d.awaitLog(worker, "sealed with the key")
	d.requireNoFailedRuns()
	require.Equal(t, 1, d.runs("WorkflowType = 'Resync' AND ExecutionStatus = 'Running'"), "the run does not wait")

	began = d.restartWith(keyB + "," + keyA)
	d.awaitResync(3)
	d.resyncBecause("after the rotation", 4)
	d.reconcileAll()
	d.requireSealedSince(began, "b")
	d.requireTruthOfEvents() // Days of before somebody came are asked about, too.
	d.requireNoPersonalData()
	d.requireNoFailedRuns()
}

// resyncBecause has the last days fetched again, as the nth request.
func (d *deployment) resyncBecause(reason string, nth int) {
	d.t.Helper()
	d.resync(map[string]any{"from": day(d.t, 3).String(), "to": day(d.t, 3).String(), "reason": reason})
	d.awaitResync(nth)
}

// restartWith gives other keys to every process, and to the suite. It returns from when on they count.
func (d *deployment) restartWith(keys string) time.Time {
	d.t.Helper()
	d.terminate(starter)
	d.terminate(worker)
	began := time.Now()
	d.env["DAKASYNC_PAYLOAD_KEYS"] = keys
	d.temporal = clientAt(d.t, sharedCluster.Temporal.Address(), d.name, d.codec())
	d.up()
	sealer, _, _ := strings.Cut(keys, ":")
	for id := range d.schedules() {
		require.Eventually(d.t, func() bool {
			described, err := d.temporal.WorkflowService().DescribeSchedule(d.t.Context(), &workflowservice.DescribeScheduleRequest{
				Namespace: d.name, ScheduleId: id,
			})
			require.NoError(d.t, err)
			return seal.KeyOf(described.GetSchedule().GetAction().GetStartWorkflow().GetUserMetadata().GetSummary()) == sealer
		}, upTime, tick, "the schedule %s keeps another key", id)
	}
	return began
}

// inTemporal are the columns of Temporal's databases in which a text stands.
func (d *deployment) inTemporal(text string) []string {
	d.t.Helper()
	var found []string
	for _, database := range []string{"temporal", "temporal_visibility"} {
		found = append(found, databaseWith(d.t, sharedCluster.Postgres.URL(database), text)...)
	}
	return found
}

// requireSealedSince looks at every payload of every run that began since: but for search attributes, which Temporal reads, all
// are sealed with the key, and the texts of failures too.
func (d *deployment) requireSealedSince(began time.Time, key string) {
	d.t.Helper()
	keys, open := map[string]int{}, map[string]int{}
	for _, execution := range d.executions("") {
		if execution.GetStartTime().AsTime().Before(began) {
			continue
		}
		for _, event := range d.history(execution).GetEvents() {
			if started := event.GetWorkflowExecutionStartedEventAttributes(); started != nil {
				started.LastCompletionResult = nil // A schedule's run is handed the result of the one before, as that has left it.
			}
			where := execution.GetType().GetName() + " " + event.GetEventType().String()
			require.NoError(d.t, payloads.VisitPayloads(d.t.Context(), event, payloads.VisitPayloadsOptions{
				SkipSearchAttributes: true,
				Visitor: func(_ *payloads.VisitPayloadsContext, all []*commonpb.Payload) ([]*commonpb.Payload, error) {
					for _, p := range all {
						if seal.Sealed(p) {
							keys[string(p.GetMetadata()[seal.MetadataKeyID])]++
						} else {
							open[where+": "+string(p.GetData())]++
						}
					}
					return all, nil
				},
			}))
			require.NoError(d.t, payloads.VisitFailures(d.t.Context(), event, payloads.VisitFailuresOptions{
				Visitor: func(_ *payloads.VisitFailuresContext, failure *failurepb.Failure) error {
					if failure.GetApplicationFailureInfo() != nil && failure.GetEncodedAttributes() == nil {
						open[where+": "+failure.GetMessage()]++
					}
					return nil
				},
			}))
		}
	}
	require.Empty(d.t, open, "payloads are in clear")
	require.Equal(d.t, []string{key}, slices.Sorted(maps.Keys(keys)), "another key seals")
	require.Greater(d.t, keys[key], 10)
}
