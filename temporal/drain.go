package temporal

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"dakasync/workflows"
)

// Drains reads the failed pushes by the schedule that otherwise reads them now
// and then.
type Drains struct {
	Schedules client.ScheduleClient
}

// Trigger has them read now; while a reading is under way, right after it, once.
// What that one has read already may be older than the reason for this one.
func (d Drains) Trigger(ctx context.Context) error {
	handle := d.Schedules.GetHandle(ctx, workflows.ScheduleDrain)
	err := handle.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE})
	if err != nil {
		return fmt.Errorf("trigger the schedule %s: %w", workflows.ScheduleDrain, err)
	}
	return nil
}
