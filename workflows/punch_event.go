package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"dakasync/attendance"
)

// maxInstances bounds how many approvals one punch may cost.
const maxInstances = 20

// PunchEvent finds the user-day that accounts for one punch and writes it.
func PunchEvent(ctx workflow.Context, in EventInput) (Decision, error) {
	p := &punchRun{in: in}
	if err := p.recall(ctx); err != nil {
		return Decision{}, err
	}
	return p.run(ctx)
}

type punchRun struct {
	in      EventInput
	plan    PunchPlan
	rounds  int
	waits   int // for batches
	asked   []attendance.Date
	refused []string // what DingTalk will not answer, in words
}

// found is what a round of questions came to.
type found struct {
	answered  bool
	unwritten []attendance.Answer // that the run has yet to write
	date      attendance.Date     // under which the punch stands; zero if nowhere
	concluded bool                // and the ledger knows
	unknown   bool                // DingTalk knows no such user
}

func (p *punchRun) run(ctx workflow.Context) (Decision, error) {
	switch {
	case p.plan.Recall.Known:
		return p.known(ctx)
	case p.plan.Reach != attendance.ReachOK:
		return p.outOfReach(ctx)
	case p.plan.Pace.keeps():
		return p.kept(ctx)
	case p.plan.Pace.waits() && p.waits < batchWaits:
		return p.batched(ctx)
	}
	return p.live(ctx)
}

// batched lets the batch of a window ask, and looks what it found.
func (p *punchRun) batched(ctx workflow.Context) (Decision, error) {
	p.waits++
	if err := awaitBatch(ctx, p.plan.Pace); err != nil {
		return Decision{}, err
	}
	if err := p.recallAgain(ctx); err != nil {
		return Decision{}, err
	}
	return p.run(ctx)
}

// live asks by itself, in rounds. An event for which batches asked in vain has
// waited long enough: one round is left.
func (p *punchRun) live(ctx workflow.Context) (Decision, error) {
	last := len(p.plan.SettleDelays)
	first := 0
	if p.waits > 0 {
		first = last
	}
	for round := first; round <= last; round++ {
		if p.rounds > 0 {
			if err := p.settle(ctx, p.plan.SettleDelays[round-1]); err != nil {
				return Decision{}, err
			}
			switch {
			case p.plan.Recall.Known:
				return p.known(ctx)
			case p.plan.Pace.keeps():
				return p.kept(ctx)
			}
		}
		f, err := p.ask(ctx, p.plan.Candidates.Round(round == last))
		switch {
		case err != nil:
			return Decision{}, err
		case !f.date.IsZero():
			return p.explained(ctx, f)
		case p.plan.Recall.Known:
			return p.known(ctx, f.unwritten...)
		case f.unknown, !f.answered:
			return p.conclude(ctx, unexplained(p.plan.Calendar, p.rounds, strings.Join(p.refused, "; ")), f.unwritten...)
		}
		if err := p.keep(ctx, f.unwritten); err != nil {
			return Decision{}, err
		}
	}
	return p.seekApproval(ctx)
}

// recall asks the ledger what it knows of the punch, and what to do about it. The
// event is recorded, unless the plan says that it is not.
func (p *punchRun) recall(ctx workflow.Context) error {
	plan, err := ledger[PunchPlan](ctx, StepPlanPunch, "Is the punch known? If not now, record the event", PlanPunchInput{EventInput: p.in})
	if err != nil {
		return err
	}
	p.plan = plan
	return nil
}

// record has the event recorded that is not yet, and looks again what is known of it.
func (p *punchRun) record(ctx workflow.Context) error {
	if !p.plan.Unrecorded {
		return nil
	}
	p.plan.Unrecorded = false
	plan, err := ledger[PunchPlan](ctx, StepPlanPunch, "Record the event", PlanPunchInput{EventInput: p.in, Record: true})
	p.plan.Recall = plan.Recall
	return err
}

func (p *punchRun) known(ctx workflow.Context, answers ...attendance.Answer) (Decision, error) {
	date := p.plan.Recall.WorkDate
	return p.conclude(ctx, done(date, p.rounds, fmt.Sprintf("the ledger accounts for the punch already, under %s", date)), answers...)
}

func (p *punchRun) kept(ctx workflow.Context) (Decision, error) {
	return p.conclude(ctx, unexplained(p.plan.Calendar, p.rounds, p.plan.Pace.kept()))
}

func (p *punchRun) outOfReach(ctx workflow.Context) (Decision, error) {
	reason := fmt.Sprintf("the punch is over %d days old: DingTalk no longer answers for it", attendance.HorizonDays)
	if p.plan.Reach == attendance.ReachFuture {
		reason = "the punch lies more than a day in the future: a clock is wrong"
	}
	return p.conclude(ctx, unexplained(p.plan.Calendar, p.rounds, reason))
}

