package main

import (
	"sync"
	"time"
)

// memoryWatch takes samples of a process's resident memory until it is stopped.
type memoryWatch struct {
	stop chan struct{}
	done sync.WaitGroup
	most int64
}

const memoryInterval = 200 * time.Millisecond

func watchMemory(pid int) *memoryWatch {
	w := &memoryWatch{stop: make(chan struct{})}
	w.done.Go(func() {
		ticker := time.NewTicker(memoryInterval)
		defer ticker.Stop()
		for {
			if now, err := memoryOf(pid); err == nil {
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

// end stops watching and returns the most that was seen.
func (w *memoryWatch) end() int64 {
	close(w.stop)
	w.done.Wait()
	return w.most
}
