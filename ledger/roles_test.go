package ledger_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
)

// The tests of this package run as the role writer, so that each of them shows that it may do enough; here is shown that nobody
// may do more.

const rolesFile = "../deploy/postgres/roles.sql"

// giveRoles does as the operator does after a migration, twice.
func giveRoles(ctx context.Context, url string) error {
	text, err := os.ReadFile(rolesFile)
	if err != nil {
		return err
	}
	sql, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = sql.Close(context.WithoutCancel(ctx)) }()
	for range 2 {
		if _, err := sql.Exec(ctx, string(text)); err != nil {
			return err
		}
	}
	return nil
}

// as is the URL with which a session has only a role's rights.
func as(url, role string) string {
	mark := "?"
	if strings.Contains(url, "?") {
		mark = "&"
	}
	return url + mark + "options=-crole%3D" + role
}

// allowed are the rights of a role on every table and view of a schema, by name.
func (b bundle) allowed(role, schema string) map[string]string {
	b.t.Helper()
	rights := map[string]string{}
	rows, err := b.sql.Query(b.t.Context(), `SELECT c.relname, coalesce(string_agg(p, ' ' ORDER BY p), '')
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
			ON has_schema_privilege($1, n.oid, 'USAGE') AND has_table_privilege($1, c.oid, p)
		WHERE n.nspname = $2 AND c.relkind IN ('r', 'v') GROUP BY 1`, role, schema)
	require.NoError(b.t, err)
	var table, granted string
	_, err = pgx.ForEachRow(rows, []any{&table, &granted}, func() error { rights[table] = granted; return nil })
	require.NoError(b.t, err)
	require.NotEmpty(b.t, rights)
	return rights
}

func TestRolesMayDoExactlyThat(t *testing.T) {
	t.Parallel()
	b := setup(t)
	appendOnly := []string{"day_version", "difference", "decision", "live_test"}
	deleted := []string{"result", "punch", "punch_taken_back", "approval_day", "listed_approval"}
	for table, rights := range b.allowed("dakasync_writer", "dakasync") {
		switch {
		case table == "schema_version":
			require.Equal(t, "SELECT", rights, table)
		case slices.Contains(appendOnly, table):
			require.Equal(t, "INSERT SELECT", rights, table)
		case slices.Contains(deleted, table):
			require.Equal(t, "DELETE INSERT SELECT UPDATE", rights, table)
		default:
			require.Equal(t, "INSERT SELECT UPDATE", rights, table)
		}
	}
	for _, schema := range []string{"dakasync", "dakasync_payroll"} {
		for table, rights := range b.allowed("dakasync_reader", schema) {
			require.Equal(t, "SELECT", rights, table)
		}
	}
	for table, rights := range b.allowed("dakasync_payroll", "dakasync") {
		require.Empty(t, rights, table)
	}
	payroll := b.allowed("dakasync_payroll", "dakasync_payroll")
	require.Len(t, payroll, 6)
	for view, rights := range payroll {
		require.Equal(t, "SELECT", rights, view)
	}
	for _, role := range []string{"dakasync_writer", "dakasync_reader", "dakasync_payroll"} {
		require.Equal(t, []string{"false false false false"}, b.rows(`SELECT has_schema_privilege($1, 'dakasync', 'CREATE') || ' ' ||
			has_schema_privilege($1, 'dakasync_payroll', 'CREATE') || ' ' || rolcanlogin || ' ' || rolsuper FROM pg_roles WHERE rolname = $1`, role))
	}
}

// What each may do is done, and what it may not is refused.
func TestRolesAtWork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cover()
	b.lived("u1", "u2")
	require.NoError(t, b.SaveCompany(t.Context()))
	url := b.sql.Config().ConnString()
	session := func(role string) *pgx.Conn {
		sql, err := pgx.Connect(t.Context(), as(url, role))
		require.NoError(t, err)
		t.Cleanup(func() { _ = sql.Close(context.WithoutCancel(t.Context())) })
		return sql
	}
	refused := func(sql *pgx.Conn, statement string) {
		_, err := sql.Exec(t.Context(), statement)
		var denied *pgconn.PgError
		require.ErrorAs(t, err, &denied, statement)
		require.Equal(t, "42501", denied.Code, statement) // insufficient privilege
	}
	payroll := session("dakasync_payroll")
	for _, view := range []string{"day", "result", "punch", "approval", "approval_day", "complete_through"} {
		var n int
		require.NoError(t, payroll.QueryRow(t.Context(), "SELECT count(*) FROM dakasync_payroll."+view).Scan(&n), view)
		require.Positive(t, n, view)
		if view != "complete_through" { // which nothing can be deleted from anyway
			refused(payroll, "DELETE FROM dakasync_payroll."+view)
		}
		refused(payroll, "SELECT FROM dakasync."+view)
	}
	for _, statement := range []string{"SELECT FROM dakasync.event", "SELECT * FROM dakasync.completeness()", "CREATE TABLE dakasync_payroll.mine (i int)"} {
		refused(payroll, statement)
	}
	reader := session("dakasync_reader")
	_, err := reader.Exec(t.Context(), "SELECT domain FROM dakasync.complete_through")
	require.NoError(t, err)
	read := open(t, as(url, "dakasync_reader"))
	facts, err := read.FactsOf(t.Context(), "u1", monday)
	require.NoError(t, err, "dakactl explain needs no more")
	require.NotNil(t, facts.Day)
	want := ledger.PayrollWant{Days: attendance.DateRange{From: monday, To: monday}}
	paid := 0
	require.NoError(t, read.Payroll(t.Context(), want, func(ledger.PayrollHead) error { return nil }, func(ledger.PayrollDay) error { paid++; return nil }), "nor does export")
	require.Equal(t, 2, paid)
	refused(reader, "INSERT INTO dakasync.employee VALUES ('ding1', 'u9', now(), now())")
	refused(reader, "UPDATE dakasync.punch SET explained = true")
	writer := session("dakasync_writer")
	for _, statement := range []string{
		"UPDATE dakasync.day_version SET snapshot = '{}'", "DELETE FROM dakasync.event", "DELETE FROM dakasync.day_version",
		"TRUNCATE dakasync.punch", "DROP TABLE dakasync.punch", "ALTER TABLE dakasync.punch ADD COLUMN x int",
		"INSERT INTO dakasync.schema_version (version_id, is_applied) VALUES (99, true)", "CREATE TABLE dakasync.mine (i int)",
	} {
		refused(writer, statement)
	}
	_, err = b.Erase(t.Context(), ledger.EraseRequest{UserID: "u1", Present: true})
	require.ErrorContains(t, err, "permission denied", "the writer erases nobody")
	_, err = b.Prune(t.Context(), map[string]time.Duration{ledger.KindEvents: 100 * 24 * time.Hour}, false)
	require.ErrorContains(t, err, "permission denied")
}
