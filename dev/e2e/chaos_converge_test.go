package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/workflowservice/v1"

	"dakasync/ops"
)

// leftOver counts what is not done, in one query each. A table that an older schema lacks has nothing left over.
var leftOver = []struct{ what, table, query string }{
	{"events are pending", "event", "SELECT count(*) FROM dakasync.event WHERE outcome = 'pending'"},
	{"failed pushes are not dispatched", "failed_push", "SELECT count(*) FROM dakasync.failed_push WHERE readable AND dispatched_at IS NULL"},
	{"drains are not answered for", "drain", "SELECT count(*) FROM dakasync.drain WHERE state IN ('requested', 'ambiguous')"},
	{"gaps are open", "gap", "SELECT count(*) FROM dakasync.gap WHERE swept_at IS NULL"},
	{"holes of the coverage are in no gap", "coverage", uncoveredHoles},
}

// uncoveredHoles counts the holes between proven stretches for which there is no row in gap yet, as FindGaps would. The last seconds prove
// nothing yet.
const uncoveredHoles = `
SELECT count(*) FROM dakasync.blind_time b
WHERE b.ended_at < now() OR b.began_at < now() - interval '8 seconds'
HAVING NOT coalesce((SELECT range_agg(tstzrange(g.began_at, g.ended_at)) FROM dakasync.gap g), '{}')
	@> coalesce(range_agg(tstzrange(b.began_at, b.ended_at)), '{}')`

// unfinished says what is not done yet; an error of a store that is away says so too.
func (l *lane) unfinished(ctx context.Context) string {
	if left := l.platform.Unsettled(); left > 0 {
		return fmt.Sprintf("%d events are neither acked, failed nor dropped", left)
	}
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	var left []string
	for _, one := range leftOver {
		var there bool
		var count int
		if err := l.db.QueryRow(ctx, "SELECT to_regclass('dakasync.'||$1) IS NOT NULL", one.table).Scan(&there); err != nil {
			return err.Error()
		}
		if !there {
			continue
		}
		if err := l.db.QueryRow(ctx, one.query).Scan(&count); err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err.Error()
		}
		if count > 0 {
			left = append(left, fmt.Sprintf("%d %s", count, one.what))
		}
	}
	counted, err := l.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: l.name, Query: "ExecutionStatus = 'Running' AND WorkflowType != 'Resync'",
	})
	if err != nil {
		return err.Error()
	}
	if counted.GetCount() > 0 {
		left = append(left, fmt.Sprintf("%d runs are open", counted.GetCount()))
	}
	return strings.Join(left, ", ")
}

// convergence is how a trial's aftermath went.
type convergence struct {
	took  time.Duration
	left  string   // what was not done in time
	found []string // differences that remain
}

// convergeByItself waits for the product to come to rest with the ledger equal to the truth. Nothing is triggered from here.
func (l *lane) convergeByItself(ctx context.Context, since time.Time, patience time.Duration, deceived bool) convergence {
	const (
		look = 700 * time.Millisecond
		// calm is how long a wrong ledger at rest is given to go on: what mends it may be about to begin.
		calm = 15 * time.Second
	)
	deadline := since.Add(patience)
	var c convergence
	var restingSince time.Time
	for {
		l.letTimePass(time.Now())
		c.took = time.Since(since)
		if died := l.died(); died != "" {
			c.left = died
			return c
		}
		if c.left = l.unfinished(ctx); c.left != "" {
			restingSince = time.Time{}
		} else {
			if restingSince.IsZero() {
				restingSince = time.Now()
			}
			if c.found = l.trialDifferences(deceived); len(c.found) == 0 {
				return c
			}
			if time.Since(restingSince) > calm {
				return c
			}
		}
		pause := look
		if len(c.found) > 0 {
			pause = time.Second // Comparing costs more than looking.
		}
		if time.Now().After(deadline) || !ops.Sleep(ctx, pause) {
			return c
		}
	}
}
