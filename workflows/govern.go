package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"dakasync/budget"
)

// TypeGovern is the workflow type of the run that decides how events are
// answered, and ScheduleGovern the schedule that starts it.
const (
	TypeGovern     = "Govern"
	ScheduleGovern = "govern"
)

// Govern decides how events are answered from now on: by what was spent this
// month, what the rest of it will likely bring, and what may be spent.
func Govern(ctx workflow.Context) (budget.Decision, error) {
	decision, err := ledger[budget.Decision](ctx, StepDecide, "What may be spent?", Nothing{})
	if err != nil {
		return decision, err
	}
	say(ctx, fmt.Sprintf("%s: %s", decision.Mode, decision.Reason))
	return decision, nil
}
