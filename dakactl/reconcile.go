package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"

	"dakasync/attendance"
	"dakasync/config"
	"dakasync/workflows"
)

func (a *app) reconcileCommand() *cobra.Command {
	var date string
	c := &cobra.Command{
		Use:   "reconcile [--date DATE]",
		Short: "Sweep one date, or all that is not settled, now",
		Long: "With --date: fetches that date for everybody. Without: triggers the schedule " + workflows.ScheduleReconcile + ",\n" +
			"which otherwise sweeps every night.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if date == "" && !c.Flags().Changed("date") {
				return a.trigger(c.Context(), workflows.ScheduleReconcile)
			}
			return a.reconcile(c.Context(), date)
		},
	}
	c.Flags().StringVar(&date, "date", "", "the date, like 2026-11-01 (default: every unsettled one)")
	return c
}

func (a *app) reconcile(ctx context.Context, date string) error {
	settings, err := config.Load(config.ForTemporal)
	if err != nil {
		return err
	}
	if err := checkDate(date, attendance.DateOf(a.nowFunc(), settings.Company.Location())); err != nil {
		return err
	}
	c, err := a.dialFunc(ctx, settings)
	if err != nil {
		return fmt.Errorf("nothing was started: %w", err)
	}
	defer c.Close()
	options := workflows.ReconcileOptions(settings.Temporal.TaskQueue, settings.Company.CorpID, date)
	_, err = c.ExecuteWorkflow(ctx, options, workflows.TypeReconcileDay, workflows.ReconcileInput{Date: date})
	if _, already := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); already {
		a.sayf("a sweep of %s is running already: %s", date, options.ID)
		return nil
	}
	if err != nil {
		return fmt.Errorf("the sweep of %s was not started: %w", date, err)
	}
	a.sayf("started the sweep of %s: run %s in the Temporal UI", date, options.ID)
	return nil
}

// checkDate finds what the sweep would refuse, before anything is sent.
func checkDate(text string, today attendance.Date) error {
	date, err := attendance.ParseDate(text)
	switch {
	case err != nil:
		return fmt.Errorf("nothing was sent: --date: %w", err)
	case date.After(today):
		return fmt.Errorf("nothing was sent: --date %s is in the future: today is %s", date, today)
	case attendance.TooOld(date, today):
		return fmt.Errorf("nothing was sent: --date %s is over %d days back: DingTalk answers from %s on",
			date, attendance.HorizonDays, today.AddDays(-attendance.HorizonDays))
	}
	return nil
}
