package month

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

// forever is longer than anything real takes: runs wait for virtual time.
const forever = 1000 * time.Hour

// run is one run of a workflow, from its start at the virtual now to its end.
type run struct {
	id       string
	number   int
	workflow string
	input    any
	turn     *sync.Mutex // of the run's steps
}

// execute runs to the end, and stores the result in out unless that is nil.
func (m *month) execute(r run, out any) error {
	r.turn = new(sync.Mutex)
	m.programs.enter(r)
	defer m.programs.leave(r)
	var suite testsuite.WorkflowTestSuite
	suite.SetDisableRegistrationAliasing(true)
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(forever)
	// Else the environment waits for the end of the run's time by the real clock while a step is under way, and is in memory until then.
	env.SetWorkflowRunTimeout(0)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: forever})
	env.SetStartTime(m.timeline.Now())
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: r.id, TaskQueue: queue})
	// The environment skips time by itself: that of the timeline goes by first.
	env.SetOnTimerScheduledListener(func(_ string, d time.Duration) { m.timeline.Sleep(m.timeline.Now().Add(d)) })
	m.programs.register(env)
	var input []any
	if r.input != nil {
		input = append(input, r.input)
	}
	env.ExecuteWorkflow(r.workflow, input...)
	if err := env.GetWorkflowError(); err != nil {
		return fmt.Errorf("run %s: %w", r.id, err)
	}
	if !env.IsWorkflowCompleted() {
		return fmt.Errorf("run %s did not end", r.id)
	}
	if out == nil {
		return nil
	}
	return env.GetWorkflowResult(out)
}
