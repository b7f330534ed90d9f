package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

const (
	// tinyWalk is up to how many user-days a walk over named users asks for one
	// by one: a single question sees more than a window.
	tinyWalk = 3
	// searchUsers is how many users one search for approvals may name
	// (obtain-an-approval-list-of-instance-ids).
	searchUsers = 10
	// maxFound bounds the approvals that one search may cost.
	maxFound = 500
	// maxUnreadable is after how many refused readings of approvals a walk reads no
	// more of them: each costs a call or several, tonight and tomorrow night.
	maxUnreadable = 20
	// shortSearch is the shortest interval that a search whose answer does not fit
	// is cut to.
	shortSearch = 24 * time.Hour
)

// walker walks users and days, a step at a time. Where it stands is in its
// Walk, which is part of the run's input; between two steps the run may hand
// over to its successor.
type walker struct {
	walk     *Walk
	trigger  attendance.Trigger
	priority int
	schedule bool // ask for schedules as well
}

// openWalk plans a walk. Nobody named means everybody: then contacts are read
// anew, into the ledger and not into the history.
func openWalk(ctx workflow.Context, userIDs []string, chunks []attendance.DateRange, priority int) (Walk, error) {
	if len(userIDs) == 0 {
		if _, err := ask[int](ctx, StepRefreshEmployees, "Who is in contacts?", Nothing{}, priority); err != nil {
			return Walk{}, fmt.Errorf("read contacts: %w", err)
		}
	}
	in := WalkInput{UserIDs: userIDs, Chunks: chunks}
	plan, err := ledger[WalkPlan](ctx, StepPlanWalk, "How much is there to ask?", in)
	if err != nil {
		return Walk{}, err
	}
	return Walk{UserIDs: userIDs, Chunks: chunks, Searches: plan.Searches, Total: plan.Total}, nil
}

// step does one step and reports whether the walk is over.
func (w *walker) step(ctx workflow.Context) (over bool, err error) {
	switch {
	case !w.walk.Walked && len(w.walk.Page) == 0:
		return false, w.turn(ctx)
	case !w.walk.Walked:
		return false, w.chunk(ctx)
	case w.walk.Split != nil && len(w.walk.Split.Open)+len(w.walk.Split.Waiting) > 0:
		return false, w.rest(ctx)
	case w.walk.Search < len(w.walk.Searches):
		return false, w.search(ctx)
	default:
		return true, nil
	}
}

// turn turns to the next page of users.
func (w *walker) turn(ctx workflow.Context) error {
	if len(w.walk.UserIDs) > 0 {
		rest := w.walk.UserIDs[min(w.walk.Offset, len(w.walk.UserIDs)):]
		w.walk.Page = rest[:min(attendance.WindowUsers, len(rest))]
		w.walk.Offset += len(w.walk.Page)
	} else {
		in := PageInput{After: w.walk.After, Limit: attendance.WindowUsers}
		if len(w.walk.Chunks) > 0 {
			in.LeftSince = w.walk.Chunks[0].From
		}
		page, err := ledger[[]string](ctx, StepEmployeePage, "The next users", in)
		if err != nil {
			return err
		}
		w.walk.Page = page
	}
	w.walk.Chunk = 0
	w.walk.Walked = len(w.walk.Page) == 0 || len(w.walk.Chunks) == 0
	return nil
}

// chunk asks about the page's users over one range of days.
func (w *walker) chunk(ctx workflow.Context) error {
	window := attendance.Window{UserIDs: w.walk.Page, Days: w.walk.Chunks[w.walk.Chunk]}
	f := w.fetcher()
	if err := w.fetch(ctx, f, window); err != nil {
		return err
	}
	w.account(f)
	if w.walk.Split == nil {
		if err := w.plans(ctx, window); err != nil {
			return err
		}
	}
	w.walk.Done += len(window.UserIDs) * window.Days.Days()
	w.walk.Chunk++
	if w.walk.Chunk == len(w.walk.Chunks) {
		w.walk.After = w.walk.Page[len(w.walk.Page)-1]
		w.walk.Page = nil
	}
	return nil
}

// brisk reports whether short answers are written within the workflow task.
func (w *walker) brisk() bool { return w.walk.Split != nil && w.walk.Split.Brisk }

func (w *walker) fetcher() *fetcher {
	return &fetcher{trigger: w.trigger, priority: w.priority, brisk: w.brisk()}
}

func (w *walker) fetch(ctx workflow.Context, f *fetcher, window attendance.Window) error {
	if w.walk.Split != nil {
		return w.split(ctx, f, window)
	}
	if len(w.walk.UserIDs) == 0 || w.walk.Total > tinyWalk {
		return f.window(ctx, window)
	}
	return f.singles(ctx, window.UserDays())
}

