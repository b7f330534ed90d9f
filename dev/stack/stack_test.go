package stack

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/dev/cluster/clustertest"
)

// standIn is what every program is in these tests: it writes down what it was told, answers where it should, and runs
// until it is asked to end. A file called refuse beside the log makes it find its settings at fault.
const standIn = `package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	name := filepath.Base(os.Args[0])
	if _, err := os.Stat("refuse"); err == nil && name == "worker" {
		fmt.Println("DAKASYNC_QPS takes a whole number")
		os.Exit(2)
	}
	told := strings.Join(append(os.Args[1:], os.Environ()...), "\n")
	if err := os.WriteFile(name+".told", []byte(told), 0o600); err != nil {
		panic(err)
	}
	if err := os.WriteFile(name+".pid", []byte(fmt.Sprint(os.Getpid())), 0o600); err != nil {
		panic(err)
	}
	if name == "simulator" {
		go func() { panic(http.ListenAndServe(os.Args[2], http.NotFoundHandler())) }()
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
}
`

// repository makes one that has stand-ins for our programs.
func repository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module dakasync\n\ngo 1.26\n"), 0o600))
	for _, name := range []string{"starter", "worker", "dakactl", "simulator"} {
		require.NoError(t, os.Mkdir(filepath.Join(root, name), 0o750))
		require.NoError(t, os.WriteFile(filepath.Join(root, name, "main.go"), []byte(standIn), 0o600))
	}
	return root
}

// lines collects what a person would see.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) print(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, line)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}

func TestEverythingRunsAndIsStopped(t *testing.T) {
	t.Setenv("DAKASYNC_DEV_DIR", clustertest.Dir(t))
	t.Setenv("DINGTALK_CLIENT_ID", "")
	t.Setenv("TEMPORAL_TLS", "true")
	t.Setenv("DAKASYNC_HTTP_ADDR", "127.0.0.1:1")
	settings, err := LoadSettings(repository(t))
	require.NoError(t, err)
	settings.schemaPatience = 10 * time.Millisecond // The stand-ins make none.
	seen := &lines{}
	running, err := Start(t.Context(), settings, seen.print)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, running.Stop(context.WithoutCancel(t.Context()))) })

	worker := told(t, settings, Worker)
	require.Contains(t, worker, "TEMPORAL_ADDRESS="+running.TemporalAddress())
	require.Contains(t, worker, "DATABASE_URL="+running.DatabaseURL())
	require.Contains(t, worker, "DINGTALK_API_URL=http://127.0.0.1:")
	require.Contains(t, worker, "DAKASYNC_HTTP_ADDR="+strings.TrimPrefix(running.HealthURL(Worker), "http://"))
	require.NotContains(t, worker, "TEMPORAL_TLS")
	require.NotEqual(t, running.HealthURL(Worker), running.HealthURL(Starter))
	require.Contains(t, told(t, settings, "simulator"), "-state\n"+settings.Dir)

	first := pid(t, settings, Worker)
	require.NoError(t, syscall.Kill(first, syscall.SIGKILL))
	require.Eventually(t, func() bool { return pid(t, settings, Worker) != first }, 20*time.Second, 10*time.Millisecond)
	require.Contains(t, seen.text(), "worker ended: signal: killed")

	_, err = Start(t.Context(), settings, seen.print)
	require.ErrorContains(t, err, "another process is using this folder")
	require.NoError(t, running.Err(), "the first one goes on")

	began := time.Now()
	require.NoError(t, running.Stop(t.Context()))
	require.Less(t, time.Since(began), 15*time.Second)
	for _, name := range []string{Worker, Starter, "simulator"} {
		require.ErrorIs(t, syscall.Kill(pid(t, settings, name), 0), syscall.ESRCH, name)
	}
	for _, address := range []string{running.TemporalAddress(), running.cluster.Postgres.Address(), local(running.ports.simulator)} {
		_, err := net.DialTimeout("tcp", address, time.Second)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
	}
	require.NoError(t, running.Err(), "being stopped is no fault")

	t.Run("a fault in the settings ends it", func(t *testing.T) {
		require.NoError(t, os.WriteFile(filepath.Join(settings.Dir, "refuse"), nil, 0o600))
		again, err := Start(t.Context(), settings, seen.print)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, again.Stop(context.WithoutCancel(t.Context()))) })
		<-again.Done()
		require.ErrorContains(t, again.Err(), "DAKASYNC_QPS takes a whole number")
	})
}

func told(t *testing.T, settings Settings, name string) string {
	t.Helper()
	path := filepath.Join(settings.Dir, name+".told")
	require.Eventually(t, func() bool { _, err := os.Stat(path); return err == nil }, 20*time.Second, 10*time.Millisecond)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func pid(t *testing.T, settings Settings, name string) int {
	t.Helper()
	var id int
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(settings.Dir, name+".pid"))
		if err != nil {
			return false
		}
		id, err = strconv.Atoi(string(text))
		return err == nil
	}, 20*time.Second, 10*time.Millisecond)
	return id
}

func TestAFaultInTheSourceIsSaidAndLeavesNothing(t *testing.T) {
	t.Setenv("DAKASYNC_DEV_DIR", clustertest.Dir(t))
	root := repository(t)
	require.NoError(t, os.WriteFile(filepath.Join(root, "worker", "main.go"), []byte("package main\nnonsense\n"), 0o600))
	settings, err := LoadSettings(root)
	require.NoError(t, err)
	_, err = Start(t.Context(), settings, func(string) {})
	require.ErrorContains(t, err, "main.go:2:1")
	require.NoFileExists(t, filepath.Join(settings.Dir, "postgres", "data", "postmaster.pid"))
}
