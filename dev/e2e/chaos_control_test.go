package e2e_test

import (
	"cmp"
	"context"
	"flag"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/dev/binary"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

//nolint:gochecknoglobals // A flag of a test binary.
var chaosControls = flag.Bool("chaos.controls", false, "switch the product's protections off, one by one: the chaos suite must see it")

// control is a protection that is switched off, by a build tag, and the fault that shows it.
type control struct {
	tag, fault, policy string
	slow               string // the way that is slow meanwhile, so that the fault hits the right instant
	shows              string // words of what must be found
	trials             int    // in so many trials at most
}

var controls = []control{
	{tag: "chaos_ack_first", fault: "kill starter", slow: linkName(starter, toTemporal), shows: "which was acked", trials: 6},
	{tag: "chaos_no_intent", fault: "lost answer of the destructive read", shows: "lacks", trials: 4},
	{tag: "chaos_no_sweep", fault: "kill starter", policy: platform.NoConnectionDrop, shows: "punch lacks", trials: 4},
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

// TestTimeAloneBringsResults: what a trial does not ask of a ledger that no night has swept is exactly what comes without anything happening.
func TestTimeAloneBringsResults(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 7, 6, 0, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	c := company.New(company.Options{Seed: 1, Start: monday, Quiet: true})
	employee, ok := c.Pick("workshop", 0)
	require.True(t, ok)
	leave := company.LeaveRequest{User: employee.UserID, Begin: monday.Add(13 * time.Hour), End: monday.Add(18 * time.Hour)}
	c.Advance(monday.Add(14 * time.Hour))
	_, err := c.Leave(leave)
	require.NoError(t, err)
	c.Advance(monday.Add(15 * time.Hour)) // It is agreed, and 13:30 is excused; 17:30 is to come.
	began, before := c.Now(), c.Truth().Results
	c.Subscribe(func(h company.Happening, _ company.Moment) { t.Errorf("%T happened", h) })
	c.Advance(monday.Add(17*time.Hour + 30*time.Minute))
	mine := func(rows []company.ResultRow) (byTime, byDeed int) {
		for _, r := range rows {
			switch {
			case r.UserID != employee.UserID:
			case byTimeAlone(r, began):
				byTime++
			default:
				byDeed++
			}
		}
		return byTime, byDeed
	}
	byTime, byDeed := mine(before)
	require.Equal(t, []int{2, 1}, []int{byTime, byDeed}, "nobody punched in the morning")
	byTime, byDeed = mine(c.Truth().Results)
	require.Equal(t, []int{3, 1}, []int{byTime, byDeed}, "the leave excuses 17:30")
}

// TestChaosWatches: the watch over complete_through, and the comparison with a quiet run, see a punch that is missing.
func TestChaosWatches(t *testing.T) {
	if !*chaosControls {
		return // It takes a lane of its own.
	}
	l := newLane(t, laneSort{}, "")
	l.settleIn()
	require.Empty(t, l.watch.take())
	before := l.canon()
	removed, err := l.db.Exec(t.Context(), "DELETE FROM dakasync.punch WHERE work_date < current_date - 4")
	require.NoError(t, err)
	require.Positive(t, removed.RowsAffected())
	require.Eventually(t, func() bool { return len(l.watch.take()) > 0 }, soon, tick, "the watch does not see it")
	require.NotEqual(t, before, l.canon(), "the text of the ledger does not show it")
}

// isSeen runs trials until one finds something.
func (c control) isSeen(t *testing.T, folder string) bool {
	t.Helper()
	from, err := faultsNamed("^" + c.fault + "$")
	require.NoError(t, err)
	l := newLane(t, laneSort{drains: from[0].drains}, folder)
	if found := c.shown(l.restOrFindings()); found != "" {
		t.Logf("what was before the lane shows it: %s", found)
		return true
	}
	l.settleIn()
	for seed := range int64(c.trials) {
		trial := c.trial(*chaosSeed+seed, from)
		if found := c.shown(l.carryOut(trial).findings()); found != "" {
			t.Logf("seed %d (%s) shows it: %s", trial.seed, trial, found)
			return true
		}
	}
	return false
}

// shown is the first finding of the kind that the control must bring about.
func (c control) shown(findings []string) string {
	for _, found := range findings {
		if strings.Contains(found, c.shows) {
			return found
		}
	}
	return ""
}

// trial is one that is aimed at the protection.
func (c control) trial(seed int64, from []fault) trial {
	aimed := newTrial(seed, from)
	aimed.policy = cmp.Or(c.policy, aimed.policy)
	if c.slow != "" {
		slow := fault{name: "slow " + c.slow, inflict: func(_ context.Context, l *lane, _ *rand.Rand) (healFunc, error) {
			return func(context.Context) error { return l.links[c.slow].cure() }, l.links[c.slow].poison("latency", map[string]any{"latency": 250})
		}}
		aimed.strikes = [][]strike{aimed.strikes[0], {{fault: slow, lasts: 4 * time.Second}}}
	}
	return aimed
}

// restOrFindings is comeToRest for a product that may not come to it.
func (l *lane) restOrFindings() []string {
	l.t.Helper()
	c := l.convergeByItself(l.t.Context(), time.Now(), time.Minute, false)
	return append(outcome{Left: c.left, Differences: c.found}.findings(), l.watch.take()...)
}
