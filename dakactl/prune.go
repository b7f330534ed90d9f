package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dakasync/config"
	"dakasync/ledger"
)

func (a *app) pruneCommand() *cobra.Command {
	var keep map[string]int
	var yes, asJSON bool
	kinds := ledger.Kinds()
	least := make([]string, 0, len(kinds))
	for _, kind := range kinds {
		age, why := ledger.LeastRetention(kind)
		least = append(least, a.textf("  %-14s at least %3d: %s", kind, days(age), a.text(why)))
	}
	c := &cobra.Command{
		Use:   "prune --keep KIND=DAYS[,KIND=DAYS…] [--yes]",
		Short: "Delete what is older than it is to be kept",
		Long: a.text("Deletes, of each kind of data that is named, what is older than so many days; run it from a timer. Nothing that is still open goes,\n"+
			"nor the newest version of a day; but of days all goes, as DingTalk answers nothing about days so old. Stretches of coverage are joined,\n"+
			"and what they prove stays. Without --yes it only says what would go. Kinds, and the days for which each must be kept:") +
			"\n" + strings.Join(least, "\n"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.prune(c.Context(), keep, !yes, asJSON) },
	}
	c.Flags().StringToIntVar(&keep, "keep", nil, "days for which a kind is kept, like events=400; may be repeated")
	offer(c, "keep", kinds)
	c.Flags().BoolVar(&yes, "yes", false, "delete, and not only say what would go")
	jsonFlag(c, &asJSON)
	return c
}

// mostKept is a century of days. Over 292 years a duration begins anew from below, and would have young rows deleted.
const mostKept = 36525

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

func (a *app) prune(ctx context.Context, keep map[string]int, dryRun, asJSON bool) error {
	if len(keep) == 0 {
		return errors.New("nothing was deleted: name what to prune, like --keep events=400")
	}
	ages := map[string]time.Duration{}
	for kind, n := range keep {
		if n > mostKept {
			return fmt.Errorf("nothing was deleted: %s: %d days are more than the %d that can be named: leave a kind out to keep all of it", kind, n, mostKept)
		}
		ages[kind] = time.Duration(n) * 24 * time.Hour
	}
	_, store, err := a.open(ctx, config.ForExport)
	if err != nil {
		return fmt.Errorf("nothing was deleted: %w", err)
	}
	defer store.Close()
	done, err := store.Prune(ctx, ages, dryRun)
	if err != nil {
		return fmt.Errorf("nothing was deleted: %w", err)
	}
	if asJSON {
		return a.sayJSON(map[string]any{"dry_run": dryRun, "keep_days": keep, "done": done})
	}
	switch {
	case len(done) == 0:
		a.sayf("nothing is older")
	case dryRun:
		a.sayf("would be deleted; add --yes to do it:")
	default:
		a.sayf("deleted:")
	}
	a.sayRows(done)
	return nil
}
