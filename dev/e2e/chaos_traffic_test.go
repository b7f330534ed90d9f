package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"dakasync/ops"
	"dakasync/simulator/company"
)

const (
	trafficTime = 1500 * time.Millisecond // in which a trial's deeds happen
	punches     = 32
)

// deed is something that happens in the company at an instant of a trial.
type deed struct {
	at   time.Duration
	what string
	do   func(*lane) error
}

// dealer deals a trial's deeds: the same for the same seed and day.
type dealer struct {
	dice      *rand.Rand
	employees []company.Employee // without the administrator
	now       time.Time          // of the company
	deeds     []deed
}

// traffic is what happens in the company in a trial: more than fifty events.
func traffic(seed int64, c *company.Company) []deed {
	d := &dealer{dice: streamOf(seed, "traffic"), now: c.Now()}
	for _, employee := range c.Employees() {
		if !employee.Admin {
			d.employees = append(d.employees, employee)
		}
	}
	for range punches {
		d.punch()
	}
	for range 2 + d.dice.IntN(2) {
		d.makeUp()
	}
	d.leave()
	d.trip()
	for range 1 + d.dice.IntN(2) {
		d.bossEdit()
		d.reschedule()
	}
	slices.SortStableFunc(d.deeds, func(a, b deed) int { return int(a.at - b.at) })
	return d.deeds
}

func (d *dealer) add(at time.Duration, what string, do func(*lane) error) {
	d.deeds = append(d.deeds, deed{at, what, do})
}

func (d *dealer) moment() time.Duration { return time.Duration(d.dice.Int64N(int64(trafficTime))) }

func (d *dealer) user() string { return d.employees[d.dice.IntN(len(d.employees))].UserID }

func (d *dealer) today() time.Time {
	return time.Date(d.now.Year(), d.now.Month(), d.now.Day(), 0, 0, 0, 0, d.now.Location())
}

// minute is one of today until now, or of yesterday where it counts for no earlier day: blind time is looked for in yesterday and today,
// and what a clock uploads days later is not part of it. It has odd seconds: made-up punches have none.
func (d *dealer) minute(group string) time.Time {
	const minutesOfDay = 24 * 60
	day, from, to := d.today(), 0, int(d.now.Sub(d.today())/time.Minute)
	if yesterday := d.dice.IntN(10) < 6; yesterday || to < 10 {
		day, from, to = day.AddDate(0, 0, -1), 20*60, minutesOfDay
		if group == "office" || group == "workshop" {
			from = 7 * 60
		}
	}
	return day.Add(time.Duration(from+d.dice.IntN(to-from))*time.Minute + time.Duration(1+d.dice.IntN(58))*time.Second)
}

// recent is the date of yesterday or today: what blind time has cost is looked for there.
func (d *dealer) recent() company.Date {
	return company.DateOf(d.today()) - company.Date(d.dice.IntN(2))
}

func (d *dealer) punch() {
	employee := d.employees[d.dice.IntN(len(d.employees))]
	request := company.PunchRequest{User: employee.UserID, At: d.minute(employee.GroupName)}
	switch n := d.dice.IntN(100); {
	case n < 15:
		request.Source = company.SourceATM
	case n < 22:
		request.Invalid, request.Location = "外勤打卡需要审批", company.LocationOutside
	}
	d.add(d.moment(), "punch", func(l *lane) error {
		if !l.take(request.User, request.At) {
			return nil
		}
		l.punch(request)
		return nil
	})
}

// makeUp is one of the last days, also of those without schedule; half of them are taken back or moved.
func (d *dealer) makeUp() {
	begins, instance := d.moment(), ""
	day := d.today().AddDate(0, 0, -1-d.dice.IntN(6))
	request := company.MakeUpRequest{
		User: d.user(), At: day.Add(time.Duration(7*60+d.dice.IntN(12*60)) * time.Minute), Shape: 1 + d.dice.IntN(3),
	}
	moved := request.At.Add(-time.Duration(1+d.dice.IntN(9)) * time.Minute)
	d.add(begins, "make-up", func(l *lane) error {
		if !l.take(request.User, request.At) || !l.take(request.User, moved) {
			return nil
		}
		filed, err := l.company.MakeUp(request)
		instance = filed.ID
		return err
	})
	d.change(begins, &instance, company.ModifyRequest{At: moved})
}

