package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"dakasync/config"
)

func (a *app) migrateCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "migrate [--json]",
		Short: "Bring the database's schema up to this version",
		Long: "Brings the schema dakasync of DATABASE_URL up to this version; one that is up already is left alone.\n" +
			"The worker does the same at its start unless DAKASYNC_MIGRATE=false.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.migrate(c.Context(), asJSON) },
	}
	jsonFlag(c, &asJSON)
	return c
}

func (a *app) migrate(ctx context.Context, asJSON bool) error {
	_, store, err := a.open(ctx, config.ForMigrate)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Migrate(ctx); err != nil {
		return fmt.Errorf("the schema was not brought up (is DATABASE_URL right, and may its user create the schema dakasync?): %w", err)
	}
	at, err := store.Version(ctx)
	if err != nil {
		return fmt.Errorf("the schema was brought up, but its version cannot be read: %w", err)
	}
	if asJSON {
		return a.sayJSON(map[string]int64{"schema_version": at})
	}
	a.sayf("the schema is at version %d", at)
	return nil
}
