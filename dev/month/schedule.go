package month

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"

	"dakasync/workflows"
)

// The nightly sweep's hour (see package temporal, whose schedule it is).
const sweepAt = 2*time.Hour + 10*time.Minute

// plan puts the schedules on the timeline.
func (m *month) plan(ctx context.Context) {
	m.every(ctx, workflows.ScheduleReconcile, workflows.TypeReconcileDay, m.From.Add(sweepAt), 24*time.Hour, workflows.ReconcileInput{})
	m.every(ctx, workflows.ScheduleDrain, workflows.TypeDrainFailedPushes, m.From.Add(m.Drain), m.Drain, workflows.DrainState{})
	if m.Budget != nil {
		m.every(ctx, workflows.ScheduleGovern, workflows.TypeGovern, m.From, m.Govern, nil)
	}
}

// every starts a run at an interval, unless the one before is under way still.
func (m *month) every(ctx context.Context, id, workflow string, first time.Time, interval time.Duration, input any) {
	m.timeline.Go(first, func() {
		if m.timeline.Ended() {
			return
		}
		m.every(ctx, id, workflow, first.Add(interval), interval, input)
		m.mu.Lock()
		busy, closed := m.open[workflow] > 0, m.report.closed
		m.mu.Unlock()
		if busy || closed {
			return
		}
		if workflow == workflows.TypeGovern {
			if err := m.meter.flush(ctx); err != nil {
				m.fail(err)
				return
			}
		}
		var arguments []any
		if input != nil {
			arguments = append(arguments, input)
		}
		options := client.StartWorkflowOptions{ID: id + "-" + first.UTC().Format(time.RFC3339), TaskQueue: queue}
		if _, err := m.starter.ExecuteWorkflow(ctx, options, workflow, arguments...); err != nil {
			m.fail(err)
		}
	})
}
