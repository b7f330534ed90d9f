package grown

import (
	"fmt"
	"time"

	"dakasync/attendance"
)

// The company that the ledgers are kept for.
const (
	corp         = "dinggrown0123456789abcdef"
	makeUpCode   = "PROC-MAKE-UP-0001"
	leaveCode    = "PROC-LEAVE-0001"
	minuteOfHour = 60
)

// zone is the company's.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60) //nolint:mnd // China Standard Time.

// userID is the nth person's, as long as DingTalk's are.
func userID(n int) string { return fmt.Sprintf("0225%016d", n) }

// slot is planned, at a time since midnight.
type slot struct {
	at        time.Duration
	checkType string
}

// clocking is a clock-in at a time since midnight, for a slot; an extra one for none.
type clocking struct {
	at    time.Duration
	slot  int
	quiet bool // no event tells of it
}

const extra = -1

// shape is how a user-day went.
type shape struct {
	slots     []slot
	clockings []clocking
	madeUp    int  // the slot that an approval stands for; extra: none
	leave     bool // an approved leave covers the day
}

// shapes are two dozen: each of the twelve below, and again some minutes later. They have two clock-ins on average.
func shapes() []shape {
	office := []slot{clock(9, "OnDuty"), clock(18, "OffDuty")}
	halves := []slot{clock(9, "OnDuty"), clock(12, "OffDuty"), clock(13, "OnDuty"), clock(18, "OffDuty")}
	night := []slot{clock(22, "OnDuty"), clock(30, "OffDuty")}
	const dozens = 24
	all := make([]shape, 0, dozens)
	for late := range 2 {
		at := func(hour, minute, slot int) clocking {
			return clocking{at: time.Duration(hour)*time.Hour + time.Duration(minute+7*late)*time.Minute + time.Duration(hour)*time.Second, slot: slot}
		}
		all = append(all, shape{slots: night, clockings: []clocking{at(21, 45, 0), {at: at(30, 2, 1).at, slot: 1, quiet: true}}, madeUp: extra})
		for n := range 5 {
			all = append(all, shape{slots: office, clockings: []clocking{at(8, 40+n, 0), at(18, 1+n, 1)}, madeUp: extra})
		}
		all = append(all,
			shape{slots: office, clockings: []clocking{at(8, 35, 0), at(12, 31, extra), at(18, 9, 1)}, madeUp: extra},
			shape{slots: office, clockings: []clocking{at(9, 12, 0), at(17, 48, extra), at(18, 20, 1)}, madeUp: extra},
			shape{slots: halves, clockings: []clocking{at(8, 50, 0), at(12, 1, 1), at(12, 50, 2), at(18, 11, 3)}, madeUp: extra},
			shape{slots: office, clockings: []clocking{at(8, 30, 0)}, madeUp: 1},
			shape{slots: office, madeUp: extra, leave: true},
			shape{madeUp: extra},
		)
	}
	return all
}

func clock(hour int, checkType string) slot {
	return slot{time.Duration(hour) * time.Hour, checkType}
}

// shapeOf says how a person's date went: people differ, and so do their dates.
func shapeOf(person, date int) int { return (person*personStep + date*dateStep) % len(shapes()) }

// normal is a good clock-in.
const normal = "Normal"

const (
	personStep = 5
	dateStep   = 7
)

// told is what DingTalk says about one user-day, in the order in which it is written.
type told struct {
	user     string
	date     attendance.Date
	hints    []attendance.Hint
	details  []attendance.Answer // one after each hint
	planned  []attendance.Planned
	approval *attendance.Instance
	decided  attendance.Hint   // the approval's event
	after    attendance.Answer // what is asked because of it
	sweep    attendance.Answer
}

// tell plays a shape through.
func (s shape) tell(user string, date attendance.Date) told {
	t := told{user: user, date: date, planned: s.planned(user, date)}
	begin := date.In(zone)
	for n, c := range s.clockings {
		if c.quiet {
			continue
		}
		at := begin.Add(c.at)
		t.hints = append(t.hints, attendance.Hint{
			Kind: attendance.KindPunch, CorpID: corp, EventType: "attendance_check_record", EventID: fmt.Sprintf("e-%s-%s-%d", user, date, n),
			Channel: attendance.ChannelStream, BornAt: at.Add(time.Second), ReceivedAt: at.Add(2 * time.Second), //nolint:mnd // Soon after.
			UserID: user, CheckTime: at, BizID: fmt.Sprintf("b-%d", recordID(n)), LocationResult: normal, LocationMethod: "MAP",
		})
		t.details = append(t.details, s.answer(user, date, attendance.SourceDetail, at.Add(3*time.Second), n+1)) //nolint:mnd // Soon after.
	}
	s.decide(&t)
	t.sweep = s.answer(user, date, attendance.SourceSweep, swept(date), len(s.clockings))
	return t
}

// swept is when the nightly sweep asks about a date whose results are final.
func swept(date attendance.Date) time.Time {
	const final, hours = 2, 3
	return date.AddDays(final).In(zone).Add(hours * time.Hour)
}

