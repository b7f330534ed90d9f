package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"

	"dakasync/ops"
	"dakasync/workflows"
)

// queryTime bounds one look at a run: its worker may be away.
const queryTime = 10 * time.Second

// errInterrupted is not a cancellation: a script that waits must not take it
// for success.
var errInterrupted = errors.New("stopped waiting; what was asked for goes on without dakactl")

// query asks a run for its progress.
func query(ctx context.Context, c temporalClient, workflowID string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	value, err := c.QueryWorkflow(ctx, workflowID, "", workflows.QueryProgress)
	if err != nil {
		return fmt.Errorf("ask the run %s for its progress: %w", workflowID, err)
	}
	if err := value.Get(into); err != nil {
		return fmt.Errorf("read the progress of the run %s: %w", workflowID, err)
	}
	return nil
}

// look is what a look at something that is under way shows.
type look struct {
	line        string
	done, total int // 0 of 0: not known yet
}

// poll looks until it is over. A worker that is away is said once and waited
// for, as is a Temporal server; what no waiting mends is returned.
func (a *app) poll(ctx context.Context, lookFunc func(context.Context) (l look, over bool, err error)) error {
	m := meter{app: a}
	defer m.end()
	for {
		l, over, err := lookFunc(ctx)
		switch {
		case ctx.Err() != nil:
			return errInterrupted
		case err != nil && !passes(err):
			return err
		case err != nil:
			l.line = a.textf("no answer yet; is a worker running? (%v)", err)
		case over:
			m.end()
			if l.line != "" {
				a.sayf("%s", l.line)
			}
			return nil
		}
		m.show(l)
		if !ops.Sleep(ctx, a.pollPause) {
			return errInterrupted
		}
	}
}

// passes reports whether an error of a look may be gone at the next.
func passes(err error) bool {
	var missing *serviceerror.NotFound
	var denied *serviceerror.PermissionDenied
	var refused *requestRefusedError
	return !errors.As(err, &missing) && !errors.As(err, &denied) && !errors.As(err, &refused)
}
