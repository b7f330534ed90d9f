package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"syscall"
	"time"
)

// DrainTime bounds what a process may still do after it was told to stop: what its
// body takes to return is a part of it. Its last part is kept for the clean-ups that
// a stuck one, or a body that took all of the rest, stands before.
const (
	DrainTime = 10 * time.Second
	lastTime  = 500 * time.Millisecond
)

// Body is the work of a process. It registers on stop what must happen at the
// end, and returns when ctx is done or when it cannot go on.
type Body func(ctx context.Context, stop *Stack) error

// Run gives body a context that ends with SIGINT or SIGTERM, runs what it
// registered, and returns the process's exit status: 0 after a signal, the
// error's own ExitStatus if it has one, else 1. The error is written to stderr.
func Run(name string, stderr io.Writer, body Body) int {
	ctx, release := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM) //nolint:forbidigo // Where a process's context begins.
	defer release()
	context.AfterFunc(ctx, release) // a second signal then ends the process at once
	return run(ctx, name, stderr, body)
}

func run(ctx context.Context, name string, stderr io.Writer, body Body) int {
	stop := &Stack{}
	toldAt := make(chan time.Time, 1)
	context.AfterFunc(ctx, func() { toldAt <- time.Now() })
	err := body(ctx, stop)
	told := ctx.Err() != nil

	end := time.Now().Add(DrainTime)
	if told {
		end = (<-toldAt).Add(DrainTime)
	}
	stop.run(context.WithoutCancel(ctx), end)

	if err == nil || (told && errors.Is(err, context.Canceled)) {
		return 0
	}
	// Nobody is left to tell when standard error is gone.
	_, _ = fmt.Fprintf(stderr, "%s: %v\n", name, err)
	var status interface{ ExitStatus() int }
	if errors.As(err, &status) {
		return status.ExitStatus()
	}
	return 1
}

// Stack holds clean-ups by name; the last one registered runs first. The zero
// Stack is ready. It is not for concurrent use.
type Stack struct {
	log   *slog.Logger
	tasks []task
}

type task struct {
	name   string
	doFunc func(context.Context) error
}

// LogTo makes the clean-ups' failures visible.
func (s *Stack) LogTo(log *slog.Logger) { s.log = log }

// Push registers a clean-up.
func (s *Stack) Push(name string, do func(context.Context) error) {
	s.tasks = append(s.tasks, task{name: name, doFunc: do})
}

func (s *Stack) run(ctx context.Context, end time.Time) {
	log := s.log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if least := time.Now().Add(lastTime + lastTime); end.Before(least) {
		end = least
	}
	most, cancelMost := context.WithDeadline(ctx, end.Add(-lastTime))
	defer cancelMost()
	all, cancelAll := context.WithDeadline(ctx, end)
	defer cancelAll()
	for len(s.tasks) > 0 {
		last := s.tasks[len(s.tasks)-1]
		s.tasks = s.tasks[:len(s.tasks)-1]
		within := most
		if most.Err() != nil {
			within = all
		}
		if err := bounded(within, last.doFunc); err != nil {
			log.WarnContext(ctx, "could not stop cleanly", "part", last.name, "error", err)
			continue
		}
		log.DebugContext(ctx, "stopped", "part", last.name)
	}
}

// bounded does not wait longer than ctx, even for what ignores it.
func bounded(ctx context.Context, do func(context.Context) error) error {
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("did not answer in time: %w", context.Cause(ctx))
	}
}
