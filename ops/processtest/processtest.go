// Package processtest builds and runs the program in the current folder, for
// tests of what only a whole process shows: its exit status, what it says, and
// that it waits for stores that are away. It is for tests only.
package processtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience bounds every wait for a process.
const patience = 60 * time.Second

// build is the program of this test binary, compiled once.
var build struct {
	sync.Once

	dir, output string
	err         error
}

// Build compiles the package in the current folder as users do, without the
// workspace, and returns the program's path. Main removes it.
func Build(t *testing.T) string {
	t.Helper()
	build.Do(func() {
		build.dir, build.err = os.MkdirTemp("", "processtest") //nolint:usetesting // It outlives the first test.
		if build.err != nil {
			return
		}
		command := exec.CommandContext(context.WithoutCancel(t.Context()), "go", "build", "-o", filepath.Join(build.dir, "program"), ".") //nolint:gosec // A path of our own.
		command.Env = append(os.Environ(), "GOWORK=off")
		var output []byte
		output, build.err = command.CombinedOutput()
		build.output = string(output)
	})
	require.NoError(t, build.err, build.output)
	return filepath.Join(build.dir, "program")
}

// Main runs a package's tests by run and removes what Build made.
func Main(m *testing.M, run func(*testing.M) int) int {
	status := run(m)
	if build.dir != "" {
		_ = os.RemoveAll(build.dir) // nobody is left to tell
	}
	return status
}

// Process is a program that runs.
type Process struct {
	command *exec.Cmd
	addr    string

	mu     sync.Mutex
	stderr bytes.Buffer
	ended  chan struct{}
	err    error
}

// Start runs a program with exactly these variables, a health page on a free
// port, and nothing else of the environment. It is killed with the test.
func Start(t *testing.T, program string, variables map[string]string) *Process {
	t.Helper()
	p := &Process{addr: FreeAddr(t), ended: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	p.command = exec.CommandContext(ctx, program)
	p.command.Env = []string{"HOME=" + t.TempDir(), "DAKASYNC_HTTP_ADDR=" + p.addr}
	for name, value := range variables {
		p.command.Env = append(p.command.Env, name+"="+value)
	}
	p.command.Stderr = p
	require.NoError(t, p.command.Start())
	go func() {
		p.err = p.command.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-p.ended
		if t.Failed() {
			t.Logf("what the process said:\n%s", p.Said())
		}
	})
	return p
}

// Write collects what the process says.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.Write(b) // A buffer does not fail.
}

// Said is everything that the process wrote to standard error so far.
func (p *Process) Said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

// AwaitSaid waits until the process has said something.
func (p *Process) AwaitSaid(t *testing.T, words string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(p.Said(), words) }, patience, 20*time.Millisecond, words)
}

// Get asks the health page; status is 0 while it does not answer.
func (p *Process) Get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.addr+path, nil)
	require.NoError(t, err)
	response, err := (&http.Client{Timeout: patience}).Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { require.NoError(t, response.Body.Close()) }()
	b, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(b)
}

// AwaitReady waits until /readyz answers with the status.
func (p *Process) AwaitReady(t *testing.T, status int) {
	t.Helper()
	require.Eventually(t, func() bool { got, _ := p.Get(t, "/readyz"); return got == status }, patience, 50*time.Millisecond)
}

// Terminate sends SIGTERM and expects exit status 0 within the drain time.
func (p *Process) Terminate(t *testing.T) {
	t.Helper()
	began := time.Now()
	require.NoError(t, p.command.Process.Signal(syscall.SIGTERM))
	require.Zero(t, p.AwaitExit(t))
	require.Less(t, time.Since(began), 15*time.Second)
}

// AwaitExit waits for the end and returns the exit status.
func (p *Process) AwaitExit(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		require.Fail(t, "the process did not end")
	}
	if exit, ok := errors.AsType[*exec.ExitError](p.err); ok {
		return exit.ExitCode()
	}
	require.NoError(t, p.err)
	return 0
}

// FreeAddr is a loopback address that nobody listens on.
func FreeAddr(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().String()
}
