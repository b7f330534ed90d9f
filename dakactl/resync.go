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
		Use:   "resync --from DATE --to DATE [--user ID]... [--reason WHY] [--wait] [--force] [--json]",
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
	program := a
	a = a.aside(s.asJSON)
	settings, err := config.Load(config.ForRequest)
	if err != nil {
		return err
	}
	if err := s.check(a, settings); err != nil {
		return err
	}
	spent := s.expense(a, settings, "the re-sync")
	spent.person = true
	price, err := a.afford(ctx, settings, spent)
	if err != nil {
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
	answer := s.answer(id, price)
	a.sayf("asked for %s to %s of %s", s.from, s.to, s.who(a))
	if !s.wait {
		a.watching(settings, id, workflows.QueryProgress)
		return s.end(program, answer)
	}
	err = a.poll(ctx, func(ctx context.Context) (look, bool, error) {
		var all workflows.ResyncProgress
		if err := query(ctx, c, id, &all); err != nil {
			return look{}, false, err
		}
		is, known := find(all, request)
		if known {
			answer.Progress = is
		}
		return a.resyncLook(is, known)
	})
	if err != nil {
		return err
	}
	return s.end(program, answer)
}

// requestRefusedError says that the run will not do what it was asked for.
type requestRefusedError struct{ why string }

func (e *requestRefusedError) Error() string { return "the request was refused: " + e.why }

// find is the newest request that asks for the same. The server answers a query
// after the signals that came before it, so a request that is not there was done
// and forgotten, behind fifty others.
func find(all workflows.ResyncProgress, want workflows.ResyncRequest) (workflows.RequestProgress, bool) {
	for _, is := range slices.Backward(all.Requests) {
		if sameRequest(is, want) {
			return is, true
		}
	}
	return workflows.RequestProgress{}, false
}

// resyncLook puts a request's progress into words.
func (a *app) resyncLook(is workflows.RequestProgress, known bool) (l look, over bool, err error) {
	l.done, l.total = is.Done, is.Total
	switch {
	case !known:
		l.line = a.text("done: the run has finished so many requests since that it no longer shows this one")
		return l, true, nil
	case is.State == workflows.RequestRefused:
		return look{}, true, &requestRefusedError{why: is.Error}
	case is.State == workflows.RequestDone && is.Error != "":
		l.line = a.textf("done: %d of %d user-days; %s", is.Done, is.Total, is.Error)
		return l, true, nil
	case is.State == workflows.RequestDone:
		l.line = a.textf("done: %d of %d user-days", is.Done, is.Total)
		return l, true, nil
	case is.State == workflows.RequestRunning:
		l.line = a.textf("running: %d of %d user-days", is.Done, is.Total)
	default:
		l.line = a.text(is.State)
	}
	return l, false, nil
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
