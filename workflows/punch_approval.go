package workflows

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

// seekApproval is the last resort for a punch that no day shows: a make-up on a
// day without a schedule, or on a holiday, is seen in its approval alone.
func (p *punchRun) seekApproval(ctx workflow.Context) (Decision, error) {
	say(ctx, "no day shows the punch: looking for a make-up approval")
	punch := Punch{UserID: p.in.Hint.UserID, At: p.in.Hint.CheckTime}
	known, err := ledger[bool](ctx, StepPunchExplained, "Does an approval account for it?", punch)
	if err != nil {
		return Decision{}, err
	}
	if known {
		return p.conclude(ctx, done(p.plan.Calendar, p.rounds, "a make-up approval in the ledger accounts for the punch"))
	}
	refs, err := p.findMakeUps(ctx)
	if err != nil {
		return Decision{}, err
	}
	makeUp, err := p.readMakeUps(ctx, refs)
	if err != nil {
		return Decision{}, err
	}
	if makeUp == nil {
		return p.conclude(ctx, unexplained(p.plan.Calendar, p.rounds, p.nothingShows()))
	}
	date := makeUp.WorkDate
	if date.IsZero() {
		date = p.plan.Calendar
	}
	return p.conclude(ctx, done(date, p.rounds, "a make-up approval accounts for the punch; no day shows it"))
}

// findMakeUps lists the user's make-up approvals that the ledger has not read,
// newest first. What DingTalk will not list is a reason, not a failure.
func (p *punchRun) findMakeUps(ctx workflow.Context) ([]InstanceRef, error) {
	in := FindMakeUpsInput{
		UserIDs: []string{p.in.Hint.UserID},
		Started: attendance.MakeUpSearch(p.in.Hint.CheckTime, workflow.Now(ctx)),
	}
	listed, err := ask[Found](ctx, StepFindMakeUps, "Make-up approvals of the user", in, PriorityLive)
	if gaveUp(err) {
		p.refuse("make-up approvals: " + reasonOf(err))
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return unreadInstances(ctx, listed.Instances, maxInstances)
}

// readMakeUps reads and writes approvals until one accounts for the punch. The
// days of those that do not are fetched too: their own events were lost.
func (p *punchRun) readMakeUps(ctx workflow.Context, refs []InstanceRef) (*attendance.MakeUp, error) {
	reader := &instanceReader{priority: PriorityLive, trigger: attendance.TriggerApproval}
	var match *attendance.MakeUp
	for _, ref := range refs {
		instance, err := reader.take(ctx, ref, attendance.ApprovalHint{})
		if err != nil {
			return nil, err
		}
		if m, ok := attendance.MakeUpExplains(instance, p.in.Hint.UserID, p.in.Hint.CheckTime); ok {
			match = &m
			break
		}
	}
	for _, problem := range reader.problems {
		p.refuse(problem)
	}
	f := &fetcher{trigger: attendance.TriggerApproval, priority: PriorityLive}
	return match, f.days(ctx, slices.DeleteFunc(reader.days, p.askedAbout))
}

func (p *punchRun) askedAbout(d attendance.UserDay) bool {
	return d.UserID == p.in.Hint.UserID && slices.Contains(p.asked, d.WorkDate)
}

func (p *punchRun) nothingShows() string {
	dates := make([]string, 0, len(p.asked))
	for _, d := range p.asked {
		dates = append(dates, d.String())
	}
	reason := fmt.Sprintf("asked in %d rounds, neither %s nor a make-up approval shows the punch; the nightly sweep asks again",
		p.rounds, strings.Join(dates, " nor "))
	return strings.Join(append([]string{reason}, p.refused...), "; ")
}
