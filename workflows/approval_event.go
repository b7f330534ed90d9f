package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

// maxAttached bounds the walk from an instance to its later changes.
const maxAttached = 20

// ApprovalEvent writes an approval and fetches every user-day that it touches.
func ApprovalEvent(ctx workflow.Context, in EventInput) (Decision, error) {
	a := &approvalRun{in: in, reader: &instanceReader{priority: PriorityApproval, trigger: in.Hint.Trigger()}}
	plan, err := ledger[ApprovalPlan](ctx, StepPlanApproval, "Record the event", in)
	if err != nil {
		return Decision{}, err
	}
	a.delays = plan.SettleDelays
	return a.run(ctx)
}

type approvalRun struct {
	in     EventInput
	delays []time.Duration
	reader *instanceReader
}

func (a *approvalRun) run(ctx workflow.Context) (Decision, error) {
	hint := a.in.Hint.Approval
	if !hint.NeedsRead() {
		if err := a.reader.save(ctx, attendance.InstanceFromHint(a.in.Hint)); err != nil {
			return Decision{}, err
		}
		return a.fetch(ctx, "the event says all: "+hint.Type+" "+hint.Result)
	}
	instance, err := a.readSettled(ctx)
	if gaveUp(err) {
		return a.unreadable(ctx, err)
	}
	if err != nil {
		return Decision{}, err
	}
	if err := a.label(ctx, instance); err != nil {
		return Decision{}, err
	}
	if err := a.walk(ctx, instance); err != nil {
		return Decision{}, err
	}
	if reason := a.doubt(instance); reason != "" {
		return a.conclude(ctx, unexplained(attendance.Date{}, a.reader.calls, reason))
	}
	return a.fetch(ctx, fmt.Sprintf("%s, %s %s", instance.Kind, strings.ToLower(instance.Status), instance.Result))
}

// readSettled reads the instance until it shows the end that the event tells.
func (a *approvalRun) readSettled(ctx workflow.Context) (attendance.Instance, error) {
	ref := InstanceRef{ID: a.in.Hint.Approval.ProcessInstanceID, Code: a.in.Hint.Approval.ProcessCode}
	for round := 0; ; round++ {
		say(ctx, "reading the approval")
		instance, err := a.reader.read(ctx, ref, *a.in.Hint.Approval)
		if err != nil {
			return instance, err
		}
		instance = instance.WithHint(a.in.Hint)
		if instance.Status != attendance.StatusRunning || round == len(a.delays) {
			return instance, nil
		}
		say(ctx, fmt.Sprintf("still running though the event says finished: reading again after %s", a.delays[round]))
		if err := workflow.Sleep(ctx, a.delays[round]); err != nil {
			return instance, err
		}
	}
}

// walk writes the instance and those that it hangs together with: the main one
// that it changes, and later ones that change it.
func (a *approvalRun) walk(ctx workflow.Context, instance attendance.Instance) error {
	if main := instance.MainProcessInstanceID; main != "" && main != instance.ProcessInstanceID {
		if err := a.takeUnread(ctx, []string{main}, instance.ProcessCode); err != nil {
			return err
		}
	}
	if err := a.reader.save(ctx, instance); err != nil {
		return err
	}
	return a.takeUnread(ctx, instance.AttachedIDs, instance.ProcessCode)
}

func (a *approvalRun) takeUnread(ctx workflow.Context, ids []string, code string) error {
	refs := make([]InstanceRef, 0, len(ids))
	for _, id := range ids {
		refs = append(refs, InstanceRef{ID: id, Code: code})
	}
	unread, err := unreadInstances(ctx, refs, maxAttached)
	if err != nil {
		return err
	}
	for _, ref := range unread {
		if _, err := a.reader.take(ctx, ref, *a.in.Hint.Approval); err != nil {
			return err
		}
	}
	return nil
}

// doubt says why an instance that was read settles nothing.
func (a *approvalRun) doubt(i attendance.Instance) string {
	switch {
	case i.Status == attendance.StatusRunning:
		return "the event says finished, but DingTalk still shows the approval as running"
	case i.Kind == attendance.ApprovalMakeUp && i.Approved() && len(i.MakeUps) == 0 && i.BizAction != attendance.ActionRevoke:
		return "a make-up was approved, but its form names no made-up time that we can read"
	default:
		return ""
	}
}

// unreadable keeps what the event says of an instance that cannot be read.
func (a *approvalRun) unreadable(ctx workflow.Context, cause error) (Decision, error) {
	if err := a.reader.save(ctx, attendance.InstanceFromHint(a.in.Hint)); err != nil {
		return Decision{}, err
	}
	return a.conclude(ctx, unexplained(attendance.Date{}, a.reader.calls, reasonOf(cause)))
}

// fetch fetches the days that the approval touches; future ones stay due.
func (a *approvalRun) fetch(ctx workflow.Context, words string) (Decision, error) {
	f := &fetcher{trigger: a.in.Hint.Trigger(), priority: PriorityApproval}
	open, pace, err := a.await(ctx)
	if err != nil {
		return Decision{}, err
	}
	var date attendance.Date
	if len(a.reader.days) == 1 {
		date = a.reader.days[0].WorkDate
	}
	if len(open) > 0 && pace.keeps() {
		return a.conclude(ctx, unexplained(date, a.reader.calls, fmt.Sprintf("%s; %d user-days are %s", words, len(open), pace.kept())))
	}
	say(ctx, fmt.Sprintf("%s: %d user-days to fetch", words, len(open)))
	if err := f.days(ctx, open); err != nil {
		return Decision{}, err
	}
	reasons := []string{fmt.Sprintf("%s; %d user-days fetched", words, len(open))}
	if known := len(a.reader.days) - len(open); known > 0 {
		reasons[0] += fmt.Sprintf(", %d were asked about since", known)
	}
	reasons = append(append(reasons, a.reader.problems...), f.problems...)
	return a.conclude(ctx, done(date, a.reader.calls+f.calls, strings.Join(reasons, "; ")))
}

// await lets batches ask about the days, as they do for other events, and returns those about
// which nobody has asked since the approval's event was born.
func (a *approvalRun) await(ctx workflow.Context) ([]attendance.UserDay, Pace, error) {
	if len(a.reader.days) == 0 || !since(ctx, changeApprovalDays) {
		return a.reader.days, Pace{}, nil
	}
	in := ApprovalDaysInput{Key: a.in.Hint.Key(), Since: a.in.Hint.BornAt, Days: a.reader.days}
	if in.Since.IsZero() {
		in.Since = a.in.Hint.ReceivedAt
	}
	for waits := 0; ; waits++ {
		plan, err := ledger[ApprovalDaysPlan](ctx, StepPlanApprovalDays, "Which of its days are not known?", in)
		if err != nil || len(plan.Open) == 0 || !plan.Pace.waits() || waits == batchWaits {
			return plan.Open, plan.Pace, err
		}
		if err := awaitBatch(ctx, plan.Pace); err != nil {
			return nil, Pace{}, err
		}
	}
}

// label makes the run findable by the one who asked for the approval, which an
// attendance_approve_status_change does not say.
func (a *approvalRun) label(ctx workflow.Context, i attendance.Instance) error {
	if i.OriginatorUserID == "" || a.in.Hint.UserID != "" {
		return nil
	}
	return workflow.UpsertTypedSearchAttributes(ctx, keyword(AttributeUserID, i.OriginatorUserID))
}

func (a *approvalRun) conclude(ctx workflow.Context, d Decision) (Decision, error) {
	return conclude(ctx, a.in.Hint, d)
}
