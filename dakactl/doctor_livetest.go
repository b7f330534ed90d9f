package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dakasync/doctor"
	"dakasync/ledger"
	"dakasync/stream"
)

const (
	// provenLately is how old the last proof of a connection must be, so that nobody
	// else can be listening: starters write one every second.
	provenLately = time.Minute
	// readEvery is how far apart the reads of the list are: DingTalk may keep an event
	// there for three minutes only.
	readEvery = 2 * time.Minute
	// clockSlack is by how much PostgreSQL's clock may be behind ours.
	clockSlack = time.Minute
)

// Why a test came to no answer.
var (
	errListens  = errors.New("a starter is listening, or was within the last minute, by its proofs in dakasync.coverage: stop all of them, wait a minute and begin again")
	errNoEvent  = errors.New("no event came: see that it is ticked in 事件订阅 (dakactl doctor), or give more time (--wait)")
	errEndless  = errors.New("DingTalk still pushes the refused event, and had not given up when the time was over: give more (--wait)")
	errNobody   = errors.New("the failed-push list was not read since DingTalk gave up: see that a worker runs, and the schedule drain-failed-pushes in the Temporal UI")
	errStranger = errors.New("the refused event does not say when it was made: it cannot be told from others on the list")
)

// liveTest is a test of what becomes of a refused event.
type liveTest struct {
	ledger interface {
		LastProof(ctx context.Context) (time.Time, error)
		Listed(ctx context.Context, eventType string, bornAt, since time.Time) (reached, read time.Time, err error)
		SaveLiveTest(ctx context.Context, t ledger.LiveTest) error
	}
	refuseFunc func(ctx context.Context, heard func(stream.Refusal)) error // until ctx ends
	readFunc   func(ctx context.Context) error                             // has the product read the list
	pauseFunc  func(ctx context.Context)
	nowFunc    func() time.Time
	sayf       func(format string, args ...any)
	wait       time.Duration // for an event to come and be given up, and then for the list
	settle     time.Duration // after so long without another push DingTalk has given up

	mu       sync.Mutex
	refused  stream.Refusal // the first event that came,
	first    time.Time      // when it did,
	last     time.Time      // when it came again,
	refusals int            // and how often
}

// run makes the whole test, and keeps what it came to.
func (l *liveTest) run(ctx context.Context) (doctor.LiveTest, error) {
	proven, err := l.ledger.LastProof(ctx)
	if err != nil {
		return doctor.LiveTest{}, err
	}
	if l.nowFunc().Sub(proven) < provenLately {
		return doctor.LiveTest{}, errListens
	}
	if err := l.listen(ctx); err != nil {
		return doctor.LiveTest{}, err
	}
	if l.refused.BornAt.IsZero() {
		return doctor.LiveTest{}, errStranger
	}
	l.sayf("DingTalk pushed %s %d times and gave up; the list is now read by the worker, every %s for %s", l.refused.EventType, l.refusals, readEvery, l.wait)
	reached, err := l.look(ctx)
	if err != nil {
		return doctor.LiveTest{}, err
	}
	t := ledger.LiveTest{RefusedAt: l.first, EventType: l.refused.EventType, Refusals: l.refusals, EndedAt: l.nowFunc(), ReachedAt: reached}
	return liveOf(t), l.ledger.SaveLiveTest(ctx, t)
}

func liveOf(t ledger.LiveTest) doctor.LiveTest {
	return doctor.LiveTest{Refused: t.RefusedAt, Refusals: t.Refusals, EventType: t.EventType, Ended: t.EndedAt, Reached: t.ReachedAt}
}

// listen refuses what comes until DingTalk gives the first of it up.
func (l *liveTest) listen(ctx context.Context) error {
	listening, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		defer close(ended)
		ended <- l.refuseFunc(listening, l.hear)
	}()
	err := l.awaitGivenUp(ctx, ended)
	cancel()
	for range ended { // nothing is heard any more once it is closed
	}
	return err
}

func (l *liveTest) awaitGivenUp(ctx context.Context, ended <-chan error) error {
	for began := l.nowFunc(); ; l.pauseFunc(ctx) {
		select {
		case err := <-ended:
			return errors.Join(fmt.Errorf("the Stream connection ended: %w", err), ctx.Err())
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		now := l.nowFunc()
		switch refusals, last := l.heard(); {
		case refusals > 0 && now.Sub(last) >= l.settle:
			return nil
		case now.Sub(began) < l.wait:
		case refusals == 0:
			return errNoEvent
		case now.Sub(began) >= l.wait+l.settle:
			return errEndless
		}
	}
}

func (l *liveTest) hear(r stream.Refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refusals == 0 {
		l.refused, l.first = r, l.nowFunc()
	}
	if r.EventID == l.refused.EventID {
		l.refusals++
		l.last = l.nowFunc()
		l.sayf("refused %s for the %d. time", r.EventType, l.refusals)
	}
}

// heard is how often the event came so far, and when it last did.
func (l *liveTest) heard() (refusals int, last time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refusals, l.last
}

// look has the list read until it brings the event, or the time is over. Only the
// product reads it, since whatever is on it is then stored and followed up.
func (l *liveTest) look(ctx context.Context) (reached time.Time, err error) {
	givenUp := l.nowFunc()
	for asked := (time.Time{}); ; l.pauseFunc(ctx) {
		if err := ctx.Err(); err != nil {
			return time.Time{}, err
		}
		now := l.nowFunc()
		if now.Sub(asked) >= readEvery {
			if err := l.readFunc(ctx); err != nil {
				return time.Time{}, err
			}
			asked = now
		}
		reached, read, err := l.ledger.Listed(ctx, l.refused.EventType, l.refused.BornAt, l.first.Add(-clockSlack))
		switch {
		case err != nil || !reached.IsZero():
			return reached, err
		case now.Sub(givenUp) < l.wait:
		case read.Before(givenUp):
			return time.Time{}, errNobody
		default:
			return time.Time{}, nil
		}
	}
}
