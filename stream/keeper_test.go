package stream

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ops"
)

// keep runs a keeper with one connection that is heard every 3 s, until the
// test ends.
func keep(t *testing.T, b *bench) (k *keeper, tr *track, stop func()) {
	t.Helper()
	k = newKeeper(ListenerOptions{
		Intake: b.intake, Coverage: b.coverage, Recovery: b.recovery, Metrics: b.metrics, Log: b.intake.Log,
	})
	tr = &track{}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { k.run(ctx) })
	group.Go(func() { k.requests.run(ctx) })
	k.tracker.heard(tr, k.now())
	k.opened(tr)
	group.Go(func() {
		for ops.Sleep(ctx, keepAlive) {
			k.tracker.heard(tr, k.now())
		}
	})
	return k, tr, func() {
		cancel()
		group.Wait()
		k.tracker.closed(tr, attendance.ProofStopped)
		k.finish(t.Context())
	}
}

func TestWhatIsProvenIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		began := time.Now()
		_, _, stop := keep(t, b)
		ops.Sleep(t.Context(), 100*time.Second+500*time.Millisecond)
		rows := b.coverage.list()
		require.Len(t, rows, 1)
		require.Less(t, rows[0].began.Sub(began), time.Millisecond)
		require.InDelta(t, 99, rows[0].until.Sub(began).Seconds(), 0.01)
		require.Empty(t, rows[0].ended)
		require.Equal(t, 100, b.coverage.written(), "every second")
		require.InDelta(t, float64(began.Add(99*time.Second).Unix()), b.metric(t, "dakasync_stream_last_proof_timestamp_seconds", ""), 0.01)
		ops.Sleep(t.Context(), 2*time.Second)
		stop()
		rows = b.coverage.list()
		require.Equal(t, attendance.ProofStopped, rows[0].ended)
		require.InDelta(t, 102, rows[0].until.Sub(began).Seconds(), 0.01, "the last proof is written")
	})
}

// While PostgreSQL is away and Temporal takes events, nothing is blind.
func TestPostgresAwayLeavesNoGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		_, _, stop := keep(t, b)
		defer stop()
		ops.Sleep(t.Context(), 10*time.Second)
		b.coverage.set(errAway)
		ops.Sleep(t.Context(), time.Hour)
		b.coverage.set(nil)
		ops.Sleep(t.Context(), 10*time.Second)
		require.Len(t, b.coverage.list(), 1)
		require.Zero(t, b.recovery.count(reasonReconnect))
	})
}

func TestBothStoresAwayIsBlind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		_, _, stop := keep(t, b)
		defer stop()
		ops.Sleep(t.Context(), 10*time.Second)
		b.coverage.set(errAway)
		b.temporal.set(errAway)
		b.recovery.set(errAway)
		ops.Sleep(t.Context(), time.Hour)
		require.Len(t, b.coverage.list(), 1, "the end could not be written yet")
		b.coverage.set(nil)
		b.temporal.set(nil)
		ops.Sleep(t.Context(), 10*time.Second)
		rows := b.coverage.list()
		require.Len(t, rows, 2)
		require.Equal(t, attendance.ProofNoStore, rows[0].ended)
		require.InDelta(t, time.Hour.Seconds(), rows[1].began.Sub(rows[0].until).Seconds(), 6)
		require.Zero(t, b.recovery.count(reasonReconnect), "Temporal cannot be asked")
		b.recovery.set(nil)
		ops.Sleep(t.Context(), 2*time.Second)
		require.Equal(t, 1, b.recovery.count(reasonReconnect), "once it can be, it is")
		require.Equal(t, 1, b.recovery.count(reasonStart))
	})
}

// Who reads the log is told what does not get on: a recovery that nobody hears, or
// stores that take nothing. Neither is about the relay, whose runbook quotes it.
func TestTheLogSaysWhatDoesNotGetOn(t *testing.T) {
	for says, put := range map[string]func(*bench){
		"recovery could not be requested from Temporal yet": func(b *bench) { b.recovery.set(errAway) },
		"neither Temporal nor PostgreSQL takes events": func(b *bench) {
			b.coverage.set(errAway)
			b.temporal.set(errAway)
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench()
			var log bytes.Buffer
			b.intake.Log = slog.New(slog.NewTextHandler(&log, nil))
			put(b)
			_, _, stop := keep(t, b)
			ops.Sleep(t.Context(), 10*time.Second)
			stop()
			require.Contains(t, log.String(), says)
			require.NotContains(t, log.String(), relayFails)
		})
	}
}

// Stores that say that they are well and take no frame are none.
func TestFramesThatFindNoStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		k, _, stop := keep(t, b)
		defer stop()
		ops.Sleep(t.Context(), 10*time.Second)
		for range 30 {
			k.answered(outcomeLater)
			ops.Sleep(t.Context(), 2*time.Second)
		}
		require.Equal(t, map[attendance.ProofEnd]int{attendance.ProofNoStore: 1}, b.coverage.ends())
		require.InDelta(t, 3, b.recovery.count(reasonLater), 1, "one for all of half a minute")
		k.answered(outcomeStarted)
		ops.Sleep(t.Context(), 5*time.Second)
		require.Equal(t, map[attendance.ProofEnd]int{attendance.ProofNoStore: 1, "": 1}, b.coverage.ends())
		require.Equal(t, 1, b.recovery.count(reasonReconnect))
		later := b.recovery.count(reasonLater)
		k.answered(outcomeBusy)
		ops.Sleep(t.Context(), time.Minute)
		require.Equal(t, map[attendance.ProofEnd]int{attendance.ProofNoStore: 1, "": 1}, b.coverage.ends(), "no room is not no store")
		require.Greater(t, b.recovery.count(reasonLater), later)
	})
}

func TestClocksThatDisagreeBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		k, _, stop := keep(t, b)
		defer stop()
		ops.Sleep(t.Context(), 10*time.Second+time.Millisecond)
		b.coverage.mu.Lock()
		b.coverage.breaks = []string{k.tracker.report(k.now()).proofs[0].ID}
		b.coverage.mu.Unlock()
		ops.Sleep(t.Context(), 10*time.Second)
		rows := b.coverage.list()
		require.Len(t, rows, 2)
		require.Greater(t, rows[1].began, rows[0].until)
		require.Equal(t, 1, b.recovery.count(reasonReconnect))
	})
}

// What the last frames before the end want is asked for, however lately it was.
func TestStopAsksOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		k, _, stop := keep(t, b)
		k.answered(outcomeLater)
		ops.Sleep(t.Context(), 5*time.Second)
		k.answered(outcomeBusy)
		ops.Sleep(t.Context(), 5*time.Second)
		require.Equal(t, 1, b.recovery.count(reasonLater))
		stop()
		require.Equal(t, 2, b.recovery.count(reasonLater))
		require.Equal(t, 1, b.recovery.count(reasonStart))
	})
}

// A store that does not answer holds nothing up for long, the end least.
func TestStopWithStuckStores(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		k, _, stop := keep(t, b)
		ops.Sleep(t.Context(), 10*time.Second)
		b.coverage.set(errStuck)
		b.recovery.set(errStuck)
		k.requests.want(reasonLater)
		ops.Sleep(t.Context(), 10*time.Second)
		began := time.Now()
		stop()
		require.LessOrEqual(t, time.Since(began), 2*lastProve)
	})
}
