package workflows

import (
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
	gaps     bool // it was refused one that it might be given
}

// take reads one instance and writes it. One that DingTalk refuses is a problem
// in words, and no instance.
func (r *instanceReader) take(ctx workflow.Context, ref InstanceRef, hint attendance.ApprovalHint) (attendance.Instance, error) {
	instance, err := r.read(ctx, ref, hint)
	if gaveUp(err) {
		r.refuse(ref, err)
		return attendance.Instance{}, nil
	}
	if err != nil {
		return attendance.Instance{}, err
	}
	return instance, r.save(ctx, instance)
}

func (r *instanceReader) refuse(ref InstanceRef, err error) {
	r.gaps = r.gaps || !isType(err, ErrorNotFound)
	r.problems = append(r.problems, "approval "+keywordValue(ref.ID)+": "+reasonOf(err))
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
