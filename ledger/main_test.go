package ledger_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
	"dakasync/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const corp = "ding1"

var (
	shanghai = time.FixedZone("CST", 8*3600)
	monday   = attendance.NewDate(2026, time.November, 2)
	why      = attendance.Why{Trigger: attendance.TriggerEvent, WorkflowID: "punch/ding1/u1/1"}
)

// at is an instant on the Monday of the tests, in the company's zone.
func at(clock string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-11-02 "+clock, shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

func migrated(t testing.TB) string {
	t.Helper()
	var schema []byte
	names, err := filepath.Glob("migrations/*.sql")
	require.NoError(t, err)
	for _, name := range append(names, rolesFile) {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		schema = append(schema, text...)
	}
	return pgtest.Database(t, "ledger"+string(schema), func(ctx context.Context, url string) error {
		s, err := ledger.Open(ctx, ledger.Options{URL: url, CorpID: corp})
		if err != nil {
			return err
		}
		defer s.Close()
		if err := s.Migrate(ctx); err != nil {
			return err
		}
		return giveRoles(ctx, url)
	})
}

func open(t testing.TB, url string) *ledger.Store {
	t.Helper()
	s, err := ledger.Open(t.Context(), ledger.Options{
		URL: url, CorpID: corp, Location: shanghai, MaxConns: 6,
		NowFunc: func() time.Time { return at("20:00:00").AddDate(0, 0, 3) },
	})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// bundle is one test's ledger and a connection to look behind it.
type bundle struct {
	*ledger.Store

	t   testing.TB
	sql *pgx.Conn
}

func setup(t testing.TB) bundle {
	t.Helper()
	url := migrated(t)
	sql, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = sql.Close(context.WithoutCancel(t.Context())) })
	_, err = sql.Exec(t.Context(), "SET timezone = 'Asia/Shanghai'")
	require.NoError(t, err)
	return bundle{open(t, as(url, "dakasync_writer")), t, sql}
}

// owned is the ledger of a bundle with the owner's rights.
func (b bundle) owned() *ledger.Store { return open(b.t, b.sql.Config().ConnString()) }

// rows reads text lines: every column of every row, in the query's order.
func (b bundle) rows(query string, args ...any) []string {
	b.t.Helper()
	answer, err := b.sql.Query(b.t.Context(), query, args...)
	require.NoError(b.t, err)
	lines, err := pgx.CollectRows(answer, func(r pgx.CollectableRow) (string, error) {
		values, err := r.Values()
		return fmt.Sprint(values...), err
	})
	require.NoError(b.t, err)
	return lines
}

func (b bundle) count(query string, args ...any) int {
	b.t.Helper()
	var n int
	require.NoError(b.t, b.sql.QueryRow(b.t.Context(), query, args...).Scan(&n))
	return n
}

// punches shows time, work date, origin and whether explained.
func (b bundle) punches() []string {
	b.t.Helper()
	return b.rows(`SELECT user_id || ' ' || to_char(check_time, 'DD HH24:MI:SS') || ' on ' || to_char(work_date, 'DD') ||
		' ' || origin || CASE WHEN explained THEN '' ELSE ' unexplained' END FROM dakasync.punch ORDER BY user_id, check_time`)
}

func (b bundle) save(answers ...attendance.Answer) {
	b.t.Helper()
	require.NoError(b.t, b.SaveAnswers(b.t.Context(), answers, why))
}

func (b bundle) record(h attendance.Hint) attendance.Recall {
	b.t.Helper()
	recall, err := b.RecordHint(b.t.Context(), h, []byte(`{"userId":"u1"}`), h.Key())
	require.NoError(b.t, err)
	return recall
}

func (b bundle) instance(i attendance.Instance) []attendance.UserDay {
	b.t.Helper()
	days, err := b.SaveInstance(b.t.Context(), i, attendance.Why{Trigger: attendance.TriggerApproval})
	require.NoError(b.t, err)
	return days
}

func punchHint(checkTime, born time.Time) attendance.Hint {
	return attendance.Hint{
		Kind: attendance.KindPunch, CorpID: corp, EventType: "attendance_check_record", EventID: "e1",
		Channel: attendance.ChannelStream, UserID: "u1", CheckTime: checkTime, BornAt: born, ReceivedAt: born.Add(time.Second),
	}
}

func result(source string, plan, user time.Time) attendance.Result {
	return attendance.Result{
		CheckType: "OnDuty", PlanCheckTime: plan, UserCheckTime: user, PlanID: 7, TimeResult: "Normal",
		LocationResult: "Normal", SourceType: source,
	}
}

func detail(date attendance.Date, asked time.Time, results ...attendance.Result) attendance.Answer {
	return attendance.Answer{UserID: "u1", WorkDate: date, Source: attendance.SourceDetail, AskedAt: asked, Results: results}
}

func makeUp(id string, madeUp time.Time, workDate attendance.Date) attendance.Instance {
	return attendance.Instance{
		ProcessInstanceID: id, Kind: attendance.ApprovalMakeUp, OriginatorUserID: "u1", Status: attendance.StatusCompleted,
		Result: attendance.ResultAgree, ReadAt: at("18:00:00"), FinishedAt: at("17:59:00"),
		MakeUps: []attendance.MakeUp{{UserID: "u1", At: madeUp, WorkDate: workDate}},
	}
}
