package stream

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"dakasync/attendance"
	"dakasync/ops"
)

const (
	keepPause = time.Second     // between writes of what is proven
	proveTime = time.Second     // ages are told, so that a late write is a wrong one
	lastProve = 2 * time.Second // what the last write gets when the process stops
	// A frame that found no store within this says more than a store that says
	// that it is well.
	recently = 5 * time.Second
)

// Coverage keeps what is proven of the connections (PostgreSQL).
type Coverage interface {
	// Prove dates and writes stretches; one with an end may be told to end earlier
	// than was written. broken are those whose row cannot be continued because the
	// clocks disagree: a new stretch must begin. Without stretches it says whether
	// it could write some.
	Prove(ctx context.Context, proofs []attendance.Proof) (broken []string, err error)
}

// errNoStore says that a frame found none.
var errNoStore = errors.New("the last frame found no store")

// keeper tells PostgreSQL every second what is proven, and judges whether there
// is a store for what arrives.
type keeper struct {
	coverage Coverage
	health   func(context.Context) error // Temporal's
	tracker  *tracker
	requests *requests
	metrics  *Metrics
	log      *slog.Logger
	base     time.Time // where moments are counted from

	taken, refused atomic.Int64 // moments of the last frames that a store, and that no store, took; 0: none
	started        atomic.Bool

	good    moment // when a store was last known to take events; only run's
	trouble trouble
}

func newKeeper(o ListenerOptions) *keeper {
	k := &keeper{
		coverage: o.Coverage, health: o.Intake.Starter.Health, tracker: newTracker(),
		metrics: o.Metrics, log: o.Log, base: time.Now(),
		trouble: trouble{says: "neither Temporal nor PostgreSQL takes events; the time counts as blind, and is made up for afterwards"},
	}
	k.requests = newRequests(o.Recovery, o.Metrics, o.Log, k.now)
	return k
}

// now is never 0, which means never.
func (k *keeper) now() moment { return moment(time.Since(k.base)) + 1 }

// opened says that a connection is up.
func (k *keeper) opened(tr *track) {
	k.tracker.opened(tr)
	if !k.started.Swap(true) {
		k.requests.want(reasonStart)
	}
}

// answered hears what became of a frame.
func (k *keeper) answered(became outcome) {
	switch became {
	case outcomeStarted, outcomeStored, outcomeRefused, outcomeUnreadable:
		k.taken.Store(int64(k.now()))
	case outcomeLater:
		k.refused.Store(int64(k.now()))
		k.requests.want(reasonLater)
	case outcomeBusy:
		k.requests.want(reasonLater)
	case outcomeEmpty, outcomeOther: // no store was asked
	}
}

// worthless hears of a zombie: DingTalk may have given up what it sent there,
// though other connections lived.
func (k *keeper) worthless(tr *track, since moment) {
	if k.tracker.disprove(tr, attendance.ProofSilent, since) {
		k.requests.want(reasonLater)
	}
}

// run keeps the record until ctx ends.
func (k *keeper) run(ctx context.Context) {
	for ops.Sleep(ctx, keepPause) {
		k.tick(ctx)
	}
}

// finish writes the last of it; nobody may open or close a connection any more.
func (k *keeper) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastProve)
	defer cancel()
	if err := k.prove(ctx); err != nil {
		k.log.WarnContext(ctx, "what was proven last of the connections is not written; its time will count as blind", "error", err)
	}
	k.requests.send(ctx, 0) // nobody will ask later
}

func (k *keeper) tick(ctx context.Context) {
	asked := k.now()
	k.tracker.tick(asked, time.Now())
	proveErr := k.prove(ctx)
	var healthErr error
	if proveErr != nil {
		ask, cancel := context.WithTimeout(ctx, proveTime)
		healthErr = k.health(ask)
		cancel()
	}
	if ctx.Err() != nil {
		return
	}
	k.judge(ctx, asked, proveErr, healthErr)
	if k.tracker.holeFound() {
		k.requests.want(reasonReconnect)
	}
	if newest, lives := k.tracker.newest(); lives {
		k.metrics.lastProof.Set(float64(k.base.Add(time.Duration(newest)).UnixMilli()) / 1000)
	}
}

func (k *keeper) prove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, proveTime)
	defer cancel()
	r := k.tracker.report(k.now())
	broken, err := k.coverage.Prove(ctx, r.proofs)
	if err == nil {
		k.tracker.written(r, broken)
	}
	if len(broken) > 0 {
		k.log.WarnContext(ctx, "the clocks here and in PostgreSQL went different ways; coverage begins anew", "stretches", len(broken))
	}
	return err
}

// judge says whether there is a store; while there is none, nothing is covered.
func (k *keeper) judge(ctx context.Context, asked moment, proveErr, healthErr error) {
	taken, refused := moment(k.taken.Load()), moment(k.refused.Load())
	if proveErr == nil || healthErr == nil {
		k.good = max(k.good, asked)
	}
	k.good = max(k.good, taken)
	if !storeless(k.now(), taken, refused, proveErr, healthErr) {
		k.tracker.storeBack()
		k.trouble.note(ctx, k.log, time.Now(), nil)
		return
	}
	if refused > taken {
		k.good = min(k.good, refused-moment(AnswerTime))
	}
	k.tracker.storeLost(k.good)
	k.trouble.note(ctx, k.log, time.Now(), firstOf(proveErr, healthErr, errNoStore))
}

// storeless reports whether neither store takes events: both say so, or the last
// frame was told so, and just now.
func storeless(now, taken, refused moment, proveErr, healthErr error) bool {
	if refused > taken && now.since(refused) < recently {
		return true
	}
	return proveErr != nil && healthErr != nil && (taken == 0 || now.since(taken) > recently)
}
