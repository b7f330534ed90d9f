package sweep

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
)

func TestLeast(t *testing.T) {
	tests := map[string]struct {
		asked asked
		least Calls
		total int
	}{
		"pages of rows are more than questions of people": {
			asked{People: 1000, Rows: 2301, Units: 6, Templates: 2, Leaves: 4},
			Calls{forRecords: 20, forSchedules: 20, forResults: 47, forContacts: 12, forApprovals: 7}, 94,
		},
		"few rows still take a question for 50 people": {
			asked{People: 101, Rows: 10, Units: 1, Templates: 2},
			Calls{forRecords: 3, forSchedules: 3, forResults: 3, forContacts: 2, forApprovals: 3}, 12,
		},
		"approvals are listed by pages of 20": {
			asked{People: 50, Rows: 100, Units: 1, Templates: 2, Leaves: 41},
			Calls{forRecords: 1, forSchedules: 1, forResults: 2, forContacts: 2, forApprovals: 46}, 50,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			calls := least(test.asked)
			require.Equal(t, test.least, calls)
			require.Equal(t, test.total, calls.Total())
		})
	}
}

func TestOrdinaryDay(t *testing.T) {
	now := date(t, "2026-11-25").In(zone()).Add(noon)
	day := ordinaryDay(now)
	require.Equal(t, "2026-11-20", day.String(), "the last Friday whose results are final")

	world := newWorld("dingtest", 100, now)
	require.Equal(t, day, world.date)
	require.Len(t, world.company.Employees(), 100)
	require.Equal(t, 1, world.leaves)
	truth := world.truth()
	require.Len(t, truth.Days, 100)
	require.Len(t, truth.ApprovalDays, 1)
	require.Greater(t, len(truth.Results), 150)
	require.Greater(t, len(truth.Punches), len(truth.Results)*8/10)
	seen := map[string]int{}
	for _, r := range truth.Results {
		require.Equal(t, day, r.WorkDate)
		seen[r.TimeResult]++
	}
	require.Positive(t, seen[company.TimeNotSigned])
	require.Positive(t, seen[company.TimeLate])
	require.Greater(t, seen[company.TimeNormal], 120)
}

func date(t *testing.T, text string) company.Date {
	t.Helper()
	d, err := company.ParseDate(text)
	require.NoError(t, err)
	return d
}
