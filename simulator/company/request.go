package company

import (
	"fmt"
	"slices"
	"time"
)

// Flow says how an instance is decided. It starts and is decided at the company's now; "none" leaves it running.
type Flow struct {
	Decision string `json:"decision,omitempty"` // agree
}

func (c *Company) submit(a *Approval, flow Flow) (Approval, error) {
	people := []string{a.Originator}
	if a.Main == "" {
		people = append(people, a.Users...) // what is revoked or changed may name one who has left since
	}
	for _, user := range people {
		if _, err := c.employee(user); err != nil {
			return Approval{}, err
		}
	}
	if a.Kind != KindMakeUp && a.Kind != KindOther && !a.Begin.Before(a.End) {
		return Approval{}, fmt.Errorf("begin %s is not before end %s: %w", a.Begin, a.End, ErrNotAllowed)
	}
	if len(a.Users) == 0 {
		a.Users = []string{a.Originator}
	}
	a.Users = distinct(a.Users)
	a.Begin, a.End = a.Begin.In(c.location), a.End.In(c.location)
	filed := c.file(a)
	if err := c.decide(filed, flow.Decision); err != nil {
		return Approval{}, err
	}
	return *filed, nil
}

// distinct keeps the first of each.
func distinct(users []string) []string {
	var list []string
	for _, user := range users {
		if !slices.Contains(list, user) {
			list = append(list, user)
		}
	}
	return list
}

// MakeUpRequest asks for a punch at a past (or, foolishly, future) time.
type MakeUpRequest struct {
	User     string    `json:"user"`
	At       time.Time `json:"at"`                  // the made-up time; forms have minutes, so seconds are cut
	WorkDate *Date     `json:"work_date,omitempty"` // where a punch at that time would count
	// Shape of the form when it is read: 1 flattened child, 2 container, 3 legacy repairCheckTime; 0 is dealt by seed.
	Shape int `json:"shape,omitempty"`
	Flow
}

func (r MakeUpRequest) verb() string { return "make-up" }

func (r MakeUpRequest) apply(c *Company) (Approval, error) {
	employee, err := c.employee(r.User)
	if err != nil {
		return Approval{}, err
	}
	at := r.At.In(c.location).Truncate(time.Minute)
	if err := employee.joinedBy(at); err != nil {
		return Approval{}, err
	}
	workDate, _ := c.placed(employee, at)
	if r.WorkDate != nil {
		workDate = *r.WorkDate
	}
	shape := r.Shape
	if shape < 1 || shape > 3 {
		shape = 1 + int(c.number(0, 3, "shape", c.serial))
	}
	return c.submit(&Approval{
		Kind: KindMakeUp, Originator: r.User, MadeUp: at, WorkDate: workDate, Shape: shape, BizAction: ActionNone,
	}, r.Flow)
}

// LeaveRequest asks for a leave in days, half days or hours.
type LeaveRequest struct {
	User  string    `json:"user"`
	Begin time.Time `json:"begin"`
	End   time.Time `json:"end"` // half-open: a leave of one whole day ends at the next midnight
	Unit  string    `json:"unit,omitempty"`
	Flow
}

func (r LeaveRequest) verb() string { return "leave" }

func (r LeaveRequest) apply(c *Company) (Approval, error) {
	unit := r.Unit
	if unit == "" {
		unit = unitOf(r.Begin.In(c.location), r.End.In(c.location))
	}
	return c.submit(&Approval{
		Kind: KindLeave, Originator: r.User, Begin: r.Begin, End: r.End, Unit: unit, BizAction: ActionNone,
	}, r.Flow)
}

// unitOf is the coarsest unit that can express both ends.
func unitOf(begin, end time.Time) string {
	unit := UnitDay
	for _, t := range []time.Time{begin, end} {
		switch {
		case t.Minute() != 0 || t.Second() != 0 || t.Hour()%12 != 0:
			return UnitHour
		case t.Hour() == 12:
			unit = UnitHalfDay
		}
	}
	return unit
}

// OvertimeRequest asks for overtime of Users (the originator alone if there are none).
type OvertimeRequest struct {
	User  string    `json:"user"`
	Users []string  `json:"users,omitempty"`
	Begin time.Time `json:"begin"`
	End   time.Time `json:"end"`
	Flow
}

func (r OvertimeRequest) verb() string { return "overtime" }

func (r OvertimeRequest) apply(c *Company) (Approval, error) {
	return c.submit(&Approval{
		Kind: KindOvertime, Originator: r.User, Users: slices.Clone(r.Users), Begin: r.Begin, End: r.End, Unit: UnitHour,
		BizAction: ActionNone,
	}, r.Flow)
}

// TripRequest asks for a business trip of User and Companions.
type TripRequest struct {
	User       string    `json:"user"`
	Companions []string  `json:"companions,omitempty"`
	Begin      time.Time `json:"begin"`
	End        time.Time `json:"end"`
	// OriginatorOmitted: the form's traveller field lists the companions only.
	OriginatorOmitted bool `json:"originator_omitted,omitempty"`
	Flow
}

