//go:build unix

package process

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// parentVariable makes this test binary start a child and wait to be killed.
const parentVariable = "DAKASYNC_TEST_PROCESS_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parentVariable) == "" {
		os.Exit(m.Run())
	}
	child, err := Start(Spec{Name: "sleeper", Path: "/bin/sleep", Args: []string{"600"}})
	if err != nil {
		os.Exit(1)
	}
	fmt.Println(child.Pid())
	<-child.Done()
}

func shell(name, script string) Spec {
	return Spec{Name: name, Path: "/bin/sh", Args: []string{"-c", script}, Env: []string{"PATH=/usr/bin:/bin"}}
}

func TestOutputIsKeptAndWarningsAreTold(t *testing.T) {
	spec := shell("talker", "echo level=INFO fine; echo level=WARN careful >&2; printf 'panic: half'; exit 3")
	spec.LogFile = filepath.Join(t.TempDir(), "logs", "talker.log")
	var warnings []string
	spec.WarnFunc = func(line string) { warnings = append(warnings, line) }
	child, err := Start(spec)
	require.NoError(t, err)
	<-child.Done()

	require.Equal(t, []string{"level=WARN careful"}, warnings)
	var exit *ExitError
	require.ErrorAs(t, child.Err(), &exit)
	require.Contains(t, exit.Tail, "panic: half")
	require.ErrorContains(t, child.Err(), "talker ended: exit status 3; its last lines:\nlevel=INFO fine")
	kept, err := os.ReadFile(spec.LogFile)
	require.NoError(t, err)
	require.Contains(t, string(kept), "level=INFO fine\n")
}

func TestOnlyTheLastLinesAreRemembered(t *testing.T) {
	out := &output{}
	for i := range 100 {
		_, err := fmt.Fprintf(out, "line %d\n", i)
		require.NoError(t, err)
	}
	_, err := out.Write([]byte(strings.Repeat("x", 3*longest)))
	require.NoError(t, err)
	require.Len(t, out.partial, longest)
	require.True(t, strings.HasPrefix(out.tail(), "line 88\n"))
}

func TestAProgramThatIsNotThereIsAnError(t *testing.T) {
	_, err := Start(Spec{Name: "ghost", Path: "/nonexistent"})
	require.ErrorContains(t, err, "start ghost")
}

func TestStopAsksFirstAndKillsThen(t *testing.T) {
	polite := ready(t, "trap 'exit 0' TERM; echo up; while :; do sleep 0.01; done")
	require.NoError(t, polite.Stop(10*time.Second))

	deaf := ready(t, "trap '' TERM; echo up; while :; do sleep 0.01; done")
	require.ErrorContains(t, deaf.Stop(10*time.Millisecond), "killed")
}

// ready starts a script and waits for its first line.
func ready(t *testing.T, script string) *Process {
	t.Helper()
	child, err := Start(shell("script", script))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return child.output.tail() == "up" }, 10*time.Second, time.Millisecond)
	return child
}

func TestAChildIsStartedAgain(t *testing.T) {
	marks := filepath.Join(t.TempDir(), "marks")
	var reports atomic.Int32
	supervisor, err := supervise(shell("mortal", "echo x >>"+marks+"; exit 1"), func(string) { reports.Add(1) }, time.Millisecond)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		text, _ := os.ReadFile(marks)
		return strings.Count(string(text), "x") >= 3
	}, 20*time.Second, time.Millisecond)
	_ = supervisor.Stop(time.Second)
	require.GreaterOrEqual(t, reports.Load(), int32(2))
}

func TestAConfigurationFaultIsFinal(t *testing.T) {
	supervisor, err := supervise(shell("misled", "echo DATABASE_URL is not set; exit 2"), func(string) {}, time.Millisecond)
	require.NoError(t, err)
	<-supervisor.Done()
	require.ErrorContains(t, supervisor.Err(), "DATABASE_URL is not set")
}

func TestAPanicIsNotFinal(t *testing.T) {
	reported := make(chan string, 1)
	supervisor, err := supervise(shell("unlucky", "echo 'panic: boom'; exit 2"), func(line string) { reported <- line }, time.Hour)
	require.NoError(t, err)
	require.Contains(t, <-reported, "panic: boom")
	require.NoError(t, supervisor.Stop(time.Second))
}

func TestStopWhileWaitingToStartAgain(t *testing.T) {
	reported := make(chan struct{}, 1)
	supervisor, err := supervise(shell("mortal", "exit 1"), func(string) { reported <- struct{}{} }, time.Hour)
	require.NoError(t, err)
	<-reported
	require.NoError(t, supervisor.Stop(time.Second))
}

func TestAChildEndsWithAKilledParent(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // Only Linux tells children of their parent's death.
	}
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), parentVariable+"=1")
	output, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, 0), "it runs")
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	require.Eventually(t, func() bool { return gone(pid) }, 10*time.Second, time.Millisecond)
}

// gone counts a zombie, which an orphan stays where nobody reaps it.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}
