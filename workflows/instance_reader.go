package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

// instanceReader reads approval instances, writes each at once, and gathers the
// user-days that they touch.
type instanceReader struct {
	priority int
	trigger  attendance.Trigger
	calls    int
	days     []attendance.UserDay
	problems []string
	gaps     bool // it was refused one that it might be given, and that is not kept

	// keepFrom is the first date of a sweep, which keeps what it is refused: that
	// alone is held back then. Zero: nothing is kept.
	keepFrom attendance.Date
}

// take reads one instance and writes it. One that DingTalk or PostgreSQL refuses is
// a problem in words, and no instance.
func (r *instanceReader) take(ctx workflow.Context, ref InstanceRef, hint attendance.ApprovalHint) (attendance.Instance, error) {
	instance, err := r.read(ctx, ref, hint)
	if err == nil {
		err = r.save(ctx, instance)
	}
	if gaveUp(err) {
		return attendance.Instance{}, r.refuse(ctx, ref, err)
	}
	return instance, err
}

// refuse notes what cannot be read. An approval that never can be must not keep
// everybody's days from being proven, nor be forgotten when no search finds it any
// more.
func (r *instanceReader) refuse(ctx workflow.Context, ref InstanceRef, cause error) error {
	r.problems = append(r.problems, "approval "+keywordValue(ref.ID)+": "+reasonOf(cause))
	if r.keepFrom.IsZero() {
		r.gaps = r.gaps || !isType(cause, ErrorNotFound)
		return nil
	}
	return r.keep(ctx, ref, typeOf(cause))
}

// leave leaves approvals to the nights to come, which read some of them each.
func (r *instanceReader) leave(ctx workflow.Context, refs []InstanceRef) error {
	r.problems = append(r.problems, fmt.Sprintf("%d approvals are not read after so many refusals", len(refs)))
	if r.keepFrom.IsZero() {
		r.gaps = true
		return nil
	}
	for _, ref := range refs {
		if err := r.keep(ctx, ref, "NotTried"); err != nil {
			return err
		}
	}
	return nil
}

func (r *instanceReader) keep(ctx workflow.Context, ref InstanceRef, reason string) error {
	in := KeepUnreadInput{Instance: ref, From: r.keepFrom, Reason: reason}
	_, err := ledger[Nothing](ctx, StepKeepUnread, "Keep that the approval is not read", in)
	return err
}

// read asks for one instance and decides what it is about.
func (r *instanceReader) read(ctx workflow.Context, ref InstanceRef, hint attendance.ApprovalHint) (attendance.Instance, error) {
	r.calls++
	reading, err := ask[Reading](ctx, StepReadInstance, "Read the approval", ref, r.priority)
	if err != nil {
		return attendance.Instance{}, err
	}
	instance := reading.Instance
	instance.ProcessInstanceID = ref.ID
	if instance.ProcessCode == "" {
		instance.ProcessCode = ref.Code
	}
	instance.Kind = attendance.Classify(instance, hint, reading.MakeUpCodes)
	return instance, nil
}

func (r *instanceReader) save(ctx workflow.Context, instance attendance.Instance) error {
	in := SaveInstanceInput{Instance: instance, Trigger: r.trigger}
	days, err := ledger[[]attendance.UserDay](ctx, StepSaveInstance, "Write the approval", in)
	r.days = append(r.days, days...)
	return err
}

// unreadInstances are the newest of the instances that the ledger has not read
// to their end.
func unreadInstances(ctx workflow.Context, refs []InstanceRef, limit int) ([]InstanceRef, error) {
	found, _, err := newestUnread(ctx, refs, limit)
	return found, err
}

// newestUnread are they, and whether there are more.
func newestUnread(ctx workflow.Context, refs []InstanceRef, limit int) (found []InstanceRef, more bool, err error) {
	if len(refs) == 0 {
		return nil, false, nil
	}
	ids := make([]string, 0, len(refs))
	codes := make(map[string]string, len(refs))
	for _, ref := range refs {
		ids = append(ids, ref.ID)
		codes[ref.ID] = ref.Code
	}
	unread, err := ledger[[]string](ctx, StepUnknownInstances, "Which of them are not known?", ids)
	if err != nil {
		return nil, false, err
	}
	newest := attendance.NewestInstances(unread, limit)
	found = make([]InstanceRef, 0, len(newest))
	for _, id := range newest {
		found = append(found, InstanceRef{ID: id, Code: codes[id]})
	}
	return found, len(unread) > len(newest), nil
}
