package company

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Errors of the verbs. They are typed so that a control API can tell a wrong request from a bug.
var (
	ErrUnknownUser     = errors.New("no such user")
	ErrUnknownInstance = errors.New("no such approval instance")
	ErrFuture          = errors.New("lies in the company's future: advance the clock first")
	ErrNotAllowed      = errors.New("not possible in the present state")
)

// Options of a company. The zero value of any field but Start has a default.
type Options struct {
	Seed      int64
	Employees int            // 60
	CorpID    string         // "dingsimulated0001"
	Start     time.Time      // the first moment of the world
	Location  *time.Location // Asia/Shanghai
	// Approvals is how many of its usual approvals the daily script files, in percent. With all of them (100) a person starts 4.6 a month, and 3.9
	// are agreed, so that a short test sees each kind. An ordinary office is taken to have about a fifth (20: 0.9 and 0.8).
	Approvals int
	// Quiet leaves out the daily script: only verbs make things happen.
	Quiet bool
	// ShowUnscheduledMakeUps lets the attendance APIs show make-ups of days without a schedule as records.
	ShowUnscheduledMakeUps bool
	// Journal receives one line for every verb, so that Restore can build the same world again.
	Journal io.Writer
}

func (o Options) withDefaults() Options {
	o.Employees = cmp.Or(o.Employees, 60)
	o.Approvals = cmp.Or(o.Approvals, percent)
	o.CorpID = cmp.Or(o.CorpID, "dingsimulated0001")
	if o.Location == nil {
		o.Location = time.FixedZone("Asia/Shanghai", 8*60*60)
	}
	return o
}

type dayKey struct {
	user string
	date Date
}

type minuteKey struct {
	user   string
	minute int64
}

// Company is the world: people, rules, and everything that happened until its now. Its methods may be called concurrently.
type Company struct {
	options  Options
	location *time.Location

	groups      []*Group
	departments []Department
	shifts      map[string]*Shift

	people    sync.RWMutex // guards employees and what is in them, for writers beside mu: listeners may read them while mu is held
	employees []*Employee  // those who left too
	byID      map[string]*Employee
	founders  int // of employees

	mu          sync.Mutex
	now         time.Time
	serial      int64
	queue       queue
	queued      int64
	scripted    Date               // the last day that the script has dealt
	dealt       map[*Employee]Date // the same of each person
	subscribers []func(Happening, Moment)
	happened    []Happening
	overrides   map[dayKey]*Shift
	records     map[dayKey][]*Record
	seconds     map[minuteKey]*Record
	minutes     map[minuteKey]bool
	edits       map[dayKey][]edit
	approvals   map[string]*Approval
	order       []*Approval
	touching    map[string][]*Approval
}

// New founds a company whose clock stands at options.Start.
func New(options Options) *Company {
	options = options.withDefaults()
	c := &Company{
		options: options, location: options.Location, shifts: shifts(),
		now:  options.Start.In(options.Location).Truncate(time.Second),
		byID: map[string]*Employee{}, overrides: map[dayKey]*Shift{}, records: map[dayKey][]*Record{},
		seconds: map[minuteKey]*Record{}, minutes: map[minuteKey]bool{}, edits: map[dayKey][]edit{},
		dealt: map[*Employee]Date{}, approvals: map[string]*Approval{}, touching: map[string][]*Approval{},
	}
	c.found(options.Employees)
	if !options.Quiet {
		c.script(DateOf(c.now))
	}
	return c
}

// Now is the company's clock.
func (c *Company) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// FirstDay is the first day of the world.
func (c *Company) FirstDay() Date { return DateOf(c.options.Start.In(c.location)) }

// Subscribe calls listener for everything that happens from now on, in order, with the moment that includes it. The listener
// must return at once and must not call the company, but for people, departments, CorpID and Location.
func (c *Company) Subscribe(listener func(Happening, Moment)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.subscribers = append(c.subscribers, listener)
}

// Advance moves the clock to the given moment and returns what happened on the way. A clock does not go back.
func (c *Company) Advance(to time.Time) []Happening {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.happened = nil
	to = to.In(c.location).Truncate(time.Second)
	for len(c.queue) > 0 && !c.queue[0].at.After(to) {
		next, _ := heap.Pop(&c.queue).(action)
		if next.at.After(c.now) {
			c.now = next.at
		}
		next.run()
	}
	if to.After(c.now) {
		c.now = to
	}
	happened := c.happened
	c.happened = nil
	return happened
}

// Moment pins what an API may show: everything up to Serial, as the clock stood at Now. It makes lagging reads exact.
type Moment struct {
	Serial int64
	Now    time.Time
}

// Moment is the present one.
func (c *Company) Moment() Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.moment()
}

func (c *Company) moment() Moment { return Moment{Serial: c.serial, Now: c.now} }

func (c *Company) next() int64 {
	c.serial++
	return c.serial
}

func (c *Company) emit(happening Happening) {
	c.happened = append(c.happened, happening)
	for _, listener := range c.subscribers {
		listener(happening, c.moment())
	}
}

func (c *Company) employee(userID string) (*Employee, error) {
	employee, ok := c.byID[userID]
	if !ok {
		return nil, fmt.Errorf("user %q: %w", userID, ErrUnknownUser)
	}
	if employee.gone() {
		return nil, fmt.Errorf("user %s has left: %w", userID, ErrNotAllowed)
	}
	return employee, nil
}

// action is something the script has planned.
type action struct {
	at    time.Time
	order int64
	run   func()
}

func (c *Company) at(moment time.Time, run func()) {
	if moment.Before(c.now) {
		return
	}
	c.queued++
	heap.Push(&c.queue, action{at: moment.Truncate(time.Second), order: c.queued, run: run})
}

type queue []action

// Len, Less and Swap make the queue a heap by time and order.
func (q *queue) Len() int { return len(*q) }
func (q *queue) Less(i, j int) bool {
	a, b := (*q)[i], (*q)[j]
	if a.at.Equal(b.at) {
		return a.order < b.order
	}
	return a.at.Before(b.at)
}
func (q *queue) Swap(i, j int) { (*q)[i], (*q)[j] = (*q)[j], (*q)[i] }

func (q *queue) Push(x any) {
	if planned, ok := x.(action); ok {
		*q = append(*q, planned)
	}
}

func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
