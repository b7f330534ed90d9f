package dingtalk

import (
	"strings"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
)

// formTime is a time as a form writes it, which may be a whole day or half of
// one: as a beginning it is where that begins, as an end where it ends.
type formTime struct {
	at   time.Time
	part dayPart
	loc  *time.Location
}

type dayPart int

const (
	minute dayPart = iota
	wholeDay
	morning
	afternoon
)

// readFormTime reads "2026-08-05 04:00", "2026-08-05", "2026-08-05 上午",
// milliseconds, and what else is a time. days says that the form counts in
// days, so that a midnight means the day.
func readFormTime(s string, days bool, loc *time.Location) (formTime, bool) {
	s = strings.TrimSpace(s)
	part := minute
	for _, half := range []struct {
		word string
		part dayPart
	}{{"上午", morning}, {"下午", afternoon}, {"AM", morning}, {"PM", afternoon}} {
		if date, found := strings.CutSuffix(s, half.word); found {
			s, part = strings.TrimSpace(date), half.part
			break
		}
	}
	at, err := loose.ParseTime(s, loc)
	if err != nil || part != minute && !midnight(at, loc) {
		return formTime{}, false
	}
	if part == minute && midnight(at, loc) && (days || len(s) == len(time.DateOnly)) {
		part = wholeDay
	}
	return formTime{at: at, part: part, loc: loc}, true
}

func (t formTime) begin() time.Time {
	if t.part == minute {
		return t.at
	}
	y, m, d := t.at.Date()
	if t.part == afternoon {
		return time.Date(y, m, d, 12, 0, 0, 0, t.loc)
	}
	return time.Date(y, m, d, 0, 0, 0, 0, t.loc)
}

func (t formTime) end() time.Time {
	if t.part == minute {
		return t.at
	}
	y, m, d := t.at.Date()
	if t.part == morning {
		return time.Date(y, m, d, 12, 0, 0, 0, t.loc)
	}
	next := attendance.NewDate(y, m, d+1).In(t.loc)
	if last := time.Date(9999, 12, 30, 0, 0, 0, 0, time.UTC); next.After(last) {
		return last // the years that every part of the system can hold
	}
	return next
}
