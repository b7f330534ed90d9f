//go:build unix

package pgtest

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// alive tells whether a process exists, ours or not.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// serverAlive tells whether a folder's server is still running.
func serverAlive(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid")) //nolint:gosec // Ours.
	if err != nil {
		return false
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	pid, err := strconv.Atoi(string(first))
	return err == nil && alive(pid)
}
