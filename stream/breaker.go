package stream

import (
	"sync"
	"time"
)

// breaker remembers that Temporal failed, so that the next frames need not
// wait for it to fail again. Only the relay, which asks Temporal regularly,
// closes it.
type breaker struct {
	mu     sync.Mutex
	broken bool
	since  time.Time
}

func (b *breaker) open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broken
}

// trip reports whether the breaker was closed before.
func (b *breaker) trip(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.broken
	b.broken, b.since = true, now
	return !was
}

// rested reports whether the last failure is long enough ago to ask again: a
// server that says it is well and refuses every start must not be asked by
// every frame.
func (b *breaker) rested(now time.Time, rest time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return now.Sub(b.since) >= rest
}

// mend reports whether the breaker was open before.
func (b *breaker) mend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.broken
	b.broken = false
	return was
}
