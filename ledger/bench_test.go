package ledger_test

import (
	"fmt"
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

// BenchmarkAnswers is what a question about many user-days costs the ledger: new
// days of two punches each, and the same answers once more.
func BenchmarkAnswers(b *testing.B) {
	for _, c := range []struct{ users, days int }{{1, 1}, {50, 1}, {50, 7}} {
		for _, again := range []string{"new", "again"} {
			b.Run(fmt.Sprintf("%d_%s", c.users*c.days, again), func(b *testing.B) {
				s := setup(b)
				date := monday.AddDays(-2000)
				for range 20 { // a ledger that is in use, and whose size PostgreSQL knows
					date = date.AddDays(7)
					require.NoError(b, s.SaveAnswers(b.Context(), answersOf(50, 7, date), why))
				}
				_, err := s.sql.Exec(b.Context(), "ANALYZE")
				require.NoError(b, err)
				for date = date.AddDays(7); b.Loop(); {
					if again == "new" {
						date = date.AddDays(c.days)
					}
					require.NoError(b, s.SaveAnswers(b.Context(), answersOf(c.users, c.days, date), why))
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.users*c.days), "ns/user-day")
			})
		}
	}
}

func answersOf(users, days int, from attendance.Date) []attendance.Answer {
	answers := make([]attendance.Answer, 0, users*days)
	for user := range users {
		for day := range days {
			date := from.AddDays(day)
			nine, six := date.In(shanghai).Add(9*time.Hour), date.In(shanghai).Add(18*time.Hour)
			in, out := result("USER", nine, nine.Add(-time.Minute)), result("USER", six, six.Add(time.Minute))
			out.CheckType, out.PlanID = "OffDuty", 8
			a := detail(date, six.Add(time.Hour), in, out)
			a.UserID, a.Source = fmt.Sprintf("u%03d", user), attendance.SourceSweep
			a.Records = []attendance.Record{{CheckTime: in.UserCheckTime, RecordID: 1}, {CheckTime: out.UserCheckTime, RecordID: 2}}
			answers = append(answers, a)
		}
	}
	return answers
}
