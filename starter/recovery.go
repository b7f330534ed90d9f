package main

import (
	"context"

	"dakasync/stream"
	"dakasync/workflows"
)

// recovery asks for what may not have arrived: stream.Recovery on Temporal.
type recovery struct {
	starter *runStarter
	corpID  string
}

var _ stream.Recovery = recovery{}

// Request implements stream.Recovery.
func (r recovery) Request(ctx context.Context, reason string) error {
	return workflows.RequestRecovery(ctx, r.starter.client, r.starter.queue, r.corpID, reason) // It names the reason.
}