func (r TripRequest) verb() string { return "trip" }

func (r TripRequest) apply(c *Company) (Approval, error) { return r.file(c, KindTrip) }

func (r TripRequest) file(c *Company, kind string) (Approval, error) {
	return c.submit(&Approval{
		Kind: kind, Originator: r.User, Users: append([]string{r.User}, r.Companions...), Begin: r.Begin, End: r.End,
		Unit: unitOf(r.Begin.In(c.location), r.End.In(c.location)), BizAction: ActionNone,
		OriginatorOmitted: r.OriginatorOmitted && len(r.Companions) > 0,
	}, r.Flow)
}

// OutRequest asks for an outing of User and Companions.
type OutRequest TripRequest

func (r OutRequest) verb() string { return "out" }

func (r OutRequest) apply(c *Company) (Approval, error) { return TripRequest(r).file(c, KindOut) }

// OtherRequest asks for something that is no attendance matter.
type OtherRequest struct {
	User string `json:"user"`
	Flow
}

func (r OtherRequest) verb() string { return "other" }

func (r OtherRequest) apply(c *Company) (Approval, error) {
	return c.submit(&Approval{Kind: KindOther, Originator: r.User, BizAction: ActionNone}, r.Flow)
}

// RevokeRequest asks to take an agreed approval back.
type RevokeRequest struct {
	Instance string `json:"instance"`
	Flow
}

func (r RevokeRequest) verb() string { return "revoke" }

func (r RevokeRequest) apply(c *Company) (Approval, error) {
	attached, err := c.attachable(r.Instance, ActionRevoke)
	if err != nil {
		return Approval{}, err
	}
	return c.submit(attached, r.Flow)
}

// ModifyRequest asks to change an agreed approval; what is not given stays.
type ModifyRequest struct {
	Instance string    `json:"instance"`
	Begin    time.Time `json:"begin,omitzero"`
	End      time.Time `json:"end,omitzero"`
	At       time.Time `json:"at,omitzero"`
	WorkDate *Date     `json:"work_date,omitempty"`
	Flow
}

func (r ModifyRequest) verb() string { return "modify" }

func (r ModifyRequest) apply(c *Company) (Approval, error) {
	attached, err := c.attachable(r.Instance, ActionModify)
	if err != nil {
		return Approval{}, err
	}
	if !r.Begin.IsZero() {
		attached.Begin = r.Begin.In(c.location)
	}
	if !r.End.IsZero() {
		attached.End = r.End.In(c.location)
	}
	if attached.Kind == KindMakeUp && !r.At.IsZero() {
		attached.MadeUp = r.At.In(c.location).Truncate(time.Minute)
		originator := c.byID[attached.Originator]
		if err := originator.joinedBy(attached.MadeUp); err != nil {
			return Approval{}, err
		}
		attached.WorkDate, _ = c.placed(originator, attached.MadeUp)
	}
	if r.WorkDate != nil {
		attached.WorkDate = *r.WorkDate
	}
	if attached.Kind != KindMakeUp {
		attached.Unit = unitOf(attached.Begin, attached.End)
	}
	return c.submit(attached, r.Flow)
}

// attachable copies the content of the instance that holds now into a new one attached to its main instance.
func (c *Company) attachable(instance, bizAction string) (*Approval, error) {
	target, ok := c.approvals[instance]
	if !ok {
		return nil, fmt.Errorf("instance %q: %w", instance, ErrUnknownInstance)
	}
	if !c.inEffect(target, c.moment()) {
		return nil, fmt.Errorf("instance %s is not in effect: %w", instance, ErrNotAllowed)
	}
	main := target.ID
	if target.Main != "" {
		main = target.Main
	}
	return &Approval{
		Kind: target.Kind, Originator: target.Originator, Users: slices.Clone(target.Users), Begin: target.Begin, End: target.End,
		Unit: target.Unit, MadeUp: target.MadeUp, WorkDate: target.WorkDate, Shape: target.Shape,
		OriginatorOmitted: target.OriginatorOmitted, Main: main, BizAction: bizAction,
	}, nil
}

// DecideRequest ends a running instance (agree, refuse, terminate) or deletes one in any state.
type DecideRequest struct {
	Instance string `json:"instance"`
	Decision string `json:"decision"`
}

func (r DecideRequest) verb() string { return "decide" }

func (r DecideRequest) apply(c *Company) (Approval, error) {
	a, ok := c.approvals[r.Instance]
	if !ok {
		return Approval{}, fmt.Errorf("instance %q: %w", r.Instance, ErrUnknownInstance)
	}
	if err := c.decide(a, r.Decision); err != nil {
		return Approval{}, err
	}
	return *a, nil
}
