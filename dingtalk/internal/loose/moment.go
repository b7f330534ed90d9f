package loose

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"dakasync/attendance"
)

// ErrTime says that a value is not a time, or lies outside the years that every
// part of the system can hold.
var ErrTime = errors.New("not a time between the years 1970 and 9999")

// localLayouts are times without a zone: they are the company's local time.
// The last two end in a Z that is a letter and no zone: workflow v1.0 writes
// local time that way (obtains-the-details-of-a-single-approval-instance-pop).
func localLayouts() []string {
	return []string{
		"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02",
		"2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02",
		"2006-01-02T15:04:05", "2006-01-02T15:04",
		"2006-01-02T15:04Z", "2006-01-02T15:04:05Z",
	}
}

// zonedLayouts are times whose zone is meant. One with a fraction and a Z comes
// from a library that writes UTC, not from DingTalk's local clock.
func zonedLayouts() []string {
	return []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04Z0700"}
}

// Time is the value as a time: epoch milliseconds as a number or a text, or one
// of the spellings above. Absent, null, empty and 0 are the zero time; anything
// else that cannot be read is ErrTime.
func (o Object) Time(loc *time.Location, names ...string) (time.Time, error) {
	raw := o.Get(names...)
	if ms, ok := Int(raw); ok && ms == 0 {
		return time.Time{}, nil
	}
	return Time(raw, loc)
}

// Time reads a time; 0 is the first instant of 1970.
func Time(raw json.RawMessage, loc *time.Location) (time.Time, error) {
	if Null(raw) {
		return time.Time{}, nil
	}
	s := strings.TrimSpace(Text(raw))
	if s == "" && raw[0] == '"' {
		return time.Time{}, nil
	}
	return ParseTime(s, loc)
}

// ParseTime reads a time in a text.
func ParseTime(s string, loc *time.Location) (time.Time, error) {
	if ms, ok := ParseInt(s); ok {
		return inRange(time.UnixMilli(ms).In(loc))
	}
	for _, layout := range localLayouts() {
		if strings.Contains(s, ".") {
			break // Parse takes a fraction wherever there are seconds
		}
		if t, err := time.ParseInLocation(layout, s, loc); err == nil {
			return inRange(t)
		}
	}
	for _, layout := range zonedLayouts() {
		if t, err := time.Parse(layout, s); err == nil {
			return inRange(t.In(loc))
		}
	}
	if t, err := time.ParseInLocation("2006-01-02 15:04:05", s, loc); err == nil { // with a fraction
		return inRange(t)
	}
	return time.Time{}, ErrTime
}

func inRange(t time.Time) (time.Time, error) {
	const first, last = 1970, 9999
	if y := t.UTC().Year(); y < first || y > last {
		return time.Time{}, fmt.Errorf("the year %d: %w", y, ErrTime)
	}
	if y := t.Year(); y < first || y > last {
		return time.Time{}, fmt.Errorf("the year %d: %w", y, ErrTime)
	}
	return t, nil
}

// Date is the value as a calendar day in a zone, from any spelling of a time.
func (o Object) Date(loc *time.Location, names ...string) (attendance.Date, error) {
	t, err := o.Time(loc, names...)
	if err != nil || t.IsZero() {
		return attendance.Date{}, err
	}
	return attendance.DateOf(t, loc), nil
}
