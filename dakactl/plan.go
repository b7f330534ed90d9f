package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dakasync/budget"
)

// planning is what `dakactl plan` is asked.
type planning struct {
	company       budget.Company
	peak, nights  int
	edition       string
	calls, pushes int
	reserve       int
	window        string
	asJSON        bool
}

func (a *app) planCommand() *cobra.Command {
	p := planning{company: budget.Typical(0, time.Hour)}
	c := &cobra.Command{
		Use:   "plan --employees N [--window 5m] [--edition NAME | --calls N --pushes N]",
		Short: "Calculate what a company costs in calls, pushes and yuan",
		Long: "Calculates, before anything is installed: calls and pushes a month for each way to answer events, the cheapest\n" +
			"edition of DingTalk that suffices, and what more freshness costs. It needs no settings and asks nobody.",
		Example: "  dakactl plan --employees 200\n  dakactl plan --employees 1000 --punches 4 --shifts 2 --window 5m --edition professional",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.plan(c, p) },
	}
	f := c.Flags()
	f.IntVar(&p.company.Employees, "employees", 0, "how many people punch")
	f.Float64Var(&p.company.Punches, "punches", p.company.Punches, "punches a day and person")
	f.Float64Var(&p.company.Workdays, "workdays", p.company.Workdays, "workdays a month")
	f.IntVar(&p.company.Shifts, "shifts", p.company.Shifts, "shifts that begin at hours of their own, of about as many people each")
	f.IntVar(&p.peak, "peak", int(p.company.Peak*percent), "percent of a shift's people who punch within the busiest hour of its beginning or end")
	f.IntVar(&p.nights, "nights", 0, "percent of the people at work whose shift begins or ends at midnight, or goes beyond it")
	f.Float64Var(&p.company.Approvals, "approvals", p.company.Approvals, "approvals a month and person: leaves, trips, overtime, make-ups")
	f.DurationVar(&p.company.Drain, "drain", p.company.Drain, "how often failed pushes are read (DAKASYNC_DRAIN_INTERVAL)")
	f.StringVar(&p.edition, "edition", budget.EditionStandard, "edition that there is: "+strings.Join(budget.EditionNames(), ", "))
	f.IntVar(&p.calls, "calls", 0, "calls a month in place of the edition's; 0 = no bound")
	f.IntVar(&p.pushes, "pushes", 0, "pushes a month in place of the edition's; 0 = no bound")
	f.IntVar(&p.reserve, "reserve", budget.DefaultReserve, "percent of the calls that are kept for what people ask for (DAKASYNC_CALL_RESERVE)")
	f.StringVar(&p.window, "window", "", "wanted freshness: 0s = at once, 24h = the next morning")
	jsonFlag(c, &p.asJSON)
	offer(c, "edition", budget.EditionNames())
	return c
}

// percent is a whole.
const percent = 100

// planned is the answer: what `plan --json` prints. Times are in nanoseconds.
type planned struct {
	Company  budget.Company   `json:"company"`
	Has      budget.Edition   `json:"has"`
	Begin    budget.Decision  `json:"begin"` // how a month would begin with what there is
	Options  []budget.Option  `json:"options"`
	Wanted   *budget.Option   `json:"wanted,omitempty"`
	Editions []budget.Edition `json:"editions"`
	Source   string           `json:"source"`
	AsOf     string           `json:"as_of"`
}

func (a *app) plan(c *cobra.Command, p planning) error {
	if err := p.check(c.Flags().Changed); err != nil {
		return err
	}
	has, err := p.has(c.Flags().Changed)
	if err != nil {
		return err
	}
	p.company.Peak, p.company.Nights = float64(p.peak)/percent, float64(p.nights)/percent
	is := planned{
		Company: p.company, Has: has, Options: p.company.Options(p.reserve), Editions: budget.Editions(), Source: budget.Source, AsOf: budget.AsOf,
		Begin: p.company.Begin(has.Budget(p.reserve, p.company.Drain), a.nowFunc()),
	}
	if p.window != "" {
		fresh, err := time.ParseDuration(p.window)
		if err != nil || fresh < 0 {
			return fmt.Errorf("--window %q is not a duration like 0s, 5m or 24h", p.window)
		}
		wanted := p.company.Within(fresh, p.reserve)
		is.Wanted = &wanted
	}
	if p.asJSON {
		return a.sayJSON(is)
	}
	a.showPlan(is, p.reserve)
	return nil
}

// check finds what cannot be calculated with. That a number is none is seen by its
// being within no bounds.
func (p planning) check(given func(string) bool) error {
	c := p.company
	switch {
	case !given("employees"):
		return errors.New("--employees is missing: give the number of people who punch")
	case c.Employees < 1 || c.Employees > mostPeople:
		return fmt.Errorf("--employees takes the number of people who punch, from 1 to %s", budget.Number(mostPeople))
	case !(c.Punches > 0 && c.Punches <= 50):
		return errors.New("--punches takes a number over 0, of at most 50")
	case !(c.Workdays > 0 && c.Workdays <= 31):
		return errors.New("--workdays takes a number over 0, of at most 31")
	case c.Shifts < 1 || c.Shifts > 24:
		return errors.New("--shifts takes a whole number from 1 to 24")
	case p.peak < 0 || p.peak > percent:
		return errors.New("--peak takes a whole number from 0 to 100")
	case p.nights < 0 || p.nights > percent:
		return errors.New("--nights takes a whole number from 0 to 100")
	case !(c.Approvals >= 0 && c.Approvals <= 1000):
		return errors.New("--approvals takes a number from 0 to 1000")
	case c.Drain != 0 && c.Drain < time.Second:
		return errors.New("--drain takes a duration of at least 1s, or 0s for never")
	default:
		return nil
	}
}

// has is the edition that there is, with the numbers that were given.
func (p planning) has(given func(string) bool) (budget.Edition, error) {
	has, known := budget.EditionOf(p.edition)
	switch {
	case p.reserve < 0 || p.reserve > 90:
		return has, errors.New("--reserve takes a whole number from 0 to 90")
	case min(p.calls, p.pushes) < 0 || max(p.calls, p.pushes) > mostBudget:
		return has, fmt.Errorf("--calls and --pushes take a whole number from 0 to %d", mostBudget)
	case !known:
		return has, fmt.Errorf("--edition %q is not known; it takes %s", p.edition, strings.Join(budget.EditionNames(), ", "))
	}
	if given("calls") {
		has.Calls = p.calls
	}
	if given("pushes") {
		has.Pushes = p.pushes
	}
	return has, nil
}

// More than anybody calculates for. The settings take as large a budget.
const (
	mostPeople = 10_000_000
	mostBudget = 1_000_000_000
)
