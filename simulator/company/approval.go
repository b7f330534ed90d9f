package company

import (
	"fmt"
	"slices"
	"time"
)

// Kinds of approvals, named as the ledger names them.
const (
	KindMakeUp   = "make_up"
	KindLeave    = "leave"
	KindOvertime = "overtime"
	KindTrip     = "trip"
	KindOut      = "out"
	KindOther    = "other"
)

// Statuses of an instance; DELETED is what is left of one that was removed.
const (
	StatusRunning    = "RUNNING"
	StatusCompleted  = "COMPLETED"
	StatusTerminated = "TERMINATED"
	StatusDeleted    = "DELETED"
)

// Results and actions of an instance.
const (
	ResultAgree  = "agree"
	ResultRefuse = "refuse"
	ActionNone   = "NONE"
	ActionModify = "MODIFY"
	ActionRevoke = "REVOKE"
)

// Decisions on an instance.
const (
	DecideAgree     = "agree"
	DecideRefuse    = "refuse"
	DecideTerminate = "terminate"
	DecideDelete    = "delete"
	DecideLater     = "none"
)

// Units of a leave.
const (
	UnitDay     = "day"
	UnitHalfDay = "halfDay"
	UnitHour    = "hour"
)

// Template is an approval form of the company.
type Template struct {
	Kind           string
	ProcessCode    string
	Title          string
	BizCategory    string
	AttendanceType int // 0 none, 1 make-up, 2 leave
}

// Templates of the company, one for each kind.
func Templates() []Template {
	return []Template{
		{KindMakeUp, "PROC-5D1B2F60-0001-4C0A-9A11-SUPPLY", "补卡申请", "attendance.supply", 1},
		{KindLeave, "PROC-5D1B2F60-0002-4C0A-9A11-LEAVE", "请假", "", 2},
		{KindOvertime, "PROC-5D1B2F60-0003-4C0A-9A11-OVERTIME", "加班", "attendance.batchovertime", 0},
		{KindTrip, "PROC-5D1B2F60-0004-4C0A-9A11-TRIP", "出差", "alitrip.business", 0},
		{KindOut, "PROC-5D1B2F60-0005-4C0A-9A11-GOOUT", "外出", "attendance.goout", 0},
		{KindOther, "PROC-5D1B2F60-0006-4C0A-9A11-EXPENSE", "报销", "", 0},
	}
}

// TemplateOf a kind.
func TemplateOf(kind string) Template {
	list := Templates()
	index := slices.IndexFunc(list, func(t Template) bool { return t.Kind == kind })
	return list[max(index, 0)]
}

// Approval is one instance. Begin and End are half-open; a make-up has MadeUp and WorkDate instead.
type Approval struct {
	ID          string    `json:"process_instance_id"`
	ProcessCode string    `json:"process_code"`
	Kind        string    `json:"kind"`
	Originator  string    `json:"originator_user_id"`
	Users       []string  `json:"users"`
	Begin       time.Time `json:"begin,omitzero"`
	End         time.Time `json:"end,omitzero"`
	Unit        string    `json:"unit,omitempty"`
	MadeUp      time.Time `json:"made_up,omitzero"`
	WorkDate    Date      `json:"work_date,omitempty"`
	Shape       int       `json:"shape,omitempty"`
	// OriginatorOmitted leaves the originator out of the form's list of travellers: he travels all the same.
	OriginatorOmitted bool      `json:"originator_omitted,omitempty"`
	StartedAt         time.Time `json:"started_at"`
	FinishedAt        time.Time `json:"finished_at,omitzero"`
	Status            string    `json:"status"`
	Result            string    `json:"result,omitempty"`
	Main              string    `json:"main_process_instance_id,omitempty"`
	BizAction         string    `json:"biz_action,omitempty"`
	Serial            int64     `json:"-"`

	started, finished, deleted int64 // serials
	attached                   []*Approval
}

// Agreed as of now.
func (a *Approval) Agreed() bool { return a.Status == StatusCompleted && a.Result == ResultAgree }

func (a *Approval) agreedBy(m Moment) bool {
	return a.Result == ResultAgree && a.finished > 0 && a.finished <= m.Serial && !a.deletedBy(m)
}

func (a *Approval) deletedBy(m Moment) bool { return a.deleted > 0 && a.deleted <= m.Serial }

// last is the attached instance that was agreed last, nil for none.
func (a *Approval) last(m Moment) *Approval {
	var last *Approval
	for _, attached := range a.attached {
		if attached.agreedBy(m) && (last == nil || attached.finished > last.finished) {
			last = attached
		}
	}
	return last
}

// inEffect says whether the instance's content holds: agreed, and neither revoked nor replaced.
func (c *Company) inEffect(a *Approval, m Moment) bool {
	if !a.agreedBy(m) || a.BizAction == ActionRevoke {
		return false
	}
	if a.Main == "" {
		return a.last(m) == nil
	}
	main := c.approvals[a.Main]
	return !main.deletedBy(m) && main.last(m) == a
}

func (c *Company) revoked(a *Approval, m Moment) bool {
	return slices.ContainsFunc(a.attached, func(attached *Approval) bool {
		return attached.BizAction == ActionRevoke && attached.agreedBy(m)
	})
}

// touches says whether the approval has a part on the day.
func (a *Approval) touches(date Date, loc *time.Location) bool {
	if a.Kind == KindMakeUp {
		return a.WorkDate == date
	}
	return a.Begin.Before((date + 1).In(loc)) && a.End.After(date.In(loc))
}

