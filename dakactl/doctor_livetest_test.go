package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/dakactl/say"
	"dakasync/ledger"
	"dakasync/stream"
)

// liveWorld is a DingTalk, a ledger and a clock that moves when the test waits.
type liveWorld struct {
	at      time.Time
	pushes  []time.Duration // when, after the beginning
	proven  time.Time
	listed  time.Duration // when the event is on the list, 0: never
	ended   error         // of the connection
	unread  bool          // no worker reads the list
	reads   int
	read    time.Time
	reached time.Time
	saved   []ledger.LiveTest
	heard   chan func(stream.Refusal)
	hear    func(stream.Refusal)
}

func (w *liveWorld) LastProof(context.Context) (time.Time, error) { return w.proven, nil }

func (w *liveWorld) Listed(_ context.Context, eventType string, bornAt, _ time.Time) (reached, read time.Time, err error) {
	if eventType != "attendance_check_record" || !bornAt.Equal(now) {
		return time.Time{}, w.read, nil
	}
	return w.reached, w.read, nil
}

func (w *liveWorld) SaveLiveTest(_ context.Context, t ledger.LiveTest) error {
	w.saved = append(w.saved, t)
	return nil
}

func (w *liveWorld) refuse(ctx context.Context, heard func(stream.Refusal)) error {
	w.heard <- heard
	if w.ended != nil {
		return w.ended
	}
	<-ctx.Done()
	return nil
}

// pause lets a second pass, and what DingTalk does in it.
func (w *liveWorld) pause(context.Context) {
	if w.hear == nil {
		w.hear = <-w.heard
	}
	w.at = w.at.Add(time.Second)
	for len(w.pushes) > 0 && w.at.Sub(now) >= w.pushes[0] {
		w.pushes = w.pushes[1:]
		w.hear(stream.Refusal{EventID: "e1", EventType: "attendance_check_record", BornAt: now})
		w.hear(stream.Refusal{EventID: "e2", EventType: "attendance_check_record", BornAt: now.Add(time.Hour)})
	}
}

func (w *liveWorld) readList(context.Context) error {
	w.reads++
	if w.unread {
		return nil
	}
	w.read = w.at
	if w.listed > 0 && w.at.Sub(now) >= w.listed && w.reached.IsZero() {
		w.reached = w.at
	}
	return nil
}

func TestLivetestComesToAnAnswer(t *testing.T) {
	tries := []time.Duration{10 * time.Second, 20 * time.Second, 50 * time.Second}
	endless := make([]time.Duration, 0, 100)
	for n := range 100 {
		endless = append(endless, time.Duration(n+1)*time.Minute)
	}
	for name, test := range map[string]struct {
		world   liveWorld
		err     error
		reached time.Duration
		reads   int
	}{
		"on the list":        {world: liveWorld{pushes: tries, listed: time.Minute}, reached: 170 * time.Second, reads: 1},
		"on it later":        {world: liveWorld{pushes: tries, listed: 5 * time.Minute}, reached: 410 * time.Second, reads: 3},
		"never on it":        {world: liveWorld{pushes: tries}, reads: 8},
		"an old proof":       {world: liveWorld{pushes: tries, proven: now.Add(-provenLately)}, reads: 8},
		"a starter is there": {world: liveWorld{proven: now.Add(1 - provenLately)}, err: errListens},
		"nothing came":       {world: liveWorld{}, err: errNoEvent},
		"pushed for ever":    {world: liveWorld{pushes: endless}, err: errEndless},
		"nobody reads":       {world: liveWorld{pushes: tries, unread: true}, err: errNobody, reads: 8},
		"connection lost":    {world: liveWorld{ended: errors.New("hung up")}, err: errors.New("hung up")},
	} {
		t.Run(name, func(t *testing.T) {
			w := &test.world
			w.at, w.heard = now, make(chan func(stream.Refusal), 1)
			l := &liveTest{
				ledger: w, refuseFunc: w.refuse, readFunc: w.readList, pauseFunc: w.pause, nowFunc: func() time.Time { return w.at },
				sayf: func(string, ...any) {}, wait: liveWait, settle: liveSettle,
			}
			if name == "pushed for ever" {
				l.settle = 90 * time.Second
			}
			came, err := l.run(t.Context())
			require.Equal(t, test.reads, w.reads)
			if test.err != nil {
				require.ErrorContains(t, err, test.err.Error())
				require.Empty(t, w.saved)
				return
			}
			require.NoError(t, err)
			require.Len(t, w.saved, 1)
			require.Equal(t, liveOf(w.saved[0]), came)
			require.Equal(t, 3, came.Refusals, "of the first event only")
			require.Equal(t, now.Add(10*time.Second), came.Refused)
			require.Equal(t, test.reached == 0, came.Reached.IsZero())
			if test.reached > 0 {
				require.Equal(t, now.Add(test.reached), came.Reached)
			}
		})
	}
}

// TestLivetestAsksFirst: without a yes nothing is looked at.
func TestLivetestAsksFirst(t *testing.T) {
	b := newBench(t, nil)
	root := newRoot(b.app)
	root.SetArgs([]string{"livetest"})
	root.SetIn(&b.out) // what it said is no answer
	require.ErrorContains(t, root.ExecuteContext(t.Context()), "nothing was done")
	requireExit(t, 2, b.run(t, "livetest", "--yes"))
	require.Contains(t, b.out.String(), "refuses every event")
	b.app.words = say.Chinese
	b.out.Reset()
	requireExit(t, 2, b.run(t, "livetest", "--yes"))
	require.Contains(t, b.out.String(), "拒收到来的每个事件")
}
