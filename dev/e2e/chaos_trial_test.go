package e2e_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"dakasync/ops"
	"dakasync/simulator/platform"
)

// strike is one coming of a fault.
type strike struct {
	fault fault
	at    time.Duration // from the trial's beginning
	lasts time.Duration
	nth   int
}

// trial is everything that a seed decides.
type trial struct {
	seed    int64
	fault   fault   // what it is about
	also    []fault // and what comes beside it
	strikes [][]strike
	policy  string // for events that find no connection
	doubles float64
}

// policies of the platform for events that find no connection.
var policies = []string{platform.NoConnectionDrop, platform.NoConnectionRetry, platform.NoConnectionFailed, platform.NoConnectionMix}

// newTrial deals a trial. The fault is dealt from those that fit, and everything else from the seed and the fault alone.
func newTrial(seed int64, from []fault) trial {
	t := trial{seed: seed, fault: dealt(streamOf(seed, "fault"), from)}
	dice := streamOf(seed, "trial "+t.fault.name)
	t.policy = cmp.Or(t.fault.policy, policies[dice.IntN(len(policies))])
	t.doubles = float64(dice.IntN(3)) * 0.1
	t.strikes = append(t.strikes, strikesOf(dice, t.fault, 0))
	// DingTalk's faults matter most while something is to be made good; others now and then come together.
	if chance := map[string]int{ofDingTalk: 50, ofProcess: 15, ofNetwork: 15, ofClock: 40}[t.fault.family]; dice.IntN(100) < chance && !t.fault.deceives && !t.fault.alone {
		second := dealt(dice, companions(t.fault))
		t.also = append(t.also, second)
		t.strikes = append(t.strikes, strikesOf(dice, second, 1))
	}
	return t
}

// companions are the faults that may come beside another one.
func companions(of fault) []fault {
	return slices.DeleteFunc(slices.Concat(processFaults(), networkFaults()), func(f fault) bool {
		return f.name == of.name || strings.HasPrefix(f.name, "pause") || of.family == ofNetwork && f.family == ofNetwork ||
			of.family == ofProcess && f.family == ofProcess
	})
}

// dealt picks one by weight.
func dealt(dice *rand.Rand, from []fault) fault {
	sum := 0
	for _, f := range from {
		sum += max(f.weight, 1)
	}
	left := dice.IntN(sum)
	for _, f := range from {
		if left -= max(f.weight, 1); left < 0 {
			return f
		}
	}
	return from[0]
}

// strikesOf are the instants at which a fault comes and how long it lasts; one follows the other.
func strikesOf(dice *rand.Rand, f fault, beside int) []strike {
	list := make([]strike, 1+dice.IntN(max(f.strikes, 1)))
	at := time.Duration(dice.Int64N(int64(trafficTime * 4 / 5)))
	for nth := range list {
		lasts := f.least + time.Duration(dice.Int64N(int64(f.most-f.least)+1))
		list[nth] = strike{fault: f, at: at, lasts: lasts, nth: 10*beside + nth}
		at += lasts + time.Duration(100+dice.IntN(1400))*time.Millisecond
	}
	return list
}

func (t trial) String() string {
	var parts []string
	for _, strikes := range t.strikes {
		for _, s := range strikes {
			parts = append(parts, fmt.Sprintf("%s at %s for %s", s.fault.name, s.at.Round(time.Millisecond), s.lasts.Round(time.Millisecond)))
		}
	}
	return fmt.Sprintf("%s; without a connection: %s; duplicates: %.0f %%", strings.Join(parts, ", "), t.policy, 100*t.doubles)
}

// again is the command that repeats the trial.
func (t trial) again() string {
	return fmt.Sprintf("make chaos SEED=%d TRIALS=1 FAULTS='^%s$'", t.seed, t.fault.name)
}

