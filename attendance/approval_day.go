package attendance

import (
	"cmp"
	"slices"
	"time"
)

// MaxSpanDays is how many days of one span get rows of their own: fifty years.
// A form may name any end; the instance keeps it, and nothing beyond this many
// days can be asked for anyway.
const MaxSpanDays = 50 * 366

// ApprovalDay is one calendar day of one user that an approval touches: the
// part of a span on that day, half-open, or a made-up time.
type ApprovalDay struct {
	UserID   string
	WorkDate Date
	Begin    time.Time
	End      time.Time
	MadeUpAt time.Time
}

// Days are the user-days that the instance touches, in the company's zone,
// each part once, in order.
func (i Instance) Days(loc *time.Location) []ApprovalDay {
	days := make([]ApprovalDay, 0, len(i.MakeUps)+len(i.Spans))
	for _, m := range i.MakeUps {
		days = append(days, ApprovalDay{UserID: m.UserID, WorkDate: m.Day(loc), MadeUpAt: toSecond(m.At)})
	}
	for _, s := range i.Spans {
		days = append(days, s.days(loc)...)
	}
	order := func(a, b ApprovalDay) int {
		return cmp.Or(cmp.Compare(a.UserID, b.UserID), a.WorkDate.Compare(b.WorkDate),
			a.MadeUpAt.Compare(b.MadeUpAt), a.Begin.Compare(b.Begin), b.End.Compare(a.End))
	}
	slices.SortFunc(days, order)
	return slices.CompactFunc(days, func(a, b ApprovalDay) bool { // of two that begin together the longer one
		return a.UserID == b.UserID && a.WorkDate == b.WorkDate && a.Begin.Equal(b.Begin) && a.MadeUpAt.Equal(b.MadeUpAt)
	})
}

// Day is the work date of a made-up punch: the form's, or else the calendar day.
func (m MakeUp) Day(loc *time.Location) Date {
	if m.WorkDate.IsZero() {
		return DateOf(m.At, loc)
	}
	return m.WorkDate
}

// days cuts the span at every midnight.
func (s Span) days(loc *time.Location) []ApprovalDay {
	if s.End.Before(s.Begin) {
		return nil
	}
	var days []ApprovalDay
	begin, date := stored(s.Begin), DateOf(s.Begin, loc)
	for range MaxSpanDays {
		end := earlier(stored(s.End), stored(date.AddDays(1).In(loc)))
		for _, user := range s.UserIDs {
			days = append(days, ApprovalDay{UserID: user, WorkDate: date, Begin: begin, End: end})
		}
		if !end.Before(stored(s.End)) {
			break
		}
		begin, date = end, date.AddDays(1)
	}
	return days
}
