package attendance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

func TestSearchInParts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 23, 2, 10, 0, 0, time.UTC)
	from := now.AddDate(0, 0, -32)
	for name, test := range map[string]struct {
		change   func(*attendance.TemplateSearch)
		few, all bool // is it few, is all listed
	}{
		"as ever":                      {func(*attendance.TemplateSearch) {}, false, false},
		"never searched":               {func(s *attendance.TemplateSearch) { *s = attendance.TemplateSearch{Finished: 61} }, false, true},
		"new and few":                  {func(s *attendance.TemplateSearch) { *s = attendance.TemplateSearch{Finished: 60} }, true, true},
		"become few":                   {func(s *attendance.TemplateSearch) { s.Finished = 40 }, true, true},
		"nearly few":                   {func(s *attendance.TemplateSearch) { s.Finished = 41 }, false, false},
		"what runs is not known":       {func(s *attendance.TemplateSearch) { s.Running = false }, false, true},
		"a week is over":               {func(s *attendance.TemplateSearch) { s.WholeAt = now.AddDate(0, 0, -7) }, false, true},
		"but for a minute":             {func(s *attendance.TemplateSearch) { s.WholeAt = now.AddDate(0, 0, -7).Add(time.Minute) }, false, true},
		"six days":                     {func(s *attendance.TemplateSearch) { s.WholeAt = now.AddDate(0, 0, -6) }, false, false},
		"nothing proven for some days": {func(s *attendance.TemplateSearch) { s.ListedAt = now.AddDate(0, 0, -3) }, false, true},
		"further back than ever":       {func(s *attendance.TemplateSearch) { s.WholeFrom = from.Add(time.Second) }, false, true},
		"as far back":                  {func(s *attendance.TemplateSearch) { s.WholeFrom = from }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := attendance.TemplateSearch{
				Finished: 100, ListedAt: now.AddDate(0, 0, -1), WholeAt: now.AddDate(0, 0, -5), WholeFrom: now.AddDate(0, 0, -37), Running: true,
			}
			test.change(&s)
			require.Equal(t, test.few, s.Few())
			require.Equal(t, !test.all, s.InParts(from, now))
			want := attendance.SearchParts
			if test.all && !test.few {
				want = attendance.SearchWhole
			}
			require.Equal(t, want, attendance.ModeOfSearch([]attendance.TemplateSearch{{}, s}, from, now))
		})
	}
	require.Equal(t, attendance.SearchParts, attendance.ModeOfSearch(nil, from, now))
}

func TestLately(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 23, 2, 10, 0, 0, time.UTC)
	month := attendance.TimeRange{From: now.AddDate(0, 0, -32), To: now}
	s := attendance.TemplateSearch{ListedAt: now.AddDate(0, 0, -1)}
	require.Equal(t, attendance.TimeRange{From: now.Add(-30 * time.Hour), To: now}, s.Lately(month))
	s.ListedAt = now.AddDate(0, 0, -40)
	require.Equal(t, month, s.Lately(month))
}

func TestUnfiltered(t *testing.T) {
	t.Parallel()
	s := attendance.TemplateSearch{Finished: 50}
	require.False(t, s.Unfiltered(0, 0))
	require.False(t, s.Unfiltered(500, 500))
	require.False(t, s.Unfiltered(30, 5), "a list that lags names a little of what has ended")
	require.True(t, s.Unfiltered(51, 1))
	require.True(t, s.Unfiltered(46, 20))
}

func TestJoinSearched(t *testing.T) {
	t.Parallel()
	early, late := time.Unix(1000, 0), time.Unix(2000, 0)
	a := []attendance.SearchedTemplate{{Code: "A", Whole: true, From: early, Running: true}, {Code: "B", Whole: true, From: early}, {Code: "C"}}
	b := []attendance.SearchedTemplate{{Code: "B", Whole: true, From: late, Running: true}, {Code: "A", From: late, Running: true}, {Code: "D"}}
	require.Equal(t, []attendance.SearchedTemplate{{Code: "A", From: early, Running: true}, {Code: "B", Whole: true, From: early}}, attendance.JoinSearched(a, b))
	require.Empty(t, attendance.JoinSearched(a, nil))
}
