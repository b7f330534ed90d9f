//go:build unix

package postgres_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/postgres"
)

// childVariable makes this test binary start a server on the folder it names and wait to be killed.
const childVariable = "DAKASYNC_TEST_POSTGRES_DIR"

// pdeathsig: the kernel ends a child whose parent has died.
const pdeathsig = runtime.GOOS == "linux"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		os.Exit(runChild(dir))
	}
	os.Exit(m.Run())
}

func runChild(dir string) int {
	server, err := postgres.Start(context.Background(), postgres.Options{Dir: dir, Volatile: true})
	if err != nil {
		_, _ = fmt.Fprintln(os.Stdout, "error", err)
		return 1
	}
	_, _ = fmt.Fprintln(os.Stdout, "ready", server.Port())
	<-server.Done()
	return 0
}

// folder is a temporary one, in memory where the machine has it, that the server's account can reach, as t.TempDir is not
// for root.
func folder(t *testing.T) string {
	t.Helper()
	return filepath.Join(temporary(t), "cluster")
}

func temporary(t *testing.T) string {
	t.Helper()
	parent := ""
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		parent = "/dev/shm"
	}
	dir, err := os.MkdirTemp(parent, "dakasync-postgres-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// copied are folders with a cluster in them, which is made once: initdb is the slow part of these tests.
func copied(t *testing.T, count int) []string {
	t.Helper()
	made := folder(t)
	require.NoError(t, start(t, made).Stop(t.Context()))
	folders := make([]string, 0, count)
	for range count {
		dir := folder(t)
		output, err := exec.CommandContext(t.Context(), "cp", "-a", made, dir).CombinedOutput()
		require.NoError(t, err, string(output))
		folders = append(folders, dir)
	}
	return folders
}

func start(t *testing.T, dir string) *postgres.Server {
	t.Helper()
	server, err := postgres.Start(t.Context(), postgres.Options{Dir: dir, Volatile: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.WithoutCancel(t.Context()))) })
	return server
}

func execute(t *testing.T, server *postgres.Server, database, statement string) error {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), server.URL(database))
	if err != nil {
		return err
	}
	defer func() { require.NoError(t, connection.Close(t.Context())) }()
	_, err = connection.Exec(t.Context(), statement)
	return err
}

func TestDataStaysOverARestart(t *testing.T) {
	dir := folder(t)
	first := start(t, dir)
	require.NoError(t, first.CreateDatabase(t.Context(), "kept"))
	require.NoError(t, first.CreateDatabase(t.Context(), "kept"), "again is no fault")
	require.NoError(t, execute(t, first, "kept", "CREATE TABLE thing ()"))
	require.NoError(t, first.Stop(t.Context()))
	require.NoError(t, first.Stop(t.Context()), "again is no fault")
	require.NoError(t, first.Err())

	second := start(t, dir)
	require.Equal(t, first.Password(), second.Password())
	require.NoError(t, execute(t, second, "kept", "TABLE thing"))
}

func TestAnotherMajorVersionIsLeftAlone(t *testing.T) {
	dir := folder(t)
	version := filepath.Join(dir, "data", "PG_VERSION")
	require.NoError(t, os.MkdirAll(filepath.Dir(version), 0o755))
	require.NoError(t, os.WriteFile(version, []byte("9\n"), 0o600))
	_, err := postgres.Start(t.Context(), postgres.Options{Dir: dir})
	require.ErrorIs(t, err, postgres.ErrNoServer)
	require.ErrorContains(t, err, "install version 9, to which the data belongs")
	require.FileExists(t, version)
}

func TestWhatIsNoClusterIsLeftAlone(t *testing.T) {
	dir := folder(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "data"), 0o755))
	_, err := postgres.Start(t.Context(), postgres.Options{Dir: dir})
	require.ErrorContains(t, err, "is no PostgreSQL cluster")
}

func TestAnUnfinishedClusterIsMadeAnew(t *testing.T) {
	dir := folder(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "data.new", "half"), 0o755))
	require.NoError(t, execute(t, start(t, dir), "postgres", "SELECT 1"))
	require.NoDirExists(t, filepath.Join(dir, "data.new"))
}

