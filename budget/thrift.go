package budget

const (
	// thriftShare is the part of the calls that everybody's results may take.
	thriftShare = 0.1
	// openShare is the part of a workday's user-days that clock-ins leave open:
	// somebody did not sign, or an approval or an edit is known.
	openShare = 0.15
)

// Thrifty reports whether sweeps ask for the results of those user-days only that
// clock-ins leave open: where those of everybody, every night, would take more than
// a tenth of the month's calls.
func (b Budget) Thrifty(employees int) bool {
	pages := parted(employees, windowUsers) * rowsPerDay * longMonth
	return b.Calls > 0 && float64(pages) > thriftShare*float64(b.Calls)
}

// under is the company as it is swept, and its failed pushes are read, with so many
// calls a month.
func (c Company) under(calls int) Company {
	c.Drain = max(c.Drain, Budget{Calls: calls, Drain: c.Drain}.QuietDrains())
	c.Thrift = Budget{Calls: calls}.Thrifty(c.Employees)
	return c
}
