package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/config"
	"dakasync/workflows"
)

func (a *app) reconcileCommand() *cobra.Command {
	var date string
	var force, asJSON bool
	c := &cobra.Command{
		Use:   "reconcile [--date DATE] [--force] [--json]",
		Short: "Sweep one date, or all that is not settled, now",
		Long: "With --date: fetches that date for everybody. Without: triggers the schedule " + workflows.ScheduleReconcile + ",\n" +
			"which otherwise sweeps every night. It says first what that costs, and refuses what is over the month's budget.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if date == "" && !c.Flags().Changed("date") {
				return a.reconcileOpen(c.Context(), force, asJSON)
			}
			return a.reconcile(c.Context(), date, force, asJSON)
		},
	}
	forceFlag(c, &force)
	jsonFlag(c, &asJSON)
	c.Flags().StringVar(&date, "date", "", "the date, like 2026-11-01 (default: every unsettled one)")
	return c
}

// reconcileOpen triggers the sweep of all that is not settled: of yesterday and
// the day before, when every night has done its work.
func (a *app) reconcileOpen(ctx context.Context, force, asJSON bool) error {
	settings, err := config.Load(config.ForRequest)
	if err != nil {
		return err
	}
	yesterday := attendance.DateOf(a.nowFunc(), settings.Company.Location()).AddDays(-1)
	spent := a.sweepExpense(settings, attendance.DateRange{From: yesterday.AddDays(-1), To: yesterday}, force)
	spent.atLeast, spent.request.Nightly = true, true
	price, err := a.aside(asJSON).afford(ctx, settings, spent)
	if err != nil {
		return err
	}
	return a.trigger(ctx, settings, workflows.ScheduleReconcile, price, asJSON)
}

// sweepExpense is what a sweep costs.
func (a *app) sweepExpense(settings config.Config, days attendance.DateRange, force bool) expense {
	return expense{what: "the sweep", force: force, request: budget.Request{
		Days: days, Everybody: true, Schedules: true, Now: a.nowFunc().In(settings.Company.Location()),
	}}
}

func (a *app) reconcile(ctx context.Context, date string, force, asJSON bool) error {
	settings, err := config.Load(config.ForRequest)
	if err != nil {
		return err
	}
	day, err := checkDate(date, attendance.DateOf(a.nowFunc(), settings.Company.Location()))
	if err != nil {
		return err
	}
	price, err := a.aside(asJSON).afford(ctx, settings, a.sweepExpense(settings, attendance.DateRange{From: day, To: day}, force))
	if err != nil {
		return err
	}
	c, err := a.dialFunc(ctx, settings)
	if err != nil {
		return fmt.Errorf("nothing was started: %w", err)
	}
	defer c.Close()
	options := workflows.ReconcileOptions(settings.Temporal.TaskQueue, settings.Company.CorpID, date)
	_, err = c.ExecuteWorkflow(ctx, options, workflows.TypeReconcileDay, workflows.ReconcileInput{Date: date})
	_, already := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err)
	switch {
	case err != nil && !already:
		return fmt.Errorf("the sweep of %s was not started: %w", date, err)
	case asJSON:
		return a.sayJSON(requested{From: date, To: date, WorkflowID: options.ID, Already: already, Cost: price})
	case already:
		a.sayf("a sweep of %s is running already: %s", date, options.ID)
	default:
		a.sayf("started the sweep of %s: run %s in the Temporal UI", date, options.ID)
	}
	return nil
}

// checkDate finds what the sweep would refuse, before anything is sent.
func checkDate(text string, today attendance.Date) (attendance.Date, error) {
	date, err := attendance.ParseDate(text)
	switch {
	case err != nil:
		return date, fmt.Errorf("nothing was sent: --date: %w", err)
	case date.After(today):
		return date, fmt.Errorf("nothing was sent: --date %s is in the future: today is %s", date, today)
	case attendance.TooOld(date, today):
		return date, fmt.Errorf("nothing was sent: --date %s is over %d days back: DingTalk answers from %s on",
			date, attendance.HorizonDays, today.AddDays(-attendance.HorizonDays))
	}
	return date, nil
}
