package budget

import (
	"strconv"
	"strings"
	"time"

	"dakasync/attendance"
)

// Number writes a count with commas between thousands.
func Number(n int) string {
	text := strconv.Itoa(n)
	first := len(text) - len(strings.TrimPrefix(text, "-")) // of the digits
	for i := len(text) - 3; i > first; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Counted is a count with its noun.
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Number(n) + " " + noun + "s"
}

// dayWords is a date of the year in hand.
func dayWords(d attendance.Date) string { return strconv.Itoa(d.Day) + " " + d.Month.String() }

// lastDay and firstDay are the ends of the month: "30 November", "1 December".
func lastDay(now time.Time) string {
	return dayWords(attendance.DateOf(MonthTurn(now), now.Location()).AddDays(-1))
}

func firstDay(now time.Time) string {
	return dayWords(attendance.DateOf(MonthTurn(now), now.Location()))
}

// Words says how events are answered: "at once", "in batches of 5 minutes".
func (d Decision) Words() string { return d.step().words() }

func (s step) words() string {
	switch s.mode {
	case ModeLive:
		return "at once"
	case ModeBatched:
		return "in batches of " + length(s.window)
	case ModeSweep:
		return "by the nightly sweep alone"
	default:
		return "not at all"
	}
}

// length is a window in words.
func length(w time.Duration) string {
	switch {
	case w == time.Hour:
		return "an hour"
	case w%time.Minute == 0 && w > 0:
		return Counted(int(w/time.Minute), "minute")
	case w%time.Second == 0 && w > 0:
		return Counted(int(w/time.Second), "second")
	default:
		return w.String()
	}
}
