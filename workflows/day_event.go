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
	if plan.Pace.keeps() {
		return conclude(ctx, h, unexplained(h.WorkDate, 0, plan.Pace.kept()))
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

// gather records the event, and waits where a call would be spent: for the batch
// that will ask, or a moment, because changes of a day come in bursts, and often
// with a punch or an approval that fetches the day anyway. The first to ask then
// answers for all.
func gather(ctx workflow.Context, in EventInput) (DayPlan, error) {
	plan, err := planDay(ctx, in)
	if err != nil || !plan.open() {
		return plan, err
	}
	if plan.Pace.waits() {
		return awaitDay(ctx, in, plan)
	}
	if plan.Gather == 0 {
		return plan, nil
	}
	say(ctx, fmt.Sprintf("waiting %s for more news of the day", plan.Gather))
	if err := workflow.Sleep(ctx, plan.Gather); err != nil {
		return plan, err
	}
	return planDay(ctx, in)
}

// awaitDay lets batches ask. What they could not get the run asks for itself.
func awaitDay(ctx workflow.Context, in EventInput, plan DayPlan) (DayPlan, error) {
	for waits := 0; waits < batchWaits && plan.open() && plan.Pace.waits(); waits++ {
		if err := awaitBatch(ctx, plan.Pace); err != nil {
			return plan, err
		}
		var err error
		if plan, err = planDay(ctx, in); err != nil {
			return plan, err
		}
	}
	return plan, nil
}

// open reports whether a question is left that DingTalk could answer, and that may
// be asked.
func (p DayPlan) open() bool {
	return !p.Recall.Known && p.Reach == attendance.ReachOK && !p.Pace.keeps()
}

func planDay(ctx workflow.Context, in EventInput) (DayPlan, error) {
	return ledger[DayPlan](ctx, StepPlanDay, "Record the event; is it known?", in)
}
