package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"dakasync/budget"
	"dakasync/config"
)

// factsTime is how long the ledger may take to say what was spent. A request
// does not wait for a database that is away.
const factsTime = 10 * time.Second

// expense is what a command is about to have spent.
type expense struct {
	what    string // "the backfill"
	request budget.Request
	person  bool // it may use the reserve
	force   bool
	atLeast bool // more may come on top
}

func forceFlag(c *cobra.Command, force *bool) {
	c.Flags().BoolVar(force, "force", false, "do it though the month's calls do not suffice: what is over waits for the next month")
}

// afford says what a request costs before it is made, and refuses what is over
// what is left. Where it is not known what is left, it says so and lets it pass:
// then the runs themselves stop at the budget.
func (a *app) afford(ctx context.Context, settings config.Config, e expense) error {
	facts, unknown := a.lookAtFacts(ctx, settings)
	if e.request.Everybody {
		e.request.Users = facts.Employees
	}
	if e.request.Users == 0 {
		a.sayf("%s costs an unknown number of calls: %s", e.what, notKnown(unknown, "nobody has read contacts yet"))
		return nil
	}
	b := settings.Sync.Budget()
	e.request.Thrift = b.Thrifty(e.request.Users)
	calls, about := e.request.Calls(), "about "
	if e.atLeast {
		about = "at least about "
	}
	cost := fmt.Sprintf("%s costs %s%s (%s, %s)", e.what, about, budget.Counted(calls, "call"),
		budget.Counted(e.request.Users, "user"), budget.Counted(e.request.Days.Days(), "day"))
	left, bound := b.Left(facts, e.person)
	switch {
	case unknown != "":
		a.sayf("%s; what is left this month is not known: %s", cost, unknown)
		return nil
	case !bound:
		a.sayf("%s; no budget is set, and %s are spent this month", cost, budget.Number(facts.Calls))
	default:
		a.sayf("%s; %s are left this month, %s of %s are spent", cost, budget.Number(left), budget.Number(facts.Calls), budget.Number(b.Calls))
	}
	err := b.Allows(facts, calls, e.person)
	switch {
	case err == nil:
		return nil
	case e.force:
		a.sayf("forced: %v", err)
		return nil
	default:
		return fmt.Errorf("nothing was sent: %w; ask for less, raise the budget (DAKASYNC_EDITION, DAKASYNC_MONTHLY_CALLS), or give --force", err)
	}
}

// lookAtFacts asks the ledger what was spent; unknown says why it does not know.
func (a *app) lookAtFacts(ctx context.Context, settings config.Config) (facts budget.Facts, unknown string) {
	if settings.Database.URL.Reveal() == "" {
		return facts, "DATABASE_URL is not set"
	}
	ctx, cancel := context.WithTimeout(ctx, factsTime)
	defer cancel()
	store, err := a.openFunc(ctx, settings)
	if err != nil {
		return facts, err.Error()
	}
	defer store.Close()
	facts, err = store.BudgetFacts(ctx, a.nowFunc().In(settings.Company.Location()))
	if err != nil {
		return budget.Facts{}, fmt.Sprintf("the ledger cannot be read (DATABASE_URL): %v", err)
	}
	return facts, ""
}

func notKnown(why, otherwise string) string {
	if why != "" {
		return why
	}
	return otherwise
}

// expense is what fetching the span costs.
func (s *span) expense(a *app, settings config.Config, what string) expense {
	return expense{what: what, force: s.force, request: budget.Request{
		Days: s.days, Users: len(s.users), Everybody: len(s.users) == 0, Now: a.nowFunc().In(settings.Company.Location()),
	}}
}
