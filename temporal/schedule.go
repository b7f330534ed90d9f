package temporal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"dakasync/seal"
	"dakasync/workflows"
)

// The nightly sweep runs when even a late shift's results of two days ago are
// final and nobody competes for calls. After an outage of up to a day it is
// made up for, once.
const (
	sweepHour, sweepMinute = 2, 10
	sweepCatchup           = 23 * time.Hour
)

func (s Setup) drainSchedule() client.ScheduleOptions {
	return client.ScheduleOptions{
		ID:            workflows.ScheduleDrain,
		Spec:          client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: s.DrainInterval}}},
		Action:        s.action(workflows.ScheduleDrain, workflows.TypeDrainFailedPushes, "Read the events that DingTalk could not push"),
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: s.DrainInterval,
	}
}

// governInterval is how often it is decided how events are answered.
const governInterval = 10 * time.Minute

func (s Setup) governSchedule() client.ScheduleOptions {
	return client.ScheduleOptions{
		ID:                 workflows.ScheduleGovern,
		Spec:               client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: governInterval}}},
		Action:             s.action(workflows.ScheduleGovern, workflows.TypeGovern, "Decide how events are answered within the budget"),
		Overlap:            enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow:      governInterval,
		TriggerImmediately: true,
	}
}

func (s Setup) reconcileSchedule() client.ScheduleOptions {
	return client.ScheduleOptions{
		ID: workflows.ScheduleReconcile,
		Spec: client.ScheduleSpec{
			Calendars: []client.ScheduleCalendarSpec{{
				Hour:   []client.ScheduleRange{{Start: sweepHour}},
				Minute: []client.ScheduleRange{{Start: sweepMinute}},
			}},
			TimeZoneName: s.Location.String(),
		},
		Action:        s.action(workflows.ScheduleReconcile, workflows.TypeReconcileDay, "Fetch again what is not settled", workflows.ReconcileInput{}),
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: sweepCatchup,
	}
}

func (s Setup) action(id, workflow, summary string, args ...any) *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{
		ID: id, Workflow: workflow, Args: args, TaskQueue: s.Queue, StaticSummary: summary,
		Priority: temporal.Priority{PriorityKey: workflows.PrioritySweep},
	}
}

// ensureSchedule creates a schedule, or gives the one that is there the times,
// the task queue and the key of the settings. Its state, paused or not, is left
// alone.
func (s Setup) ensureSchedule(ctx context.Context, c Client, want client.ScheduleOptions) error {
	_, err := c.ScheduleClient().Create(ctx, want)
	if err == nil {
		return nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return fmt.Errorf("create the schedule %s: %w", want.ID, err)
	}
	handle := c.ScheduleClient().GetHandle(ctx, want.ID)
	is, err := handle.Describe(ctx)
	if err != nil {
		return fmt.Errorf("read the schedule %s: %w", want.ID, err)
	}
	sealed, err := s.sealed(ctx, c, want.ID)
	if err != nil {
		return err
	}
	if asWanted(is.Schedule, want) && sealed {
		return nil
	}
	err = handle.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
		schedule := in.Description.Schedule
		schedule.Spec, schedule.Action = &want.Spec, want.Action
		schedule.Policy = &client.SchedulePolicies{Overlap: want.Overlap, CatchupWindow: want.CatchupWindow}
		return &client.ScheduleUpdate{Schedule: &schedule}, nil
	}})
	if err != nil {
		return fmt.Errorf("adjust the schedule %s to the settings: %w", want.ID, err)
	}
	return nil
}

// sealed reports whether what a schedule's runs are started with is sealed as
// the settings say. A schedule outlives every run: sealed with an old key, it
// would need that key for ever.
func (s Setup) sealed(ctx context.Context, c Client, id string) (bool, error) {
	described, err := c.WorkflowService().DescribeSchedule(ctx, &workflowservice.DescribeScheduleRequest{Namespace: s.Namespace, ScheduleId: id})
	if err != nil {
		return false, fmt.Errorf("read the schedule %s: %w", id, err)
	}
	start := described.GetSchedule().GetAction().GetStartWorkflow()
	payloads := start.GetInput().GetPayloads()
	if summary := start.GetUserMetadata().GetSummary(); summary != nil {
		payloads = append(payloads, summary)
	}
	for _, p := range payloads {
		if seal.KeyOf(p) != s.Sealer {
			return false, nil
		}
	}
	return true, nil
}

// asWanted compares what the settings decide: interval, zone and task queue.
// The server returns a calendar with its defaults filled in, so its hours are
// not compared; they are not a setting.
func asWanted(is client.Schedule, want client.ScheduleOptions) bool {
	action, ok := is.Action.(*client.ScheduleWorkflowAction)
	wanted, wantedOK := want.Action.(*client.ScheduleWorkflowAction)
	return ok && wantedOK && is.Spec != nil && action.TaskQueue == wanted.TaskQueue &&
		is.Spec.TimeZoneName == want.Spec.TimeZoneName && slices.Equal(is.Spec.Intervals, want.Spec.Intervals)
}
