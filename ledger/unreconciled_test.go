package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

func TestUnreconciledAreTheNewestSinceTheFirstCoverage(t *testing.T) {
	t.Parallel()
	b, _, today := complete(t)
	ago := func(n int) attendance.Date { return today.AddDays(-n) }
	ask := func(limit int) []attendance.Date {
		days, err := b.Unreconciled(t.Context(), ago(180), ago(1), limit)
		require.NoError(t, err)
		return days
	}
	require.Empty(t, ask(10))

	_, err := b.sql.Exec(t.Context(), `DELETE FROM dakasync.reconciliation WHERE work_date IN (day(10), day(4), day(2))`)
	require.NoError(t, err)
	require.Equal(t, []attendance.Date{ago(10), ago(4), ago(2)}, ask(10), "what was before the coverage is nobody's promise")
	require.Equal(t, []attendance.Date{ago(4), ago(2)}, ask(2))

	_, err = b.sql.Exec(t.Context(), `DELETE FROM dakasync.coverage`)
	require.NoError(t, err)
	require.Empty(t, ask(10))
}
