package month

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"dakasync/workflows"
)

// forever is longer than anything real takes: runs wait for virtual time.
const forever = 1000 * time.Hour

// run is one run of a workflow, from its start at the virtual now to its end.
type run struct {
	id       string
	number   int
	workflow string
	input    any
}

// execute runs to the end, and stores the result in out unless that is nil.
func (m *month) execute(r run, out any) error {
	var suite testsuite.WorkflowTestSuite
	suite.SetDisableRegistrationAliasing(true)
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(forever)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: forever})
	env.SetStartTime(m.timeline.Now())
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: r.id, TaskQueue: queue})
	// The environment skips time by itself: that of the timeline goes by first.
	env.SetOnTimerScheduledListener(func(_ string, d time.Duration) { m.timeline.Sleep(m.timeline.Now().Add(d)) })
	registry := registry{TestWorkflowEnvironment: env, month: m, run: r, turn: new(sync.Mutex)}
	workflows.Register(registry)
	m.ledgerSteps.Register(registry)
	m.dingtalkSteps.Register(registry)
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

// registry fills an environment.
type registry struct {
	*testsuite.TestWorkflowEnvironment

	month *month
	run   run
	turn  *sync.Mutex // of the run's steps
}

// RegisterDynamicWorkflow is the worker's.
func (r registry) RegisterDynamicWorkflow(w any, o workflow.DynamicRegisterOptions) {
	r.TestWorkflowEnvironment.RegisterDynamicWorkflow(w, o)
}

// RegisterDynamicActivity is the worker's.
func (r registry) RegisterDynamicActivity(a any, o activity.DynamicRegisterOptions) {
	r.TestWorkflowEnvironment.RegisterDynamicActivity(a, o)
}

// RegisterActivityWithOptions registers a step that waits for its next attempt in virtual time, where the environment would skip it.
func (r registry) RegisterActivityWithOptions(step any, o activity.RegisterOptions) {
	r.TestWorkflowEnvironment.RegisterActivityWithOptions(r.patient(step, o.Name), o)
}

// patient wraps a step in its own repetition. The steps of one run take turns: while one of them waits for its next attempt nothing else
// of the run goes on, and the timeline may.
func (r registry) patient(step any, name string) any {
	function := reflect.ValueOf(step)
	return reflect.MakeFunc(function.Type(), func(arguments []reflect.Value) []reflect.Value {
		ctx, _ := reflect.TypeAssert[context.Context](arguments[0])
		if in, ok := reflect.TypeAssert[workflows.ReadDrainInput](arguments[1]); ok {
			in.DrainID = fmt.Sprintf("%d/%s", r.run.number, in.DrainID) // every run of the environment has the same run id
			arguments[1] = reflect.ValueOf(in)
		}
		if !r.turn.TryLock() {
			alive := beat(ctx)
			r.turn.Lock()
			alive()
		}
		defer r.turn.Unlock()
		for {
			results := function.Call(arguments)
			err, _ := reflect.TypeAssert[error](results[len(results)-1])
			delay := nextDelay(err)
			if delay <= 0 || r.month.timeline.Ended() {
				return results
			}
			r.month.retried(name)
			alive := beat(ctx)
			r.month.timeline.Sleep(r.month.timeline.Now().Add(delay))
			alive()
		}
	}).Interface()
}

// nextDelay is how long after an error the next attempt is due; zero if there is none, or at once.
func nextDelay(err error) time.Duration {
	if refused, ok := errors.AsType[*temporal.ApplicationError](err); ok && !refused.NonRetryable() {
		return refused.NextRetryDelay()
	}
	return 0
}

// beat gives signs of life while a step waits: to the environment it is under way.
func beat(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	go func() {
		const often = 2 * time.Second
		ticker := time.NewTicker(often)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	}()
	return func() { close(done) }
}
