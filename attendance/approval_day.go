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

// MaxDays bounds the rows of one instance, for the same reason: it may hold a
// thousand spans of a thousand people. The spans that begin first count.
const MaxDays = 100_000

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
	spans := slices.SortedStableFunc(slices.Values(i.Spans), func(a, b Span) int { return a.Begin.Compare(b.Begin) })
	for _, s := range spans {
		days = append(days, s.days(loc, MaxDays-len(days))...)
	}
	order := func(a, b ApprovalDay) int { // of two that begin together the longer one comes first, and a made-up time before both
		return cmp.Or(cmp.Compare(a.UserID, b.UserID), a.WorkDate.Compare(b.WorkDate), a.part().Compare(b.part()),
			b.MadeUpAt.Compare(a.MadeUpAt), b.End.Compare(a.End))
	}
	slices.SortFunc(days, order)
	return slices.CompactFunc(days, func(a, b ApprovalDay) bool {
		return a.UserID == b.UserID && a.WorkDate == b.WorkDate && a.part().Equal(b.part())
	})
}

// part tells the parts of one day apart: the made-up time or the beginning.
func (d ApprovalDay) part() time.Time {
	if d.MadeUpAt.IsZero() {
		return d.Begin
	}
	return d.MadeUpAt
}

// Day is the work date of a made-up punch: the form's, or else the calendar day.
func (m MakeUp) Day(loc *time.Location) Date {
	if m.WorkDate.IsZero() {
		return DateOf(m.At, loc)
	}
	return m.WorkDate
}

// days cuts the span at every midnight, into at most limit parts.
func (s Span) days(loc *time.Location, limit int) []ApprovalDay {
	if s.End.Before(s.Begin) {
		return nil
	}
	var days []ApprovalDay
	begin, date := stored(s.Begin), DateOf(s.Begin, loc)
	for range MaxSpanDays {
		end := earlier(stored(s.End), stored(date.AddDays(1).In(loc)))
		for _, user := range s.UserIDs {
			if len(days) >= limit {
				return days
			}
			days = append(days, ApprovalDay{UserID: user, WorkDate: date, Begin: begin, End: end})
		}
		if !end.Before(stored(s.End)) {
			break
		}
		begin, date = end, date.AddDays(1)
	}
	return days
}
