package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"dakasync/budget"
)

func (a *app) showPlan(is planned, reserve int) error {
	c := is.Company
	a.sayf("%s, %g punches a day on %g days a month: %s punches.", budget.Counted(c.Employees, "employee"), c.Punches, c.Workdays, budget.Number(is.Options[0].Cost.Events))
	a.sayf("")
	if err := a.showOptions(is.Options); err != nil {
		return err
	}
	a.sayf("")
	a.showFreshness(is.Options)
	if is.Wanted != nil {
		a.sayf("Wanted: events are answered %s, which takes %s calls and %s pushes a month; %s (%s) suffices, for %s yuan a year.", is.Wanted.Words(),
			budget.Number(is.Wanted.Calls), budget.Number(is.Wanted.Cost.Pushes),
			is.Wanted.Edition.Short(), is.Wanted.Edition.Title, budget.Number(is.Wanted.Edition.Price))
	}
	a.sayf("With %s a month would begin so:", boundWords(is.Has))
	a.sayf("  %s.", is.Begin.Reason)
	a.sayf("")
	a.sayf("Reckoned for a month of 31 days: %s, %.0f %% of the people within the busiest hour, %g approvals a month and person, failed pushes", budget.Counted(c.Shifts, "shift"), c.Peak*percent, c.Approvals)
	a.sayf("read daily %s, and %d %% of the calls kept for what people ask for. The flags change that.", timesADay(c.Drain), reserve)
	a.sayf("The nightly sweep alone needs no pushes: with no event ticked none come.")
	a.sayf("")
	a.sayf("Editions of DingTalk, as of %s: %s", is.AsOf, is.Source)
	return a.showEditions(is.Editions)
}

func (a *app) showEditions(editions []budget.Edition) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(w, "%-26s\t%s\n", "edition", "calls a month\tpushes a month\tyuan a year\t")
	for _, e := range editions {
		_, _ = fmt.Fprintf(w, "%-26s\t%s\t%s\t%s\t  %s\n", e.Name, boundWord(e.Calls), boundWord(e.Pushes), budget.Number(e.Price), strings.Join(slices.DeleteFunc([]string{e.Title, e.Note}, empty), ", "))
	}
	return flush(w)
}

func empty(s string) bool { return s == "" }

func boundWord(n int) string {
	if n == 0 {
		return "no bound"
	}
	return budget.Number(n)
}

func flush(w *tabwriter.Writer) error {
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	return nil
}

// showOptions is a line for each way to answer events.
func (a *app) showOptions(options []budget.Option) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(w, "%-26s\t%s\n", "events are answered", "events\tsweep\tschedules\tapprovals\tfailed pushes\tcalls a month\tpushes\tfresh within\tedition\tyuan a year\t")
	for _, o := range options {
		_, _ = fmt.Fprintf(w, "%-26s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", o.Words(), budget.Number(o.Cost.Events), budget.Number(o.Cost.Sweep),
			budget.Number(o.Cost.Schedules), budget.Number(o.Cost.Approvals), budget.Number(o.Cost.Drains), budget.Number(o.Calls), budget.Number(o.Cost.Pushes),
			o.FreshWords(), o.Edition.Short(), budget.Number(o.Edition.Price))
	}
	return flush(w)
}

// showFreshness says what each step to something fresher costs, where it does.
func (a *app) showFreshness(options []budget.Option) {
	costs := false
	for i := len(options) - 2; i >= 0; i-- {
		slower, fresher := options[i+1], options[i]
		if more := fresher.Edition.Price - slower.Edition.Price; more > 0 {
			a.sayf("Answering %s instead of %s costs %s yuan a year more, for %s (%s).",
				fresher.Words(), slower.Words(), budget.Number(more), fresher.Edition.Short(), fresher.Edition.Title)
			costs = true
		}
	}
	if !costs {
		a.sayf("More freshness costs calls, and no money: %s suffices for all.", options[0].Edition.Short())
	}
}

func timesADay(every time.Duration) string {
	if every <= 0 {
		return "0 times"
	}
	words := budget.Counted(int(24*time.Hour/every), "time")
	if every < budget.QuietDrain {
		words += fmt.Sprintf(" (%d where that would take over a twentieth of the calls)", int(24*time.Hour/budget.QuietDrain))
	}
	return words
}

func boundWords(e budget.Edition) string {
	calls, pushes := budget.Number(e.Calls)+" calls", budget.Number(e.Pushes)+" pushes"
	if e.Calls == 0 {
		calls = "calls without bound"
	}
	if e.Pushes == 0 {
		pushes = "pushes without bound"
	}
	return fmt.Sprintf("%s (%s and %s a month)", e.Short(), calls, pushes)
}
