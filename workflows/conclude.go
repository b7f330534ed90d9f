package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

// conclude writes what an event's run came to: its last answers and its
// outcome in one step, and tells of it.
func conclude(ctx workflow.Context, h attendance.Hint, d Decision, answers ...attendance.Answer) (Decision, error) {
	in := PersistInput{Answers: answers, Trigger: h.Trigger(), Key: h.Key(), Outcome: d.Outcome}
	if _, err := ledger[Nothing](ctx, StepPersist, "Write the outcome "+string(d.Outcome), in); err != nil {
		return d, err
	}
	return concluded(ctx, d)
}

// concluded tells of an outcome that the ledger has: by the search attributes, and
// in words for the UI.
func concluded(ctx workflow.Context, d Decision) (Decision, error) {
	say(ctx, string(d.Outcome)+": "+d.Reason)
	updates := []temporal.SearchAttributeUpdate{outcomeAttribute(d.Outcome)}
	if !d.WorkDate.IsZero() {
		updates = append(updates, workDateAttribute(d.WorkDate))
	}
	return d, workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

func unexplained(date attendance.Date, rounds int, reason string) Decision {
	return Decision{Outcome: attendance.OutcomeUnexplained, WorkDate: date, Rounds: rounds, Reason: reason}
}

func done(date attendance.Date, rounds int, reason string) Decision {
	return Decision{Outcome: attendance.OutcomeDone, WorkDate: date, Rounds: rounds, Reason: reason}
}
