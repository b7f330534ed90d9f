package stream

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"dakasync/attendance"
)

// proven is a stretch as PostgreSQL would have it.
type proven struct {
	began, until time.Time
	ended        attendance.ProofEnd
}

// fakeCoverage dates stretches by its own clock.
type fakeCoverage struct {
	mu     sync.Mutex
	rows   map[string]proven
	writes int
	err    error
	breaks []string // what the next write calls broken
}

func newCoverage() *fakeCoverage { return &fakeCoverage{rows: map[string]proven{}} }

// errStuck makes a fake wait until nobody waits for it.
var errStuck = errors.New("stuck")

func (f *fakeCoverage) Prove(ctx context.Context, proofs []attendance.Proof) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if errors.Is(f.err, errStuck) {
		<-ctx.Done()
	}
	if f.err != nil {
		return nil, f.err
	}
	f.writes++
	broken := f.breaks
	f.breaks = nil
	now := time.Now()
	for _, p := range proofs {
		if slices.Contains(broken, p.ID) {
			continue
		}
		row, there := f.rows[p.ID]
		if !there {
			row.began = now.Add(-p.BeganAgo)
		}
		if until := now.Add(-p.ProvenAgo); until.After(row.until) {
			row.until = until
		}
		row.ended = p.Ended
		f.rows[p.ID] = row
	}
	return broken, nil
}

func (f *fakeCoverage) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fakeCoverage) written() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes
}

// list are the stretches, oldest first.
func (f *fakeCoverage) list() []proven {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]proven, 0, len(f.rows))
	for _, row := range f.rows {
		list = append(list, row)
	}
	slices.SortFunc(list, func(a, b proven) int { return a.began.Compare(b.began) })
	return list
}

// proven is the length of the shortest stretch.
func (f *fakeCoverage) proven() time.Duration {
	shortest := time.Duration(0)
	for i, row := range f.list() {
		if d := row.until.Sub(row.began); i == 0 || d < shortest {
			shortest = d
		}
	}
	return shortest
}

func (f *fakeCoverage) ends() map[attendance.ProofEnd]int {
	ends := map[attendance.ProofEnd]int{}
	for _, row := range f.list() {
		ends[row.ended]++
	}
	return ends
}

// gaps are the times between the stretches that none covers. What is written of
// one stretch is off by the time between its report and its writing.
func (f *fakeCoverage) gaps(t *testing.T) []time.Duration {
	t.Helper()
	var gaps []time.Duration
	var until time.Time
	for _, row := range f.list() {
		if hole := row.began.Sub(until); !until.IsZero() && hole > 50*time.Millisecond {
			gaps = append(gaps, hole)
		}
		if row.until.After(until) {
			until = row.until
		}
	}
	return gaps
}

// overlap is how long before the end of a replaced stretch another began at least.
func (f *fakeCoverage) overlap() time.Duration {
	shortest := time.Hour
	list := f.list()
	for _, old := range list {
		if old.ended != attendance.ProofReplaced {
			continue
		}
		longest := -time.Hour
		for _, next := range list {
			if next.began.After(old.began) {
				longest = max(longest, old.until.Sub(next.began))
			}
		}
		shortest = min(shortest, longest)
	}
	return shortest
}

// fakeRecovery counts requests.
type fakeRecovery struct {
	mu       sync.Mutex
	requests map[string]int
	err      error
}

func newRecovery() *fakeRecovery { return &fakeRecovery{requests: map[string]int{}} }

func (f *fakeRecovery) Request(ctx context.Context, reason string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if errors.Is(f.err, errStuck) {
		<-ctx.Done()
	}
	if f.err == nil {
		f.requests[reason]++
	}
	return f.err
}

func (f *fakeRecovery) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fakeRecovery) count(reason string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests[reason]
}