func recordID(n int) int64 { return 10_000_000_000 + int64(n) } //nolint:mnd // As long as DingTalk's.

// answer is what DingTalk shows of the first clock-ins.
func (s shape) answer(user string, date attendance.Date, source attendance.Source, askedAt time.Time, clockings int) attendance.Answer {
	a := attendance.Answer{UserID: user, WorkDate: date, Source: source, AskedAt: askedAt}
	begin, valid := date.In(zone), true
	for n, c := range s.clockings[:clockings] {
		record := attendance.Record{
			CheckTime: begin.Add(c.at), SourceType: "USER", LocationResult: normal, Valid: &valid, RecordID: recordID(n), BizID: fmt.Sprintf("b-%d", recordID(n)),
		}
		if c.slot != extra {
			a.Results = append(a.Results, s.result(begin, c.slot, begin.Add(c.at), recordID(n), "USER"))
			if source == attendance.SourceSweep {
				record.CheckType = s.slots[c.slot].checkType
			}
		}
		a.Records = append(a.Records, record)
	}
	if s.madeUp != extra && askedAt.After(begin.Add(decision)) {
		result := s.result(begin, s.madeUp, begin.Add(s.slots[s.madeUp].at), recordID(len(s.clockings)), "APPROVE")
		result.ProcessInstanceID = instanceID(user, date)
		a.Results = append(a.Results, result)
	}
	return a
}

func (s shape) result(begin time.Time, n int, at time.Time, record int64, source string) attendance.Result {
	word := normal
	if s.slots[n].checkType == "OnDuty" && at.After(begin.Add(s.slots[n].at)) {
		word = "Late"
	}
	return attendance.Result{
		CheckType: s.slots[n].checkType, PlanCheckTime: begin.Add(s.slots[n].at), UserCheckTime: at, TimeResult: word, LocationResult: normal,
		SourceType: source, RecordID: record, PlanID: 20_000_000_000 + int64(n), GroupID: 1_001, ClassID: 2_002, //nolint:mnd // Ids.
	}
}

func (s shape) planned(user string, date attendance.Date) []attendance.Planned {
	list := make([]attendance.Planned, 0, len(s.slots))
	for n, slot := range s.slots {
		list = append(list, attendance.Planned{
			UserID: user, WorkDate: date, CheckType: slot.checkType, PlanCheckTime: date.In(zone).Add(slot.at),
			PlanID: 20_000_000_000 + int64(n), GroupID: 1_001, ClassID: 2_002, //nolint:mnd // As the results have them.
		})
	}
	return list
}

// decision is when approvals are agreed, since midnight.
const decision = 20 * time.Hour

func instanceID(user string, date attendance.Date) string { return "pi-" + user + "-" + date.String() }

// decide adds the approval that a shape has, its event and the question that follows.
func (s shape) decide(t *told) {
	if s.madeUp == extra && !s.leave {
		return
	}
	begin, at := t.date.In(zone), t.date.In(zone).Add(decision)
	i := attendance.Instance{
		ProcessInstanceID: instanceID(t.user, t.date), OriginatorUserID: t.user, Status: attendance.StatusCompleted, Result: attendance.ResultAgree,
		BizAction: attendance.ActionNone, CreatedAt: at.Add(-time.Hour), FinishedAt: at, ReadAt: at.Add(5 * time.Second), //nolint:mnd // Soon after.
	}
	t.after = s.answer(t.user, t.date, attendance.SourceDetail, at.Add(minuteOfHour*time.Second), len(s.clockings))
	if s.leave {
		i.Kind, i.ProcessCode = attendance.ApprovalLeave, leaveCode
		span := attendance.Span{UserIDs: []string{t.user}, Begin: begin.Add(s.slots[0].at), End: begin.Add(s.slots[1].at)}
		i.Spans = []attendance.Span{span}
		t.after.Approvals = []attendance.Tag{{
			ProcessInstanceID: i.ProcessInstanceID, BizType: 3, TagName: "请假", SubType: "年假", Begin: span.Begin, End: span.End, //nolint:mnd // A leave.
			Duration: "1", DurationUnit: "DAY", FinishedAt: at,
		}}
	} else {
		i.Kind, i.ProcessCode = attendance.ApprovalMakeUp, makeUpCode
		i.MakeUps = []attendance.MakeUp{{UserID: t.user, At: begin.Add(s.slots[s.madeUp].at), WorkDate: t.date}}
	}
	t.approval = &i
	t.decided = attendance.Hint{
		Kind: attendance.KindApproval, CorpID: corp, EventType: "bpms_instance_change", EventID: fmt.Sprintf("e-%s-%s-a", t.user, t.date),
		Channel: attendance.ChannelStream, BornAt: at.Add(time.Second), ReceivedAt: at.Add(2 * time.Second), UserID: t.user, //nolint:mnd // Soon after.
		Approval: &attendance.ApprovalHint{
			ProcessInstanceID: i.ProcessInstanceID, ProcessCode: i.ProcessCode, Type: attendance.TypeFinish, Result: attendance.ResultAgree,
			CreatedAt: i.CreatedAt, FinishedAt: i.FinishedAt,
		},
	}
}
