//go:build unix && !linux

package e2e_test

import (
	"errors"
	"testing"
)

// smallDisk is for Linux only.
func smallDisk(*testing.T, string, int) error { return errors.New("only Linux mounts a small disk") }
