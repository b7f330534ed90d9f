// Package sheet writes tables that people open in a spreadsheet: CSV and XLSX.
//
// It guarantees flat memory however many rows there are, and that no cell is taken
// for a formula: in CSV a text that begins with =, +, -, @ (also their
// full-width forms), a tab or a carriage return gets an apostrophe before it, in XLSX
// texts are texts. Dates and times are
// written as the clock showed them, without a zone. The rows marked as open stand
// out in XLSX; in CSV only their cells say so.
//
// XLSX is built in temporary files (TMPDIR) that are gone when it is closed, or in
// memory where there is no folder for them; a sheet that is full is followed by
// another.
package sheet

import (
	"time"

	"dakasync/attendance"
)

// Cell is what stands in a cell: a string, an int, an attendance.Date, a time.Time,
// or nil for nothing. Zero dates and times are nothing.
type Cell any

// Writer takes a table row by row. Close must be called, and finishes it.
type Writer interface {
	Row(cells []Cell, open bool) error
	Close() error
}

// wall is what a clock showed, as if it had been in Greenwich.
func wall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// blank reports whether a cell holds nothing.
func blank(c Cell) bool {
	switch v := c.(type) {
	case nil:
		return true
	case attendance.Date:
		return v.IsZero()
	case time.Time:
		return v.IsZero()
	default:
		return false
	}
}
