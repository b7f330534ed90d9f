//go:build unix

package process

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	firstWait = time.Second
	longWait  = 30 * time.Second
	// steady is how long a child must have lived for its next end to count as a first one.
	steady = time.Minute
)

// Supervisor keeps a child running.
type Supervisor struct {
	spec       Spec
	reportFunc func(line string)
	stopping   chan struct{}
	patience   time.Duration
	stopOnce   sync.Once
	done       chan struct{}
	err        error
	firstWait  time.Duration

	mu      sync.Mutex
	current *Process
}

// Supervise starts the child and keeps it running until Stop. Each end is reported. The first start must succeed.
func Supervise(spec Spec, reportFunc func(line string)) (*Supervisor, error) {
	return supervise(spec, reportFunc, firstWait)
}

func supervise(spec Spec, reportFunc func(line string), wait time.Duration) (*Supervisor, error) {
	first, err := Start(spec)
	if err != nil {
		return nil, err
	}
	supervisor := &Supervisor{
		spec: spec, reportFunc: reportFunc, firstWait: wait, current: first,
		stopping: make(chan struct{}), done: make(chan struct{}),
	}
	go supervisor.watch(first)
	return supervisor, nil
}

// Current is the child as it runs now.
func (s *Supervisor) Current() *Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// Done is closed when the child runs no more and will not again.
func (s *Supervisor) Done() <-chan struct{} { return s.done }

// Err tells, after Done, why the child was given up or how it ended when stopped.
func (s *Supervisor) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Stop ends the child for good.
func (s *Supervisor) Stop(patience time.Duration) error {
	s.stopOnce.Do(func() {
		s.patience = patience
		close(s.stopping)
	})
	<-s.done
	return s.err
}

func (s *Supervisor) watch(process *Process) {
	defer close(s.done)
	wait, began := s.firstWait, time.Now()
	for {
		select {
		case <-s.stopping:
			s.err = process.Stop(s.patience)
			return
		case <-process.Done():
		}
		var exit *ExitError
		if errors.As(process.Err(), &exit) && exit.Misconfigured() {
			s.err = exit
			return
		}
		if time.Since(began) > steady {
			wait = s.firstWait
		}
		s.reportFunc(fmt.Sprintf("%s; starting it again in %v", describe(s.spec.Name, process.Err()), wait))
		next, err := s.again(wait)
		if next == nil {
			s.err = err
			return
		}
		process, began, wait = next, time.Now(), min(2*wait, longWait)
	}
}

// again starts the child after the wait; nothing comes of it when Stop is called meanwhile.
func (s *Supervisor) again(wait time.Duration) (*Process, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-s.stopping:
		return nil, nil //nolint:nilnil // Stopped, which is no fault.
	case <-timer.C:
	}
	next, err := Start(s.spec)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = next
	return next, nil
}

func describe(name string, err error) string {
	if err == nil {
		return name + " ended on its own"
	}
	return err.Error()
}
