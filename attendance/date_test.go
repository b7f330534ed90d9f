package attendance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

// Where summer time begins at midnight there is no midnight: the day begins at
// one, not at eleven on the evening before.
func TestDateBeginsOnItsOwnDay(t *testing.T) {
	t.Parallel()
	for zone, date := range map[string]string{
		"America/Santiago":  "2026-09-06", // skips midnight
		"America/Havana":    "2026-03-08",
		"Asia/Beirut":       "2026-03-29",
		"America/Sao_Paulo": "2018-11-04",
		"America/New_York":  "2026-03-08", // skips two o'clock
		"Asia/Shanghai":     "1986-05-04",
		"Pacific/Apia":      "2011-12-31", // the day after a day that was not
	} {
		loc, err := time.LoadLocation(zone)
		require.NoError(t, err)
		middle, err := attendance.ParseDate(date)
		require.NoError(t, err)
		for d := middle.AddDays(-200); d.Before(middle.AddDays(400)); d = d.AddDays(1) {
			if zone == "Pacific/Apia" && d.String() == "2011-12-30" {
				continue // there was none
			}
			begin := d.In(loc)
			require.Equal(t, d, attendance.DateOf(begin, loc), "%s in %s", d, zone)
			require.True(t, attendance.DateOf(begin.Add(-time.Nanosecond), loc).Before(d), "%s in %s: its first instant", d, zone)
		}
	}
}
