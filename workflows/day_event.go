package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

// DayEvent fetches and writes one user-day that DingTalk says has changed.
func DayEvent(ctx workflow.Context, in EventInput) (Decision, error) {
	h := in.Hint
	plan, err := gather(ctx, in)
	if err != nil {
		return Decision{}, err
	}
	switch {
	case plan.Recall.Known:
		return conclude(ctx, h, done(h.WorkDate, 0, "the day was asked about after the event was born"))
	case plan.Reach == attendance.ReachFuture:
		return conclude(ctx, h, Decision{
			Outcome: attendance.OutcomeIgnored, WorkDate: h.WorkDate,
			Reason: "the day has not come: the nightly sweep fetches it when it has",
		})
	case plan.Reach == attendance.ReachTooOld:
		return conclude(ctx, h, unexplained(h.WorkDate, 0,
			fmt.Sprintf("the day is over %d days back: DingTalk no longer answers for it", attendance.HorizonDays)))
	}
	day := attendance.UserDay{UserID: h.UserID, WorkDate: h.WorkDate}
	say(ctx, "asking DingTalk for "+dayWords(day))
	answer, err := ask[attendance.Answer](ctx, StepFetchDay, dayWords(day), day, PriorityLive)
	if gaveUp(err) {
		return conclude(ctx, h, unexplained(h.WorkDate, 1, reasonOf(err)))
	}
	if err != nil {
		return Decision{}, err
	}
	return conclude(ctx, h, done(h.WorkDate, 1, "the day was fetched"), answer)
}

// gather records the event, and waits a moment where a call would be spent:
// changes of a day come in bursts, and often with a punch or an approval that
// fetches the day anyway. The first to ask then answers for all.
func gather(ctx workflow.Context, in EventInput) (DayPlan, error) {
	plan, err := planDay(ctx, in)
	if err != nil || plan.Gather == 0 || plan.Recall.Known || plan.Reach != attendance.ReachOK {
		return plan, err
	}
	say(ctx, fmt.Sprintf("waiting %s for more news of the day", plan.Gather))
	if err := workflow.Sleep(ctx, plan.Gather); err != nil {
		return plan, err
	}
	return planDay(ctx, in)
}

func planDay(ctx workflow.Context, in EventInput) (DayPlan, error) {
	return ledger[DayPlan](ctx, StepPlanDay, "Record the event; is it known?", in)
}
