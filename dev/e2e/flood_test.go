package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// flood is how long the flood lasts.
//
//nolint:gochecknoglobals // A flag of a test binary.
var flood = flag.Duration("flood", 4*time.Second, "how long a thousand events a second are pushed")

const (
	floodRate   = 1000
	floodMemory = 96 << 20 // bytes that a flooded starter may hold
)

// TestFlood: a thousand events a second bound a starter's memory, and none of them is acked that is not kept. No worker runs: what
// was acked is a run in Temporal or a row in PostgreSQL.
func TestFlood(t *testing.T) {
	d := deploy(t, plan{
		company: company.Options{Employees: 10, Seed: 17, Quiet: true}, days: 1,
		settings: func(s *platform.Settings) { s.InFlight = 1_000_000; s.RetryDelays = nil },
	})
	d.migrate()
	d.start(starter, starter, nil)
	d.awaitReady(starter)
	quiet := d.memory(starter)

	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	pushed, most, began := 0, 0, time.Now()
	for time.Since(began) < *flood {
		<-ticker.C
		for due := int(time.Since(began).Seconds() * floodRate); pushed < due; pushed++ {
			d.platform.PushEvent(punchType, "", punchData(d.company.CorpID(), "u"+strconv.Itoa(pushed), began.Add(-time.Hour).UnixMilli()))
		}
		most = max(most, d.memory(starter))
	}
	d.settle()
	most = max(most, d.memory(starter))
	require.Equal(t, 200, d.status(starter, "/readyz"), "it listens after the flood")

	acked := d.acked()
	require.NotEmpty(t, acked)
	var lost []string
	require.Eventually(t, func() bool { // Temporal's list of runs is a moment behind.
		kept := d.keptKeys()
		lost = slices.DeleteFunc(slices.Clone(acked), func(key string) bool { return kept[key] })
		return len(lost) == 0
	}, soon, time.Second, "acked, and kept nowhere: %s", fmtLazy(func() string { return fmt.Sprint(len(lost)) }))
	t.Logf("%d events in %s: %d acked; resident memory %d MiB before, %d MiB at most", pushed, *flood, len(acked), quiet>>20, most>>20)
	require.Less(t, most, floodMemory, "memory grows with the flood")
}

// acked are the natural keys of everything that was acked.
func (d *deployment) acked() []string {
	d.t.Helper()
	var keys []string
	for _, event := range d.platform.Deliveries() {
		if event.State == platform.StateAcked {
			keys = append(keys, d.naturalKeys(event)...)
		}
	}
	return keys
}

// migrate brings the schema up without a worker.
func (d *deployment) migrate() {
	d.t.Helper()
	d.dakactl(d.t, "migrate")
}

// keptKeys are the natural keys of all events that Temporal or PostgreSQL has.
func (d *deployment) keptKeys() map[string]bool {
	d.t.Helper()
	kept := map[string]bool{}
	rows, err := d.db.Query(d.t.Context(), "SELECT event_key FROM dakasync.event")
	require.NoError(d.t, err)
	for rows.Next() {
		var key string
		require.NoError(d.t, rows.Scan(&key))
		kept[key] = true
	}
	require.NoError(d.t, rows.Err())
	for _, execution := range d.executions("WorkflowType = 'PunchEvent'") {
		kept[execution.GetExecution().GetWorkflowId()] = true
	}
	return kept
}

// memory is how many bytes of a process are resident.
func (d *deployment) memory(name string) int {
	d.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.processes[name].Pid()))
	require.NoError(d.t, err)
	_, rest, found := strings.Cut(string(text), "VmRSS:")
	require.True(d.t, found, "%s", text)
	kilobytes, err := strconv.Atoi(strings.Fields(rest)[0])
	require.NoError(d.t, err)
	return kilobytes << 10
}
