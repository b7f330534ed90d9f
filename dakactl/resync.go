package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"dakasync/config"
	"dakasync/workflows"
)

func (a *app) resyncCommand() *cobra.Command {
	var s span
	c := &cobra.Command{
		Use:   "resync --from DATE --to DATE [--user ID]... [--reason WHY] [--wait] [--force]",
		Short: "Fetch days again",
		Long: "Signals the standing run resync/<corp>, starting it if it is not there. Requests are done one after the other;\n" +
			"--wait ends with status 1 when the request is refused. It says first what that costs, and refuses what is over\n" +
			"the month's budget, of which a part (DAKASYNC_CALL_RESERVE) is kept for this.",
		Example: "  dakactl resync --user 0225 --from 2026-11-01 --to 2026-11-03 --reason 'payroll check' --wait",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.resync(c.Context(), &s) },
	}
	s.flags(c)
	return c
}

func (a *app) resync(ctx context.Context, s *span) error {
	settings, err := config.Load(config.ForRequest)
	if err != nil {
		return err
	}
	if err := s.check(a, settings); err != nil {
		return err
	}
	cost := s.expense(a, settings, "the re-sync")
	cost.person = true
	if err := a.afford(ctx, settings, cost); err != nil {
		return err
	}
	c, err := a.dialFunc(ctx, settings)
	if err != nil {
		return fmt.Errorf("nothing was sent: %w", err)
	}
	defer c.Close()

	request := workflows.ResyncRequest{UserIDs: s.users, From: s.from, To: s.to, Reason: s.reason}
	id := workflows.ResyncID(settings.Company.CorpID)
	options := workflows.ResyncOptions(settings.Temporal.TaskQueue, settings.Company.CorpID)
	if _, err := c.SignalWithStartWorkflow(ctx, id, workflows.SignalResync, request, options, workflows.TypeResync); err != nil {
		return fmt.Errorf("the run %s did not take the request (repeating it does no harm): %w", id, err)
	}
	a.sayf("asked for %s to %s of %s", s.from, s.to, s.who())
	if !s.wait {
		a.watching(settings, id, workflows.QueryProgress)
		return nil
	}
	return a.poll(ctx, func(ctx context.Context) (string, bool, error) {
		var all workflows.ResyncProgress
		if err := query(ctx, c, id, &all); err != nil {
			return "", false, err
		}
		return resyncLine(all, request)
	})
}

// requestRefusedError says that the run will not do what it was asked for.
type requestRefusedError struct{ why string }

func (e *requestRefusedError) Error() string { return "the request was refused: " + e.why }

// resyncLine puts the newest request that asks for the same into words. The
// server answers a query after the signals that came before it, so a request
// that is not there was done and forgotten, behind fifty others.
func resyncLine(all workflows.ResyncProgress, want workflows.ResyncRequest) (line string, over bool, err error) {
	for _, is := range slices.Backward(all.Requests) {
		if !sameRequest(is, want) {
			continue
		}
		switch is.State {
		case workflows.RequestRefused:
			return "", true, &requestRefusedError{why: is.Error}
		case workflows.RequestDone:
			if is.Error != "" {
				return fmt.Sprintf("done: %d of %d user-days; %s", is.Done, is.Total, is.Error), true, nil
			}
			return fmt.Sprintf("done: %d of %d user-days", is.Done, is.Total), true, nil
		case workflows.RequestRunning:
			return fmt.Sprintf("running: %d of %d user-days", is.Done, is.Total), false, nil
		default:
			return is.State, false, nil
		}
	}
	return "done: the run has finished so many requests since that it no longer shows this one", true, nil
}

// sameRequest compares what was asked. An end in the future is cut to today when
// the request's turn comes, and a finished request names only its first users.
func sameRequest(is workflows.RequestProgress, want workflows.ResyncRequest) bool {
	n := len(is.UserIDs)
	if is.From != want.From || is.To > want.To || is.Reason != want.Reason || n > len(want.UserIDs) || (n == 0) != (len(want.UserIDs) == 0) {
		return false
	}
	finished := is.State == workflows.RequestDone || is.State == workflows.RequestRefused
	return (finished || n == len(want.UserIDs)) && slices.Equal(is.UserIDs, want.UserIDs[:n])
}
