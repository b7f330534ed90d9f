package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

// Stages of a sweep after its walk.
const (
	stageWalk   = ""       // people and days, then the searches for approvals
	stageNamed  = "named"  // approvals that the days name, and that were never read
	stageDiffer = "differ" // approvals that count on days that differ: one may be withdrawn
	stageRead   = "read"   // nothing is left to read
)

const (
	// maxReads bounds the approvals that a sweep reads by what its days name or
	// have changed, with one more for each 50 user-days, as walking them costs about
	// that; never over mostReads, as what is to be read is a run's state. What is left
	// makes the sweep one that does not prove anything.
	maxReads  = 200
	mostReads = 2000
	// readBatch is how many are read between two steps.
	readBatch = 10
)

// searches lets the walk look for approvals as the plan says. What was started
// lately, and what runs, is one search however many people there are.
func (r *reconcileRun) searches(mode attendance.SearchMode) {
	walk := &r.in.State.Walk
	walk.SearchMode = mode
	if n := len(walk.Searches); mode == attendance.SearchParts && n > 0 {
		walk.Searches = []attendance.TimeRange{{From: walk.Searches[0].From, To: walk.Searches[n-1].To}}
	}
}

// searched adds up what searches have listed.
func (w *walker) searched(listed []attendance.SearchedTemplate) {
	if w.walk.SearchMode == attendance.SearchPlain {
		return
	}
	if w.walk.Searching {
		listed = attendance.JoinSearched(w.walk.Searched, listed)
	}
	w.walk.Searched, w.walk.Searching = listed, true
}

// approvals reads approvals that the walk did not come to, a batch at a time, and
// reports whether none is left.
func (r *reconcileRun) approvals(ctx workflow.Context) (over bool, err error) {
	s := r.in.State
	if len(s.Todo) > 0 {
		batch := s.Todo[:min(readBatch, len(s.Todo))]
		s.Todo = s.Todo[len(batch):]
		say(ctx, fmt.Sprintf("reading %d approvals, %d are left", len(batch), len(s.Todo)))
		return false, r.read(ctx, batch)
	}
	limit := s.mayRead() - s.Read
	switch s.Stage {
	case stageWalk:
		s.Stage = stageNamed
		unread, err := ledger[Unread](ctx, StepNamedApprovals, "Which approvals do the days name?", NamedInput{Dates: s.Dates, Limit: limit})
		if err == nil {
			r.todo(unread)
		}
		return false, err
	case stageNamed:
		s.Stage = stageDiffer
		if s.Walk.Split != nil && s.Walk.Split.Kept {
			limit = 0 // that a day differs says nothing of its approvals
		}
		found, err := ledger[Differences](ctx, StepDifferences, "What differed?", DifferencesInput{Dates: s.Dates, Limit: limit, Since: s.Since})
		if err == nil {
			r.todo(found.Effective)
		}
		return false, err
	default:
		s.Stage = stageRead
		return true, nil
	}
}

// mayRead bounds the approvals that a sweep reads of itself.
func (s *ReconcileState) mayRead() int {
	return min(maxReads+s.Walk.Done/attendance.WindowUsers, mostReads)
}

func (r *reconcileRun) todo(unread Unread) {
	s := r.in.State
	s.Todo = unread.Instances
	s.Read += len(unread.Instances)
	if unread.More {
		s.Walk.Gaps = true
		r.walker().problem(fmt.Sprintf("over %d approvals are to be read for these days: the rest is for the next night", s.mayRead()))
	}
}

// read reads a batch and fetches the days that it touches.
func (r *reconcileRun) read(ctx workflow.Context, batch []InstanceRef) error {
	w := r.walker()
	reader := w.reader()
	for _, ref := range batch {
		var err error
		if r.in.State.Stage == stageNamed {
			err = w.discover(ctx, reader, ref)
		} else {
			err = w.recheck(ctx, reader, ref)
		}
		if err != nil {
			return err
		}
	}
	return w.settle(ctx, reader, reader.days)
}

// discover reads an approval that nobody has read, and those that it hangs
// together with.
func (w *walker) discover(ctx workflow.Context, reader *instanceReader, ref InstanceRef) error {
	instance, err := reader.take(ctx, ref, attendance.ApprovalHint{})
	if err != nil {
		return err
	}
	return w.follow(ctx, reader, instance)
}

// follow reads the relatives of an approval that nobody has read: the one that it
// changes, and those that change it.
func (w *walker) follow(ctx workflow.Context, reader *instanceReader, instance attendance.Instance) error {
	var refs []InstanceRef
	for _, id := range append(slices.Clone(instance.AttachedIDs), instance.MainProcessInstanceID) {
		if id != "" && id != instance.ProcessInstanceID {
			refs = append(refs, InstanceRef{ID: id, Code: instance.ProcessCode})
		}
	}
	unread, err := unreadInstances(ctx, refs, maxAttached)
	if err != nil {
		return err
	}
	for _, ref := range unread {
		if _, err := reader.take(ctx, ref, attendance.ApprovalHint{}); err != nil {
			return err
		}
	}
	return nil
}

// recheck reads an approval again that counts on a day that differs. One that
// DingTalk knows no more was deleted. Only what changes by it is fetched.
func (w *walker) recheck(ctx workflow.Context, reader *instanceReader, ref InstanceRef) error {
	before := len(reader.days)
	instance, err := reader.read(ctx, ref, attendance.ApprovalHint{})
	if isType(err, ErrorNotFound) {
		return reader.save(ctx, attendance.Instance{ProcessInstanceID: ref.ID, ProcessCode: ref.Code, Status: attendance.StatusDeleted})
	}
	if err == nil {
		err = reader.save(ctx, instance)
	}
	if gaveUp(err) {
		return reader.refuse(ctx, ref, err)
	}
	if err != nil {
		return err
	}
	if instance.Approved() {
		reader.days = reader.days[:before] // as it was
	}
	return w.follow(ctx, reader, instance)
}

// settle fetches days that approvals touch, and accounts for the reading.
func (w *walker) settle(ctx workflow.Context, reader *instanceReader, days []attendance.UserDay) error {
	w.walk.Calls += reader.calls
	w.walk.Approvals += reader.calls
	w.walk.Gaps = w.walk.Gaps || reader.gaps
	for _, problem := range reader.problems {
		w.problem(problem)
	}
	f := &fetcher{trigger: w.trigger, priority: w.priority}
	if err := f.days(ctx, days); err != nil {
		return err
	}
	w.account(f)
	return nil
}
