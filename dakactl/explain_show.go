package main

import (
	"strings"
	"time"

	"dakasync/attendance"
	"dakasync/dakactl/story"
	"dakasync/ledger"
)

// storyteller puts a story into words.
type storyteller struct {
	*app

	zone  *time.Location
	story story.Story
}

// storyIndent is the width of what stands before an entry's further lines.
const storyIndent = "                     "

func (s storyteller) tell() {
	s.sayf("%s, user %s: %s", s.story.WorkDate, s.story.UserID, s.headline())
	s.standing()
	if !s.story.Known {
		return
	}
	s.sayf("")
	s.sayf("What happened (times of %s)", s.zone)
	for _, e := range s.story.Entries {
		s.entry(e)
	}
	s.sayf("")
	s.sayf("How it stands now")
	s.now()
	if len(s.story.Calls) > 0 {
		s.sayf("")
		s.sayf("What the whole company spent in those hours (calls are not counted by person; a run shows its own questions)")
		for _, c := range s.story.Calls {
			s.sayf("  %s  %4d calls, %4d billed  %-8s  %s", c.Hour.In(s.zone).Format("2006-01-02 15:04"), c.Calls, c.Billed, c.Outcome, c.API)
		}
	}
}

func (s storyteller) headline() string {
	switch {
	case !s.story.Known:
		return s.text("the ledger knows nothing of this day")
	case s.story.Final:
		return s.text("final")
	default:
		return s.text("not final: it may still change")
	}
}

// standing says how far the ledger can be relied upon, and who the user is.
func (s storyteller) standing() {
	for _, c := range s.story.Complete {
		s.sayf("  complete: %s", s.domain(standingOfDomain(attendance.Completeness(c))))
	}
	switch e := s.story.Employee; {
	case e == nil:
		s.sayf("  the user was never seen in contacts")
	case e.LeftAt != nil:
		s.sayf("  the user has left contacts: %s", s.at(*e.LeftAt))
	}
}

func (s storyteller) at(t time.Time) string { return t.In(s.zone).Format(time.DateTime) }

// clock is a time of the day, with its date if that is another one.
func (s storyteller) clock(t time.Time) string {
	if attendance.DateOf(t, s.zone) == s.story.WorkDate {
		return t.In(s.zone).Format(time.TimeOnly)
	}
	return s.at(t)
}

func (s storyteller) entry(e story.Entry) {
	lines := s.lines(e)
	s.sayf("%s  %s", s.at(e.At), lines[0])
	for _, line := range lines[1:] {
		s.sayf("%s%s", storyIndent, line)
	}
	switch {
	case e.RunURL != "":
		s.sayf("%s%s", storyIndent, e.RunURL)
	case e.WorkflowID != "":
		s.sayf("%srun %s", storyIndent, e.WorkflowID)
	}
}

// lines puts an entry into words, its sentence first.
func (s storyteller) lines(e story.Entry) []string {
	switch e.Kind {
	case story.KindEvent:
		return s.event(e)
	case story.KindVersion:
		return s.version(e)
	case story.KindDecision:
		return []string{s.textf("decision: events are answered %s", s.text(e.Decision.Words())), e.Decision.Reason}
	case story.KindGap:
		return []string{s.gap(*e.Gap)}
	case story.KindApproval:
		return []string{s.approval(e)}
	case story.KindAsked:
		if e.Asked.Empty {
			return []string{s.textf("DingTalk was asked (%s): it showed nothing", s.text(e.Asked.Kind))}
		}
		return []string{s.textf("DingTalk was asked (%s)", s.text(e.Asked.Kind))}
	case story.KindDifference:
		return []string{s.textf("a sweep healed: %s; why it was missed: %s", e.Difference.What, e.Difference.Why)}
	case story.KindReconciled:
		return []string{s.text("everybody was asked about after the results were final")}
	case story.KindSettled:
		return []string{s.text("settled: its results are final")}
	default:
		return []string{string(e.Kind)}
	}
}

func (s storyteller) event(e story.Entry) []string {
	v := e.Event
	what := v.Type
	if v.CheckTime != nil {
		what += " " + s.clock(*v.CheckTime)
	}
	lines := []string{s.textf("hint %s by %s: %s; %s", what, s.text(string(v.Channel)), s.text(string(v.Outcome)), s.reason(e))}
	if v.BornAt != nil && !v.BornAt.IsZero() {
		lines = append(lines, s.textf("made by DingTalk at %s, delivered %d times", s.at(*v.BornAt), v.Deliveries))
	}
	return lines
}

func (s storyteller) reason(e story.Entry) string {
	switch e.Reason {
	case story.ReasonShown:
		return s.textf("the punch stands on %s, shown by: %s", e.Event.PunchOn, s.text(string(e.Event.PunchFrom)))
	case story.ReasonTakenBack:
		return s.text("the punch was a make-up that was taken back")
	case story.ReasonAlone:
		return s.text("nothing but the hint speaks of the punch")
	case story.ReasonRead:
		return s.text("the approval was read")
	case story.ReasonNotRead:
		return s.text("the approval could not be read to its end yet")
	case story.ReasonAsked:
		return s.text("DingTalk was asked about the day since")
	case story.ReasonNotAsked:
		return s.text("DingTalk was not asked about the day since")
	case story.ReasonNoRun:
		return s.textf("no run was started yet, %d tries failed", e.Event.RelayTries)
	case story.ReasonRunning:
		return s.text("its run has not ended")
	case story.ReasonNothing:
		return s.text("nothing follows from it")
	case story.ReasonRefused:
		return s.text("it is another company's")
	case story.ReasonUnreadable:
		return s.text("nobody could read it")
	case story.ReasonGone:
		return s.text("DingTalk shows no such punch any more")
	case story.ReasonUnknown:
		return s.text("the reason is the run's result")
	default:
		return string(e.Reason)
	}
}

