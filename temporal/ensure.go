package temporal

import (
	"context"
	"log/slog"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"dakasync/ops"
)

// Client is the part of a Temporal client that Ensure needs.
type Client interface {
	OperatorService() operatorservice.OperatorServiceClient
	WorkflowService() workflowservice.WorkflowServiceClient
	ScheduleClient() client.ScheduleClient
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
}

// Setup is what a deployment must find in Temporal.
type Setup struct {
	Namespace     string
	Queue         string // task queue of the workflows
	CorpID        string
	Location      *time.Location // the nightly sweep runs by its clock
	DrainInterval time.Duration
	Sealer        string // id of the key that seals payloads; "" for none
}

// EnsureWhenUp waits for the server and calls Ensure until it succeeds or ctx
// ends.
func EnsureWhenUp(ctx context.Context, c client.Client, options client.Options, s Setup, log *slog.Logger) error {
	return ops.UntilUp(ctx, log, "Temporal (search attributes, schedules, standing run)", func(ctx context.Context) error { // It says what was waited for.
		if err := Health(ctx, c, options); err != nil {
			return err
		}
		return Ensure(ctx, c, s)
	})
}

// Ensure creates what is missing and adjusts the schedules to the settings.
func Ensure(ctx context.Context, c Client, s Setup) error {
	if err := s.ensureAttributes(ctx, c.OperatorService()); err != nil {
		return err
	}
	// The standing run is also the probe that the attributes are in force: the
	// schedules' runs and the events' runs come after it.
	if err := s.ensureResync(ctx, c); err != nil {
		return err
	}
	for _, schedule := range []client.ScheduleOptions{s.governSchedule(), s.drainSchedule(), s.reconcileSchedule()} {
		if err := s.ensureSchedule(ctx, c, schedule); err != nil {
			return err
		}
	}
	return nil
}
