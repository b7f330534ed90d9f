package month

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"dakasync/stream"
	"dakasync/workflows"
)

// errNoRecovery says that something asked for what no simulated month needs.
var errNoRecovery = errors.New("a simulated month has no recoveries")

// starter starts runs on the timeline: Temporal's promise that an id runs once.
type starter struct {
	month *month

	mu      sync.Mutex
	started map[string]bool // by id; false: it has ended, and may start again if it likes
	numbers int
}

// ExecuteWorkflow is a client's.
func (s *starter) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	name, ok := workflow.(string)
	if !ok || len(args) > 1 {
		return nil, fmt.Errorf("start %s: a name and an input at most are expected", o.ID)
	}
	r := run{id: o.ID, workflow: name}
	if len(args) == 1 {
		r.input = args[0]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if open, known := s.started[o.ID]; open || known && o.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("it was started already", "", "")
	}
	s.started[o.ID] = true
	s.numbers++
	r.number = s.numbers
	s.month.begin(r, o.StartDelay)
	return started{id: r.id, run: strconv.Itoa(r.number)}, nil
}

// end notes that a run has ended well.
func (s *starter) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started[id] = false
}

// SignalWithStartWorkflow is a client's.
func (s *starter) SignalWithStartWorkflow(
	_ context.Context, id, _ string, _ any, _ client.StartWorkflowOptions, _ any, _ ...any,
) (client.WorkflowRun, error) {
	return nil, fmt.Errorf("%s: %w", id, errNoRecovery)
}

// Trigger is what reads the failed pushes for a recovery.
func (s *starter) Trigger(context.Context) error { return errNoRecovery }

// Start makes a happening a run, as the starter does.
func (s *starter) Start(ctx context.Context, h stream.Happening) (bool, error) {
	_, begun, err := workflows.Start(ctx, s, queue, h.Hint, h.Payload)
	return begun, err
}

// Health is good.
func (s *starter) Health(context.Context) error { return nil }

// started is a run that was started.
type started struct {
	client.WorkflowRun

	id, run string
}

// GetID and GetRunID name it.
func (s started) GetID() string { return s.id }

// GetRunID names it.
func (s started) GetRunID() string { return s.run }
