package gate

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/ledger"
	"dakasync/postgres/pgtest"
	"dakasync/workflows"
)

type fakeFleet struct {
	mu   sync.Mutex
	next map[string]time.Time
	late []time.Duration // of the first calls: what holds them up
	err  error

	tries int // to take a slot
}

func (f *fakeFleet) ReserveCall(_ context.Context, api string, apart time.Duration) (time.Duration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return 0, f.err
	}
	now := time.Now()
	slot := f.next[api]
	if slot.Before(now) {
		slot = now
	}
	f.next[api] = slot.Add(apart)
	if len(f.late) > 0 {
		slot, f.late = slot.Add(f.late[0]), f.late[1:]
	}
	return slot.Sub(now), nil
}

func (f *fakeFleet) TakeCall(_ context.Context, api string, apart, idle time.Duration) (bool, time.Duration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return false, 0, f.err
	}
	f.tries++
	now := time.Now()
	slot, known := f.next[api]
	if due := slot.Add(idle); known && due.After(now) {
		return false, due.Sub(now), nil
	}
	f.next[api] = now.Add(apart - idle)
	return true, 0, nil
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// Whether PostgreSQL names the slots or not, no second sees more calls to one
// API than the rate, and other APIs do not wait for it.
func TestGate(t *testing.T) {
	const qps, callers = 10, 50
	for name, err := range map[string]error{"with the fleet": nil, "alone": errors.New("PostgreSQL is away")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fleet := &fakeFleet{next: map[string]time.Time{}, err: err}
				// Two workers share the fleet; alone each holds its own rate.
				gates := []*Gate{New(fleet, qps, slog.New(slog.DiscardHandler)), New(fleet, qps, slog.New(slog.DiscardHandler))}
				if err != nil {
					gates = gates[:1]
				}
				var mu sync.Mutex
				var sent []time.Time
				var group sync.WaitGroup
				for i := range callers {
					group.Go(func() {
						if gates[i%len(gates)].Wait(t.Context(), "/a") == nil {
							mu.Lock()
							sent = append(sent, time.Now())
							mu.Unlock()
						}
					})
				}
				began := time.Now()
				require.NoError(t, gates[0].Wait(t.Context(), "/b"))
				require.Less(t, time.Since(began), 200*time.Millisecond)
				group.Wait()
				require.Len(t, sent, callers)
				requireRate(t, sent, qps)
			})
		})
	}
}

// requireRate fails the test if any qps+1 calls lie within a second and a bit.
func requireRate(t *testing.T, sent []time.Time, qps int) {
	t.Helper()
	for i := qps; i < len(sent); i++ {
		require.Greater(t, sent[i].Sub(sent[i-qps]), time.Second+50*time.Millisecond)
	}
}

// A machine that stood still for a moment does not send what has gathered at once.
func TestGateAfterAStandstill(t *testing.T) {
	const qps, callers, standstill = 10, 40, 500 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		fleet := &fakeFleet{next: map[string]time.Time{}}
		for slot := time.Duration(0); slot < standstill; slot += spread / qps {
			fleet.late = append(fleet.late, standstill-slot)
		}
		g := New(fleet, qps, slog.New(slog.DiscardHandler))
		var mu sync.Mutex
		var sent []time.Time
		var group sync.WaitGroup
		for range callers {
			group.Go(func() {
				if g.Wait(t.Context(), "/a") == nil {
					mu.Lock()
					defer mu.Unlock()
					sent = append(sent, time.Now())
				}
			})
		}
		group.Wait()
		require.Len(t, sent, callers)
		requireRate(t, sent, qps)
	})
}

func TestGateEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(&fakeFleet{next: map[string]time.Time{"/a": time.Now().Add(time.Hour)}}, 1, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, g.Wait(ctx, "/a"), context.DeadlineExceeded)
	})
}

// A question within a task does not hold the task for a turn that comes too late.
func TestGateRefusesATurnThatComesTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(&fakeFleet{next: map[string]time.Time{}, late: []time.Duration{10 * time.Second}}, 20, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		require.ErrorIs(t, g.Pass(ctx, "a", workflows.PriorityLive), context.DeadlineExceeded)
		require.Zero(t, time.Since(began))
	})
}

// crowd has calls of every priority but live wait at gates, and returns when all
// do; sent tells in which order they may go.
func crowd(t *testing.T, gates []*Gate, each int, sent chan<- int) *sync.WaitGroup {
	t.Helper()
	var group sync.WaitGroup
	for _, g := range gates {
		for priority := workflows.PriorityBackfill; priority > workflows.PriorityLive; priority-- {
			for range each {
				group.Go(func() {
					if g.Pass(t.Context(), "/a", priority) == nil {
						sent <- priority
					}
				})
			}
		}
	}
	synctest.Wait()
	return &group
}

