package stream

import (
	"context"
	"sync"
)

// inflight counts the frames that one connection has not answered yet. It
// admits none once it was closed.
type inflight struct {
	mu     sync.Mutex
	count  int
	closed bool
	idle   chan struct{} // closed when closed and count is 0
}

func newInflight() *inflight { return &inflight{idle: make(chan struct{})} }

// enter reports whether the frame may be handled.
func (f *inflight) enter() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.count++
	return true
}

func (f *inflight) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count--
	f.settle()
}

// drain admits no more frames and waits for those under way.
func (f *inflight) drain(ctx context.Context) {
	f.mu.Lock()
	if !f.closed {
		f.closed = true
		f.settle()
	}
	f.mu.Unlock()
	select {
	case <-f.idle:
	case <-ctx.Done():
	}
}

func (f *inflight) settle() {
	if f.closed && f.count == 0 {
		close(f.idle)
	}
}