func (d *dealer) leave() {
	begins, instance := d.moment(), ""
	begin := d.today().AddDate(0, 0, d.dice.IntN(5)-3)
	request := company.LeaveRequest{User: d.user(), Begin: begin, End: begin.AddDate(0, 0, 1+d.dice.IntN(2))}
	if d.dice.IntN(2) == 0 {
		request.Begin, request.End = begin.Add(14*time.Hour), begin.Add(18*time.Hour)
	}
	d.add(begins, "leave", func(l *lane) error {
		filed, err := l.company.Leave(request)
		instance = filed.ID
		return err
	})
	d.change(begins, &instance, company.ModifyRequest{End: request.End.AddDate(0, 0, 1)})
}

func (d *dealer) trip() {
	begin := d.today().AddDate(0, 0, d.dice.IntN(4)-3).Add(8 * time.Hour)
	request := company.TripRequest{User: d.user(), Companions: []string{d.user()}, Begin: begin, End: begin.Add(36 * time.Hour)}
	overtime := company.OvertimeRequest{User: d.user(), Begin: begin.Add(11 * time.Hour), End: begin.Add(13 * time.Hour)}
	d.add(d.moment(), "trip", func(l *lane) error {
		_, err := l.company.Trip(request)
		return err
	})
	d.add(d.moment(), "overtime", func(l *lane) error {
		_, err := l.company.Overtime(overtime)
		return err
	})
}

func (d *dealer) bossEdit() {
	request := company.BossEditRequest{User: d.user(), WorkDate: d.recent(), CheckType: []string{company.OnDuty, company.OffDuty}[d.dice.IntN(2)]}
	d.add(d.moment(), "boss edit", func(l *lane) error {
		_, err := l.company.BossEdit(request)
		return err
	})
}

func (d *dealer) reschedule() {
	request := company.RescheduleRequest{Users: []string{d.user()}, WorkDate: d.recent(), Shift: company.ShiftShifted}
	d.add(d.moment(), "reschedule", func(l *lane) error {
		l.mu.Lock()
		l.rescheduled[request.Users[0]+" | "+request.WorkDate.String()] = true
		l.mu.Unlock()
		_, err := l.company.Reschedule(request)
		return err
	})
}

// change takes an approval back or modifies it later on, in half of the cases.
func (d *dealer) change(filed time.Duration, instance *string, change company.ModifyRequest) {
	later, fate := filed+time.Duration(d.dice.Int64N(int64(trafficTime))), d.dice.IntN(4)
	if fate > 1 {
		return
	}
	d.add(later, "change of an approval", func(l *lane) error {
		if *instance == "" {
			return nil // It was never filed.
		}
		var err error
		if change.Instance = *instance; fate == 0 {
			_, err = l.company.Revoke(company.RevokeRequest{Instance: *instance})
		} else {
			_, err = l.company.Modify(change)
		}
		return err
	})
}

// take reserves a person's minute: DingTalk tells of one punch a minute, and what it does not tell it cannot be blamed for.
func (l *lane) take(user string, at time.Time) bool {
	key := fmt.Sprint(user, " ", at.Unix()/60)
	if l.taken[key] {
		return false
	}
	l.taken[key] = true
	return true
}

// play lets the deeds happen at their instants. What the state of the company forbids does not happen.
func (l *lane) play(ctx context.Context, began time.Time, deeds []deed) error {
	for _, one := range deeds {
		if wait := time.Until(began.Add(one.at)); wait > 0 && !ops.Sleep(ctx, wait) {
			return ctx.Err()
		}
		l.company.Advance(time.Now())
		if err := one.do(l); err != nil && !errors.Is(err, company.ErrNotAllowed) {
			return fmt.Errorf("%s: %w", one.what, err)
		}
	}
	return nil
}

// streamOf is a source of randomness that belongs to one purpose of a seed, so that one purpose's needs do not change another's.
func streamOf(seed int64, purpose string) *rand.Rand {
	var tag uint64
	for _, letter := range []byte(purpose) {
		tag = tag*131 + uint64(letter)
	}
	return rand.New(rand.NewPCG(uint64(seed), tag))
}
