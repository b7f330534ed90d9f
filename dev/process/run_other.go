//go:build unix && !linux

package process

import "syscall"

func (p *Process) run(started chan<- error) { p.startAndWait(started) }

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