// name is how the trial's test is called.
func (t trial) name() string {
	return fmt.Sprintf("%s/%d", strings.ReplaceAll(t.fault.name, "/", "-"), t.seed)
}

// run is one trial on the lane, from the first deed to convergence. It reports whether all went well.
func (l *lane) run(t *testing.T, trial trial) (result outcome) {
	t.Helper()
	l.during(t, func() {
		defer func() {
			if t.Failed() {
				t.Logf("the trial was: %s\nto repeat it: %s", trial, trial.again())
				l.keep(trial.seed)
			}
		}()
		result = l.attempt(trial)
	})
	return result
}

// attempt carries a trial out and reports what is wrong after it.
func (l *lane) attempt(trial trial) outcome {
	result := l.carryOut(trial)
	if result.Left != "" {
		l.t.Errorf("not at rest after %d ms: %s", result.ConvergeMS, result.Left)
	}
	l.show(result.Differences)
	result.OK = !l.t.Failed()
	return result
}

// carryOut lets deeds and faults happen, and waits for the product to make good what they did.
func (l *lane) carryOut(trial trial) outcome {
	l.t.Helper()
	before := len(l.platform.Deliveries())
	l.platform.Configure(func(s *platform.Settings) {
		s.NoConnection, s.DuplicateChance, s.Seed = trial.policy, trial.doubles, int(trial.seed)
	})
	defer l.platform.ClearFaults("")
	healed, err := l.strikeAll(trial, time.Now(), traffic(trial.seed, l.company))
	l.platform.Configure(func(s *platform.Settings) { s.DuplicateChance = 0 })
	l.deceived = l.deceived || trial.fault.deceives
	const usual = 6 * time.Minute // the report says how long it takes; this is when a trial is given up
	c := l.convergeByItself(l.t.Context(), healed, cmp.Or(trial.fault.patience, usual), l.deceived)
	c.found = append(c.found, l.watch.take()...)
	if err != nil {
		c.left = strings.Trim(fmt.Sprintf("%s; the trial could not be carried out: %v", c.left, err), "; ")
	}
	for _, failed := range l.failedRuns() {
		c.found = append(c.found, "a run has failed: "+failed)
	}
	return outcomeOf(trial, c, l.platform.Deliveries()[before:])
}

// show reports differences without ending the trial.
func (l *lane) show(found []string) {
	const most = 12
	for _, difference := range found[:min(most, len(found))] {
		l.t.Error(difference)
	}
	if len(found) > most {
		l.t.Errorf("… and %d more", len(found)-most)
	}
}

// strikeAll lets traffic and faults run side by side, and returns when the last fault was over.
func (l *lane) strikeAll(trial trial, began time.Time, deeds []deed) (healed time.Time, err error) {
	group, ctx := errgroup.WithContext(l.t.Context())
	group.Go(func() error { return l.play(ctx, began, deeds) })
	ends := make([]time.Time, len(trial.strikes))
	for index, strikes := range trial.strikes {
		group.Go(func() error {
			for _, s := range strikes {
				if err := l.strike(ctx, trial.seed, s, began); err != nil {
					return fmt.Errorf("%s: %w", s.fault.name, err)
				}
			}
			ends[index] = time.Now()
			return nil
		})
	}
	err = group.Wait()
	return slices.MaxFunc(ends, time.Time.Compare), err
}

// strike lets a fault come and go. It goes even if the trial is given up.
func (l *lane) strike(ctx context.Context, seed int64, s strike, began time.Time) error {
	if wait := time.Until(began.Add(s.at)); wait > 0 && !ops.Sleep(ctx, wait) {
		return ctx.Err()
	}
	heal, err := s.fault.inflict(ctx, l, streamOf(seed, fmt.Sprint(s.fault.name, s.nth)))
	if err != nil {
		return fmt.Errorf("inflict: %w", err)
	}
	ops.Sleep(ctx, s.lasts)
	if err := heal(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("heal: %w", err)
	}
	return nil
}
