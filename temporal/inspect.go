package temporal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"dakasync/workflows"
)

// Inspectable is the part of a Temporal client that Inspect needs.
type Inspectable interface {
	OperatorService() operatorservice.OperatorServiceClient
	WorkflowService() workflowservice.WorkflowServiceClient
	ScheduleClient() client.ScheduleClient
	WorkerDeploymentClient() client.WorkerDeploymentClient
}

// Inspection is what is there of all that a deployment needs.
type Inspection struct {
	Retention         time.Duration
	AttributesUnknown bool     // only administrators may look
	MissingAttributes []string // or of another type
	Schedules         []InspectedSchedule
	Queues            []InspectedQueue
	DeploymentFound   bool
	CurrentBuild      string
}

// InspectedSchedule is one that there must be.
type InspectedSchedule struct {
	ID      string
	Missing bool
	Paused  bool
}

// InspectedQueue is a task queue with how many pollers the server has seen lately.
type InspectedQueue struct {
	Name    string
	Kind    string
	Pollers int
}

// Inspect looks, and changes nothing. deployment may be "".
func Inspect(ctx context.Context, c Inspectable, namespace, queue, deployment string) (Inspection, error) {
	var is Inspection
	found, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	if err != nil {
		return is, fmt.Errorf("look at the Temporal namespace %s (TEMPORAL_NAMESPACE): %w", namespace, err)
	}
	is.Retention = found.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
	if err := is.attributes(ctx, c.OperatorService(), namespace); err != nil {
		return is, err
	}
	for _, id := range []string{workflows.ScheduleGovern, workflows.ScheduleDrain, workflows.ScheduleReconcile} {
		if err := is.schedule(ctx, c.ScheduleClient(), id); err != nil {
			return is, err
		}
	}
	for _, one := range []struct {
		name string
		kind enumspb.TaskQueueType
	}{
		{queue, enumspb.TASK_QUEUE_TYPE_WORKFLOW},
		{queue, enumspb.TASK_QUEUE_TYPE_ACTIVITY},
		{workflows.DingTalkQueue(queue), enumspb.TASK_QUEUE_TYPE_ACTIVITY},
		{workflows.BackgroundQueue(queue), enumspb.TASK_QUEUE_TYPE_ACTIVITY},
	} {
		answer, err := c.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
			Namespace: namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: one.name, Kind: enumspb.TASK_QUEUE_KIND_NORMAL}, TaskQueueType: one.kind,
		})
		if err != nil {
			return is, fmt.Errorf("look at the task queue %s: %w", one.name, err)
		}
		is.Queues = append(is.Queues, InspectedQueue{one.name, strings.ToLower(one.kind.String()), len(answer.GetPollers())})
	}
	return is, is.deployment(ctx, c, deployment)
}

func (is *Inspection) attributes(ctx context.Context, operator operatorservice.OperatorServiceClient, namespace string) error {
	known, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	switch {
	case forbidden(err):
		is.AttributesUnknown = true
		return nil
	case err != nil:
		return fmt.Errorf("list the search attributes of the Temporal namespace %s: %w", namespace, err)
	}
	for _, name := range workflows.SearchAttributes() {
		if known.GetCustomAttributes()[name] != enumspb.INDEXED_VALUE_TYPE_KEYWORD {
			is.MissingAttributes = append(is.MissingAttributes, name)
		}
	}
	return nil
}

func (is *Inspection) schedule(ctx context.Context, c client.ScheduleClient, id string) error {
	found, err := c.GetHandle(ctx, id).Describe(ctx)
	one := InspectedSchedule{ID: id}
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		one.Missing = true
	} else if err != nil {
		return fmt.Errorf("look at the schedule %s: %w", id, err)
	} else {
		one.Paused = found.Schedule.State != nil && found.Schedule.State.Paused
	}
	is.Schedules = append(is.Schedules, one)
	return nil
}

func (is *Inspection) deployment(ctx context.Context, c Inspectable, name string) error {
	if name == "" {
		return nil
	}
	found, err := c.WorkerDeploymentClient().GetHandle(name).Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the deployment %s: %w", name, err)
	}
	is.DeploymentFound = true
	if current := found.Info.RoutingConfig.CurrentVersion; current != nil {
		is.CurrentBuild = current.BuildID
	}
	return nil
}
