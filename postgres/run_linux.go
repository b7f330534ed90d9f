package postgres

import (
	"runtime"
	"syscall"
)

// run starts the process and waits for it. The kernel sends the parent-death signal when the *thread* that forked ends,
// so the goroutine keeps its thread for as long as the child lives.
func (s *Server) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s.startAndWait(started)
}

func childAttributes(owner account) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT, Credential: owner.credential()}
}
