package story

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/ledger"
)

var day = attendance.NewDate(2026, time.November, 2)

// at is an instant of the day.
func at(clock string) time.Time {
	t, err := time.Parse(time.DateTime, "2026-11-02 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

func kinds(s Story) []string {
	var list []string
	for _, e := range s.Entries {
		list = append(list, e.At.Format(time.TimeOnly)+" "+string(e.Kind))
	}
	return list
}

func result(plan, user time.Time, is string) ledger.ShownResult {
	return ledger.ShownResult{Result: attendance.Result{CheckType: "OnDuty", PlanCheckTime: plan, UserCheckTime: user, TimeResult: is}}
}

func TestTheStoryIsInOrder(t *testing.T) {
	settled, created, ended := at("23:00:00"), at("08:00:00"), at("12:00:00")
	f := ledger.DayFacts{
		UserID: "u1", WorkDate: day, Day: &ledger.DayFact{SettledAt: &settled},
		Events:      []ledger.EventFact{{Key: "punch/c/u1/1", ReceivedAt: at("09:00:05"), WorkflowID: "punch/c/u1/1", Outcome: attendance.OutcomeDone, PunchOn: day, PunchFrom: "detail"}},
		Asked:       []ledger.AskedFact{{Kind: "detail", At: at("09:00:06")}},
		Versions:    []ledger.VersionFact{{Version: 1, RecordedAt: at("09:00:07"), WorkflowID: "punch/c/u1/1"}, {Version: 2, RecordedAt: at("20:00:00"), WorkflowID: "sweep"}},
		Approvals:   []ledger.ApprovalFact{{ID: "i1", CreatedAt: &created, FinishedAt: &ended}},
		Differences: []ledger.DifferenceFact{{FoundAt: at("20:00:01"), WorkflowID: "sweep"}},
		Decisions: []budget.Decision{
			{DecidedAt: at("00:10:00"), Mode: budget.ModeLive}, {DecidedAt: at("01:10:00"), Mode: budget.ModeLive}, {DecidedAt: at("10:00:00"), Mode: budget.ModeSweep},
		},
		Gaps:       []ledger.GapFact{{BeganAt: at("11:00:00")}},
		Reconciled: &ledger.ReconciledFact{AskedAt: at("21:00:00"), ReconciledAt: at("22:00:00"), WorkflowID: "sweep"},
		Complete:   []attendance.Completeness{{Domain: attendance.DomainPunches, Through: day}, {Domain: attendance.DomainResults, Through: day.AddDays(3)}},
		Calls:      []ledger.CallCount{{Hour: at("09:00:00"), API: "/a", Outcome: "ok", Calls: 3, Counted: 2}},
	}
	s := Tell(f)
	require.Equal(t, []string{
		"00:10:00 decision", "08:00:00 approval", "09:00:05 event", "09:00:06 asked", "09:00:07 version", "10:00:00 decision", "11:00:00 gap",
		"12:00:00 approval", "20:00:00 version", "20:00:01 difference", "22:00:00 reconciled", "23:00:00 settled",
	}, kinds(s), "an hourly repetition of a decision is no news")
	require.True(t, s.Final)
	require.True(t, s.Known)
	require.False(t, s.Entries[1].Decided)
	require.True(t, s.Entries[7].Decided)
	require.Equal(t, []Calls{{Hour: at("09:00:00"), API: "/a", Outcome: "ok", Calls: 3, Billed: 2}}, s.Calls)

	s.Link(func(id string) string { return "http://ui/" + id })
	require.Equal(t, "http://ui/punch/c/u1/1", s.Entries[2].RunURL)
	require.Empty(t, s.Entries[0].RunURL, "no run, no link")
	text, err := json.Marshal(Tell(f))
	require.NoError(t, err)
	again, err := json.Marshal(Tell(f))
	require.NoError(t, err)
	require.JSONEq(t, string(text), string(again))
}

func TestNothingIsKnown(t *testing.T) {
	s := Tell(ledger.DayFacts{UserID: "u9", WorkDate: day})
	require.False(t, s.Known)
	require.False(t, s.Final, "without a word about completeness nothing is final")
	text, err := json.Marshal(s)
	require.NoError(t, err)
	require.JSONEq(t, `{"user_id": "u9", "work_date": "2026-11-02", "known": false, "final": false, "complete": [], "entries": [],
		"approvals": [], "taken_back": [], "calls_of_the_company": []}`, string(text))
}

func TestFinal(t *testing.T) {
	through := func(dates ...attendance.Date) bool {
		var f ledger.DayFacts
		f.WorkDate = day
		for _, d := range dates {
			f.Complete = append(f.Complete, attendance.Completeness{Through: d})
		}
		return Tell(f).Final
	}
	require.True(t, through(day, day.AddDays(1), day))
	require.False(t, through(day, day.AddDays(-1), day), "one kind of data is behind")
	require.False(t, through(day, attendance.Date{}, day))
	require.False(t, through())
}

func TestReasons(t *testing.T) {
	punch := ledger.EventFact{Key: "punch/c/u1/1", WorkflowID: "w", Outcome: attendance.OutcomeDone, PunchOn: day, PunchFrom: attendance.OriginDetail}
	with := func(e ledger.EventFact, change func(*ledger.EventFact)) ledger.EventFact { change(&e); return e }
	approval, dayEvent := punch, punch
	approval.Key, dayEvent.Key = "approval/c/i1/finish", "day/c/u1/2026-11-02/e1"
	for want, e := range map[Reason]ledger.EventFact{
		ReasonShown: punch,
		ReasonAlone: with(punch, func(e *ledger.EventFact) {
			e.Outcome, e.PunchFrom = attendance.OutcomeUnexplained, attendance.OriginEvent
		}),
		ReasonTakenBack:  with(punch, func(e *ledger.EventFact) { e.PunchOn, e.TakenBack = attendance.Date{}, true }),
		ReasonGone:       with(punch, func(e *ledger.EventFact) { e.PunchOn = attendance.Date{} }),
		ReasonNoRun:      with(punch, func(e *ledger.EventFact) { e.Outcome, e.WorkflowID = attendance.OutcomePending, "" }),
		ReasonRunning:    with(punch, func(e *ledger.EventFact) { e.Outcome = attendance.OutcomePending }),
		ReasonNothing:    with(punch, func(e *ledger.EventFact) { e.Outcome = attendance.OutcomeIgnored }),
		ReasonRefused:    with(punch, func(e *ledger.EventFact) { e.Outcome = attendance.OutcomeRefused }),
		ReasonUnreadable: with(punch, func(e *ledger.EventFact) { e.Outcome = attendance.OutcomeUnreadable }),
		ReasonRead:       approval,
		ReasonNotRead:    with(approval, func(e *ledger.EventFact) { e.Outcome = attendance.OutcomeUnexplained }),
		ReasonAsked:      with(dayEvent, func(e *ledger.EventFact) { e.AskedSince = true }),
		ReasonUnknown:    dayEvent,
		ReasonNotAsked:   with(dayEvent, func(e *ledger.EventFact) { e.Outcome = attendance.OutcomeUnexplained }),
	} {
		require.Equal(t, want, reason(e))
	}
	require.Equal(t, ReasonShown, reason(with(punch, func(e *ledger.EventFact) { e.Key = "odd" })))
}

// words puts changes into short words.
func words(list []Change) []string {
	var all []string
	sign := func(before, after bool) string {
		switch {
		case !before:
			return "+"
		case !after:
			return "-"
		default:
			return "~"
		}
	}
	for _, c := range list {
		switch {
		case c.Result != nil:
			all = append(all, sign(c.Result.Before != nil, c.Result.After != nil)+" result")
		case c.Punch != nil:
			all = append(all, sign(c.Punch.Before != nil, c.Punch.After != nil)+" punch")
		case c.Tag != nil:
			all = append(all, sign(c.Tag.Before != nil, c.Tag.After != nil)+" approval")
		case c.Scheduled != nil:
			all = append(all, sign(c.Scheduled.Before != nil, c.Scheduled.After != nil)+fmt.Sprintf(" scheduled %t", *c.Scheduled.After))
		}
	}
	return all
}

func TestChangesBetweenVersions(t *testing.T) {
	yes, no := true, false
	nine, six := at("09:00:00"), at("18:00:00")
	punch := ledger.ShownPunch{CheckTime: nine, Origin: attendance.OriginEvent}
	shown := punch
	shown.Origin, shown.Explained = attendance.OriginDetail, true
	tag := attendance.Tag{ProcessInstanceID: "i1", Duration: "1"}
	longer := tag
	longer.Duration = "2"
	invalid := shown
	invalid.Valid = &no
	for name, test := range map[string]struct {
		before, after ledger.Shown
		want          []string
	}{
		"nothing":                {},
		"a plan":                 {ledger.Shown{}, ledger.Shown{Scheduled: &yes}, []string{"+ scheduled true"}},
		"no plan after all":      {ledger.Shown{Scheduled: &yes}, ledger.Shown{Scheduled: &no}, []string{"~ scheduled false"}},
		"the same plan":          {ledger.Shown{Scheduled: &yes}, ledger.Shown{Scheduled: &yes}, nil},
		"a punch":                {ledger.Shown{}, ledger.Shown{Punches: []ledger.ShownPunch{punch}}, []string{"+ punch"}},
		"a punch gets a witness": {ledger.Shown{Punches: []ledger.ShownPunch{punch}}, ledger.Shown{Punches: []ledger.ShownPunch{shown}}, []string{"~ punch"}},
		"a punch is not valid":   {ledger.Shown{Punches: []ledger.ShownPunch{shown}}, ledger.Shown{Punches: []ledger.ShownPunch{invalid}}, []string{"~ punch"}},
		"a punch goes":           {ledger.Shown{Punches: []ledger.ShownPunch{punch}}, ledger.Shown{}, []string{"- punch"}},
		"the same in another zone": {
			ledger.Shown{Results: []ledger.ShownResult{result(nine, nine, "Normal")}},
			ledger.Shown{Results: []ledger.ShownResult{result(nine.In(time.FixedZone("", 3600)), nine, "Normal")}}, nil,
		},
		"signed": {
			ledger.Shown{Results: []ledger.ShownResult{result(nine, time.Time{}, "NotSigned"), result(six, time.Time{}, "NotSigned")}},
			ledger.Shown{Results: []ledger.ShownResult{result(nine, nine, "Normal"), result(six, time.Time{}, "NotSigned")}}, []string{"~ result"},
		},
		"another shift": {
			ledger.Shown{Results: []ledger.ShownResult{result(nine, nine, "Normal")}},
			ledger.Shown{Results: []ledger.ShownResult{result(six, nine, "Normal")}}, []string{"- result", "+ result"},
		},
		"free hours": {
			ledger.Shown{Results: []ledger.ShownResult{result(time.Time{}, nine, "Normal")}},
			ledger.Shown{Results: []ledger.ShownResult{result(time.Time{}, nine, "Normal"), result(time.Time{}, six, "Normal")}}, []string{"+ result"},
		},
		"two alike":          {ledger.Shown{Results: []ledger.ShownResult{result(nine, nine, "Normal"), result(nine, nine, "Normal")}}, ledger.Shown{Results: []ledger.ShownResult{result(nine, nine, "Normal")}}, []string{"- result"}},
		"a tag that changes": {ledger.Shown{Approvals: []attendance.Tag{tag}}, ledger.Shown{Approvals: []attendance.Tag{longer}}, []string{"~ approval"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, words(changes(test.before, test.after))) })
	}
}

func TestAGapInTheVersionsIsSaid(t *testing.T) {
	s := Tell(ledger.DayFacts{Versions: []ledger.VersionFact{{Version: 3}, {Version: 4}, {Version: 6}}})
	require.Equal(t, []bool{true, false, true}, []bool{s.Entries[0].Partial, s.Entries[1].Partial, s.Entries[2].Partial})
	require.False(t, Tell(ledger.DayFacts{Versions: []ledger.VersionFact{{Version: 1}}}).Entries[0].Partial)
}
