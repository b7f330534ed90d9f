package main

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"dakasync/config"
)

// trigger makes a schedule act now. A paused one acts too, and stays paused.
func (a *app) trigger(ctx context.Context, settings config.Config, schedule string, price *cost, asJSON bool) error {
	answer := requested{Schedule: schedule, Cost: price}
	c, err := a.dialFunc(ctx, settings)
	if err != nil {
		return fmt.Errorf("nothing was triggered: %w", err)
	}
	defer c.Close()
	handle := c.ScheduleClient().GetHandle(ctx, schedule)
	is, err := handle.Describe(ctx)
	if err != nil {
		return scheduleError(schedule, err)
	}
	if running := is.Info.RunningWorkflows; len(running) > 0 {
		answer.Already, answer.WorkflowID = true, running[0].WorkflowID
		if asJSON {
			return a.sayJSON(answer)
		}
		a.sayf("the schedule %s is at work already: run %s", schedule, running[0].WorkflowID)
		return nil
	}
	if err := handle.Trigger(ctx, client.ScheduleTriggerOptions{}); err != nil {
		return scheduleError(schedule, err)
	}
	if asJSON {
		return a.sayJSON(answer)
	}
	a.sayf("triggered the schedule %s; its runs are in the Temporal UI under Schedules", schedule)
	return nil
}

func scheduleError(schedule string, err error) error {
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		return fmt.Errorf("the schedule %s is not there: worker and starter create it when they start; start one of them against this Temporal namespace", schedule)
	}
	return fmt.Errorf("the schedule %s cannot be used: %w", schedule, err)
}