// plans asks for the window's schedule, which alone tells a day without a plan
// from a day that was lost. Somebody whom DingTalk does not know (any more) must
// not hide the others' plans.
func (w *walker) plans(ctx workflow.Context, window attendance.Window) error {
	if !w.schedule || w.walk.NoSchedule {
		return nil
	}
	words := "Schedule of " + windowWords(window)
	answer, err := ask[ScheduleAnswer](ctx, StepFetchSchedule, words, window, w.priority)
	if isType(err, ErrorNotFound) && len(window.UserIDs) > 1 && since(ctx, changePartSchedules) {
		w.walk.Calls++
		for _, part := range window.Halve() {
			if err := w.plans(ctx, part); err != nil {
				return err
			}
		}
		return nil
	}
	if gaveUp(err) {
		w.problem(words + ": " + reasonOf(err))
		return nil
	}
	if err != nil {
		return err
	}
	if answer.NoOperator {
		w.walk.NoSchedule = true
		return nil
	}
	w.walk.Calls++
	in := SaveScheduleInput{Window: window, Planned: answer.Planned, AskedAt: answer.AskedAt, Trigger: w.trigger}
	if w.brisk() && len(window.UserIDs)*window.Days.Days() <= maxBrisk {
		_, err = ledger[Nothing](ctx, StepSaveSchedule, "Write the s"+words[1:], in)
	} else {
		_, err = ledgerBulk[Nothing](ctx, StepSaveSchedule, "Write the s"+words[1:], in, w.priority)
	}
	if gaveUp(err) {
		w.problem(words + ": " + reasonOf(err))
		return nil
	}
	return err
}

// search looks for approvals of one interval and group of users: a lost approval
// event leaves no other trace where no day shows what it did.
func (w *walker) search(ctx workflow.Context) error {
	in := FindMakeUpsInput{Started: w.walk.Searches[w.walk.Search], Mode: w.walk.SearchMode}
	if n := len(w.walk.UserIDs); n > 0 {
		from := w.walk.Group * searchUsers
		in.UserIDs = w.walk.UserIDs[from:min(from+searchUsers, n)]
	}
	step, words, all := StepFindMakeUps, "Make-up approvals", since(ctx, changeFindApprovals)
	if all {
		step, words = StepFindApprovals, "Approvals"
	}
	listed, err := ask[Found](ctx, step, words, in, w.priority)
	switch {
	case all && isType(err, ErrorTooBig) && w.walk.SearchMode == attendance.SearchPlain && w.halve():
		return nil
	case gaveUp(err):
		w.walk.Gaps = true
		w.problem(words + ": " + reasonOf(err))
	case err != nil:
		return err
	default:
		if err := w.take(ctx, listed, all); err != nil {
			return err
		}
	}
	w.walk.Group++
	if w.walk.Group*searchUsers >= len(w.walk.UserIDs) {
		w.walk.Group = 0
		w.walk.Search++
	}
	return nil
}

// halve cuts the search that is under way in two, unless it is short already.
func (w *walker) halve() bool {
	whole := w.walk.Searches[w.walk.Search]
	half := whole.To.Sub(whole.From) / 2
	if half < shortSearch {
		return false
	}
	middle := whole.From.Add(half)
	parts := []attendance.TimeRange{{From: whole.From, To: middle}, {From: middle, To: whole.To}}
	w.walk.Searches = slices.Replace(slices.Clone(w.walk.Searches), w.walk.Search, w.walk.Search+1, parts...)
	return true
}

// take reads what a search found and nobody has read, and fetches the days that
// it touches. A sweep fetches even those that it has swept: a detail shows more.
func (w *walker) take(ctx workflow.Context, listed Found, all bool) error {
	w.walk.Calls += listed.Calls
	refs, more, err := newestUnread(ctx, listed.Instances, maxFound)
	if err != nil {
		return err
	}
	w.searched(listed.Searched)
	if more || listed.More {
		w.walk.Gaps = true
		w.problem(fmt.Sprintf("over %d approvals were never read: the rest is for the next sweep", maxFound))
	}
	reader := w.reader()
	if !all {
		reader.keepFrom = attendance.Date{}
	}
	for n, ref := range refs {
		if all && w.walk.Unread+len(reader.problems) >= maxUnreadable {
			if err := reader.leave(ctx, refs[n:]); err != nil {
				return err
			}
			break
		}
		if all {
			err = w.discover(ctx, reader, ref)
		} else {
			_, err = reader.take(ctx, ref, attendance.ApprovalHint{})
		}
		if err != nil {
			return err
		}
	}
	if w.trigger == attendance.TriggerSweep {
		for _, ref := range listed.Missing {
			if err := w.recheck(ctx, reader, ref); err != nil {
				return err
			}
		}
	}
	w.walk.Unread += len(reader.problems)
	days := reader.days
	if !all || w.trigger != attendance.TriggerSweep {
		days = w.outside(days)
	}
	return w.settle(ctx, reader, days)
}

// reader reads approvals for a walk. A sweep, which is to prove something, keeps
// those that it cannot read.
func (w *walker) reader() *instanceReader {
	r := &instanceReader{priority: w.priority, trigger: w.trigger}
	if w.trigger == attendance.TriggerSweep && len(w.walk.Chunks) > 0 {
		r.keepFrom = w.walk.Chunks[0].From
	}
	return r
}

// outside are the days that the walk itself does not ask about.
func (w *walker) outside(days []attendance.UserDay) []attendance.UserDay {
	var rest []attendance.UserDay
	for _, d := range days {
		if !w.covers(d.WorkDate) {
			rest = append(rest, d)
		}
	}
	return rest
}

func (w *walker) covers(d attendance.Date) bool {
	for _, c := range w.walk.Chunks {
		if c.Contains(d) {
			return true
		}
	}
	return false
}

func (w *walker) account(f *fetcher) {
	w.walk.Calls += f.calls
	w.walk.Gaps = w.walk.Gaps || f.gaps
	for _, problem := range f.problems {
		w.problem(problem)
	}
}

func (w *walker) problem(words string) {
	if len(w.walk.Problems) < maxProblems {
		w.walk.Problems = append(w.walk.Problems, words)
	}
}
