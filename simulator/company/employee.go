package company

import (
	"fmt"
	"time"
)

// AdminUserID is the administrator that the calls with an op_user_id want. The admin punches no clock.
const AdminUserID = "admin"

// Group kinds, as DingTalk spells them.
const (
	GroupFixed = "FIXED"
	GroupTurn  = "TURN"
	GroupNone  = "NONE"
)

// Group is an attendance group.
type Group struct {
	ID   int64  `json:"group_id"`
	Key  string `json:"group_key"`
	Name string `json:"name"`
	Kind string `json:"type"`
	// DayStart is the hour at which a free-hours group's day begins.
	DayStart time.Duration `json:"day_start"`
	// cycle is the sequence of shift names; "" is a day off. A weekly group rests on weekends besides.
	cycle  []string
	weekly bool
}

// Department of the company; the root has id 1.
type Department struct {
	ID     int64  `json:"dept_id"`
	Name   string `json:"name"`
	Parent int64  `json:"parent_id"`
}

// Employee is one person.
type Employee struct {
	UserID     string `json:"user_id"`
	Name       string `json:"name"`
	Department int64  `json:"dept_id"`
	GroupName  string `json:"group"`
	GroupKind  string `json:"group_type"`
	Admin      bool   `json:"admin"`
	// Joined and Left are the last employment's; zero: before the world began, and not yet.
	Joined time.Time `json:"joined_at,omitzero"`
	Left   time.Time `json:"left_at,omitzero"`

	group    *Group
	stints   []*stint
	rotation int
	number   int
}

// RootDepartment is the id of DingTalk's root department.
const RootDepartment = 1

func groups() []*Group {
	off := ""
	return []*Group{
		{ID: 710705190, Key: "0D1C4B7A00", Name: "free of attendance", Kind: GroupNone},
		{ID: 710705191, Key: "0D1C4B7A01", Name: "office", Kind: GroupFixed, weekly: true, cycle: []string{ShiftOffice}},
		{ID: 710705192, Key: "0D1C4B7A02", Name: "workshop", Kind: GroupFixed, weekly: true, cycle: []string{ShiftSplit}},
		{
			ID: 710705193, Key: "0D1C4B7A03", Name: "rotation", Kind: GroupTurn,
			cycle: []string{ShiftEarly, ShiftEarly, off, ShiftLate, ShiftLate, off, ShiftMidnight, ShiftMidnight, off},
		},
		{
			ID: 710705194, Key: "0D1C4B7A04", Name: "night", Kind: GroupTurn,
			cycle: []string{ShiftNight, ShiftNight, ShiftNight, ShiftNight, ShiftNight, off, off},
		},
		{ID: 710705195, Key: "0D1C4B7A05", Name: "free hours", Kind: GroupNone, DayStart: 4 * time.Hour},
	}
}

// seats deals out the groups: of 20 people 7 office, 4 workshop, 4 rotation, 3 night, 2 free hours.
var seats = [...]int{1, 2, 3, 4, 5, 1, 1, 2, 3, 4, 1, 1, 2, 3, 5, 1, 1, 2, 3, 4}

func (c *Company) found(count int) {
	c.groups = groups()
	c.departments = []Department{
		{ID: 37, Name: "市场部", Parent: RootDepartment},
		{ID: 38, Name: "生产部", Parent: RootDepartment},
		{ID: 39, Name: "夜班组", Parent: 38},
		{ID: 40, Name: "研发部", Parent: RootDepartment},
		{ID: 41, Name: "平台组", Parent: 40},
	}
	c.join(&Employee{UserID: AdminUserID, Name: "管理员", Department: RootDepartment, Admin: true}, &stint{group: c.groups[0]})
	for number := range count {
		c.join(c.person(number), &stint{group: c.groups[seats[number%len(seats)]]})
	}
	c.founders = len(c.employees)
}

// person makes the nth one.
func (c *Company) person(number int) *Employee {
	return &Employee{
		UserID: fmt.Sprintf("%04d%012d", number+1, c.number(0, 1_000_000_000_000, "user", number)),
		Name:   fmt.Sprintf("员工%04d", number+1), Department: c.departments[number%len(c.departments)].ID,
		rotation: int(c.number(0, 63, "rotation", number)), number: number + 1,
	}
}

// join begins an employment, the first one or another.
func (c *Company) join(employee *Employee, s *stint) {
	c.people.Lock()
	defer c.people.Unlock()
	s.number = len(employee.stints)
	employee.stints = append(employee.stints, s)
	employee.group, employee.GroupName, employee.GroupKind = s.group, s.group.Name, s.group.Kind
	employee.Joined, employee.Left = s.joined, time.Time{}
	if s.number == 0 {
		c.employees = append(c.employees, employee)
		c.byID[employee.UserID] = employee
	}
}

// part ends the present employment.
func (c *Company) part(employee *Employee) {
	c.people.Lock()
	defer c.people.Unlock()
	s := employee.latest()
	s.left, s.went = c.now, c.next()
	employee.Left = s.left
}

// CorpID of the company.
func (c *Company) CorpID() string { return c.options.CorpID }

// Location is the company's time zone.
func (c *Company) Location() *time.Location { return c.location }

// Employees in the order of hiring, the admin first. Those who left are not among them.
func (c *Company) Employees() []Employee {
	c.people.RLock()
	defer c.people.RUnlock()
	list := make([]Employee, 0, len(c.employees))
	for _, employee := range c.employees {
		if !employee.gone() {
			list = append(list, *employee)
		}
	}
	return list
}

// Employee by user id; one who left is none.
func (c *Company) Employee(userID string) (Employee, bool) {
	c.people.RLock()
	defer c.people.RUnlock()
	employee, ok := c.byID[userID]
	if !ok || employee.gone() {
		return Employee{}, false
	}
	return *employee, true
}

// Name of a person, of one who left too; of a stranger the id.
func (c *Company) Name(userID string) string {
	c.people.RLock()
	defer c.people.RUnlock()
	employee, ok := c.byID[userID]
	if !ok {
		return userID
	}
	return employee.Name
}

// Group of the person on a day as it is seen at a moment; a stranger has none, nor has anybody before joining and after leaving.
func (c *Company) Group(m Moment, userID string, date Date) (Group, bool) {
	c.people.RLock()
	defer c.people.RUnlock()
	employee, ok := c.byID[userID]
	if !ok || !employee.employed(m) {
		return Group{}, false
	}
	s := employee.on(date)
	if s == nil {
		return Group{}, false
	}
	return *s.group, true
}

// Departments without the root.
func (c *Company) Departments() []Department { return append([]Department(nil), c.departments...) }

// Pick returns the nth person of the named group, for tests that want "someone on nights".
func (c *Company) Pick(group string, nth int) (Employee, bool) {
	for _, employee := range c.Employees() {
		if employee.GroupName != group {
			continue
		}
		if nth == 0 {
			return employee, true
		}
		nth--
	}
	return Employee{}, false
}