func (s storyteller) version(e story.Entry) []string {
	lines := []string{s.textf("version %d, because of: %s", e.Version, s.text(string(e.Trigger)))}
	if e.Partial {
		lines = append(lines, s.text("(the version before is gone; all that this one shows differs from the one before that)"))
	}
	for _, c := range e.Changes {
		lines = append(lines, s.change(c))
	}
	return lines
}

func (s storyteller) gap(g ledger.GapFact) string {
	words := s.textf("nobody is proven to have listened until %s (%s)", s.at(g.EndedAt), g.Reason)
	if g.SweptAt == nil {
		return words + s.text("; not made good yet")
	}
	return words + s.textf("; made good at %s", s.at(*g.SweptAt))
}

func (s storyteller) approval(e story.Entry) string {
	a := e.Approval
	what := s.text(string(a.Kind))
	if a.Action != "" && a.Action != "NONE" {
		what += " " + a.Action + " " + a.MainID
	}
	if e.Decided {
		return s.textf("approval %s (%s) ended: %s %s", a.ID, what, a.Status, a.Result)
	}
	return s.textf("approval %s (%s) was asked for", a.ID, what)
}

// change is one line: + new, - gone, ~ other than before.
func (s storyteller) change(c story.Change) string {
	switch {
	case c.Result != nil:
		return changed(c.Result, s.result)
	case c.Punch != nil:
		return changed(c.Punch, s.punch)
	case c.Tag != nil:
		return changed(c.Tag, s.tag)
	default:
		return changed(c.Scheduled, s.scheduled)
	}
}

func changed[T any](c *story.Changed[T], words func(T) string) string {
	switch {
	case c.Before == nil:
		return "+ " + words(*c.After)
	case c.After == nil:
		return "- " + words(*c.Before)
	}
	before, after := words(*c.Before), words(*c.After)
	if before == after {
		return "~ " + after
	}
	return "~ " + before + "  →  " + after
}

func (s storyteller) scheduled(is bool) string {
	if is {
		return s.text("a plan is known")
	}
	return s.text("no plan: nothing is scheduled")
}

func (s storyteller) result(r ledger.ShownResult) string {
	words := s.textf("result %s", s.text(r.CheckType))
	if !r.PlanCheckTime.IsZero() {
		words += s.textf(", planned %s", s.clock(r.PlanCheckTime))
	}
	words += ": " + s.text(r.TimeResult)
	if !r.UserCheckTime.IsZero() {
		words += " " + s.clock(r.UserCheckTime)
	}
	return words + s.brackets(r.SourceType, r.LocationResult, r.ProcessInstanceID, s.text(string(r.Origin)))
}

func (s storyteller) punch(p ledger.ShownPunch) string {
	words := s.textf("punch %s", s.clock(p.CheckTime))
	if p.CheckType != "" {
		words += " " + s.text(p.CheckType)
	}
	if !p.Explained {
		words += s.text(", unexplained")
	}
	if p.Valid != nil && !*p.Valid {
		words += s.textf(", not valid: %s", strings.TrimSpace(p.InvalidType+" "+p.InvalidMessage))
	}
	return words + s.brackets(p.SourceType, p.LocationResult, p.ProcessInstanceID, s.text(string(p.Origin)))
}

func (s storyteller) tag(t attendance.Tag) string {
	words := s.textf("approval %s %s", t.TagName, t.SubType)
	if !t.Begin.IsZero() {
		words += " " + s.at(t.Begin) + " – " + s.at(t.End)
	}
	if t.Duration != "" {
		words += s.textf(", %s %s in all", t.Duration, t.DurationUnit)
	}
	return words + s.brackets(t.ProcessInstanceID)
}

func (s storyteller) brackets(parts ...string) string {
	var there []string
	for _, p := range parts {
		if p != "" {
			there = append(there, p)
		}
	}
	if len(there) == 0 {
		return ""
	}
	return " (" + strings.Join(there, ", ") + ")"
}

// now is the day as a reader of the ledger sees it.
func (s storyteller) now() {
	d := s.story.Now
	if d == nil {
		s.sayf("  no row: nothing is known of the day itself")
		d = &ledger.DayFact{}
	} else {
		s.sayf("  version %d, %s", d.Version, s.plan(d.Scheduled))
	}
	for _, r := range d.Results {
		s.sayf("  %s", s.result(r))
	}
	for _, p := range d.Punches {
		s.sayf("  %s", s.punch(p))
	}
	for _, at := range s.story.TakenBack {
		s.sayf("  made-up punch %s was taken back", s.clock(at))
	}
	for _, a := range s.story.Approvals {
		s.sayf("  approval %s (%s): %s", a.ID, s.text(string(a.Kind)), s.approvalStanding(a))
	}
}

func (s storyteller) plan(scheduled *bool) string {
	if scheduled == nil {
		return s.text("whether anything is scheduled is not known")
	}
	return s.scheduled(*scheduled)
}

func (s storyteller) approvalStanding(a ledger.ApprovalFact) string {
	words := []string{strings.TrimSpace(a.Status + " " + a.Result)}
	if a.Revoked {
		words = append(words, s.text(", revoked"))
	}
	for _, p := range a.Parts {
		switch {
		case p.MadeUpTime != nil:
			words = append(words, s.textf("; made-up punch %s (%s)", s.clock(*p.MadeUpTime), s.text(p.State)))
		case p.BeginTime != nil && p.EndTime != nil:
			words = append(words, s.textf("; this day %s – %s (%s)", s.clock(*p.BeginTime), s.clock(*p.EndTime), s.text(p.State)))
		}
	}
	return strings.Join(words, "")
}
