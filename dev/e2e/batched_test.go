package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// TestBatched: events are answered by the batches of their windows, and worker and starter are killed while they wait. The ledger is
// the same, for a fraction of the calls.
func TestBatched(t *testing.T) {
	d := deploy(t, plan{
		company:  company.Options{Employees: 40, Seed: 31},
		days:     5,
		settings: func(s *platform.Settings) { s.DuplicateChance = 0.1; s.Lag = 200 * time.Millisecond },
		env:      map[string]string{"DAKASYNC_BATCH_WINDOW": "3s"},
	})
	s := script{deployment: d}
	d.up()
	require.Eventually(t, func() bool { return d.count("decision", "mode = 'batched' AND batch_window = '3s'") == 1 }, upTime, tick,
		"nobody decides to batch")
	again := func(name string) func() {
		return func() {
			d.kill(name)
			d.start(name, name, nil)
		}
	}
	d.drive(s.on(0, 0, 0),
		moment{s.on(4, 9, 5), again(worker)}, moment{s.on(3, 9, 0), again(starter)}, moment{s.on(2, 18, 5), again(worker)},
		moment{s.on(2, 20, 0), func() { d.awaitReady(starter, worker) }},
	)
	d.converge()
	const listed, asked = "api LIKE '%/listRecord'", "api LIKE '%/getupdatedata'"
	punches := d.count("event", "event_type = 'attendance_check_record' AND origin = 'stream'")
	require.Greater(t, punches, 200)
	require.Positive(t, d.runs("WorkflowType = 'FetchBatch'"))
	require.Zero(t, d.count("punch", "NOT explained"), "before any sweep")
	d.terminate(worker) // it writes its count of calls
	d.start(worker, worker, nil)
	d.awaitReady(worker)
	calls := scan[int](d, "SELECT coalesce(sum(counted), 0) FROM dakasync.api_call WHERE "+listed+" OR "+asked)
	t.Logf("%d punches, %d calls for them", punches, calls)
	require.Less(t, calls, punches/2)

	d.drainFailedList()
	d.reconcileAll()
	d.requireTruth()
	d.requireNoFailedRuns()
}
