package dingtalk

import (
	"context"
	"sync"
	"time"
)

// breaker refuses calls that DingTalk said it would refuse: one API while it is
// throttled, all of them while our address is banned, the billed ones after the
// quota is spent, and one for which the whole app lacks the permission. Of the last
// two one is let through now and then to see.
type breaker struct {
	nowFunc func() time.Time

	mu        sync.Mutex
	throttled map[string]*Error // by API
	denied    map[string]denial // by API
	banned    *Error
	quota     *Error
}

type probeKey struct{}

// AsProbe lets the calls of a context be sent though the quota is spent: the answer
// says whether calls were bought since.
func AsProbe(ctx context.Context) context.Context { return context.WithValue(ctx, probeKey{}, true) }

func isProbe(ctx context.Context) bool { return ctx.Value(probeKey{}) != nil }

// denialPause is how long a denial is believed. A denied call may be billed, and
// every run that waits for the operator asks again.
const denialPause = 5 * time.Minute

// denial is a refusal of the whole app, whatever is asked.
type denial struct {
	err   *Error
	until time.Time
}

func newBreaker(now func() time.Time) *breaker {
	return &breaker{nowFunc: now, throttled: make(map[string]*Error), denied: make(map[string]denial)}
}

// check is the error with which a call is refused here, or nil. A probe is not
// refused for the quota.
func (b *breaker) check(ep endpoint, probe bool) *Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.nowFunc()
	if b.banned != nil {
		if now.Before(b.banned.ResumeAt) {
			return b.banned.refusal(ep)
		}
		b.banned = nil
	}
	if e := b.throttled[ep.path]; e != nil {
		if now.Before(e.ResumeAt) {
			return e.refusal(ep)
		}
		delete(b.throttled, ep.path)
	}
	if d, ok := b.denied[ep.path]; ok {
		if now.Before(d.until) {
			return d.err.refusal(ep)
		}
		b.denied[ep.path] = denial{d.err, now.Add(denialPause)} // this call sees
	}
	if b.quota == nil || !ep.billed {
		return nil
	}
	if now.Before(b.quota.ResumeAt) && !probe {
		return b.quota.refusal(ep)
	}
	probed := *b.quota
	probed.ResumeAt = now.Add(quotaPause) // this call is the hour's probe
	b.quota = &probed
	return nil
}

// note learns from a call's result, which may be nil.
func (b *breaker) note(ep endpoint, e *Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case e != nil && e.Local:
	case e != nil && e.deniesApp() && ep.billed:
		b.denied[ep.path] = denial{e, b.nowFunc().Add(denialPause)}
	default:
		delete(b.denied, ep.path) // granted, or not known: the next call sees
	}
	switch {
	case e == nil:
		if ep.billed {
			b.quota = nil
		}
	case e.Local:
	case e.Kind == KindQuotaSpent:
		b.quota = e
	case e.Kind == KindThrottled && e.Code == codeBanned:
		b.banned = e
		b.probeAgain(ep)
	case e.Kind == KindThrottled && !e.ResumeAt.IsZero():
		b.throttled[ep.path] = e
		b.probeAgain(ep)
	default:
		b.probeAgain(ep)
	}
}

// giveBack is for a call that was let through and never sent.
func (b *breaker) giveBack(ep endpoint) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.denied, ep.path)
	b.probeAgain(ep)
}

// probeAgain gives the hour's probe back: its answer said nothing of the quota.
func (b *breaker) probeAgain(ep endpoint) {
	if b.quota == nil || !ep.billed {
		return
	}
	again := *b.quota
	again.ResumeAt = b.nowFunc()
	b.quota = &again
}

// refusal is the error again, for a call that was not sent.
func (e *Error) refusal(ep endpoint) *Error {
	again := *e
	again.API, again.Local, again.RequestID, again.cause = ep.path, true, "", nil
	return &again
}
