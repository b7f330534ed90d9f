package main

import (
	"slices"
	"strings"
	"time"

	"github.com/rivo/uniseg"

	"dakasync/budget"
)

func (a *app) showPlan(is planned, reserve int) {
	c := is.Company
	a.sayf("%s, %g punches a day on %g days a month: %s punches.", a.counted(c.Employees, "employee"), c.Punches, c.Workdays, budget.Number(c.MonthPunches()))
	a.sayf("")
	a.showOptions(is.Options)
	a.sayf("")
	a.showFreshness(is.Options)
	if is.Wanted != nil {
		a.sayf("Wanted: events are answered %s, which takes %s calls and %s pushes a month; %s (%s) suffices, for %s yuan a year.", a.text(is.Wanted.Words()),
			budget.Number(is.Wanted.Calls), budget.Number(is.Wanted.Cost.Pushes),
			is.Wanted.Edition.Short(), is.Wanted.Edition.Title, budget.Number(is.Wanted.Edition.Price))
	}
	a.sayf("With %s a month would begin so:", a.boundWords(is.Has))
	a.sayf("  %s.", is.Begin.Reason)
	a.sayf("")
	a.sayf("Reckoned for a month of 31 days: %s, %.0f %% of the people within the busiest hour, %g approvals a month and person, failed pushes", a.counted(c.Shifts, "shift"), c.Peak*percent, c.Approvals)
	a.sayf("read daily %s, and %d %% of the calls kept for what people ask for. The flags change that.", a.timesADay(c.Drain), reserve)
	if c.Nights > 0 {
		a.sayf("%.0f %% of the people at work are there around midnight: live, one punch of theirs a day is asked about twice.", c.Nights*percent)
	}
	a.sayf("The nightly sweep alone needs no pushes: with no event ticked none come.")
	a.sayf("")
	a.sayf("Editions of DingTalk, as of %s: %s", is.AsOf, is.Source)
	a.showEditions(is.Editions)
}

func (a *app) showEditions(editions []budget.Edition) {
	rows, notes := make([][]string, 0, len(editions)+1), make([]string, 0, len(editions)+1)
	rows, notes = append(rows, []string{a.text("edition"), a.text("calls a month"), a.text("pushes a month"), a.text("yuan a year")}), append(notes, "")
	for _, e := range editions {
		rows = append(rows, []string{e.Name, a.boundWord(e.Calls), a.boundWord(e.Pushes), budget.Number(e.Price)})
		notes = append(notes, strings.Join(slices.DeleteFunc([]string{e.Title, e.Note}, empty), ", "))
	}
	for i, line := range aligned(rows) {
		a.sayf("%s", strings.TrimRight(line+"  "+notes[i], " "))
	}
}

func empty(s string) bool { return s == "" }

func (a *app) boundWord(n int) string {
	if n == 0 {
		return a.text("no bound")
	}
	return budget.Number(n)
}

// padded fills a text up to a width. A Chinese character is two columns wide.
func padded(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-uniseg.StringWidth(text)))
}

// aligned puts columns below each other: the first at the left, the others at the
// right.
func aligned(rows [][]string) []string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	lines := make([]string, len(rows))
	for n, row := range rows {
		for i, cell := range row {
			if i == 0 {
				lines[n] += "  " + padded(cell, widths[i])
			} else {
				lines[n] += "  " + strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell)) + cell
			}
		}
	}
	return lines
}

// showOptions is a line for each way to answer events.
func (a *app) showOptions(options []budget.Option) {
	rows := make([][]string, 0, len(options)+1)
	rows = append(rows, []string{
		a.text("events are answered"), a.text("events"), a.text("sweep"), a.text("schedules"), a.text("approvals"), a.text("failed pushes"),
		a.text("calls a month"), a.text("pushes"), a.text("fresh within"), a.text("edition"), a.text("yuan a year"),
	})
	for _, o := range options {
		rows = append(rows, []string{
			a.text(o.Words()), budget.Number(o.Cost.Events), budget.Number(o.Cost.Sweep), budget.Number(o.Cost.Schedules), budget.Number(o.Cost.Approvals),
			budget.Number(o.Cost.Drains), budget.Number(o.Calls), budget.Number(o.Cost.Pushes), a.text(o.FreshWords()), o.Edition.Short(), budget.Number(o.Edition.Price),
		})
	}
	for _, line := range aligned(rows) {
		a.sayf("%s", line)
	}
}

// showFreshness says what each step to something fresher costs, where it does.
func (a *app) showFreshness(options []budget.Option) {
	costs := false
	for i := len(options) - 2; i >= 0; i-- {
		slower, fresher := options[i+1], options[i]
		if more := fresher.Edition.Price - slower.Edition.Price; more > 0 {
			a.sayf("Answering %s instead of %s costs %s yuan a year more, for %s (%s).",
				a.text(fresher.Words()), a.text(slower.Words()), budget.Number(more), fresher.Edition.Short(), fresher.Edition.Title)
			costs = true
		}
	}
	if !costs {
		a.sayf("More freshness costs calls, and no money: %s suffices for all.", options[0].Edition.Short())
	}
}

func (a *app) timesADay(every time.Duration) string {
	if every <= 0 {
		return a.text("0 times")
	}
	words := a.counted(int(24*time.Hour/every), "time")
	if every < budget.QuietDrain {
		return a.textf("%s (%d where that would take over a twentieth of the calls)", words, int(24*time.Hour/budget.QuietDrain))
	}
	return words
}

func (a *app) boundWords(e budget.Edition) string {
	calls, pushes := a.textf("%s calls", budget.Number(e.Calls)), a.textf("%s pushes", budget.Number(e.Pushes))
	if e.Calls == 0 {
		calls = a.text("calls without bound")
	}
	if e.Pushes == 0 {
		pushes = a.text("pushes without bound")
	}
	return a.textf("%s (%s and %s a month)", e.Short(), calls, pushes)
}
