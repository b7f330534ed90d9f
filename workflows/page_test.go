package workflows

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

// sweepPages lets pages of 50 users wait, with so many rows each in turn, and counts the calls that their results take.
func sweepPages(t *testing.T, pages int, rows ...int) (calls, total int) {
	t.Helper()
	days := attendance.DateRange{From: attendance.NewDate(2026, 11, 20), To: attendance.NewDate(2026, 11, 20)}
	var waiting []Waiting
	seen := map[string]bool{}
	take := func(end bool) {
		for {
			taken, rest := takeWindow(waiting, end)
			if len(taken) == 0 {
				require.Len(t, rest, len(waiting))
				return
			}
			require.LessOrEqual(t, len(taken), attendance.WindowUsers)
			sum := 0
			for _, w := range taken {
				require.False(t, seen[w.UserID], "nobody is asked about twice")
				seen[w.UserID] = true
				sum += w.Rows
			}
			calls += max(1, (sum+pageRows-1)/pageRows)
			waiting = rest
		}
	}
	n := 0
	for range pages {
		for range attendance.WindowUsers {
			waiting = append(waiting, Waiting{UserID: fmt.Sprintf("u%05d", n), Days: days, Rows: rows[n%len(rows)]})
			total += rows[n%len(rows)]
			n++
		}
		take(false)
		require.Less(t, len(waiting), attendance.WindowUsers)
	}
	take(true)
	require.Empty(t, waiting)
	require.Len(t, seen, n, "everybody is asked about")
	return calls, total
}

func TestPagesAreFilled(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string][]int{
		"two slots":        {2},
		"mixed":            {2, 4, 0, 2, 2, 4, 2, 0, 2},
		"four slots":       {4},
		"mostly off":       {0, 0, 0, 0, 2},
		"a week":           {10, 20, 12, 14, 0},
		"more than a page": {56},
		"nobody works":     {0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const pages = 40
			calls, total := sweepPages(t, pages, rows...)
			least := max(pages, (total+pageRows-1)/pageRows)
			require.LessOrEqual(t, calls, least+least/20+1, "of %d rows", total)
		})
	}
}

// Days that differ are not asked about together.
func TestWindowsShareTheirDays(t *testing.T) {
	t.Parallel()
	one := attendance.DateRange{From: attendance.NewDate(2026, 11, 20), To: attendance.NewDate(2026, 11, 20)}
	two := attendance.DateRange{From: attendance.NewDate(2026, 11, 20), To: attendance.NewDate(2026, 11, 21)}
	waiting := []Waiting{{UserID: "u1", Days: one, Rows: 2}, {UserID: "u1", Days: two, Rows: 2}, {UserID: "u2", Days: one, Rows: 2}}
	taken, rest := takeWindow(waiting, false)
	require.Empty(t, taken)
	require.Equal(t, waiting, rest)
	taken, rest = takeWindow(waiting, true)
	require.Equal(t, []Waiting{waiting[0], waiting[2]}, taken)
	require.Equal(t, []Waiting{waiting[1]}, rest)
}
