//go:build unix

// Package process runs a program as a child: its output goes to a file, its warnings to whoever watches, and its end is
// told with its last words.
//
// It guarantees that a child ends with this process (on Linux even when this one is killed), that a key pressed in the
// terminal reaches this process only, and that Stop returns: SIGTERM first, SIGKILL when the time is up.
//
// Supervise starts a child again when it ends, waiting longer each time. An end with status 2 is final, unless it is the
// end of a panic: the child says by it that it was told nonsense, and would say the same again.
package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// outputDelay bounds the wait for output that a grandchild holds open.
const outputDelay = 2 * time.Second

// Spec says what to run.
type Spec struct {
	Name string
	Path string
	Args []string
	// Env is the whole environment.
	Env []string
	Dir string
	// LogFile takes the output, standard and error alike; empty means nowhere.
	LogFile string
	// WarnFunc hears every line that warns; it is called from one goroutine.
	WarnFunc func(line string)
}

// Process is a started child.
type Process struct {
	name    string
	command *exec.Cmd
	output  *output
	done    chan struct{}
	err     error
}

// ExitError says how a child ended, with the end of its output.
type ExitError struct {
	Name  string
	Cause error
	Tail  string
	// Crashed: Go's runtime ended it.
	Crashed bool
}

func (e *ExitError) Error() string {
	if e.Tail == "" {
		return fmt.Sprintf("%s ended: %v", e.Name, e.Cause)
	}
	return fmt.Sprintf("%s ended: %v; its last lines:\n%s", e.Name, e.Cause, e.Tail)
}

func (e *ExitError) Unwrap() error { return e.Cause }

// Misconfigured tells whether the child said by its status that its settings are at fault: it would end the same way again.
// A panic ends with the same status.
func (e *ExitError) Misconfigured() bool {
	const statusConfiguration = 2
	var exit *exec.ExitError
	return !e.Crashed && errors.As(e.Cause, &exit) && exit.ExitCode() == statusConfiguration
}

// Start runs the child.
func Start(spec Spec) (*Process, error) {
	output, err := newOutput(spec)
	if err != nil {
		return nil, err
	}
	command := exec.Command(spec.Path, spec.Args...) //nolint:gosec,noctx // What the caller names; it outlives the call.
	command.Env, command.Dir = spec.Env, spec.Dir
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = attributes()
	command.WaitDelay = outputDelay
	process := &Process{name: spec.Name, command: command, output: output, done: make(chan struct{})}
	started := make(chan error, 1)
	go process.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	return process, nil
}

func (p *Process) startAndWait(started chan<- error) {
	defer close(p.done)
	defer p.output.close()
	err := p.command.Start()
	started <- err
	if err != nil {
		return
	}
	if err := p.command.Wait(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		p.err = &ExitError{Name: p.name, Cause: err, Tail: p.output.tail(), Crashed: p.output.crashed}
	}
}

// Pid is the child's process id.
func (p *Process) Pid() int { return p.command.Process.Pid }

// Done is closed when the child has ended and its output is written.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err tells how the child ended: nil before that and after status 0, else an *ExitError.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Signal sends the child a signal; one that has ended gets none.
func (p *Process) Signal(signal os.Signal) error {
	if err := p.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// Stop asks the child to end, ends it when the patience is over, and tells how it ended.
func (p *Process) Stop(patience time.Duration) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		_ = p.Signal(syscall.SIGKILL)
		<-p.done
	}
	return p.Err()
}
