package company

import (
	"fmt"
	"slices"
)

// HireRequest brings a person into a group now.
type HireRequest struct {
	Group string `json:"group"`
	// UserID of somebody who left is hired again, under the same id. Without it the person is new.
	UserID string `json:"user_id,omitempty"`
	Name   string `json:"name,omitempty"`
}

func (r HireRequest) verb() string { return "hire" }

func (r HireRequest) apply(c *Company) (Employee, error) {
	index := slices.IndexFunc(c.groups, func(g *Group) bool { return g.Name == r.Group })
	if index < 0 {
		return Employee{}, fmt.Errorf("group %q is unknown: %w", r.Group, ErrNotAllowed)
	}
	employee := c.person(len(c.employees) - 1) // the admin has no number
	if r.UserID != "" {
		former, ok := c.byID[r.UserID]
		switch {
		case !ok:
			return Employee{}, fmt.Errorf("user %q: %w", r.UserID, ErrUnknownUser)
		case !former.gone():
			return Employee{}, fmt.Errorf("user %s has not left: %w", r.UserID, ErrNotAllowed)
		}
		employee = former
	}
	if r.Name != "" {
		c.people.Lock()
		employee.Name = r.Name
		c.people.Unlock()
	}
	c.join(employee, &stint{group: c.groups[index], joined: c.now, came: c.next()})
	c.emit(PeopleChanged{At: c.now, User: employee.UserID})
	c.deal(employee)
	return *employee, nil
}

// ResignRequest lets a person leave the company now. What the person has asked for and nobody has decided is terminated.
type ResignRequest struct {
	User string `json:"user"`
}

func (r ResignRequest) verb() string { return "resign" }

func (r ResignRequest) apply(c *Company) (Employee, error) {
	employee, err := c.employee(r.User)
	if err != nil {
		return Employee{}, err
	}
	if employee.Admin {
		return Employee{}, fmt.Errorf("the administrator stays: %w", ErrNotAllowed)
	}
	for _, a := range c.order {
		if a.Originator != r.User || a.Status != StatusRunning {
			continue
		}
		if err := c.decide(a, DecideTerminate); err != nil {
			return Employee{}, err
		}
	}
	c.part(employee)
	c.emit(PeopleChanged{At: c.now, User: employee.UserID, Left: true})
	return *employee, nil
}

// Hire brings a new person, or one who left, into a group.
func (c *Company) Hire(r HireRequest) (Employee, error) { return perform(c, request[Employee](r)) }

// Resign lets a person leave the company.
func (c *Company) Resign(r ResignRequest) (Employee, error) { return perform(c, request[Employee](r)) }
