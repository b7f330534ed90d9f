package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

// fetcher asks about user-days and writes the answers at once.
type fetcher struct {
	trigger  attendance.Trigger
	priority int
	calls    int
	problems []string // what DingTalk refuses to answer, or PostgreSQL to take, in words
	gaps     bool     // some of it was refused that might be had
	brisk    bool     // short answers are written within the workflow task
}

// maxBrisk is how many user-days are written within a workflow task: a fraction of a
// second's work. Of a step in the task the history keeps neither input nor dispatch.
const maxBrisk = 2 * attendance.WindowUsers

// maxProblems bounds what a run remembers of refusals.
const maxProblems = 5

// days fetches user-days by the fewest calls.
func (f *fetcher) days(ctx workflow.Context, days []attendance.UserDay) error {
	plan := attendance.PlanFetch(days)
	if err := f.singles(ctx, plan.Singles); err != nil {
		return err
	}
	for _, window := range plan.Windows {
		if err := f.window(ctx, window); err != nil {
			return err
		}
	}
	return nil
}

func (f *fetcher) singles(ctx workflow.Context, days []attendance.UserDay) error {
	for _, day := range days {
		if err := f.single(ctx, day); err != nil {
			return err
		}
	}
	return nil
}

// single fetches one user-day. What DingTalk will never answer is noted, and
// does not keep the other days from being fetched.
func (f *fetcher) single(ctx workflow.Context, day attendance.UserDay) error {
	f.calls++
	answer, err := ask[attendance.Answer](ctx, StepFetchDay, dayWords(day), day, f.priority)
	if err != nil {
		return f.tolerate(err, dayWords(day))
	}
	return f.save(ctx, []attendance.Answer{answer}, dayWords(day))
}

// window fetches many users and days. An answer too big for the history is asked
// for in halves; so is one that is refused for a user whom DingTalk does not know
// (any more) or for a day that has grown too old since the walk began: neither may
// hide the others.
func (f *fetcher) window(ctx workflow.Context, w attendance.Window) error {
	words := windowWords(w)
	answers, err := ask[[]attendance.Answer](ctx, StepFetchWindow, words, w, f.priority)
	switch {
	case isType(err, ErrorTooBig):
		f.calls += w.Cost()
		return f.parts(ctx, w, w.Halve(), err)
	case isType(err, ErrorNotFound) && len(w.UserIDs) > 1:
		f.calls++
		return f.parts(ctx, w, w.Halve(), err)
	case isType(err, ErrorTooOld):
		f.calls++
		return f.parts(ctx, w, w.HalveDays(), err)
	}
	if err != nil {
		f.calls++
		return f.tolerate(err, words)
	}
	f.calls += w.Calls(answers)
	if f.brisk && len(answers) <= maxBrisk {
		return f.save(ctx, answers, words)
	}
	in := PersistInput{Answers: answers, Trigger: f.trigger}
	_, err = ledgerBulk[Nothing](ctx, StepPersist, "Write "+words, in, f.priority)
	return f.tolerate(err, words)
}

// parts fetches the parts of a window, of which cause does not let the whole be
// had.
func (f *fetcher) parts(ctx workflow.Context, w attendance.Window, parts []attendance.Window, cause error) error {
	if len(parts) == 0 {
		return f.tolerate(cause, windowWords(w))
	}
	for _, part := range parts {
		if err := f.window(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (f *fetcher) save(ctx workflow.Context, answers []attendance.Answer, words string) error {
	in := PersistInput{Answers: answers, Trigger: f.trigger}
	_, err := ledger[Nothing](ctx, StepPersist, "Write "+words, in)
	return f.tolerate(err, words)
}

// tolerate notes an error that no retry mends, DingTalk's or, where all others are
// written, PostgreSQL's; any other one stops the run.
func (f *fetcher) tolerate(err error, words string) error {
	if !gaveUp(err) {
		return err
	}
	f.gaps = f.gaps || !isType(err, ErrorNotFound) && !isType(err, ErrorTooOld)
	if len(f.problems) < maxProblems {
		f.problems = append(f.problems, words+": "+reasonOf(err))
	}
	return nil
}

func dayWords(d attendance.UserDay) string {
	return fmt.Sprintf("%s of %s", d.WorkDate, keywordValue(d.UserID))
}

func windowWords(w attendance.Window) string {
	return fmt.Sprintf("%s to %s of %d users", w.Days.From, w.Days.To, len(w.UserIDs))
}
