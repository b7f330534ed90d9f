package e2e_test

import (
	"flag"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// restarts is how often a starter is restarted to measure the blind time.
//
//nolint:gochecknoglobals // A flag of a test binary.
var restarts = flag.Int("restarts", 3, "restarts of a starter by which blind time is measured")

// TestBlindTimeOfOneStarterOfTwo: while another replica listens, nothing that a restart does leaves DingTalk without somebody to
// push to, and the ledger knows of no gap.
func TestBlindTimeOfOneStarterOfTwo(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 10, Seed: 15, Quiet: true}, days: 1})
	d.up()
	d.start(starter, "starter2", nil)
	d.awaitReady("starter2")
	proven := func() {
		require.Eventually(t, func() bool { return d.platform.Connections() == 4 }, soon, time.Millisecond, "the far side knows of them too")
		// One goes when the other is proven to live: who takes both down within three seconds has a gap.
		up := time.Now()
		require.Eventually(t, func() bool { return d.count("coverage", "proven_until > $1", up) == 4 }, soon, tick, "not all connections are proven")
	}
	proven()
	before := len(d.platform.BlindTimes())
	for number := range *restarts {
		name := []string{starter, "starter2"}[number%2]
		if number%4 < 2 {
			d.kill(name)
		} else {
			d.terminate(name)
		}
		d.start(starter, name, nil)
		d.awaitReady(name)
		proven()
	}
	require.Empty(t, d.platform.BlindTimes()[before:], "the platform had nobody to push to")
	d.awaitCovered(time.Now())
	require.Zero(t, d.count("gap", ""), "the ledger knows of gaps")
	require.Zero(t, d.runs("WorkflowType = 'ReconcileDay'"), "nothing was swept: nothing was missed")
	t.Logf("blind time at %d restarts of one starter of two: 0 s", *restarts)
}

// TestBlindTimeOfTheOnlyStarter: the platform has nobody to push to from the death of the only starter until its successor has
// connected, which takes it less than a second once it runs. Every such time is a gap in the ledger, is swept and closed.
func TestBlindTimeOfTheOnlyStarter(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 10, Seed: 16, Quiet: true}, days: 1})
	d.up()
	d.awaitCovered(time.Now())
	before := len(d.platform.BlindTimes())
	var blind, beyond []time.Duration
	for number := range *restarts {
		if number%2 == 0 {
			d.kill(starter)
		} else {
			d.terminate(starter)
		}
		d.start(starter, starter, nil)
		require.Eventually(t, func() bool { return d.status(starter, "/healthz") == http.StatusOK }, upTime, time.Millisecond)
		running := time.Now()
		d.awaitReady(starter)
		var last platform.Interval
		require.Eventually(t, func() bool { // The platform knows of a connection a moment after the other side.
			times := d.platform.BlindTimes()[before:]
			if len(times) == number+1 {
				last = times[number]
			}
			return !last.To.IsZero()
		}, soon, time.Millisecond, "it is connected again")
		blind = append(blind, last.To.Sub(last.From))
		beyond = append(beyond, max(last.To.Sub(running), 0))
		d.awaitCovered(last.To)
	}
	t.Logf("blind time at %d restarts of the only starter: %s; of it after the process was up: %s", *restarts, spread(blind), spread(beyond))
	require.Less(t, slices.Max(beyond), time.Second, "the promise")
	for _, was := range d.platform.BlindTimes()[before:] {
		d.awaitGap(was)
	}
	require.Eventually(t, func() bool { return d.count("gap", "swept_at IS NULL") == 0 }, patience, tick, "a gap stays open")
	require.Zero(t, d.count("gap", "evidence IS NULL OR workflow_id IS NULL"), "a gap was closed without evidence")
	d.requireNoFailedRuns()
}

// awaitCovered waits until the ledger has a proof that is younger than a moment.
func (d *deployment) awaitCovered(at time.Time) {
	d.t.Helper()
	require.Eventually(d.t, func() bool { return d.count("coverage", "proven_until > $1", at) > 0 }, upTime, tick, "there is no proof after %s", at)
}

// awaitGap waits until the ledger knows a time in which the platform had nobody to push to.
func (d *deployment) awaitGap(was platform.Interval) {
	d.t.Helper()
	// The platform notices the end of a connection a moment later than the one who ended it.
	const notice = 50 * time.Millisecond
	require.Eventually(d.t, func() bool {
		return d.count("gap", "began_at <= $1 AND ended_at >= $2", was.From.Add(notice), was.To.Add(-notice)) > 0
	}, upTime, tick, "the blind time from %s to %s is in no gap: %s", was.From, was.To, fmtLazy(func() string {
		return fmt.Sprint(d.table("gap", "began_at"))
	}))
}

// spread is the median, the 99th percentile and the longest.
func spread(times []time.Duration) string {
	sorted := slices.Sorted(slices.Values(times))
	at := func(percent int) time.Duration { return sorted[(len(sorted)-1)*percent/100].Round(time.Millisecond) }
	return fmt.Sprintf("p50 %s, p99 %s, longest %s", at(50), at(99), at(100))
}
