package main

import (
	"context"

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
}

var _ stream.Starter = (*runStarter)(nil)

// Start implements stream.Starter.
func (r *runStarter) Start(ctx context.Context, h stream.Happening) (started bool, err error) {
	_, started, err = workflows.Start(ctx, r.client, r.queue, h.Hint, h.Payload)
	return started, err //nolint:wrapcheck // It names the run.
}

// Health implements stream.Starter.
func (r *runStarter) Health(ctx context.Context) error {
	return temporal.Health(ctx, r.client, r.options) //nolint:wrapcheck // It names the address.
}
