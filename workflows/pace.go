package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"dakasync/budget"
)

// Pace is when an event's question is asked, by the decision of the governor in
// force: at once, by the batch of a window, or not before the nightly sweep. The
// zero Pace is: at once.
type Pace struct {
	Mode   budget.Mode `json:"mode,omitempty"`
	Batch  time.Time   `json:"batch,omitzero"` // when the batch closes that will ask
	Wake   time.Time   `json:"wake,omitzero"`  // when that batch has likely written its answers
	Reason string      `json:"reason,omitempty"`
}

// batchWaits is for how many batches in a row an event waits that none of them
// answers: reads lag, and a batch may be held up. Then it asks by itself.
const batchWaits = 2

// waits reports whether a batch will ask.
func (p Pace) waits() bool { return p.Mode == budget.ModeBatched && !p.Wake.IsZero() }

// keeps reports whether nothing is spent on events now: they are kept for the
// nightly sweep.
func (p Pace) keeps() bool { return p.Mode == budget.ModeSweep || p.Mode == budget.ModeStopped }

// kept says to a person why nothing was asked.
func (p Pace) kept() string {
	return "kept for the nightly sweep: " + p.Reason
}

// awaitBatch sleeps until the batch has likely answered.
func awaitBatch(ctx workflow.Context, p Pace) error {
	say(ctx, "waits for the batch of "+p.Batch.Format(time.RFC3339))
	return workflow.Sleep(ctx, max(0, p.Wake.Sub(workflow.Now(ctx))))
}
