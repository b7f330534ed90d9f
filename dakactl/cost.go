package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/config"
	"dakasync/dakactl/say"
)

// factsTime is how long the ledger may take to say what was spent. A request
// does not wait for a database that is away.
const factsTime = 10 * time.Second

const nobodyKnown = "nobody has read contacts yet" // why a cost is not known

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
// then the runs themselves stop at the budget. Where DingTalk itself refuses calls,
// nothing is left, to a person neither.
func (a *app) afford(ctx context.Context, settings config.Config, e expense) (*cost, error) {
	known, unknown := a.lookAtFacts(ctx, settings, e.request)
	facts := known.facts
	if e.request.Everybody {
		e.request.Users = facts.Employees
	}
	price := &cost{Days: e.request.Days.Days(), Users: e.request.Users, AtLeast: e.atLeast, Unknown: unknown}
	if e.request.Users == 0 {
		if unknown == "" {
			price.Unknown = nobodyKnown
		}
		a.sayf("%s costs an unknown number of calls: %s", a.text(e.what), a.text(price.Unknown))
		return price, nil
	}
	b := settings.Sync.Budget()
	e.request = e.request.Knowing(known.started, facts.Employees)
	e.request.Thrift = b.Thrifty(e.request.Users) && !known.kept
	price.Calls = e.request.Calls()
	words := a.costWords(e, price)
	if unknown != "" {
		a.sayf("%s; what is left this month is not known: %s", words, unknown)
		return price, nil
	}
	price.Left = a.sayLeft(words, facts, b, e.person)
	err := b.Allows(facts, price.Calls, e.person && !facts.Spent())
	switch {
	case err == nil:
		a.sayStarved(facts, b, e.what, price.Calls)
		return price, nil
	case e.force:
		price.Forced = err.Error()
		a.sayf("forced: %v", err)
		return price, nil
	case facts.Spent():
		return nil, fmt.Errorf("nothing was sent: %w; buy calls, wait for the month to turn, or give --force", err)
	default:
		return nil, fmt.Errorf("nothing was sent: %w; ask for less, raise the budget (DAKASYNC_EDITION, DAKASYNC_MONTHLY_CALLS), or give --force", err)
	}
}

// sayLeft says what is left of the month beside what a request costs; nil where there
// is no bound.
func (a *app) sayLeft(words string, facts budget.Facts, b budget.Budget, person bool) *int {
	left, bound := b.Left(facts, person)
	switch {
	case facts.Spent():
		a.sayf("%s; DingTalk said at %s that this month's calls are spent (90020): it waits until calls are bought or the month turns",
			words, facts.Refused.In(facts.At.Location()).Format(time.DateTime))
		return new(int)
	case !bound:
		a.sayf("%s; no budget is set, and %s are spent this month", words, budget.Number(facts.Calls))
		return nil
	default:
		a.sayf("%s; %s are left this month, %s of %s are spent", words, budget.Number(left), budget.Number(facts.Calls), budget.Number(b.Calls))
		return &left
	}
}

// sayStarved says where what a request takes is then missing to events and sweeps
// until the month turns.
func (a *app) sayStarved(facts budget.Facts, b budget.Budget, what string, calls int) {
	before := budget.Decide(facts, b)
	facts.Calls += calls
	after := budget.Decide(facts, b)
	if b.Lasts(before) && !b.Lasts(after) {
		a.sayf("with %s the month's calls do not last. %s", a.text(what), after.Reason)
	}
}

// known is what the ledger says before a request is made.
type known struct {
	facts   budget.Facts
	kept    bool // for a nightly sweep: events were kept for it
	started int  // approvals, in the time that is searched
}

// lookAtFacts asks the ledger; unknown says why it does not know.
func (a *app) lookAtFacts(ctx context.Context, settings config.Config, r budget.Request) (k known, unknown string) {
	if settings.Database.URL.Reveal() == "" {
		return k, "DATABASE_URL is not set"
	}
	ctx, cancel := context.WithTimeout(ctx, factsTime)
	defer cancel()
	store, err := a.openFunc(ctx, settings)
	if err != nil {
		return k, err.Error()
	}
	defer store.Close()
	k.facts, err = store.BudgetFacts(ctx, a.nowFunc().In(settings.Company.Location()))
	if err == nil && r.Nightly {
		k.kept, err = store.KeptSince(ctx, r.Days.From.In(settings.Company.Location()))
	}
	var searches []attendance.TemplateSearch
	if err == nil {
		searches, err = store.ApprovalSearches(ctx, r.Searched().From)
	}
	if err != nil {
		return known{}, fmt.Sprintf("the ledger cannot be read (DATABASE_URL): %v", err)
	}
	for _, s := range searches {
		k.started += s.Finished
	}
	return k, ""
}

func (a *app) costWords(e expense, price *cost) string {
	calls, users, days := a.counted(price.Calls, "call"), a.counted(price.Users, "user"), a.counted(price.Days, "day")
	if price.AtLeast {
		return a.textf("%s costs at least about %s (%s, %s)", a.text(e.what), calls, users, days)
	}
	return a.textf("%s costs about %s (%s, %s), and 1 or 2 for each approval that is not read yet", a.text(e.what), calls, users, days)
}

// counted is a number of things, by their name in the singular.
func (a *app) counted(n int, thing string) string {
	if a.words == say.English {
		return budget.Counted(n, thing)
	}
	return budget.Number(n) + " " + a.text(thing)
}

// expense is what fetching the span costs.
func (s *span) expense(a *app, settings config.Config, what string) expense {
	return expense{what: what, force: s.force, request: budget.Request{
		Days: s.days, Users: len(s.users), Everybody: len(s.users) == 0, Now: a.nowFunc().In(settings.Company.Location()),
	}}
}
