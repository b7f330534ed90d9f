package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"dakasync/config"
	"dakasync/ledger"
)

// erasure is the report as it is shown.
type erasure struct {
	UserID string `json:"user_id"`
	DryRun bool   `json:"dry_run"`
	ledger.Erasure
	Elsewhere []string `json:"elsewhere"` // what this command does not reach
}

func (a *app) eraseCommand() *cobra.Command {
	var request ledger.EraseRequest
	var yes, asJSON bool
	c := &cobra.Command{
		Use:   "erase USER [--yes]",
		Short: "Erase a person from the ledger, with a report",
		Long: "Deletes a user's days, punches, results, versions, approvals, events and differences, and takes the user out of what others share.\n" +
			"Without --yes it only says what would go. It refuses for somebody who is still in contacts, since the next event or sweep would\n" +
			"bring the data again. The report names what it does not reach: runs in Temporal, backups, logs, and DingTalk.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			request.UserID, request.DryRun = args[0], !yes
			return a.erase(c.Context(), request, asJSON)
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "erase, and not only say what would go")
	c.Flags().BoolVar(&request.Present, "still-present", false, "also of somebody who is still in contacts")
	jsonFlag(c, &asJSON)
	return c
}

func (a *app) erase(ctx context.Context, request ledger.EraseRequest, asJSON bool) error {
	_, store, err := a.open(ctx, config.ForExport)
	if err != nil {
		return fmt.Errorf("nothing was erased: %w", err)
	}
	defer store.Close()
	done, err := store.Erase(ctx, request)
	if errors.Is(err, ledger.ErrPresent) {
		return fmt.Errorf("nothing was erased: %w; erase after the user has left, or add --still-present", err)
	}
	if err != nil {
		return fmt.Errorf("nothing was erased: %w", err)
	}
	report := erasure{UserID: request.UserID, DryRun: request.DryRun, Erasure: done, Elsewhere: []string{
		"runs in Temporal, until the namespace's retention ends: temporal workflow delete --query \"DakaUserId = '" + request.UserID + "'\"; " +
			"runs that are about many users (sweeps, batches) hold the id until then",
		"backups and logs, by their own retention",
		"DingTalk, which has everything",
	}}
	if asJSON {
		return a.sayJSON(report)
	}
	verb := a.text("erased")
	if request.DryRun {
		verb = a.text("would be erased; add --yes to do it")
	}
	a.sayf("%s: %s", request.UserID, verb)
	if len(done.Done) == 0 {
		a.sayf("  the ledger knows nothing of this user")
	}
	a.sayRows(done.Done)
	if len(done.Left) > 0 {
		a.sayf("left, to be looked at:")
		a.sayRows(done.Left)
	}
	a.sayf("not reached from here:")
	for _, place := range report.Elsewhere {
		a.sayf("  %s", place)
	}
	return nil
}

func (a *app) sayRows(rows []ledger.RowCount) {
	for _, r := range rows {
		a.sayf("  %-18s %6d  %s", r.Table, r.Rows, r.What)
	}
}
