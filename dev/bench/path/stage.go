package path

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"

	"dakasync/dev/bench/rounds"
)

// stages is where the time of one run went, from the push on.
type stages [stageCount]time.Duration

const stageCount = 7

// stageNames say what happens in each stage, in order.
func stageNames() [stageCount]string {
	return [stageCount]string{
		"push until the run is durable",
		"until the worker has the first task",
		"first task: the recall (in-task: the call and the write, too), and the answer to the server",
		"until the worker has the call",
		"the call itself",
		"until the worker has the second task",
		"second task: the write, and the answer to the server",
	}
}

// anatomy is what the histories of runs tell.
type anatomy struct {
	Stages stages
	Events float64 // of a history
	Bytes  float64 // of a history
}

// dissect reads the histories of some runs and takes the medians. Runs of another shape (a retried step, a second
// question) say nothing about the stages.
func dissect(ctx context.Context, c client.Client, samples rounds.Round, most int) (anatomy, error) {
	var list []stages
	var lengths, sizes []float64
	step := max(1, len(samples)/most)
	for i := 0; i < len(samples); i += step {
		events, err := historyOf(ctx, c, samples[i].Run)
		if err != nil {
			return anatomy{}, err
		}
		size := 0
		for _, event := range events {
			size += proto.Size(event)
		}
		lengths, sizes = append(lengths, float64(len(events))), append(sizes, float64(size))
		if one, ok := split(samples[i].Pushed, events); ok {
			list = append(list, one)
		}
	}
	return anatomy{Stages: medians(list), Events: rounds.Median(lengths), Bytes: rounds.Median(sizes)}, nil
}

func historyOf(ctx context.Context, c client.Client, id string) ([]*history.HistoryEvent, error) {
	var events []*history.HistoryEvent
	iterator := c.GetWorkflowHistory(ctx, id, "", true, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iterator.HasNext() {
		event, err := iterator.Next()
		if err != nil {
			return nil, fmt.Errorf("read the history of %s: %w", id, err)
		}
		events = append(events, event)
	}
	return events, nil
}

// split finds the borders of the stages in a history. A run of one task has three of them.
func split(pushed time.Time, events []*history.HistoryEvent) (stages, bool) {
	borders := []enumspb.EventType{
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
		enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED,
		enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
		enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED,
		enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
		enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED,
		enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
	}
	const oneTask = 3
	tasks := count(events, enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED)
	if tasks == 1 {
		borders = borders[:oneTask]
	}
	var one stages
	before, next := pushed, 0
	for _, event := range events {
		if next == len(borders) {
			break
		}
		if event.GetEventType() != borders[next] {
			continue
		}
		at := event.GetEventTime().AsTime()
		one[next], before = at.Sub(before), at
		next++
	}
	last := len(events) - 1
	closed := last >= 0 && events[last].GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
	return one, closed && next == len(borders) && tasks <= 2 //nolint:mnd // Two tasks at most.
}

func count(events []*history.HistoryEvent, kind enumspb.EventType) int {
	n := 0
	for _, event := range events {
		if event.GetEventType() == kind {
			n++
		}
	}
	return n
}

// medians of every stage.
func medians(list []stages) stages {
	var result stages
	for stage := range result {
		values := make([]time.Duration, 0, len(list))
		for _, one := range list {
			values = append(values, one[stage])
		}
		result[stage] = rounds.Quantile(values, rounds.Half)
	}
	return result
}
