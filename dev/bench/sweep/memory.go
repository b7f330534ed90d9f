package sweep

import (
	"slices"
	"sync"
	"time"

	"dakasync/dev/bench/rig"
)

const sampleEvery = 250 * time.Millisecond

// memoryWatch samples a process's resident memory until it is stopped.
type memoryWatch struct {
	stop    chan struct{}
	done    sync.WaitGroup
	samples []int64
}

func watchMemory(pid int) *memoryWatch {
	w := &memoryWatch{stop: make(chan struct{})}
	w.done.Go(func() {
		ticker := time.NewTicker(sampleEvery)
		defer ticker.Stop()
		for {
			if now, err := rig.MemoryOf(pid); err == nil {
				w.samples = append(w.samples, now.Resident)
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

// end stops watching, and tells the most that was seen: of the whole time, and of both its halves.
func (w *memoryWatch) end() (peak, first, last int64) {
	close(w.stop)
	w.done.Wait()
	return mostOf(w.samples)
}

func mostOf(samples []int64) (peak, first, last int64) {
	if len(samples) == 0 {
		return 0, 0, 0
	}
	half := (len(samples) + 1) / 2
	first, last = slices.Max(samples[:half]), samples[len(samples)-1]
	if half < len(samples) {
		last = slices.Max(samples[half:])
	}
	return max(first, last), first, last
}
