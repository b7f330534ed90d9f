package main

import (
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"dakasync/simulator/company"
)

// traffic makes things happen at any hour, so that a demonstration at night has something to show. People take turns: one
// person has one punch event a minute.
type traffic struct {
	company *company.Company
	rate    float64
	logger  *slog.Logger
	due     float64
	turn    int
	users   []string // who work here, in any order
	agreed  []string // instances that may be revoked
}

// approvalEvery is how many punches there are to one approval.
const approvalEvery = 40

func newTraffic(c *company.Company, rate float64, logger *slog.Logger) *traffic {
	t := &traffic{company: c, rate: rate, logger: logger}
	t.meet()
	//nolint:gosec // any order will do
	rand.Shuffle(len(t.users), func(i, j int) { t.users[i], t.users[j] = t.users[j], t.users[i] })
	return t
}

// meet takes note of those who have come or gone since.
func (t *traffic) meet() {
	var present []string
	for _, employee := range t.company.Employees() {
		if !employee.Admin {
			present = append(present, employee.UserID)
		}
	}
	t.users = slices.DeleteFunc(t.users, func(user string) bool { return !slices.Contains(present, user) })
	for _, user := range present {
		if !slices.Contains(t.users, user) {
			t.users = append(t.users, user)
		}
	}
}

// act does what is due after the given time.
func (t *traffic) act(passed time.Duration) {
	t.meet()
	if len(t.users) == 0 {
		return
	}
	for t.due += t.rate * passed.Seconds(); t.due >= 1; t.due-- {
		t.turn++
		var err error
		if t.turn%approvalEvery == 0 {
			err = t.file(t.turn / approvalEvery)
		} else {
			_, err = t.company.Punch(company.PunchRequest{User: t.user(0)})
		}
		if err != nil {
			t.logger.Warn("live traffic", "error", err)
		}
	}
}

func (t *traffic) user(offset int) string { return t.users[(t.turn+offset)%len(t.users)] }

// file files one approval; the kinds take turns.
func (t *traffic) file(number int) error {
	user, other := t.user(0), t.user(1)
	today := company.DateOf(t.company.Now())
	at := func(days, hour int) time.Time {
		return (today + company.Date(days)).In(t.company.Location()).Add(time.Duration(hour) * time.Hour)
	}
	var filed company.Approval
	var err error
	switch number % 7 {
	case 0:
		filed, err = t.company.MakeUp(company.MakeUpRequest{User: user, At: at(-1, 18)})
	case 1:
		filed, err = t.company.Leave(company.LeaveRequest{User: user, Begin: at(1, 14), End: at(1, 16)})
	case 2:
		filed, err = t.company.Overtime(company.OvertimeRequest{User: user, Users: []string{user, other}, Begin: at(0, 19), End: at(0, 21)})
	case 3:
		filed, err = t.company.Trip(company.TripRequest{User: user, Companions: []string{other}, Begin: at(0, 20), End: at(1, 7)})
	case 4:
		filed, err = t.company.Out(company.OutRequest{User: user, Begin: at(0, 14), End: at(0, 16)})
	case 5:
		filed, err = t.company.Other(company.OtherRequest{User: user})
	default:
		if len(t.agreed) == 0 {
			return nil
		}
		_, err = t.company.Revoke(company.RevokeRequest{Instance: t.agreed[0]})
		t.agreed = t.agreed[1:]
		return err
	}
	if err == nil && filed.Kind != company.KindOther && len(t.agreed) < 3 {
		t.agreed = append(t.agreed, filed.ID)
	}
	return err
}
