package sweep

import "dakasync/attendance"

// What one call holds (the root module's dingtalk names the pages that say so).
const (
	usersPerCall = attendance.WindowUsers // listRecord, list, schedules
	rowsPerPage  = 50                     // list
	idsPerPage   = 20                     // instanceIds/query
)

// Purpose is what a call is for.
type Purpose string

// The purposes, by the APIs that serve them.
const (
	forRecords   Purpose = "clock-ins"
	forResults   Purpose = "results"
	forSchedules Purpose = "schedules"
	forContacts  Purpose = "contacts"
	forApprovals Purpose = "approvals"
	forDays      Purpose = "single days"
)

// purposes in the order of the tables.
func purposes() []Purpose {
	return []Purpose{forRecords, forResults, forSchedules, forContacts, forApprovals, forDays}
}

// purposeOf an API, by its path; empty for one that asks for nothing.
func purposeOf(path string) Purpose {
	return map[string]Purpose{
		"/attendance/listRecord": forRecords, "/attendance/list": forResults,
		"/topapi/attendance/schedule/listbyusers": forSchedules, "/topapi/attendance/getupdatedata": forDays,
		"/topapi/v2/department/listsubid": forContacts, "/topapi/user/listid": forContacts,
		"/v1.0/workflow/processInstances": forApprovals, "/v1.0/workflow/processes/instanceIds/query": forApprovals,
		"/v1.0/workflow/processes/managements/templates": forApprovals,
	}[path]
}

// Calls by purpose.
type Calls map[Purpose]int

// Total of all but those for contacts, which are free of charge.
func (c Calls) Total() int {
	total := -c[forContacts]
	for _, n := range c {
		total += n
	}
	return total
}

// asked is what a sweep of one date has to ask about.
type asked struct {
	People    int // in contacts
	Rows      int // results of the date
	Units     int // departments, with the company itself
	Templates int // by which approvals are searched for
	Leaves    int // approvals of one template that nobody has read
}

// least are the fewest calls that page sizes allow for one final date:
//
//   - clock-ins, and schedules: one for every 50 people;
//   - results: pages of 50 rows, and one for every 50 people at least;
//   - contacts: for every department one for its children and one for its members, without pages;
//   - approvals: one for the list of templates, one for each of those or for every 20 approvals of it, and one for each approval;
//   - single days: none, as everybody's are asked about together.
func least(a asked) Calls {
	people := parts(a.People, usersPerCall)
	return Calls{
		forRecords: people, forSchedules: people, forResults: max(people, parts(a.Rows, rowsPerPage)), forContacts: a.Units + a.Units,
		forApprovals: 1 + a.Templates - 1 + max(1, parts(a.Leaves, idsPerPage)) + a.Leaves,
	}
}

// parts is into how many parts of a size a number falls.
func parts(n, size int) int { return (n + size - 1) / size }
