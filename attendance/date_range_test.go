package attendance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
)

func TestParseRange(t *testing.T) {
	t.Parallel()
	today := day(11, 23)
	tests := []struct {
		from, to string
		want     attendance.DateRange
		problem  string
	}{
		{"2026-11-01", "2026-11-03", attendance.DateRange{From: day(11, 1), To: day(11, 3)}, ""},
		{"2026-11-23", "2026-11-23", attendance.DateRange{From: today, To: today}, ""},
		{"2026-11-20", "2030-01-01", attendance.DateRange{From: day(11, 20), To: today}, ""},
		{"2026-05-27", "2026-05-27", attendance.DateRange{From: day(5, 27), To: day(5, 27)}, ""},
		{"2026-05-26", "2026-11-01", attendance.DateRange{}, "over 180 days back"},
		{"2026-11-24", "2026-11-25", attendance.DateRange{}, "in the future: today is 2026-11-23"},
		{"2026-11-03", "2026-11-01", attendance.DateRange{}, "from 2026-11-03 is after to 2026-11-01"},
		{"2026-02-30", "2026-11-01", attendance.DateRange{}, `from: "2026-02-30" is not a date`},
		{"2026-11-01", "soon", attendance.DateRange{}, `to: "soon" is not a date`},
		{"", "2026-11-01", attendance.DateRange{}, "from is missing"},
		{"2026-11-01", "", attendance.DateRange{}, "to is missing"},
	}
	for _, test := range tests {
		got, err := attendance.ParseRange(test.from, test.to, today)
		if test.problem != "" {
			require.ErrorContains(t, err, test.problem)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, test.want, got)
	}
}

func TestChunkCoversEveryDayOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := day(1, 1).AddDays(rapid.IntRange(0, 400).Draw(t, "from"))
		r := attendance.DateRange{From: from, To: from.AddDays(rapid.IntRange(0, 200).Draw(t, "days"))}
		next := r.From
		for _, c := range r.Chunk() {
			require.Equal(t, next, c.From)
			require.LessOrEqual(t, c.Days(), attendance.WindowDays)
			next = c.To.AddDays(1)
		}
		require.Equal(t, r.To.AddDays(1), next)
	})
}

func TestChunkDatesCoversEveryDate(t *testing.T) {
	t.Parallel()
	require.Empty(t, attendance.ChunkDates(nil))
	rapid.Check(t, func(t *rapid.T) {
		var dates []attendance.Date
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 60), 1, 20).Draw(t, "dates") {
			dates = append(dates, day(1, 1).AddDays(n))
		}
		chunks := attendance.ChunkDates(dates)
		for _, d := range dates {
			covered := 0
			for _, c := range chunks {
				if c.Contains(d) {
					covered++
				}
			}
			require.Equal(t, 1, covered, d)
		}
		for i, c := range chunks {
			require.LessOrEqual(t, c.Days(), attendance.WindowDays)
			require.Contains(t, dates, c.From, "no chunk starts or ends with a day that nobody asked for")
			require.Contains(t, dates, c.To)
			if i > 0 {
				require.True(t, chunks[i-1].To.Before(c.From))
			}
		}
	})
}

func TestMakeUpSearchStaysWithinTheListsLimits(t *testing.T) {
	t.Parallel()
	now := clock(11, 23, 12, 0)
	require.Equal(t, attendance.TimeRange{From: clock(11, 13, 0, 0), To: now}, attendance.MakeUpSearch(clock(11, 20, 0, 0), now))

	far := attendance.MakeUpSearch(clock(5, 27, 0, 0), now)
	require.Less(t, far.To.Sub(far.From), 120*24*time.Hour)
	next := far.From
	for _, piece := range far.Pieces(7 * 24 * time.Hour) {
		require.Equal(t, next, piece.From)
		require.LessOrEqual(t, piece.To.Sub(piece.From), 7*24*time.Hour)
		next = piece.To
	}
	require.Equal(t, now, next)
}
