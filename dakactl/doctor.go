package main

import (
	"context"
	"strings"
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
		Long: a.textf("Looks at PostgreSQL, Temporal and the app in DingTalk's console, and changes nothing there. It says first how many\n"+
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

// unwellError is the report's last line where something wants an action.
type unwellError struct {
	line  string
	worst doctor.Severity
}

// Error is the line.
func (e *unwellError) Error() string { return e.line }

// ExitStatus goes by the worst.
func (e *unwellError) ExitStatus() int {
	if e.worst == doctor.Fault {
		return exitFault
	}
	return exitWarning
}

// unwell is nil where nothing wants an action.
func (a *app) unwell(r doctor.Report) error {
	wrong := r.Wrong()
	if len(wrong) == 0 {
		return nil
	}
	faults := 0
	for _, f := range wrong {
		if f.Severity == doctor.Fault {
			faults++
		}
	}
	line := a.textf("%s and %s want an action", a.counted(faults, string(doctor.Fault)), a.counted(len(wrong)-faults, string(doctor.Warning)))
	return &unwellError{line, r.Worst}
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
	x := w.examine(ctx, e.offline, func(calls int, facts doctor.LedgerFacts, known bool) doctor.Message {
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
	return a.unwell(x.Report)
}

// mayAsk says what asking DingTalk costs before it is asked, or why it is not.
func (a *app) mayAsk(b budget.Budget, e examination, calls int, facts doctor.LedgerFacts, known bool) (refusal doctor.Message) {
	aside, price := a.aside(e.asJSON), a.counted(calls, "call")
	left, bound := b.Left(facts.Budget, true)
	allowed := known && b.Allows(facts.Budget, calls, true) == nil
	switch {
	case !known && !e.force:
		return doctor.Textf("its calls could not be counted, as the ledger cannot be worked with (--force asks all the same)")
	case !known:
		aside.sayf("asking DingTalk costs at most %s; what is left this month is not known, and these are not counted", price)
	case !allowed && !e.force:
		return doctor.Textf("it could take %d calls, and %s are left this month (--force asks all the same)", calls, budget.Number(left))
	case !allowed:
		aside.sayf("asking DingTalk costs at most %s; %s are left this month (forced)", price, budget.Number(left))
	case bound:
		aside.sayf("asking DingTalk costs at most %s; %s are left this month", price, budget.Number(left))
	default:
		aside.sayf("asking DingTalk costs at most %s", price)
	}
	return doctor.Message{}
}

func (a *app) showExamined(x examined, asJSON bool) error {
	if asJSON {
		return a.sayJSON(x)
	}
	width := 0
	for _, f := range x.Findings {
		width = max(width, len(f.Check))
	}
	below := strings.Repeat(" ", severityWidth+width)
	for _, f := range x.Findings {
		a.sayf("%s%s  %s", padded(a.text(string(f.Severity)), severityWidth), padded(f.Check, width), f.Saw.In(a.text))
		if !f.Why.IsZero() {
			a.sayf("%s  why:  %s", below, f.Why.In(a.text))
		}
		if !f.Next.IsZero() {
			a.sayf("%s  next: %s", below, f.Next.In(a.text))
		}
	}
	a.sayf("%s to DingTalk, %d of them billed", a.counted(x.Calls.Sent, "call"), x.Calls.Billed)
	return nil
}

// severityWidth is the width of what stands before a check's name.
const severityWidth = len("warning  ")

// lookTime bounds each look at a store.
const lookTime = 20 * time.Second
