//go:build unix && !linux

package postgres

import "syscall"

// run starts the process and waits for it. Without a parent-death signal the next Start stops an orphan.
func (s *Server) run(started chan<- error) { s.startAndWait(started) }

func childAttributes(owner account) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: owner.credential()}
}