func TestOnAClusterThatIsThere(t *testing.T) {
	tests := map[string]func(*testing.T, string){
		"a folder has one server at a time":            aFolderHasOneServerAtATime,
		"a password is asked for":                      aPasswordIsAskedFor,
		"a port is preferred":                          aPortIsPreferred,
		"a death is told":                              aDeathIsTold,
		"the server ends with a killed parent":         theServerEndsWithAKilledParent,
		"a start right after a kill takes over":        aStartRightAfterAKillTakesOver,
		"a stranger with the old number is left alone": aStrangerWithTheOldNumberIsLeftAlone,
	}
	folders := copied(t, len(tests))
	for name, test := range tests {
		dir := folders[0]
		folders = folders[1:]
		t.Run(name, func(t *testing.T) { test(t, dir) })
	}
}

func aFolderHasOneServerAtATime(t *testing.T, dir string) {
	t.Helper()
	start(t, dir)
	_, err := postgres.Start(t.Context(), postgres.Options{Dir: dir})
	require.ErrorIs(t, err, postgres.ErrInUse)
	require.ErrorContains(t, err, strconv.Itoa(os.Getpid()))
}

func aPasswordIsAskedFor(t *testing.T, dir string) {
	t.Helper()
	server := start(t, dir)
	wrong := strings.Replace(server.URL("postgres"), server.Password(), "wrong", 1)
	_, err := pgx.Connect(t.Context(), wrong)
	require.ErrorContains(t, err, "password authentication failed")
}

func aPortIsPreferred(t *testing.T, dir string) {
	t.Helper()
	first := start(t, dir)
	second, err := postgres.Start(t.Context(), postgres.Options{Dir: folder(t), Volatile: true, Port: first.Port()})
	require.NoError(t, err)
	require.NotEqual(t, first.Port(), second.Port(), "it was taken")
	require.NoError(t, second.Stop(t.Context()))

	require.NoError(t, first.Stop(t.Context()))
	again, err := postgres.Start(t.Context(), postgres.Options{Dir: dir, Volatile: true, Port: first.Port()})
	require.NoError(t, err)
	require.Equal(t, first.Port(), again.Port(), "it was free")
	require.NoError(t, again.Stop(t.Context()))
}

func aDeathIsTold(t *testing.T, dir string) {
	t.Helper()
	server, err := postgres.Start(t.Context(), postgres.Options{Dir: dir, Volatile: true})
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(postmaster(t, dir), syscall.SIGKILL))
	<-server.Done()
	require.ErrorContains(t, server.Err(), "killed")
	require.Error(t, server.Stop(t.Context()))
	require.NoError(t, execute(t, start(t, dir), "postgres", "SELECT 1"), "the next start recovers")
}

func theServerEndsWithAKilledParent(t *testing.T, dir string) {
	t.Helper()
	parent := startParent(t, dir)
	pid := postmaster(t, dir)
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	gone := func() bool { return syscall.Kill(pid, 0) != nil }
	if !pdeathsig {
		start(t, dir) // The next start ends the orphan.
		require.True(t, gone())
		return
	}
	require.Eventually(t, gone, 20*time.Second, 10*time.Millisecond)
	start(t, dir)
}

func aStartRightAfterAKillTakesOver(t *testing.T, dir string) {
	t.Helper()
	parent := startParent(t, dir)
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	require.NoError(t, execute(t, start(t, dir), "postgres", "SELECT 1"))
}

func aStrangerWithTheOldNumberIsLeftAlone(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, start(t, dir).Stop(t.Context()))
	stranger := exec.CommandContext(t.Context(), "sleep", "600")
	require.NoError(t, stranger.Start())
	t.Cleanup(func() { _ = stranger.Wait() })
	pidFile := filepath.Join(dir, "data", "postmaster.pid")
	require.NoError(t, os.WriteFile(pidFile, []byte(strconv.Itoa(stranger.Process.Pid)+"\n"), 0o644))

	server, err := postgres.Start(t.Context(), postgres.Options{Dir: dir, Volatile: true})
	if err == nil { // Where the account differs, PostgreSQL sees that the number is not its own.
		require.NoError(t, server.Stop(t.Context()))
	}
	require.NoError(t, syscall.Kill(stranger.Process.Pid, 0), "it still runs")
	require.NoError(t, stranger.Process.Kill())
}

func startParent(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), childVariable+"="+dir)
	output, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "ready")
	return parent
}

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	require.NoError(t, err)
	return pid
}
