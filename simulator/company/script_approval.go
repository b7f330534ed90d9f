package company

import (
	"math/rand/v2"
	"time"
)

// outcome is how the script lets an instance end, and what comes after.
type outcome struct {
	decision  string
	after     time.Duration
	aftermath string // "", MODIFY, REVOKE, DELETE
	later     time.Duration
}

// flow deals an outcome: of a hundred instances 82 are agreed, and of these a quarter is revoked, changed or deleted later.
func (c *Company) flow(r *rand.Rand) outcome {
	o := outcome{decision: DecideAgree, after: time.Duration(60+r.IntN(7200)) * time.Second}
	switch n := r.IntN(100); {
	case n < 8:
		o.decision = DecideRefuse
	case n < 14:
		o.decision = DecideTerminate
	case n < 18:
		o.decision = DecideLater
	}
	o.later = time.Duration(3600+r.IntN(100_000)) * time.Second
	switch n := r.IntN(100); {
	case n < 11:
		o.aftermath = ActionRevoke
	case n < 20:
		o.aftermath = ActionModify
	case n < 22:
		o.aftermath = DecideDelete
	}
	return o
}

// run files an instance and plans its fate.
func (c *Company) run(r *rand.Rand, filing request[Approval], fate outcome) {
	filed, err := filing.apply(c)
	if err != nil || fate.decision == DecideLater {
		return
	}
	c.at(c.now.Add(fate.after), func() {
		_, err := play(c, DecideRequest{Instance: filed.ID, Decision: fate.decision})
		if err != nil || fate.decision != DecideAgree {
			return
		}
		c.aftermath(r, filed, fate)
	})
}

func (c *Company) aftermath(r *rand.Rand, a Approval, fate outcome) {
	attach := func(filing request[Approval]) {
		c.at(c.now.Add(fate.later), func() {
			attached, err := filing.apply(c)
			if err != nil {
				return
			}
			decision := DecideAgree
			if chance(r, 150) {
				decision = DecideRefuse
			}
			c.at(c.now.Add(fate.after), func() {
				_, _ = play(c, DecideRequest{Instance: attached.ID, Decision: decision})
			})
		})
	}
	switch fate.aftermath {
	case ActionRevoke:
		attach(RevokeRequest{Instance: a.ID, Flow: Flow{DecideLater}})
	case ActionModify:
		change := ModifyRequest{Instance: a.ID, Flow: Flow{DecideLater}}
		switch a.Kind {
		case KindMakeUp:
			change.At, change.WorkDate = a.MadeUp.Add(-time.Duration(1+r.IntN(9))*time.Minute), &a.WorkDate
		case KindLeave, KindTrip:
			change.End = a.End.AddDate(0, 0, 1)
		default:
			change.End = a.End.Add(time.Hour)
		}
		attach(change)
	case DecideDelete:
		c.at(c.now.Add(fate.later), func() {
			_, _ = play(c, DecideRequest{Instance: a.ID, Decision: DecideDelete})
		})
	}
}

func (c *Company) scriptApprovals(r *rand.Rand, employee *Employee, date Date) {
	plan := func(thousandths, hour int, file func() request[Approval]) {
		at, fate, happens := c.clock(r, date, hour, 90), c.flow(r), chance(r, c.filed(thousandths))
		if happens {
			filing := file()
			c.at(at, func() { c.run(r, filing, fate) })
		}
	}
	user, later := employee.UserID, Flow{DecideLater}
	hour := func(date Date, hour int) time.Time { return date.In(c.location).Add(time.Duration(hour) * time.Hour) }
	plan(chanceLeave, 10, func() request[Approval] {
		begin := date + Date(r.IntN(4)) - 1
		switch r.IntN(3) {
		case 0:
			return LeaveRequest{User: user, Begin: hour(begin, 0), End: hour(begin+1+Date(r.IntN(3)), 0), Unit: UnitDay, Flow: later}
		case 1:
			return LeaveRequest{User: user, Begin: hour(begin, 12), End: hour(begin+1, 0), Unit: UnitHalfDay, Flow: later}
		default:
			return LeaveRequest{User: user, Begin: hour(begin, 14), End: hour(begin, 18), Unit: UnitHour, Flow: later}
		}
	})
	plan(chanceOvertime, 15, func() request[Approval] {
		return OvertimeRequest{
			User: user, Users: append([]string{user}, c.colleagues(r, user, r.IntN(3))...), Begin: hour(date, 19),
			End: hour(date, 21), Flow: later,
		}
	})
	plan(chanceTrip, 11, func() request[Approval] {
		return TripRequest{
			User: user, Companions: c.colleagues(r, user, r.IntN(3)), Begin: hour(date+1, 8), End: hour(date+2+Date(r.IntN(2)), 20),
			OriginatorOmitted: chance(r, 300), Flow: later,
		}
	})
	plan(chanceOut, 12, func() request[Approval] {
		return OutRequest{
			User: user, Companions: c.colleagues(r, user, r.IntN(2)), Begin: hour(date, 14), End: hour(date, 18),
			OriginatorOmitted: chance(r, 300), Flow: later,
		}
	})
	plan(chanceOther, 16, func() request[Approval] { return OtherRequest{User: user, Flow: later} })
}

// colleagues are up to count people besides the user and the admin.
func (c *Company) colleagues(r *rand.Rand, user string, count int) []string {
	var list []string
	for range count {
		pick := c.employees[1+r.IntN(c.founders-1)] // with newcomers among them the dice would fall otherwise for all
		if pick.UserID != user && (len(list) == 0 || list[0] != pick.UserID) && !pick.gone() {
			list = append(list, pick.UserID)
		}
	}
	return list
}
