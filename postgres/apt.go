//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// installWithAPT asks Debian's package tool, where we are root or may become it without being asked for a password.
func installWithAPT(ctx context.Context, major int, logger *slog.Logger) error {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("install a server with apt-get: %w", err)
	}
	prefix, err := becomeRoot(ctx)
	if err != nil {
		return err
	}
	name := "postgresql"
	if major != 0 {
		name += "-" + strconv.Itoa(major)
	}
	logger.InfoContext(ctx, "installing PostgreSQL with apt-get", "package", name)
	install := []string{"apt-get", "install", "-y", "-q", "--no-install-recommends", name}
	if err := runAs(ctx, prefix, install); err == nil {
		return nil
	}
	if err := runAs(ctx, prefix, []string{"apt-get", "update", "-q"}); err != nil {
		return err
	}
	return runAs(ctx, prefix, install)
}

func becomeRoot(ctx context.Context) ([]string, error) {
	const noninteractive = "DEBIAN_FRONTEND=noninteractive"
	if os.Geteuid() == 0 {
		return []string{"env", noninteractive}, nil
	}
	if exec.CommandContext(ctx, "sudo", "-n", "true").Run() == nil {
		return []string{"sudo", "-n", "env", noninteractive}, nil
	}
	return nil, errors.New("apt-get needs root: run `sudo apt-get install postgresql`")
}

func runAs(ctx context.Context, prefix, arguments []string) error {
	arguments = append(append([]string{}, prefix...), arguments...)
	output, err := exec.CommandContext(ctx, arguments[0], arguments[1:]...).CombinedOutput() //nolint:gosec // Constants.
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(output)), "\n")
		return fmt.Errorf("%s: %w: %s", strings.Join(arguments, " "), err, lines[len(lines)-1])
	}
	return nil
}
