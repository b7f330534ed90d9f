//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"dakasync/postgres"
)

const (
	urlVariable  = "TEST_DATABASE_URL"
	startTimeout = 3 * time.Minute // A machine without PostgreSQL fetches it first.
	stopTimeout  = 10 * time.Second
)

// shared is the test binary's own server: a process has one, however many tests ask for it.
var shared struct {
	sync.Mutex

	server *postgres.Server
	dir    string
	err    error
}

// Main runs the tests and then stops the server that they used, if any. Call it from TestMain.
func Main(m *testing.M) int {
	code := m.Run()
	if err := Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return max(code, 1)
	}
	return code
}

// Stop ends the server of this test binary and removes its data. Main calls it; call it where another Main is wanted.
func Stop() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout) //nolint:forbidigo // The end of a test binary has no context.
	defer cancel()
	err := shared.server.Stop(ctx)
	shared.server = nil
	return errors.Join(err, os.RemoveAll(shared.dir))
}

// serverURL is the address of the server's maintenance database.
func serverURL(ctx context.Context) (string, error) {
	if address := os.Getenv(urlVariable); address != "" {
		return address, nil
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.dir, shared.err = startServer(ctx)
	}
	if shared.err != nil {
		return "", shared.err
	}
	return shared.server.URL("postgres"), nil
}

func startServer(ctx context.Context) (*postgres.Server, string, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	parent := filepath.Join(fastDir(), "dakasync-pgtest-"+strconv.Itoa(os.Getuid()))
	if err := os.MkdirAll(parent, 0o755); err != nil { //nolint:gosec // The server's account passes through.
		return nil, "", fmt.Errorf("make a folder for the server: %w", err)
	}
	if err := clearAway(parent); err != nil {
		return nil, "", err
	}
	// The name tells whose it is: a folder of a process that is gone may be removed.
	dir := filepath.Join(parent, strconv.Itoa(os.Getpid()))
	server, err := postgres.Start(ctx, postgres.Options{
		Dir: dir, Volatile: true,
		Parameters: map[string]string{"shared_buffers": "64MB", "autovacuum": "off", "max_wal_size": "256MB", "wal_level": "minimal", "max_wal_senders": "0"},
	})
	if err != nil {
		return nil, "", errors.Join(err, os.RemoveAll(dir))
	}
	return server, dir, nil
}

// fastDir is a folder in memory where the machine has one.
func fastDir() string {
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		return memory
	}
	return os.TempDir()
}

// clearAway removes what killed test binaries have left.
func clearAway(parent string) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return fmt.Errorf("look for leftovers: %w", err)
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid != os.Getpid() && alive(pid) {
			continue
		}
		dir := filepath.Join(parent, entry.Name())
		if serverAlive(dir) {
			continue // Its end is under way, or, where nothing ends it, it keeps its data.
		}
		if err := os.RemoveAll(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove leftovers: %w", err)
		}
	}
	return nil
}
