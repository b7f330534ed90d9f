package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"dakasync/config"
	"dakasync/workflows"
)

func (a *app) backfillCommand() *cobra.Command {
	var s span
	c := &cobra.Command{
		Use:   "backfill --from DATE --to DATE [--user ID]... [--reason WHY] [--wait] [--force] [--json]",
		Short: "Fetch a long range of days, for everybody or some",
		Long: "Starts a run that walks the range in windows of 50 users and 7 days, after all other work. It goes on by itself\n" +
			"when dakactl or a worker ends. It says first what that costs, and refuses what is over the month's budget.",
		Example: "  dakactl backfill --from 2026-06-01 --to 2026-10-31 --reason 'first start' --wait",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.backfill(c.Context(), &s) },
	}
	s.flags(c)
	return c
}

func (a *app) backfill(ctx context.Context, s *span) error {
	program := a
	a = a.aside(s.asJSON)
	settings, err := config.Load(config.ForRequest)
	if err != nil {
		return err
	}
	if err := s.check(a, settings); err != nil {
		return err
	}
	price, err := a.afford(ctx, settings, s.expense(a, settings, "the backfill"))
	if err != nil {
		return err
	}
	c, err := a.dialFunc(ctx, settings)
	if err != nil {
		return fmt.Errorf("nothing was started: %w", err)
	}
	defer c.Close()

	in := workflows.BackfillInput{UserIDs: s.users, From: s.from, To: s.to, Reason: s.reason}
	options := workflows.BackfillOptions(settings.Temporal.TaskQueue, settings.Company.CorpID, in)
	run, err := c.ExecuteWorkflow(ctx, options, workflows.TypeBackfill, in)
	if _, already := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); already {
		return fmt.Errorf("a backfill of %s to %s is running already (%s): wait for its end, or cancel it", s.from, s.to, options.ID)
	}
	if err != nil {
		return fmt.Errorf("the backfill was not started: %w", err)
	}
	a.sayf("started the backfill of %s to %s of %s", s.from, s.to, s.who(a))
	answer := s.answer(options.ID, price)
	if !s.wait {
		a.watching(settings, options.ID, workflows.QueryProgress)
		return s.end(program, answer)
	}
	if answer.Progress, err = a.awaitBackfill(ctx, c, run); err != nil {
		return err
	}
	return s.end(program, answer)
}

// awaitBackfill shows the progress until the run is over. The run's own result
// decides: a query is answered by a worker, which may be away.
func (a *app) awaitBackfill(ctx context.Context, c temporalClient, run client.WorkflowRun) (workflows.BackfillProgress, error) {
	watch, cancel := context.WithCancel(ctx)
	defer cancel()
	type end struct {
		progress workflows.BackfillProgress
		err      error
	}
	over := make(chan end, 1)
	go func() {
		var e end
		e.err = run.Get(watch, &e.progress)
		over <- e
	}()
	var last end
	err := a.poll(watch, func(ctx context.Context) (look, bool, error) {
		select {
		case last = <-over:
			return look{}, true, nil
		default:
		}
		var p workflows.BackfillProgress
		err := query(ctx, c, run.GetID(), &p)
		return look{line: a.backfillLine(p), done: p.Done, total: p.Total}, false, err
	})
	switch {
	case err != nil:
		return last.progress, err
	case last.err != nil:
		return last.progress, fmt.Errorf("the backfill failed: %w", last.err)
	}
	a.sayf("%s", a.backfillLine(last.progress))
	for _, problem := range last.progress.Problems {
		a.sayf("  %s", problem)
	}
	return last.progress, nil
}

func (a *app) backfillLine(p workflows.BackfillProgress) string {
	line := a.textf("%s: %d of %d user-days, %d calls", a.text(p.State), p.Done, p.Total, p.Calls)
	if p.ETASeconds > 0 {
		line += a.textf(", about %s to go", time.Duration(p.ETASeconds)*time.Second)
	}
	return line
}
