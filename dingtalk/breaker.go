package dingtalk

import (
	"sync"
	"time"
)

// breaker refuses calls that DingTalk said it would refuse: one API while it is
// throttled, all of them while our address is banned, the billed ones after the
// quota is spent. Of these one is let through every hour to see.
type breaker struct {
	nowFunc func() time.Time

	mu        sync.Mutex
	throttled map[string]*Error // by API
	banned    *Error
	quota     *Error
}

func newBreaker(now func() time.Time) *breaker {
	return &breaker{nowFunc: now, throttled: make(map[string]*Error)}
}

// check is the error with which a call is refused here, or nil.
func (b *breaker) check(ep endpoint) *Error {
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
	if b.quota == nil || !ep.billed {
		return nil
	}
	if now.Before(b.quota.ResumeAt) {
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
