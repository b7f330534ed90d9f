package attendance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

// The ledger knows parts of a day by where they begin.
func TestDaysHasEachPartOnce(t *testing.T) {
	t.Parallel()
	nine := at("09:00:00")
	i := attendance.Instance{
		MakeUps: []attendance.MakeUp{{UserID: "u1", At: nine}, {UserID: "u1", At: nine, PlanID: 7}},
		Spans: []attendance.Span{
			{UserIDs: []string{"u1"}, Begin: nine, End: nine.Add(time.Hour)},
			{UserIDs: []string{"u1", "u2"}, Begin: nine, End: nine.Add(2 * time.Hour)},
		},
	}
	seen := map[string]bool{}
	for _, d := range i.Days(shanghai) {
		part := d.MadeUpAt
		if part.IsZero() {
			part = d.Begin
		}
		key := fmt.Sprint(d.UserID, d.WorkDate, part)
		require.False(t, seen[key], key)
		seen[key] = true
		if d.UserID == "u1" {
			require.Equal(t, nine.UTC(), d.MadeUpAt, "the made-up punch is the more exact word")
		} else {
			require.Equal(t, nine.Add(2*time.Hour).UTC(), d.End)
		}
	}
	require.Len(t, seen, 2)
}

// A form may hold a thousand intervals, for a thousand people, of any length.
func TestDaysOfAnAbsurdFormFitTheMemory(t *testing.T) {
	t.Parallel()
	users := make([]string, 1000)
	for i := range users {
		users[i] = fmt.Sprint("u", i)
	}
	var i attendance.Instance
	for n := range 1000 {
		begin := time.Date(1970, 1, 1, 0, 0, n, 0, shanghai)
		i.Spans = append(i.Spans, attendance.Span{UserIDs: users, Begin: begin, End: begin.AddDate(8000, 0, 0)})
	}
	require.LessOrEqual(t, len(i.Days(shanghai)), attendance.MaxDays)

	long := attendance.Instance{Spans: []attendance.Span{{UserIDs: users[:5], Begin: at("09:00:00"), End: at("09:00:00").AddDate(40, 0, 0)}}}
	require.Len(t, long.Days(shanghai), 5*(40*365+10+1), "a leave of forty years has all its days")
}
