package attendance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

func TestCandidatesFor(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		at       time.Time
		likely   []attendance.Date
		unlikely []attendance.Date
	}{
		{"after midnight the night shift of the day before", clock(11, 2, 0, 40), []attendance.Date{day(11, 2), day(11, 1)}, nil},
		{"the morning", clock(11, 2, 7, 50), []attendance.Date{day(11, 2), day(11, 1)}, nil},
		{"the afternoon asks for the day before only at last", clock(11, 2, 18, 0), []attendance.Date{day(11, 2)}, []attendance.Date{day(11, 1)}},
		{"ten minutes before a shift at midnight", clock(11, 2, 23, 50), []attendance.Date{day(11, 2), day(11, 3)}, []attendance.Date{day(11, 1)}},
		{"a day ends in the company's zone, not in UTC", time.Date(2026, 11, 1, 16, 40, 0, 0, time.UTC), []attendance.Date{day(11, 2), day(11, 1)}, nil},
		{"the year's first", clock(1, 1, 1, 0), []attendance.Date{day(1, 1), attendance.NewDate(2025, 12, 31)}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := attendance.CandidatesFor(test.at, shanghai)
			require.Equal(t, test.likely, c.Round(false))
			require.Equal(t, append(append([]attendance.Date{}, test.likely...), test.unlikely...), c.Round(true))
			require.Equal(t, test.likely, c.Likely, "asking changes no plan")
		})
	}
}

func TestReachOf(t *testing.T) {
	t.Parallel()
	now := clock(11, 23, 12, 0)
	tests := map[string]struct {
		at   time.Time
		want attendance.Reach
	}{
		"now":                         {now, attendance.ReachOK},
		"a clock that is fast":        {now.Add(23 * time.Hour), attendance.ReachOK},
		"more than a day ahead":       {now.Add(25 * time.Hour), attendance.ReachFuture},
		"the year 9999":               {time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), attendance.ReachFuture},
		"the last day answered for":   {now.AddDate(0, 0, -180), attendance.ReachOK},
		"one day more":                {now.AddDate(0, 0, -181), attendance.ReachTooOld},
		"the beginning of time":       {time.Unix(0, 0), attendance.ReachTooOld},
		"before the beginning of all": {time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), attendance.ReachTooOld},
	}
	for name, test := range tests {
		require.Equal(t, test.want, attendance.ReachOf(test.at, now, shanghai), name)
	}
}

func TestReachOfDay(t *testing.T) {
	t.Parallel()
	today := day(11, 23)
	require.Equal(t, attendance.ReachOK, attendance.ReachOfDay(today, today))
	require.Equal(t, attendance.ReachFuture, attendance.ReachOfDay(today.AddDays(1), today))
	require.Equal(t, attendance.ReachOK, attendance.ReachOfDay(today.AddDays(-180), today))
	require.Equal(t, attendance.ReachTooOld, attendance.ReachOfDay(today.AddDays(-181), today))
}

func FuzzCandidatesFor(f *testing.F) {
	f.Add(int64(1793570400))
	f.Add(int64(0))
	f.Add(int64(253402300799))
	f.Fuzz(func(t *testing.T, seconds int64) {
		moment := time.Unix(seconds%253402300799, 0)
		calendar := attendance.DateOf(moment, shanghai)
		all := attendance.CandidatesFor(moment, shanghai).Round(true)
		require.Equal(t, calendar, all[0], "the calendar date is asked first")
		require.Contains(t, all, calendar.AddDays(-1), "the day before is never left out")
		seen := map[attendance.Date]bool{}
		for _, d := range all {
			require.False(t, seen[d], "no date is asked twice in a round")
			seen[d] = true
			require.LessOrEqual(t, max(calendar.DaysUntil(d), d.DaysUntil(calendar)), 1)
		}
	})
}