// ask asks for the dates in turn, and stops at the one that shows the punch.
func (p *punchRun) ask(ctx workflow.Context, dates []attendance.Date) (found, error) {
	var f found
	p.rounds++
	for _, date := range dates {
		day := attendance.UserDay{UserID: p.in.Hint.UserID, WorkDate: date}
		say(ctx, fmt.Sprintf("round %d: asking DingTalk for %s", p.rounds, date))
		asked, err := p.askDay(ctx, day)
		switch {
		case err == nil:
			p.note(date)
		case gaveUp(err):
			p.refuse(dayWords(day) + ": " + reasonOf(err))
			f.unknown = f.unknown || isType(err, ErrorNotFound)
			if f.unknown {
				return f, nil
			}
			continue
		default:
			return f, err
		}
		if asked.Answer == nil {
			return f, nil // there is no need: the ledger knows
		}
		f.answered = true
		if !asked.Written {
			f.unwritten = append(f.unwritten, *asked.Answer)
		}
		if attendance.Explains(*asked.Answer, p.in.Hint.CheckTime) {
			f.date, f.concluded = date, asked.Written
			return f, nil
		}
	}
	return f, nil
}

// askDay asks within the task if the plan says so, and by the queue of calls
// where that does not work out: what is refused for good is not asked again. A result
// that came too late may be written all the same: the ledger is asked before DingTalk
// is. There is no answer where it knows the punch.
func (p *punchRun) askDay(ctx workflow.Context, day attendance.UserDay) (AskedDay, error) {
	if p.plan.InTask {
		asked, err := inTask[AskedDay](ctx, StepAskDay, dayWords(day), AskDayInput{Day: day, Hint: p.in.Hint, Payload: p.in.Payload})
		if temporal.IsCanceledError(err) {
			return asked, err
		}
		if asked.Written {
			p.plan.Unrecorded = false
		}
		if err != nil && !gaveUp(err) && since(ctx, changeLookAgain) {
			p.plan.Unrecorded = true
		}
		if unrecorded := p.record(ctx); unrecorded != nil {
			return asked, unrecorded
		}
		if err == nil && asked.Answer != nil || gaveUp(err) {
			return asked, err
		}
		if p.plan.Recall.Known && since(ctx, changeLookAgain) {
			return AskedDay{}, nil
		}
	}
	answer, err := ask[attendance.Answer](ctx, StepFetchDay, dayWords(day), day, PriorityLive)
	return AskedDay{Answer: &answer}, err
}

func (p *punchRun) explained(ctx workflow.Context, f found) (Decision, error) {
	d := done(f.date, p.rounds, fmt.Sprintf("the detail of %s shows the punch", f.date))
	if f.concluded && len(f.unwritten) == 0 {
		return concluded(ctx, d)
	}
	return p.conclude(ctx, d, f.unwritten...)
}

// keep writes what is known so far: an answer that does not show the punch is
// still the newest word about its day.
func (p *punchRun) keep(ctx workflow.Context, answers []attendance.Answer) error {
	if len(answers) == 0 {
		return nil
	}
	in := PersistInput{Answers: answers, Trigger: p.in.Hint.Trigger()}
	_, err := ledger[Nothing](ctx, StepPersist, "Write what is known so far", in)
	return err
}

// settle waits for DingTalk's reads to catch up. Meanwhile another event of the
// same day may have fetched it: look before a call is spent.
func (p *punchRun) settle(ctx workflow.Context, delay time.Duration) error {
	say(ctx, fmt.Sprintf("not shown yet: reads lag, asking again after %s", delay))
	if err := workflow.Sleep(ctx, delay); err != nil {
		return err
	}
	return p.recallAgain(ctx)
}

// recallAgain asks the ledger again. One run has one plan, but for its pace.
func (p *punchRun) recallAgain(ctx workflow.Context) error {
	candidates, delays := p.plan.Candidates, p.plan.SettleDelays
	if err := p.recall(ctx); err != nil {
		return err
	}
	p.plan.Candidates, p.plan.SettleDelays = candidates, delays
	return nil
}

func (p *punchRun) note(date attendance.Date) {
	if !slices.Contains(p.asked, date) {
		p.asked = append(p.asked, date)
	}
}

func (p *punchRun) refuse(words string) {
	if !slices.Contains(p.refused, words) {
		p.refused = append(p.refused, words)
	}
}

func (p *punchRun) conclude(ctx workflow.Context, d Decision, answers ...attendance.Answer) (Decision, error) {
	if err := p.record(ctx); err != nil {
		return d, err
	}
	return conclude(ctx, p.in.Hint, d, answers...)
}
