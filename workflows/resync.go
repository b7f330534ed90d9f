package workflows

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

// Resync is the standing run that people ask to fetch days again: by the signal
// resync, with the query progress. It never ends: it continues as new with its
// whole state.
func Resync(ctx workflow.Context, state ResyncState) error {
	r := &resyncRun{state: state, signals: workflow.GetSignalChannel(ctx, SignalResync)}
	if err := workflow.SetQueryHandler(ctx, QueryProgress, r.progress); err != nil {
		return fmt.Errorf("answer the query %s: %w", QueryProgress, err)
	}
	workflow.GoNamed(ctx, "signals", r.listen)
	return r.run(ctx)
}

type resyncRun struct {
	state   ResyncState
	signals workflow.ReceiveChannel
	acted   bool // this run has done something: a successor would not just do the same
}

func (r *resyncRun) run(ctx workflow.Context) error {
	for {
		r.drain()
		if r.acted && shouldContinue(ctx) {
			return workflow.NewContinueAsNewError(ctx, Resync, r.state)
		}
		i := r.current()
		if i < 0 {
			if err := r.idle(ctx); err != nil {
				return err
			}
			continue
		}
		r.acted = true
		if err := r.act(ctx, i); err != nil {
			return err
		}
	}
}

// listen records signals while a step is under way. It decides nothing. It does
// not block in Receive: a signal handed to a coroutine that waits there is in
// nobody's state until that coroutine runs, and would be lost with a run that
// hands over before.
func (r *resyncRun) listen(ctx workflow.Context) {
	for {
		if err := workflow.Await(ctx, func() bool { return r.signals.Len() > 0 }); err != nil {
			return // cancelled: the run ends
		}
		r.drain()
	}
}

// drain takes what is buffered, so that no successor starts without it.
func (r *resyncRun) drain() {
	for {
		var raw converter.RawValue
		if !r.signals.ReceiveAsync(&raw) {
			return
		}
		r.record(raw)
	}
}

func (r *resyncRun) record(raw converter.RawValue) {
	r.acted = true
	r.state.Requests = append(r.state.Requests, newRequest(raw.Payload(), r.state.Requests))
	r.state.Requests = forget(r.state.Requests)
}

// idle waits for the next request.
func (r *resyncRun) idle(ctx workflow.Context) error {
	say(ctx, "waiting for the signal "+SignalResync)
	return workflow.Await(ctx, func() bool { return r.current() >= 0 || (r.acted && shouldContinue(ctx)) })
}

// current is the request to work on: the one that runs, else the oldest queued.
func (r *resyncRun) current() int {
	return slices.IndexFunc(r.state.Requests, func(q Request) bool {
		return q.State == RequestRunning || q.State == RequestQueued
	})
}

// act does one step of a request. What no retry mends ends the request, not the
// run; only a cancellation ends the run.
func (r *resyncRun) act(ctx workflow.Context, i int) error {
	q := r.state.Requests[i]
	say(ctx, fmt.Sprintf("%s to %s: %d of %d user-days", q.From, q.To, q.Done, q.Total))
	var err error
	if q.State == RequestQueued {
		err = open(ctx, &q)
	} else {
		err = advance(ctx, &q)
	}
	if temporal.IsCanceledError(err) {
		return err
	}
	if err != nil {
		q = q.end(RequestRefused, reasonOf(err))
	}
	r.put(q)
	return nil
}

// put writes the current request back. Signals that came meanwhile may have
// pushed out finished ones before it, so it is looked up again.
func (r *resyncRun) put(q Request) {
	if i := r.current(); i >= 0 {
		r.state.Requests[i] = q
	}
	r.state.Requests = forget(r.state.Requests)
}

// open starts a request: its dates are judged by today's.
func open(ctx workflow.Context, q *Request) error {
	days, err := ledger[attendance.DateRange](ctx, StepResolveRange, "Can these dates be asked for?", RangeInput{From: q.From, To: q.To})
	if err != nil {
		return err
	}
	walk, err := openWalk(ctx, q.UserIDs, days.Chunk(), PriorityManual)
	if err != nil {
		return err
	}
	q.To, q.State, q.Total, q.Walk = days.To.String(), RequestRunning, walk.Total, &walk
	return nil
}

func advance(ctx workflow.Context, q *Request) error {
	w := &walker{walk: q.Walk, trigger: attendance.TriggerResync, priority: PriorityManual}
	over, err := w.step(ctx)
	q.Done, q.Total = q.Walk.Done, max(q.Total, q.Walk.Done)
	if err == nil && over {
		q.Total = q.Done
		*q = q.end(RequestDone, strings.Join(q.Walk.Problems, "; "))
	}
	return err
}

func (r *resyncRun) progress() (ResyncProgress, error) {
	p := ResyncProgress{Requests: make([]RequestProgress, 0, len(r.state.Requests))}
	for _, q := range r.state.Requests {
		p.Requests = append(p.Requests, q.progress())
	}
	return p, nil
}
