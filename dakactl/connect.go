package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"dakasync/config"
	"dakasync/ops"
	"dakasync/temporal"
)

// dialTime is how long Temporal may take to answer at all.
const dialTime = 10 * time.Second

// temporalClient is what the commands ask of Temporal.
type temporalClient interface {
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	SignalWithStartWorkflow(ctx context.Context, workflowID, signal string, arg any, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	QueryWorkflow(ctx context.Context, workflowID, runID, query string, args ...any) (converter.EncodedValue, error)
	ScheduleClient() client.ScheduleClient
	Close()
}

func dialTemporal(ctx context.Context, settings config.Config) (temporalClient, error) {
	return dialServer(ctx, settings)
}

// dialServer connects, or says within seconds where nobody answered.
func dialServer(ctx context.Context, settings config.Config) (client.Client, error) {
	// The SDK's warnings would stand between the lines of a command's output.
	log := ops.NewLogger(os.Stderr, max(slog.LevelError, slog.Level(settings.Log.Level)), string(settings.Log.Format))
	c, err := temporal.NewClient(settings.Temporal.Options, settings.PayloadCodec(), log)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	if err := temporal.Health(ctx, c, settings.Temporal.Options); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}
