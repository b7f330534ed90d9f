package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/dev/process"
	"dakasync/dev/screen"
	"dakasync/dev/status"
)

// shown runs a step with a screen that is no terminal, and returns what it printed.
func shown(t *testing.T, stepFunc func(*screen.Screen)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "screen")
	file, err := os.Create(path)
	require.NoError(t, err)
	stepFunc(screen.New(file))
	require.NoError(t, file.Close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestTheFirstRowIsTimedOnce(t *testing.T) {
	began := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	text := shown(t, func(out *screen.Screen) {
		first := firstRow{began: began}
		first.see(out, status.Status{}, began.Add(time.Second))
		first.see(out, status.Status{Punches: 1}, began.Add(2500*time.Millisecond))
		first.see(out, status.Status{Punches: 2}, began.Add(3*time.Second))
	})
	require.Equal(t, "first row after 2.5 s\n", text)
}

func TestRowsFromBeforeAreNotTimed(t *testing.T) {
	text := shown(t, func(out *screen.Screen) {
		first := firstRow{}
		first.see(out, status.Status{Punches: 7}, time.Now())
		first.see(out, status.Status{Punches: 8}, time.Now())
	})
	require.Equal(t, "going on with 7 punches from before\n", text)
}

func TestLooksGetRarerAsTheyGetDearer(t *testing.T) {
	require.Equal(t, 100*time.Millisecond, pause(false, time.Millisecond))
	require.Equal(t, time.Second, pause(true, time.Millisecond))
	require.Equal(t, 10*time.Second, pause(true, 500*time.Millisecond))
}

func TestExitStatus(t *testing.T) {
	require.Equal(t, 1, exitStatus(errors.New("anything")))
	for script, want := range map[string]int{"exit 2": 2, "exit 3": 1, "echo 'panic: x'; exit 2": 1} {
		child, err := process.Start(process.Spec{Name: "child", Path: "/bin/sh", Args: []string{"-c", script}})
		require.NoError(t, err)
		<-child.Done()
		require.Equal(t, want, exitStatus(fmt.Errorf("wrapped: %w", child.Err())), script)
	}
}
