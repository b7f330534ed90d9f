package path

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"dakasync/dev/bench/rig"
	"dakasync/dev/bench/rounds"
)

func TestSplitIntoStages(t *testing.T) {
	pushed := time.Unix(1000, 0)
	var events []*history.HistoryEvent
	add := func(kind enumspb.EventType, after int) {
		events = append(events, &history.HistoryEvent{EventType: kind, EventTime: timestamppb.New(pushed.Add(time.Duration(after) * time.Millisecond))})
	}
	add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, 2)
	add(enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, 2)
	add(enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED, 5)
	add(enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, 9)
	add(enumspb.EVENT_TYPE_MARKER_RECORDED, 9)
	add(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, 9)
	add(enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED, 14)
	add(enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, 20)
	add(enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED, 27)
	add(enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, 35)
	_, ok := split(pushed, events)
	require.False(t, ok, "it is not over")
	add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, 35)
	one, ok := split(pushed, events)
	require.True(t, ok)
	const ms = time.Millisecond
	require.Equal(t, stages{2 * ms, 3 * ms, 4 * ms, 5 * ms, 6 * ms, 7 * ms, 8 * ms}, one)
	require.Equal(t, 2*ms, medians([]stages{one, one})[0])

	short, ok := split(pushed, append(events[:5:5], events[len(events)-1]))
	require.True(t, ok, "a run of one task")
	require.Equal(t, stages{2 * ms, 3 * ms, 4 * ms}, short)

	_, ok = split(pushed, append(events[:3:3], events[2:]...))
	require.False(t, ok, "a task was repeated")
}

func TestReport(t *testing.T) {
	began := time.Unix(1000, 0)
	ofRate := func(rows int, each time.Duration) rounds.Round {
		var r rounds.Round
		for n := range rows {
			r = append(r, rounds.Sample{Pushed: began, Durable: each, Row: began.Add(time.Duration(n+1) * each)})
		}
		return r
	}
	const ms = time.Millisecond
	empty := &side{Name: "empty", Words: "not it", Even: []rounds.Round{ofRate(20, 5*ms)}, Burst: []rounds.Round{ofRate(20, 10*ms), ofRate(20, 10*ms)}, CPU: rig.CPU{Programs: 6 * ms}}
	lean := &side{Name: "lean", Burst: []rounds.Round{ofRate(20, 5*ms), ofRate(20, 5*ms)}}
	product := &side{
		Name: "product", Words: "it", Like: empty, Even: []rounds.Round{ofRate(20, 10*ms)}, Burst: []rounds.Round{ofRate(20, 20*ms), ofRate(20, 40*ms)}, CPU: rig.CPU{Programs: 9 * ms},
	}
	text, err := report(figures{
		Options: Defaults(), Machine: rig.Machine{System: "linux/amd64", Cores: 2, MemoryGiB: 24}, Sides: []*side{product, empty, lean}, Lean: lean,
		Memory: []programMemory{{Program: "starter", Aim: 64 << 20, Idle: 30 << 20, Even: 70 << 20}},
	})
	require.NoError(t, err)
	require.Contains(t, text, "| product | 38 (**0.38**) | **0.19** | 30 (**3.00**) |")
	require.Contains(t, text, "| product | 10 (**2.00**) | 10 (**2.00**) | 100 (**2.00**) |")
	require.Contains(t, text, "| empty | 100 |  | 10 | 10 |")
	require.Contains(t, text, "| starter | 64 | 30 | 70 | 0 | missed |")
	require.Contains(t, text, "| product | 9.0 (**1.50**) |")
	require.NotContains(t, text, "no value")
}
