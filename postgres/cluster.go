//go:build unix

package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// cluster is the folder that holds a server's data and what belongs to it.
type cluster struct {
	dir      string
	owner    account
	volatile bool
}

func (c cluster) dataDir() string      { return filepath.Join(c.dir, "data") }
func (c cluster) newDir() string       { return filepath.Join(c.dir, "data.new") }
func (c cluster) passwordFile() string { return filepath.Join(c.dir, "password") }
func (c cluster) logFile() string      { return filepath.Join(c.dir, "postgres.log") }
func (c cluster) pidFile() string      { return filepath.Join(c.dataDir(), "postmaster.pid") }

// major is the version of PostgreSQL that the data belongs to, 0 when there is no data yet.
func (c cluster) major() (int, error) {
	text, err := os.ReadFile(filepath.Join(c.dataDir(), "PG_VERSION"))
	switch {
	case err == nil:
		major, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return 0, fmt.Errorf("read the data's version: %w", err)
		}
		return major, nil
	case !errors.Is(err, fs.ErrNotExist):
		return 0, fmt.Errorf("read the data's version: %w", err)
	}
	if _, err := os.Stat(c.dataDir()); err == nil {
		return 0, fmt.Errorf("%s exists but is no PostgreSQL cluster: move it away", c.dataDir())
	}
	return 0, nil
}

// prepare makes the cluster when there is none, and returns its password.
func (c cluster) prepare(ctx context.Context, found installation) (string, error) {
	if _, err := os.Stat(c.dataDir()); err == nil {
		password, err := os.ReadFile(c.passwordFile())
		if err != nil {
			return "", fmt.Errorf("the data is there but its password is not: %w", err)
		}
		return strings.TrimSpace(string(password)), nil
	}
	password := rand.Text()
	if err := os.WriteFile(c.passwordFile(), []byte(password+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep the password: %w", err)
	}
	if err := c.owner.own(c.passwordFile()); err != nil {
		return "", err
	}
	if err := c.initialise(ctx, found); err != nil {
		return "", err
	}
	return password, nil
}

// initialise works beside the data's place and renames at the end: a cluster that is there is whole.
func (c cluster) initialise(ctx context.Context, found installation) error {
	if err := os.RemoveAll(c.newDir()); err != nil {
		return fmt.Errorf("remove an unfinished cluster: %w", err)
	}
	if err := os.Mkdir(c.newDir(), 0o700); err != nil {
		return fmt.Errorf("make the cluster's folder: %w", err)
	}
	if err := c.owner.own(c.newDir()); err != nil {
		return err
	}
	arguments := []string{
		"-D", c.newDir(), "-U", User, "--pwfile=" + c.passwordFile(), "-A", "scram-sha-256", "--locale=C", "-E", "UTF8",
	}
	if c.volatile {
		arguments = append(arguments, "--no-sync")
	}
	if err := c.command(ctx, found.path("initdb"), arguments...); err != nil {
		return err
	}
	if err := os.Rename(c.newDir(), c.dataDir()); err != nil {
		return fmt.Errorf("put the new cluster in place: %w", err)
	}
	return nil
}

// stopOrphan ends a server whose starter is gone: we hold the lock, so nobody else is using it.
func (c cluster) stopOrphan(ctx context.Context, found installation) error {
	if pid, _ := c.postmaster(); pid == 0 || !c.serves(ctx, pid) {
		return nil
	}
	err := c.command(ctx, found.path("pg_ctl"), "stop", "-D", c.dataDir(), "-m", "fast", "-w", "-s")
	if left, _ := c.postmaster(); left == 0 {
		err = nil // It has ended, if not by us then on its own.
	}
	return err
}

// serves tells whether a process is this cluster's server. After a crash the number in the pid file may have become
// another's, who must not be stopped.
func (c cluster) serves(ctx context.Context, pid int) bool {
	commandLine, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil { // No such process, or no such file system.
		commandLine, _ = exec.CommandContext(ctx, "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:gosec // A number.
	}
	return bytes.Contains(commandLine, []byte(c.dataDir()))
}

// postmaster reads the server's process id and status from its pid file; 0 when there is none.
func (c cluster) postmaster() (int, string) {
	text, err := os.ReadFile(c.pidFile())
	if err != nil {
		return 0, ""
	}
	const pidLine, statusLine = 0, 7
	lines := strings.Split(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[pidLine]))
	if err != nil || pid <= 0 || len(lines) <= statusLine {
		return max(pid, 0), ""
	}
	return pid, strings.TrimSpace(lines[statusLine])
}

func (c cluster) ready(pid int) bool {
	found, status := c.postmaster()
	return found == pid && status == "ready"
}

// command runs one of PostgreSQL's programs as the server's account.
func (c cluster) command(ctx context.Context, program string, arguments ...string) error {
	command := exec.CommandContext(ctx, program, arguments...) //nolint:gosec // The binary was found by us.
	command.Dir = c.dir
	command.Env = childEnvironment()
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: c.owner.credential()}
	output, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, bytes.TrimSpace(output))
	}
	return nil
}

// openLog begins a new log and keeps the one before, in which a crash may be explained.
func (c cluster) openLog() (*os.File, error) {
	if err := os.Rename(c.logFile(), c.logFile()+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("put the old log aside: %w", err)
	}
	file, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return file, nil
}

func (c cluster) logTail() string {
	const most = 2000
	text, err := os.ReadFile(c.logFile())
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return string(bytes.TrimSpace(text[max(0, len(text)-most):]))
}
