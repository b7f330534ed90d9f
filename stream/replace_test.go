package stream

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ops"
)

// hurry makes a listener replace sooner.
func hurry(change func(*tempo)) func(*Listener) {
	return func(l *Listener) {
		l.tempo.look = 50 * time.Millisecond
		change(&l.tempo)
	}
}

func replaced(t *testing.T, b *bench, reason string) int {
	t.Helper()
	return int(b.metric(t, "dakasync_stream_replaced_total", reason))
}

func eventually(t *testing.T, what func() bool, within time.Duration, why string) {
	t.Helper()
	require.Eventually(t, what, within, 10*time.Millisecond, why)
}

// With a living gateway no planned replacement leaves an instant without a
// proven connection; with one connection only, neither.
func TestPlannedReplacementIsNeverBlind(t *testing.T) {
	t.Parallel()
	for _, connections := range []int{1, 2} {
		t.Run(fmt.Sprint(connections), func(t *testing.T) {
			t.Parallel()
			b, g := newBench(), newGateway(t)
			l, _, stop := listen(t, g, b, connections, hurry(func(tempo *tempo) { tempo.age = 2 * time.Second }))
			up(t, l, connections)
			g.connection(t, 0).send(t, disconnectFrame())
			eventually(t, func() bool {
				return replaced(t, b, replacedDisconnect) == 1 && replaced(t, b, replacedAge) >= 2*connections
			}, 30*time.Second, "age")
			require.Equal(t, connections, l.Up())
			stop()
			require.Empty(t, b.coverage.gaps(t))
			require.Greater(t, b.coverage.overlap(), overlapMargin-50*time.Millisecond, "though PostgreSQL is slow")
			ends := b.coverage.ends()
			require.GreaterOrEqual(t, ends[attendance.ProofStopped], connections)
			require.Equal(t, len(b.coverage.list()), ends[attendance.ProofStopped]+ends[attendance.ProofReplaced], "%v", ends)
			require.Zero(t, b.recovery.count(reasonReconnect))
			require.Equal(t, 1, b.recovery.count(reasonStart))
		})
	}
}

// A connection that is there and says nothing is noticed and replaced; that of
// two no time is blind.
func TestHalfOpenConnection(t *testing.T) {
	t.Parallel()
	b, g := newBench(), newGateway(t)
	l, _, stop := listen(t, g, b, 2)
	up(t, l, 2)
	g.connection(t, 1)
	eventually(t, func() bool { return b.coverage.proven() > keepAlive-time.Second }, 10*time.Second, "both are proven together")
	g.connection(t, 0).mute.Store(true)
	silent := time.Now()
	g.connection(t, 2)
	require.Less(t, time.Since(silent), proofGap)
	up(t, l, 2)
	eventually(t, func() bool { return b.coverage.ends()[attendance.ProofSilent] == 1 }, 3*time.Second, "it is written")
	eventually(t, func() bool { return len(b.coverage.gaps(t)) == 0 }, keepAlive+2*time.Second, "the other's next proof covers it")
	require.Zero(t, b.recovery.count(reasonReconnect))
	stop()
}

// The only connection is half-open: the time since its last proof is blind, and
// recovery is asked for.
func TestTheOnlyConnectionIsHalfOpen(t *testing.T) {
	t.Parallel()
	b, g := newBench(), newGateway(t)
	l, _, stop := listen(t, g, b, 1)
	up(t, l, 1)
	g.connection(t, 0).mute.Store(true)
	g.connection(t, 1)
	eventually(t, func() bool { return b.recovery.count(reasonReconnect) == 1 }, 5*time.Second, "recovery")
	stop()
	gaps := b.coverage.gaps(t)
	require.Len(t, gaps, 1)
	require.InDelta(t, 9, gaps[0].Seconds(), 2)
	require.Equal(t, map[attendance.ProofEnd]int{attendance.ProofSilent: 1, attendance.ProofStopped: 1}, b.coverage.ends())
}