// However many calls of lower priorities wait, on whatever worker, a live one waits
// for one of them, and among them the lower ones come later.
func TestGateLetsTheUrgentGoFirst(t *testing.T) {
	const qps, each = 20, 10
	synctest.Test(t, func(t *testing.T) {
		fleet := &fakeFleet{next: map[string]time.Time{"/a": time.Now().Add(time.Second)}}
		gates := []*Gate{New(fleet, qps, slog.New(slog.DiscardHandler)), New(fleet, qps, slog.New(slog.DiscardHandler))}
		sent := make(chan int, 2*4*each)
		group := crowd(t, gates, each, sent)
		time.Sleep(3 * time.Second) //nolint:forbidigo // In a bubble, where it costs nothing.
		for range 5 {
			began := time.Now()
			require.NoError(t, gates[1].Pass(t.Context(), "/a", workflows.PriorityLive))
			require.LessOrEqual(t, time.Since(began), spread/qps+5*longestYield)
		}
		group.Wait()
		close(sent)
		var order []int
		for priority := range sent {
			order = append(order, priority)
		}
		require.Len(t, order, cap(sent))
		require.True(t, slices.IsSorted(order), "%v", order)
		require.Less(t, fleet.tries, 2*4*len(order), "a worker asks for one call of each priority at a time")
	})
}

// Calls that give way lose nothing of the rate, and keep it together with others.
func TestGateKeepsTheRateOfAllPriorities(t *testing.T) {
	for _, qps := range []int{1, 10} {
		synctest.Test(t, func(t *testing.T) {
			fleet := &fakeFleet{next: map[string]time.Time{}}
			gates := []*Gate{New(fleet, qps, slog.New(slog.DiscardHandler)), New(fleet, qps, slog.New(slog.DiscardHandler))}
			const calls = 120
			var mu sync.Mutex
			var sent []time.Time
			var group sync.WaitGroup
			began := time.Now()
			for i := range calls {
				group.Go(func() {
					time.Sleep(time.Duration(i/8) * time.Second) //nolint:forbidigo // As above.
					if gates[i%2].Pass(t.Context(), "/a", 1+i%workflows.PriorityBackfill) == nil {
						mu.Lock()
						defer mu.Unlock()
						sent = append(sent, time.Now())
					}
				})
			}
			group.Wait()
			require.Len(t, sent, calls)
			requireRate(t, sent, qps)
			require.LessOrEqual(t, time.Since(began), max(calls*spread/time.Duration(qps), calls/8*time.Second)+time.Second)
		})
	}
}

func TestGateWithoutTheFleetKeepsTurns(t *testing.T) {
	const qps = 10
	synctest.Test(t, func(t *testing.T) {
		g := New(&fakeFleet{next: map[string]time.Time{}, err: errors.New("PostgreSQL is away")}, qps, slog.New(slog.DiscardHandler))
		sent := make(chan int, 4*10)
		group := crowd(t, []*Gate{g}, 10, sent)
		began := time.Now()
		require.NoError(t, g.Pass(t.Context(), "/a", workflows.PriorityLive))
		require.LessOrEqual(t, time.Since(began), 5*spread/qps, "one call of each priority is before it")
		group.Wait()
	})
}

func TestGateOfALowPriorityEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(&fakeFleet{next: map[string]time.Time{"/a": time.Now().Add(time.Hour)}}, 1, slog.New(slog.DiscardHandler))
		var group sync.WaitGroup
		for range 2 { // one asks, one waits for its turn
			group.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := g.Pass(ctx, "/a", workflows.PriorityBackfill); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the gate opened, or said %v", err)
				}
			})
		}
		group.Wait()
	})
}

// The same over PostgreSQL, whose row is the only thing that the workers share.
func TestGateOverPostgres(t *testing.T) {
	t.Parallel()
	const qps, waiting = 5, 12
	store, err := ledger.Open(t.Context(), ledger.Options{URL: pgtest.Database(t, "empty", nil), CorpID: "ding1"})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	require.NoError(t, store.Migrate(t.Context()))
	gates := []*Gate{New(store, qps, slog.New(slog.DiscardHandler)), New(store, qps, slog.New(slog.DiscardHandler))}
	require.NoError(t, gates[0].Pass(t.Context(), "/a", workflows.PriorityLive))
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for i := range waiting {
		group.Go(func() { _ = gates[i%2].Pass(ctx, "/a", workflows.PriorityBackfill) })
	}
	require.NoError(t, gates[0].Pass(t.Context(), "/a", workflows.PriorityBackfill)) // so they are asking
	wait, err := store.ReserveCall(t.Context(), "/a", gates[0].apart)
	require.NoError(t, err)
	require.LessOrEqual(t, wait, gates[0].apart, "none of them holds a slot to come")
	cancel()
	group.Wait()
}
