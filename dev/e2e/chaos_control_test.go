package e2e_test

import (
	"flag"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/dev/binary"
)

//nolint:gochecknoglobals // A flag of a test binary.
var chaosControls = flag.Bool("chaos.controls", false, "switch the product's protections off, one by one: the chaos suite must see it")

// control is a protection that is switched off, by a build tag, and the fault that shows it.
type control struct {
	tag, fault, policy string
	trials             int // in so many trials the suite must have found something
}

var controls = []control{
	{tag: "chaos_ack_first", fault: "kill starter", policy: "", trials: 20},
	{tag: "chaos_no_intent", fault: "lost answer of the destructive read", policy: "failed", trials: 6},
	{tag: "chaos_no_sweep", fault: "kill starter", policy: "drop", trials: 6},
}

// TestChaosControls: without a protection the suite finds the ledger wrong. A suite that finds nothing then proves nothing.
func TestChaosControls(t *testing.T) {
	if !*chaosControls {
		return // Each builds the programs anew.
	}
	for _, c := range controls {
		t.Run(c.tag, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), c.tag)
			require.NoError(t, binary.BuildTagged(t.Context(), repository, folder, c.tag, false, "starter", "worker"))
			require.True(t, c.isSeen(t, folder), "%d trials with %s found nothing", c.trials, c.tag)
		})
	}
}

// isSeen runs trials until one finds something.
func (c control) isSeen(t *testing.T, folder string) bool {
	t.Helper()
	from, err := faultsNamed("^" + c.fault + "$")
	require.NoError(t, err)
	l := newLane(t, laneSort{}, folder)
	if found := l.restOrFindings(); len(found) > 0 {
		t.Logf("what was before the lane shows it: %d differences, the first: %s", len(found), found[0])
		return true
	}
	l.settleIn()
	for seed := range int64(c.trials) {
		trial := newTrial(*chaosSeed+seed, slices.Clone(from))
		if c.policy != "" {
			trial.policy = c.policy
		}
		if found := l.carryOut(trial).findings(); len(found) > 0 {
			t.Logf("seed %d (%s) shows it: %d differences, the first: %s", trial.seed, trial, len(found), found[0])
			return true
		}
	}
	return false
}

// restOrFindings is comeToRest for a product that may not come to it.
func (l *lane) restOrFindings() []string {
	l.t.Helper()
	c := l.convergeByItself(l.t.Context(), time.Now(), time.Minute, false)
	return append(outcome{Left: c.left, Differences: c.found}.findings(), l.watch.take()...)
}
