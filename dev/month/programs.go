package month

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"dakasync/workflows"
)

// programs are the workflows and steps of the real worker, collected once and put into each run's environment. A month has hundreds of
// thousands of runs.
type programs struct {
	month     *month
	workflows []program[workflow.RegisterOptions]
	steps     []program[activity.RegisterOptions]

	mu   sync.Mutex
	runs map[string]run // that are under way, by id: a step knows its run by that
}

type program[O any] struct {
	function any
	options  O
}

func newPrograms(m *month) *programs {
	p := &programs{month: m, runs: map[string]run{}}
	workflows.Register(p)
	m.ledgerSteps.Register(p)
	m.dingtalkSteps.Register(p)
	return p
}

// register fills an environment.
func (p *programs) register(env *testsuite.TestWorkflowEnvironment) {
	for _, w := range p.workflows {
		env.RegisterWorkflowWithOptions(w.function, w.options)
	}
	for _, s := range p.steps {
		env.RegisterActivityWithOptions(s.function, s.options)
	}
}

// enter and leave say which runs are under way.
func (p *programs) enter(r run) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.runs[r.id] = r
}

func (p *programs) leave(r run) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.runs, r.id)
}

// of finds the run that a step belongs to.
func (p *programs) of(ctx context.Context) run {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.runs[activity.GetInfo(ctx).WorkflowExecution.ID]
}

// RegisterWorkflow is a worker's.
func (p *programs) RegisterWorkflow(w any) {
	p.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{})
}

// RegisterWorkflowWithOptions is a worker's.
func (p *programs) RegisterWorkflowWithOptions(w any, o workflow.RegisterOptions) {
	p.workflows = append(p.workflows, program[workflow.RegisterOptions]{w, o})
}

// RegisterDynamicWorkflow is a worker's. There is none.
func (p *programs) RegisterDynamicWorkflow(any, workflow.DynamicRegisterOptions) {}

// RegisterActivity is a worker's.
func (p *programs) RegisterActivity(step any) {
	p.RegisterActivityWithOptions(step, activity.RegisterOptions{})
}

// RegisterActivityWithOptions registers a step that waits for its next attempt in virtual time, where the environment would skip it.
func (p *programs) RegisterActivityWithOptions(step any, o activity.RegisterOptions) {
	p.steps = append(p.steps, program[activity.RegisterOptions]{p.patient(step, o.Name), o})
}

// RegisterDynamicActivity is a worker's. There is none.
func (p *programs) RegisterDynamicActivity(any, activity.DynamicRegisterOptions) {}

// patient wraps a step in its own repetition. The steps of one run take turns: while one of them waits for its next attempt nothing else
// of the run goes on, and the timeline may.
func (p *programs) patient(step any, name string) any {
	function := reflect.ValueOf(step)
	return reflect.MakeFunc(function.Type(), func(arguments []reflect.Value) []reflect.Value {
		ctx, _ := reflect.TypeAssert[context.Context](arguments[0])
		r := p.of(ctx)
		if in, ok := reflect.TypeAssert[workflows.ReadDrainInput](arguments[1]); ok {
			in.DrainID = fmt.Sprintf("%d/%s", r.number, in.DrainID) // every run of the environment has the same run id
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
			if delay <= 0 || p.month.timeline.Ended() {
				return results
			}
			p.month.retried(name)
			alive := beat(ctx)
			p.month.timeline.Sleep(p.month.timeline.Now().Add(delay))
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
