package attendance

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// WindowDays is how many days one question about many users may span
// (open-attendance-clock-in-data, attendance-clock-in-record-is-open).
const WindowDays = 7

// WindowUsers is how many users one such question may name.
const WindowUsers = 50

// DateRange is a run of days, both ends included.
type DateRange struct {
	From Date `json:"from"`
	To   Date `json:"to"`
}

// Days counts the days of the range.
func (r DateRange) Days() int { return r.From.DaysUntil(r.To) + 1 }

// Contains reports whether a day is in the range.
func (r DateRange) Contains(d Date) bool { return !d.Before(r.From) && !d.After(r.To) }

// join is the shortest range that contains both.
func (r DateRange) join(o DateRange) DateRange {
	if o.From.Before(r.From) {
		r.From = o.From
	}
	if o.To.After(r.To) {
		r.To = o.To
	}
	return r
}

// ParseDates reads a range as a person writes it. What makes no sense on any
// day is an error that says so.
func ParseDates(from, to string) (DateRange, error) {
	first, err := parseBound("from", from)
	if err != nil {
		return DateRange{}, err
	}
	last, err := parseBound("to", to)
	if err != nil {
		return DateRange{}, err
	}
	if first.After(last) {
		return DateRange{}, fmt.Errorf("from %s is after to %s", first, last)
	}
	return DateRange{From: first, To: last}, nil
}

// ParseRange reads a range that is to be asked for today. An end in the future
// is cut to today; what DingTalk no longer answers, or not yet, is an error.
func ParseRange(from, to string, today Date) (DateRange, error) {
	r, err := ParseDates(from, to)
	switch {
	case err != nil:
		return DateRange{}, err
	case TooOld(r.From, today):
		return DateRange{}, fmt.Errorf("from %s is over %d days back: DingTalk answers from %s on",
			r.From, HorizonDays, today.AddDays(-HorizonDays))
	case r.From.After(today):
		return DateRange{}, fmt.Errorf("from %s is in the future: today is %s", r.From, today)
	case r.To.After(today):
		r.To = today
	}
	return r, nil
}

func parseBound(name, s string) (Date, error) {
	if s == "" {
		return Date{}, errors.New(name + ` is missing: give a date like "2026-11-01"`)
	}
	d, err := ParseDate(s)
	if err != nil {
		return Date{}, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}

// TooOld reports whether DingTalk no longer answers for a date.
func TooOld(d, today Date) bool { return d.Before(today.AddDays(-HorizonDays)) }

// Chunk cuts the range into pieces of at most WindowDays, oldest first.
func (r DateRange) Chunk() []DateRange {
	var chunks []DateRange
	for from := r.From; !from.After(r.To); from = from.AddDays(WindowDays) {
		to := from.AddDays(WindowDays - 1)
		if to.After(r.To) {
			to = r.To
		}
		chunks = append(chunks, DateRange{From: from, To: to})
	}
	return chunks
}

// ChunkDates covers single dates with ranges of at most WindowDays, oldest
// first. A gap of a day inside a range is asked about too: that costs nothing,
// a range of its own would.
func ChunkDates(dates []Date) []DateRange {
	sorted := slices.SortedFunc(slices.Values(dates), Date.Compare)
	var chunks []DateRange
	for _, d := range sorted {
		if n := len(chunks); n > 0 && chunks[n-1].From.DaysUntil(d) < WindowDays {
			chunks[n-1].To = d
			continue
		}
		chunks = append(chunks, DateRange{From: d, To: d})
	}
	return chunks
}

// SweepDates are the dates, each once, oldest first, and with them the days that
// lost reads may have told of: those of their time, and the one before for night
// shifts, as far as DingTalk answers for them.
func SweepDates(dates []Date, lost []LostRead, since, today Date, loc *time.Location) []Date {
	all := slices.Clone(dates)
	for _, read := range lost {
		first, last := DateOf(read.Since, loc).AddDays(-1), DateOf(read.Until, loc)
		if first.Before(since) {
			first = since
		}
		for d := first; !d.After(last) && !d.After(today); d = d.AddDays(1) {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, Date.Compare)
	return slices.Compact(all)
}

// TimeRange is a half-open interval.
type TimeRange struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Limits of the instance id list (obtain-an-approval-list-of-instance-ids):
// it goes back 120 days by the time at which an instance was started.
const (
	searchHorizon   = 120*24*time.Hour - time.Hour // an hour for clocks that differ
	searchBefore    = 7 * 24 * time.Hour           // a make-up may be asked for before its day
	approvalsBefore = 30 * 24 * time.Hour          // and a leave or a trip long before
)

// MakeUpSearch is when the make-up approvals of days from first on may have
// been started: up to a week before, and until now.
func MakeUpSearch(first, now time.Time) TimeRange { return search(first.Add(-searchBefore), now) }

// ApprovalSearch is when the approvals that touch days from first on may have
// been started: up to a month before, and until now.
func ApprovalSearch(first, now time.Time) TimeRange { return search(first.Add(-approvalsBefore), now) }

func search(from, now time.Time) TimeRange {
	if oldest := now.Add(-searchHorizon); from.Before(oldest) {
		from = oldest
	}
	return TimeRange{From: from, To: now}
}

// A search for the approvals of so many people goes by weeks and not by quarters:
// each costs a call a template, but what it finds must fit a run's history.
const (
	manyEmployees = 1000
	weekly        = 7 * 24 * time.Hour
	quarterly     = 90 * 24 * time.Hour
)

// Searches are the pieces in which the approvals of everybody that were started in
// an interval are searched for, when so many are employed.
func (r TimeRange) Searches(employees int) []TimeRange {
	if employees > manyEmployees {
		return r.Pieces(weekly)
	}
	return r.Pieces(quarterly)
}

// Pieces cuts an interval into pieces of a length, so that what is found in one
// fits a run's history.
func (r TimeRange) Pieces(length time.Duration) []TimeRange {
	var pieces []TimeRange
	for from := r.From; from.Before(r.To); from = from.Add(length) {
		to := from.Add(length)
		if to.After(r.To) {
			to = r.To
		}
		pieces = append(pieces, TimeRange{From: from, To: to})
	}
	return pieces
}
