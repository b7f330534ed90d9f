package rig

import (
	"sync"
	"time"
)

// MemoryWatch takes samples of a process's resident memory until it is stopped.
type MemoryWatch struct {
	stop chan struct{}
	done sync.WaitGroup
	most int64
}

const memoryInterval = 200 * time.Millisecond

// WatchMemory begins to take them.
func WatchMemory(pid int) *MemoryWatch {
	w := &MemoryWatch{stop: make(chan struct{})}
	w.done.Go(func() {
		ticker := time.NewTicker(memoryInterval)
		defer ticker.Stop()
		for {
			if now, err := MemoryOf(pid); err == nil {
				w.most = max(w.most, now.Resident)
			}
			select {
			case <-w.stop:
				return
			case <-ticker.C:
			}
		}
	})
	return w
}

// End stops watching and returns the most that was seen.
func (w *MemoryWatch) End() int64 {
	close(w.stop)
	w.done.Wait()
	return w.most
}