// covers says whether a leave, trip or outing makes a slot's punch unnecessary.
func (a *Approval) covers(slot Slot) bool {
	if a.Kind != KindLeave && a.Kind != KindTrip && a.Kind != KindOut {
		return false
	}
	if slot.CheckType == OnDuty {
		return !slot.Plan.Before(a.Begin) && slot.Plan.Before(a.End)
	}
	return slot.Plan.After(a.Begin) && !slot.Plan.After(a.End)
}

// file starts an instance.
func (c *Company) file(a *Approval) *Approval {
	a.Serial = c.next()
	a.started = a.Serial
	a.StartedAt = c.now
	a.ID = c.instanceID(a.Serial, a.StartedAt)
	a.ProcessCode = TemplateOf(a.Kind).ProcessCode
	a.Status = StatusRunning
	if a.Main != "" {
		main := c.approvals[a.Main]
		main.attached = append(main.attached, a)
	}
	c.approvals[a.ID] = a
	c.order = append(c.order, a)
	for _, user := range a.Users {
		c.touching[user] = append(c.touching[user], a)
	}
	c.emit(ApprovalChanged{At: c.now, Change: ChangeStart, Approval: *a})
	return a
}

func (c *Company) decide(a *Approval, decision string) error {
	if decision == DecideDelete {
		if a.deleted > 0 {
			return fmt.Errorf("instance %s is deleted already: %w", a.ID, ErrNotAllowed)
		}
		a.deleted, a.Status = c.next(), StatusDeleted
		c.emit(ApprovalChanged{At: c.now, Change: ChangeDelete, Approval: *a})
		c.summarize(a)
		return nil
	}
	if a.Status != StatusRunning {
		return fmt.Errorf("instance %s is %s: %w", a.ID, a.Status, ErrNotAllowed)
	}
	switch decision {
	case DecideLater:
		return nil
	case DecideTerminate:
		a.Status, a.FinishedAt, a.finished = StatusTerminated, c.now, c.next()
		c.emit(ApprovalChanged{At: c.now, Change: ChangeTerminate, Approval: *a})
	case DecideRefuse:
		a.Status, a.Result, a.FinishedAt, a.finished = StatusCompleted, ResultRefuse, c.now, c.next()
		c.emit(ApprovalChanged{At: c.now, Change: ChangeFinish, Approval: *a})
	case DecideAgree, "":
		a.Status, a.Result, a.FinishedAt, a.finished = StatusCompleted, ResultAgree, c.now, c.next()
		c.emit(ApprovalChanged{At: c.now, Change: ChangeFinish, Approval: *a})
		c.effect(a)
	default:
		return fmt.Errorf("decision %q is none of agree, refuse, terminate, delete, none: %w", decision, ErrNotAllowed)
	}
	return nil
}

// effect is what an agreement brings about besides its own event.
func (c *Company) effect(a *Approval) {
	switch {
	case a.BizAction == ActionRevoke:
		c.summarize(a)
	case a.Kind == KindMakeUp:
		// Without a schedule, and on holidays, an approved make-up pushes no punch event.
		if slot := c.madeUpSlot(a); slot != nil {
			c.announce(c.madeUpRecord(a, slot))
		}
	case a.Kind == KindOvertime:
		hours := a.End.Sub(a.Begin).Hours()
		for _, user := range c.present(a.Users) {
			c.emit(OvertimeCounted{At: c.now, User: user, WorkDate: DateOf(a.Begin), Hours: hours})
		}
	default:
		c.summarize(a)
	}
}

// summaryDays bounds the summaries of one approval: a leave of forty years is not forty years of events.
const summaryDays = 31

// summarize emits the day summaries of past days that an approval changed.
func (c *Company) summarize(a *Approval) {
	if a.Kind == KindOther || a.Kind == KindOvertime {
		return
	}
	first, last := c.span(a)
	last = min(last, DateOf(c.now), first+summaryDays)
	for _, user := range c.present(a.Users) {
		for date := first; date <= last; date++ {
			c.emit(DaySummary{At: c.now, User: user, WorkDate: date})
		}
	}
}

// present are those of the people who have not left: nothing is computed for the others.
func (c *Company) present(users []string) []string {
	return slices.DeleteFunc(slices.Clone(users), func(user string) bool { return c.byID[user].gone() })
}

// span is the first and last day that an approval touches.
func (c *Company) span(a *Approval) (Date, Date) {
	if a.Kind == KindMakeUp {
		return a.WorkDate, a.WorkDate
	}
	return DateOf(a.Begin.In(c.location)), DateOf(a.End.In(c.location).Add(-time.Second))
}

// madeUpSlot is the slot that a make-up fills: the nearest of its work day; nil without a schedule or on a holiday.
func (c *Company) madeUpSlot(a *Approval) *Slot {
	employee := c.byID[a.Originator]
	if _, holiday := c.Holiday(a.WorkDate); holiday || employee == nil {
		return nil
	}
	var nearest *Slot
	for _, slot := range c.slots(employee, a.WorkDate) {
		if !slot.stint.during(a.started) {
			continue
		}
		if nearest == nil || distance(slot.Plan, a.MadeUp) < distance(nearest.Plan, a.MadeUp) {
			nearest = &slot
		}
	}
	return nearest
}

func distance(a, b time.Time) time.Duration { return a.Sub(b).Abs() }

func (c *Company) madeUpRecord(a *Approval, slot *Slot) Record {
	record := Record{
		Serial: a.finished, BizID: c.bizID(a.finished), User: a.Originator, At: a.MadeUp, WorkDate: a.WorkDate, Valid: true,
		Source: SourceApprove, Method: "OTHER", LocationResult: LocationNormal, Instance: a.ID,
		GroupKey: c.byID[a.Originator].group.Key,
		ID:       c.number(53_000_000_000, 900_000_000, "made-up", a.ID),
	}
	if slot != nil {
		record.CheckType, record.Slot = slot.CheckType, slot.Index
	}
	return record
}
