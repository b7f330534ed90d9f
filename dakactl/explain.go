package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"dakasync/attendance"
	"dakasync/config"
	"dakasync/dakactl/story"
)

func (a *app) explainCommand() *cobra.Command {
	var asJSON bool
	var ui string
	c := &cobra.Command{
		Use:   "explain USER DATE [--ui URL] [--json]",
		Short: "Tell the story of one person's day",
		Long: "Tells, in the order of time, all that the ledger knows of a user's work date: every hint and what became of it, the newest\n" +
			"questions, decisions, each version and what changed, approvals, times without a connection, what sweeps healed, and how the day\n" +
			"stands now. The id of each run stands beside it, or with --ui its address. Needs the ledger and nothing else.",
		Example: "  dakactl explain 0225 2026-11-02\n  dakactl explain 0225 2026-11-02 --ui http://127.0.0.1:8233",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return a.explain(c.Context(), args[0], args[1], ui, asJSON)
		},
	}
	c.Flags().StringVar(&ui, "ui", "", "address of the Temporal UI, like http://127.0.0.1:8233 or http://127.0.0.1:8233/namespaces/NAME, to show runs as links")
	jsonFlag(c, &asJSON)
	return c
}

func (a *app) explain(ctx context.Context, user, date, ui string, asJSON bool) error {
	day, err := attendance.ParseDate(date)
	if err != nil {
		return fmt.Errorf("nothing was looked up: DATE: %w", err)
	}
	address, err := runAddress(ui)
	if err != nil {
		return fmt.Errorf("nothing was looked up: --ui: %w", err)
	}
	settings, store, err := a.open(ctx, config.ForExport)
	if err != nil {
		return err
	}
	defer store.Close()
	facts, err := store.FactsOf(ctx, user, day)
	if err != nil {
		return fmt.Errorf("the ledger cannot be read (DATABASE_URL): %w", err)
	}
	told := story.Tell(facts)
	if address != nil {
		told.Link(address)
	}
	if asJSON {
		return a.sayJSON(told)
	}
	storyteller{app: a, zone: settings.Company.Location(), story: told}.tell()
	return nil
}

// runAddress makes links to runs, or nil if no UI is given. A UI without a namespace
// in its path means the default one.
func runAddress(ui string) (func(workflowID string) string, error) {
	if ui == "" {
		return nil, nil //nolint:nilnil // No links are wanted.
	}
	base, err := url.Parse(strings.TrimRight(ui, "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("%q is not an address like http://127.0.0.1:8233", ui)
	}
	if !strings.Contains(base.Path, "/namespaces/") {
		base = base.JoinPath("namespaces", "default")
	}
	return func(id string) string { return base.String() + "/workflows/" + url.PathEscape(id) }, nil
}
