package docs

import (
	"context"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/ledger"
	"dakasync/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// questions are a page's statements of SQL, without comments: in backticks, indented, and in blocks.
func questions(page string) []string {
	const begins = `(?:SELECT|UPDATE|DELETE|INSERT|WITH) `
	var all []string
	for _, block := range regexp.MustCompile("(?s)\n```sql\n(.*?)```").FindAllStringSubmatch(page, -1) {
		said := regexp.MustCompile(`--.*`).ReplaceAllString(block[1], "")
		for statement := range strings.SplitSeq(said, ";") {
			if statement = strings.TrimSpace(statement); statement != "" {
				all = append(all, statement)
			}
		}
	}
	for _, shape := range []string{"`(" + begins + "[^`\n]+)`", "(?m)^    (" + begins + "[^\n]+)$"} {
		for statement := range names(shape, withoutFences(page)) {
			all = append(all, statement)
		}
	}
	return all
}

// connect gives a ledger as a new one is, with its roles.
func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	url := pgtest.Database(t, "ledger", func(ctx context.Context, url string) error {
		s, err := ledger.Open(ctx, ledger.Options{URL: url, CorpID: "ding", Logger: slog.New(slog.DiscardHandler), MaxConns: 1})
		if err != nil {
			return err
		}
		defer s.Close()
		return s.Migrate(ctx)
	})
	connection, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, connection.Close(context.WithoutCancel(t.Context()))) })
	_, err = connection.Exec(t.Context(), text(t, "../deploy/postgres/roles.sql"))
	require.NoError(t, err)
	return connection
}

// PostgreSQL takes every statement that a page shows, of a ledger as it is now.
func TestEveryStatementIsTaken(t *testing.T) {
	connection := connect(t)
	asked := map[string]int{}
	for _, page := range everyPage(t) {
		shown := questions(text(t, page))
		asked[page] = len(shown)
		for _, question := range shown {
			_, err := connection.Exec(t.Context(), "EXPLAIN "+question)
			require.NoError(t, err, "%s: %s", page, question)
		}
		if english, chinese := strings.CutSuffix(page, ".zh-CN.md"); chinese {
			require.ElementsMatch(t, questions(text(t, english+".md")), shown, "%s asks otherwise than the English page", page)
		}
	}
	for page, least := range map[string]int{"../README.md": 5, "../README.zh-CN.md": 5, "console-setup.md": 2, "data-dictionary.md": 1, "operations.md": 12} {
		require.GreaterOrEqual(t, asked[page], least, page)
	}
}

// The month that was spent in is the company's, whatever zone psql is in.
func TestWhatWasSpentIsOfTheCompanysMonth(t *testing.T) {
	connection := connect(t)
	for _, statement := range []string{
		"SET TIME ZONE 'UTC'",
		"INSERT INTO dakasync.company (corp_id, time_zone) VALUES ('ding', 'Pacific/Kiritimati')", // 14 hours earlier
		`INSERT INTO dakasync.api_call (corp_id, hour, api, outcome, calls, counted)
			SELECT 'ding', date_trunc('month', now(), 'Pacific/Kiritimati') - n * interval '1 hour', 'list', 'ok', 5 + n, 5 + n FROM generate_series(0, 1) n`,
		"SET ROLE dakasync_reader",
	} {
		_, err := connection.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	for _, page := range []string{"../README.md", "operations.md"} { // the Chinese page asks the same
		asked := 0
		for _, question := range questions(text(t, page)) {
			if !strings.HasPrefix(question, "SELECT api, sum(counted)") {
				continue
			}
			asked++
			var api string
			var spent int
			require.NoError(t, connection.QueryRow(t.Context(), question).Scan(&api, &spent), page)
			require.Equal(t, 5, spent, page)
		}
		require.Equal(t, 1, asked, page)
	}
}

// And every question that an alert says to ask.
func TestTheAlertsQuestionsCanBeAsked(t *testing.T) {
	connection := connect(t)
	rules := strings.ReplaceAll(text(t, "../deploy/prometheus/alerts.yaml"), "''", "'")
	asked := regexp.MustCompile(`(SELECT [^:\n]*?)(?:\. |\.'|'\n| is its| says)`).FindAllStringSubmatch(rules, -1)
	require.NotEmpty(t, asked)
	require.Len(t, asked, strings.Count(rules, "SELECT "))
	for _, question := range asked {
		_, err := connection.Exec(t.Context(), "EXPLAIN "+question[1])
		require.NoError(t, err, question[1])
	}
}

// What the data dictionary tells a program to pay by: results that are settled, of dates that are complete in every respect, and none while
// nothing is complete in one of them.
func TestThePayQueryTakesOnlyWhatIsFinal(t *testing.T) {
	connection := connect(t)
	do := func(sql string) {
		_, err := connection.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	query := strings.NewReplacer("'2026-11-01'", "current_date - 30", "'2026-11-30'", "current_date + 30").Replace(questions(text(t, "data-dictionary.md"))[0])
	paid := func() (days []string) {
		do("SET ROLE dakasync_payroll")
		rows, err := connection.Query(t.Context(), "SELECT user_id || (current_date - work_date) FROM ("+query+") q")
		require.NoError(t, err)
		days, err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		do("RESET ROLE")
		return days
	}
	do("SET TIME ZONE 'UTC'")
	do("INSERT INTO dakasync.company (corp_id, time_zone) VALUES ('ding', 'UTC')")
	for _, day := range []string{"('a', 3, true)", "('a', 2, true)", "('b', 3, false)", "('a', 0, true)"} {
		do(`INSERT INTO dakasync.day (corp_id, user_id, work_date, version, last_trigger, settled_at, approvals, plan_times, state)
			SELECT 'ding', user_id, current_date - days, 1, 'sweep', CASE WHEN settled THEN now() END, '[]', '{}', '{}' FROM (VALUES ` + day + `) d (user_id, days, settled)`)
		do(`INSERT INTO dakasync.result (corp_id, user_id, work_date, slot, check_type, time_result, origin)
			SELECT 'ding', user_id, current_date - days, 0, 'OnDuty', 'Normal', 'sweep' FROM (VALUES ` + day + `) d (user_id, days, settled)`)
	}
	require.Empty(t, paid(), "nobody has listened yet")
	do("INSERT INTO dakasync.coverage (corp_id, id, starter, began_at, proven_until) VALUES ('ding', 'c', 's', current_date - 3, now())")
	do(`INSERT INTO dakasync.reconciliation (corp_id, work_date, asked_at, reconciled_at, user_days, differences, workflow_id)
		SELECT 'ding', current_date - n, now(), now(), 0, 0, 'w' FROM generate_series(1, 3) n`)
	require.Equal(t, []string{"a3", "a2"}, paid(), "not what is not settled, nor today")
	do(`INSERT INTO dakasync.unread_approval (corp_id, process_instance_id, work_date, reason, found_at, tried_at)
		VALUES ('ding', 'i', current_date - 2, 'PermissionMissing', now(), now())`)
	require.Equal(t, []string{"a3"}, paid(), "approvals are complete through that day alone")
	do("UPDATE dakasync.unread_approval SET work_date = current_date - 3")
	require.Empty(t, paid(), "approvals are complete through no day")
}
