package process

import (
	"runtime"
	"syscall"
)

// run keeps its thread for as long as the child lives: the parent-death signal fires when the thread that forked ends.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p.startAndWait(started)
}

func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
