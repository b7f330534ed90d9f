package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

// BenchmarkOnePunch is what one punch costs the ledger: its hint, its answer,
// its outcome.
func BenchmarkOnePunch(b *testing.B) {
	s := setup(b)
	start := at("00:00:00").AddDate(-2, 0, 0)
	for n := 0; b.Loop(); n++ {
		punched := start.Add(time.Duration(n) * 4 * time.Hour)
		h := punchHint(punched, punched.Add(time.Second))
		_, err := s.RecordHint(b.Context(), h, []byte(`{"userId":"u1"}`), h.Key())
		require.NoError(b, err)
		a := detail(attendance.DateOf(punched, shanghai), punched.Add(2*time.Second), result("USER", punched, punched))
		require.NoError(b, s.SaveAnswers(b.Context(), []attendance.Answer{a}, why))
		require.NoError(b, s.FinishEvent(b.Context(), h.Key(), attendance.OutcomeDone))
	}
}
