package e2e_test

import (
	"context"
	"flag"
	"fmt"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

//nolint:gochecknoglobals // Flags of a test binary.
var (
	chaosTrials  = flag.Int("chaos.trials", 0, "trials of the chaos suite; 0 is its short form")
	chaosSeed    = flag.Int64("chaos.seed", 1, "the first trial's seed; the next ones follow it")
	chaosLanes   = flag.Int("chaos.lanes", 12, "deployments on which trials run side by side")
	chaosFaults  = flag.String("chaos.faults", "", "regular expression: the faults, by name or family")
	chaosResults = flag.String("chaos.results", "", "file to which outcomes are added, a line each")
	chaosReport  = flag.String("chaos.report", "", "document whose fault matrix is written anew from the results")
	chaosKeep    = flag.String("chaos.keep", "", "folder for the logs of trials that failed")
)

// trialsOf is how many trials a lane has: not all end at once.
func trialsOf(lane int) int {
	const fewest, steps, step = 20, 6, 4
	return fewest + step*(lane%steps)
}

// queue hands out trials; lanes of one sort share it.
type queue struct {
	sort   laneSort
	lanes  int
	mu     sync.Mutex
	trials []trial
}

func (q *queue) next() (trial, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.trials) == 0 {
		return trial{}, false
	}
	next := q.trials[0]
	q.trials = q.trials[1:]
	return next, true
}

func (q *queue) left() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.trials)
}

// suite is one run of the chaos suite.
type suite struct {
	folder  string // of the programs; empty: as they are built for all tests
	results resultsFile
	lanes   atomic.Int32
	queues  []*queue
}

// TestChaos lets things go wrong at random instants, and finds the ledger equal to the truth each time. Without flags it is short.
func TestChaos(t *testing.T) {
	s := &suite{results: resultsFile{path: *chaosResults}}
	if *chaosTrials > 0 {
		s.share(longTrials(t), *chaosLanes, 2)
	} else {
		const few = 4 // A lane costs more than a trial.
		s.share(shortTrials(t), few, 1)
	}
	s.run(t)
	if *chaosReport != "" {
		require.NoError(t, writeReport(*chaosResults, *chaosReport))
	}
}

// shortTrials are one of each family, and each of the kills.
func shortTrials(t *testing.T) []trial {
	t.Helper()
	names := []string{
		"kill starter", "kill worker", "kill both", "pause starter", "cut starter-DingTalk", "half-open worker-PostgreSQL",
		"reset starter-Temporal", "slow worker-Temporal", "DingTalk 5xx", "truncated JSON", "kill PostgreSQL", "kill Temporal",
	}
	var list []trial
	for index, name := range names {
		from, err := faultsNamed("^" + name + "$")
		require.NoError(t, err)
		require.Len(t, from, 1, name)
		list = append(list, newTrial(*chaosSeed+int64(index), from))
	}
	return list
}

func longTrials(t *testing.T) []trial {
	t.Helper()
	from, err := faultsNamed(*chaosFaults)
	require.NoError(t, err)
	require.NotEmpty(t, from, "no fault is called %q", *chaosFaults)
	list := make([]trial, *chaosTrials)
	for index := range list {
		list[index] = newTrial(*chaosSeed+int64(index), from)
	}
	return list
}

// share deals the trials out to lanes that suit them.
func (s *suite) share(trials []trial, lanes, others int) {
	shared := &queue{lanes: lanes}
	slow := &queue{lanes: others}
	own := &queue{lanes: others, sort: laneSort{own: true}}
	drains := &queue{lanes: others, sort: laneSort{drains: true}}
	full := &queue{lanes: 1, sort: laneSort{own: true, disk: true}}
	for _, one := range trials {
		to := shared
		switch {
		case one.fault.disk:
			to = full
		case one.fault.own:
			to = own
		case one.fault.drains:
			to = drains
		case one.fault.slow:
			to = slow
		}
		to.trials = append(to.trials, one)
	}
	s.queues = []*queue{shared, slow, drains, own, full}
}

// run lets all lanes work their queues off.
func (s *suite) run(t *testing.T) {
	var lanes sync.WaitGroup
	for _, q := range s.queues {
		for range min(q.lanes, q.left()) {
			lanes.Go(func() {
				for q.left() > 0 {
					number := int(s.lanes.Add(1))
					t.Run(fmt.Sprintf("lane%d", number), func(t *testing.T) { s.lane(t, q, trialsOf(number)) })
				}
			})
		}
	}
	lanes.Wait()
}

// lane is one lane's life. One on which a trial has failed is given up: what is wrong there would be found again.
func (s *suite) lane(t *testing.T, q *queue, trials int) {
	first, ok := q.next()
	if !ok {
		return
	}
	if q.sort.disk && s.noDisk(t, q, first) {
		return
	}
	l := newLane(t, q.sort, s.folder)
	l.settleIn()
	for nth, next := 0, first; ok && nth < trials; nth++ {
		well := t.Run(next.name(), func(t *testing.T) {
			result := l.run(t, next)
			require.NoError(t, s.results.add(result))
		})
		if !well {
			return
		}
		if nth+1 < trials {
			next, ok = q.next()
		}
	}
	well := t.Run("end", func(t *testing.T) { l.during(t, func() { l.finish() }) })
	require.NoError(t, s.results.add(outcome{Lane: l.name, OK: well, Seed: first.seed, Commit: commit(), At: now()}))
}

// noDisk says whether no small disk can be had here: then its faults are reported as not run.
func (s *suite) noDisk(t *testing.T, q *queue, first trial) bool {
	t.Helper()
	err := smallDisk(t, t.TempDir(), 1)
	if err == nil {
		return false
	}
	t.Logf("%s is not run: %v", first.fault.name, err)
	for ok := true; ok; _, ok = q.next() {
		require.NoError(t, s.results.add(outcome{Fault: first.fault.name, Family: first.fault.family, NotRun: err.Error()}))
	}
	return true
}

// output runs a program and returns what it prints.
func output(dir, name string, arguments ...string) (string, error) {
	command := exec.CommandContext(context.Background(), name, arguments...)
	command.Dir = dir
	text, err := command.Output()
	return string(text), err
}
