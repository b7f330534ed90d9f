package month

import (
	"container/heap"
	"sync"
	"time"
)

// timeline is virtual time, and what waits for it. A process is a function that runs at a time and may sleep; a bounded number of them run at
// the same instant, the others wait for their turn in the order of their times.
type timeline struct {
	parallel int

	mu      sync.Mutex
	quiet   *sync.Cond
	now     time.Time
	waiting wakes
	order   int
	running int
	ended   bool
}

func newTimeline(start time.Time, parallel int) *timeline {
	t := &timeline{now: start, parallel: parallel}
	t.quiet = sync.NewCond(&t.mu)
	return t
}

// Now is the virtual time.
func (t *timeline) Now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

// Go begins a process at a time, which may be now or have passed.
func (t *timeline) Go(at time.Time, process func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wait(at, func() {
		go func() {
			defer t.leave()
			process()
		}()
	})
}

// Sleep suspends the process that calls it. It returns early when the timeline has ended.
func (t *timeline) Sleep(until time.Time) {
	awake := make(chan struct{})
	t.mu.Lock()
	if t.ended {
		t.mu.Unlock()
		return
	}
	t.wait(until, func() { close(awake) })
	t.running--
	t.quiet.Signal()
	t.mu.Unlock()
	<-awake
}

// leave ends a process.
func (t *timeline) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running--
	t.quiet.Signal()
}

// wait needs the lock.
func (t *timeline) wait(at time.Time, wake func()) {
	t.order++
	heap.Push(&t.waiting, waking{at: at, order: t.order, wakeFunc: wake})
}

// Set moves the clock, and nothing else.
func (t *timeline) Set(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = now
}

// Settle lets everything run whose time has come, until all of it has ended or sleeps.
func (t *timeline) Settle() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		for t.running < t.parallel && len(t.waiting) > 0 && !t.waiting[0].at.After(t.now) {
			t.wakeNext()
		}
		if t.running == 0 {
			return
		}
		t.quiet.Wait()
	}
}

// wakeNext needs the lock.
func (t *timeline) wakeNext() {
	next, _ := heap.Pop(&t.waiting).(waking)
	t.running++
	next.wakeFunc()
}

// End wakes everything that sleeps, and waits until it is gone. What has not begun does not begin any more: processes look at Ended first.
func (t *timeline) End() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	for len(t.waiting) > 0 || t.running > 0 {
		for len(t.waiting) > 0 {
			t.wakeNext()
		}
		for t.running > 0 {
			t.quiet.Wait()
		}
	}
}

// Ended reports whether the timeline has ended.
func (t *timeline) Ended() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended
}

// waking is something that waits for a time.
type waking struct {
	at       time.Time
	order    int
	wakeFunc func()
}

type wakes []waking

// Len is how many wait.
func (w *wakes) Len() int { return len(*w) }

// Less orders by time, and what began to wait earlier first.
func (w *wakes) Less(i, j int) bool {
	a, b := (*w)[i], (*w)[j]
	if a.at.Equal(b.at) {
		return a.order < b.order
	}
	return a.at.Before(b.at)
}

// Swap exchanges two.
func (w *wakes) Swap(i, j int) { (*w)[i], (*w)[j] = (*w)[j], (*w)[i] }

// Push adds one at the end.
func (w *wakes) Push(x any) {
	if next, ok := x.(waking); ok {
		*w = append(*w, next)
	}
}

// Pop removes the last.
func (w *wakes) Pop() any {
	old := *w
	last := old[len(old)-1]
	old[len(old)-1] = waking{}
	*w = old[:len(old)-1]
	return last
}
