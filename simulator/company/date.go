package company

import (
	"fmt"
	"time"
)

// Date is a calendar day: days since 1970-01-01. Its text form is 2006-01-02.
type Date int

const secondsPerDay = 24 * 60 * 60

// DateOf is the calendar day of t in t's own location.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

// ParseDate reads 2006-01-02.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, fmt.Errorf("date %q is not of the form 2006-01-02: %w", text, err)
	}
	return DateOf(t), nil
}

// In is the day's midnight in loc.
func (d Date) In(loc *time.Location) time.Time {
	return time.Date(1970, time.January, 1+int(d), 0, 0, 0, 0, loc)
}

// Weekday of the day.
func (d Date) Weekday() time.Weekday { return d.In(time.UTC).Weekday() }

func (d Date) String() string { return d.In(time.UTC).Format(time.DateOnly) }

// MarshalText makes a Date a plain string in JSON.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
