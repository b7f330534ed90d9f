package main

import (
	"context"
	"log/slog"

	"go.temporal.io/sdk/client"

	"dakasync/stream"
	"dakasync/temporal"
	"dakasync/workflows"
)

// runStarter makes happenings durable as runs: stream.Starter on Temporal.
type runStarter struct {
	client  client.Client
	options client.Options
	queue   string
	log     *slog.Logger
}

var _ stream.Starter = (*runStarter)(nil)

// Start implements stream.Starter.
func (r *runStarter) Start(ctx context.Context, h stream.Happening) (started bool, err error) {
	runID, started, err := workflows.Start(ctx, r.client, r.queue, h.Hint, h.Payload)
	if err == nil {
		r.log.DebugContext(ctx, "an event has its run", "UserID", h.Hint.UserID, "WorkflowID", h.Hint.Key(), "RunID", runID, "started", started)
	}
	return started, err // It names the run.
}

// Health implements stream.Starter.
func (r *runStarter) Health(ctx context.Context) error {
	return temporal.Health(ctx, r.client, r.options) // It names the address.
}