// A connection that answers pings and brings nothing while the other does.
func TestZombie(t *testing.T) {
	t.Parallel()
	b, g := newBench(), newGateway(t)
	l, _, stop := listen(t, g, b, 2, hurry(func(tempo *tempo) { tempo.zombie = time.Second }))
	up(t, l, 2)
	lively := g.connection(t, 1)
	for i := range zombieEvents {
		lively.send(t, eventFrame(fmt.Sprint(i), punches(1).Data))
		lively.answer(t)
	}
	zombie := g.connection(t, 0)
	require.Nil(t, zombie.answer(t), "it is closed")
	require.Equal(t, 1, replaced(t, b, replacedZombie))
	require.Equal(t, 2, l.Up())
	eventually(t, func() bool { return b.recovery.count(reasonLater) == 1 }, 5*time.Second, "what was sent there may be given up")
	stop()
	require.Equal(t, map[attendance.ProofEnd]int{attendance.ProofSilent: 1, attendance.ProofStopped: 2}, b.coverage.ends())
}

func TestSilentConnectionIsReplacedWithoutSuspicion(t *testing.T) {
	t.Parallel()
	b, g := newBench(), newGateway(t)
	l, _, stop := listen(t, g, b, 1, hurry(func(tempo *tempo) { tempo.silence = 500 * time.Millisecond }))
	up(t, l, 1)
	require.Nil(t, g.connection(t, 0).answer(t), "it is closed")
	require.Positive(t, replaced(t, b, replacedSilence))
	stop()
	require.Empty(t, b.coverage.gaps(t))
}

// What cannot be replaced is kept.
func TestTheSuccessorCannotBeOpened(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*gateway, bool){
		"refused": func(g *gateway, on bool) {
			g.setRefusal(map[bool]string{true: `{"code":"ServiceUnavailable","message":"busy"}`}[on])
		},
		"closed at once": func(g *gateway, on bool) { g.setHangUp(on) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, g := newBench(), newGateway(t)
			l, _, stop := listen(t, g, b, 1, hurry(func(tempo *tempo) { tempo.age = time.Second }))
			up(t, l, 1)
			old := g.connection(t, 0)
			spoil(g, true)
			eventually(t, func() bool { return g.tickets() >= 3 }, 10*time.Second, "it is tried again")
			require.Equal(t, 1, l.Up())
			old.send(t, eventFrame("m1", punches(1).Data))
			require.Contains(t, old.answer(t)["data"], "SUCCESS", "the old one is kept")
			spoil(g, false)
			eventually(t, func() bool { return replaced(t, b, replacedAge) >= 1 }, 20*time.Second, "and goes in the end")
			stop()
			require.Empty(t, b.coverage.gaps(t))
		})
	}
}

// DingTalk says that it closes the only connection, and gives no other.
func TestRecycledWithoutSuccessor(t *testing.T) {
	t.Parallel()
	b, g := newBench(), newGateway(t)
	l, _, _ := listen(t, g, b, 1, hurry(func(tempo *tempo) { tempo.recycle = 3 * time.Second }))
	up(t, l, 1)
	g.setRefusal(`{"code":"ServiceUnavailable","message":"busy"}`)
	old := g.connection(t, 0)
	told := time.Now()
	old.send(t, disconnectFrame())
	require.NotNil(t, old.answer(t), "it is answered before DingTalk closes it")
	require.InDelta(t, 3, time.Since(told).Seconds(), 1)
	up(t, l, 0)
	g.setRefusal("")
	up(t, l, 1)
	eventually(t, func() bool { return b.recovery.count(reasonReconnect) == 1 }, 5*time.Second, "recovery")
}

// A gateway that closes what it opens is not stormed, however many connections
// there should be.
func TestAGatewayThatHangsUp(t *testing.T) {
	t.Parallel()
	b, g := newBench(), newGateway(t)
	g.setHangUp(true)
	began := time.Now()
	l, log, _ := listen(t, g, b, 8)
	ops.Sleep(t.Context(), 5*time.Second)
	most := 8 + spareDials + int(time.Since(began)/dialPause) + 1
	require.LessOrEqual(t, g.tickets(), most)
	require.GreaterOrEqual(t, g.tickets(), 10, "but tried")
	require.Less(t, len(log.String()), 20_000)
	require.Less(t, l.Up(), 8)
}
