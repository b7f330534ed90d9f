package e2e_test

import (
	"fmt"
	"syscall"
	"testing"
)

// smallDisk mounts a file system of its own for a lane's data, which can be filled. Without the right to mount it says why not.
func smallDisk(t *testing.T, dir string, megabytes int) error {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=755", megabytes)); err != nil {
		return fmt.Errorf("mount a small disk: %w", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount the small disk: %v", err)
		}
	})
	return nil
}
