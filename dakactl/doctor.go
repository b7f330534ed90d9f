package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"dakasync/budget"
	"dakasync/config"
	"dakasync/doctor"
)

// Exit statuses of doctor, beside 1 (it could not be made) and 2 (faults in the
// settings).
const (
	exitWarning = 3
	exitFault   = 4
)

// examination is what `dakactl doctor` is asked.
type examination struct {
	offline, force, asJSON bool
}

func (a *app) doctorCommand() *cobra.Command {
	var e examination
	c := &cobra.Command{
		Use:   "doctor [--offline] [--json] [--force]",
		Short: "Examine the installation: what is set up wrongly, why it matters, and what to do",
		Long: fmt.Sprintf("Looks at PostgreSQL, Temporal and the app in DingTalk's console, and changes nothing there. It says first how many\n"+
			"calls it takes (at most %d, counted like all others), waits for each call's turn, and makes none that the month's\n"+
			"budget does not hold. With --offline DingTalk is not asked. docs/doctor.md lists the checks.\n\n"+
			"Exit status: 0 nothing wants an action, %d a warning does, %d a fault; 1 it could not be made, 2 faults in the settings.",
			doctor.Calls, exitWarning, exitFault),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.doctor(c.Context(), e) },
	}
	c.Flags().BoolVar(&e.offline, "offline", false, "ask DingTalk nothing, and spend nothing")
	c.Flags().BoolVar(&e.force, "force", false, "ask DingTalk though the month's calls do not suffice, or cannot be counted")
	jsonFlag(c, &e.asJSON)
	return c
}

// examined is what `doctor --json` prints.
type examined struct {
	doctor.Report

	Calls spentCalls `json:"calls"`
}

// spentCalls are the calls to DingTalk that the examination took.
type spentCalls struct {
	Sent   int `json:"sent"`
	Billed int `json:"billed"`
}

// Error is the report's last line.
func (x examined) Error() string {
	faults, warnings := 0, 0
	for _, f := range x.Wrong() {
		if f.Severity == doctor.Fault {
			faults++
		} else {
			warnings++
		}
	}
	return budget.Counted(faults, "fault") + " and " + budget.Counted(warnings, "warning") + " want an action"
}

// ExitStatus goes by the worst.
func (x examined) ExitStatus() int {
	if x.Worst == doctor.Fault {
		return exitFault
	}
	return exitWarning
}

func (a *app) doctor(ctx context.Context, e examination) error {
	settings, err := config.Load(config.ForDoctor)
	if err != nil {
		return err
	}
	w, err := newWard(ctx, settings, a.nowFunc)
	if err != nil {
		return err
	}
	defer w.close()
	countable := false
	x := w.examine(ctx, e.offline, func(calls int, facts doctor.LedgerFacts, known bool) error {
		countable = known
		return a.mayAsk(settings.Sync.Budget(), e, calls, facts, known)
	})
	if countable {
		if err := w.calls.write(context.WithoutCancel(ctx), w.store); err != nil {
			x.Report = x.With(doctor.Uncounted(err))
		}
	}
	if ctx.Err() != nil {
		return ctx.Err() // what was found is that nobody waits for it
	}
	if err := a.showExamined(x, e.asJSON); err != nil {
		return err
	}
	if len(x.Wrong()) > 0 {
		return x
	}
	return nil
}

// mayAsk says what asking DingTalk costs before it is asked, or why it is not.
func (a *app) mayAsk(b budget.Budget, e examination, calls int, facts doctor.LedgerFacts, known bool) error {
	aside := a.aside(e.asJSON)
	cost := "asking DingTalk costs at most " + budget.Counted(calls, "call")
	if !known {
		if !e.force {
			return errors.New("its calls could not be counted, as the ledger cannot be worked with (--force asks all the same)")
		}
		aside.sayf("%s", cost+"; what is left this month is not known, and these are not counted")
		return nil
	}
	left, bound := b.Left(facts.Budget, true)
	if bound {
		cost += fmt.Sprintf("; %s are left this month", budget.Number(left))
	}
	if err := b.Allows(facts.Budget, calls, true); err != nil {
		if !e.force {
			return fmt.Errorf("%w (--force asks all the same)", err)
		}
		cost += " (forced)"
	}
	aside.sayf("%s", cost)
	return nil
}

func (a *app) showExamined(x examined, asJSON bool) error {
	if asJSON {
		return a.sayJSON(x)
	}
	width := 0
	for _, f := range x.Findings {
		width = max(width, len(f.Check))
	}
	for _, f := range x.Findings {
		a.sayf("%-8s %-*s  %s", f.Severity, width, f.Check, f.Saw)
		if f.Why != "" {
			a.sayf("%*s  why:  %s", width+len("warning  "), "", f.Why)
		}
		if f.Next != "" {
			a.sayf("%*s  next: %s", width+len("warning  "), "", f.Next)
		}
	}
	a.sayf("%s to DingTalk, %d of them billed", budget.Counted(x.Calls.Sent, "call"), x.Calls.Billed)
	return nil
}

// lookTime bounds each look at a store.
const lookTime = 20 * time.Second
