package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"dakasync/simulator/platform"
)

// outcome is one trial's line in the results file.
type outcome struct {
	Seed        int64    `json:"seed"`
	Fault       string   `json:"fault"`
	Family      string   `json:"family"`
	Also        []string `json:"also,omitempty"`
	OK          bool     `json:"ok"`
	Left        string   `json:"left,omitempty"`
	Differences []string `json:"differences,omitempty"`
	ConvergeMS  int64    `json:"converge_ms"`
	Events      int      `json:"events"`
	Acked       int      `json:"acked"`
	Failed      int      `json:"failed"`
	Dropped     int      `json:"dropped"`
	At          string   `json:"at"`
	Commit      string   `json:"commit"`
	Machine     string   `json:"machine"`
	// NotRun says why a fault could not be tried here.
	NotRun string `json:"not_run,omitempty"`
	// Lane is how a lane ended: the nightly sweep, then every table against the truth and against a quiet run.
	Lane string `json:"lane,omitempty"`
}

func outcomeOf(trial trial, c convergence, events []platform.Delivery) outcome {
	o := outcome{
		Seed: trial.seed, Fault: trial.fault.name, Family: trial.fault.family, Left: c.left, Differences: c.found,
		ConvergeMS: c.took.Milliseconds(), Events: len(events), At: now(),
		Commit: commit(), Machine: machine(),
	}
	for _, f := range trial.also {
		o.Also = append(o.Also, f.name)
	}
	for _, event := range events {
		switch event.State {
		case platform.StateAcked:
			o.Acked++
		case platform.StateFailed:
			o.Failed++
		case platform.StateDropped:
			o.Dropped++
		}
	}
	return o
}

func now() string { return time.Now().UTC().Format(time.RFC3339) }

// findings are all that is wrong.
func (o outcome) findings() []string {
	if o.Left == "" {
		return o.Differences
	}
	return append([]string{"not at rest: " + o.Left}, o.Differences...)
}

// resultsFile is where outcomes are added, so that several runs add up.
type resultsFile struct {
	mu   sync.Mutex
	path string
}

func (f *resultsFile) add(o outcome) error {
	if f.path == "" {
		return nil
	}
	line, err := json.Marshal(o)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open the results: %w", err)
	}
	if _, err := file.Write(append(line, '\n')); err != nil {
		_ = file.Close()
		return fmt.Errorf("write the results: %w", err)
	}
	return file.Close()
}

var commit = sync.OnceValue(func() string {
	text, err := output(repository, "git", "rev-parse", "--short", "HEAD")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(text)
})

var machine = sync.OnceValue(func() string {
	memory := ""
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kilobytes int64
		if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kilobytes); err == nil {
			memory = fmt.Sprintf(", %d GiB", (kilobytes+1<<19)>>20)
		}
	}
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "go.temporal.io/server" {
				version = ", Temporal server " + module.Version
			}
		}
	}
	return fmt.Sprintf("%d cores%s, %s/%s, %s, PostgreSQL %s%s", runtime.NumCPU(), memory, runtime.GOOS, runtime.GOARCH, runtime.Version(),
		sharedCluster.Postgres.Version(), version)
})
