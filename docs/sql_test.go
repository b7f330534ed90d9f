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

// questions are a page's statements of SQL: in backticks, in blocks of code, and indented.
func questions(page string) []string {
	const begins = `(?:SELECT|UPDATE|DELETE|INSERT|WITH) `
	var all []string
	for _, shape := range []string{"`(" + begins + "[^`\n]+)`", "(?m)^(?:    )?(" + begins + "[^\n]+)$"} {
		for statement := range names(shape, page) {
			statement, _, _ = strings.Cut(statement, ";   ")
			all = append(all, statement)
		}
	}
	return all
}

// PostgreSQL takes every statement that a page shows, of a ledger as it is now. The runbook's are read in dev/observe too, with the alerts'.
func TestEveryStatementIsTaken(t *testing.T) {
	url := pgtest.Database(t, "ledger", func(ctx context.Context, url string) error {
		s, err := ledger.Open(ctx, ledger.Options{URL: url, CorpID: "ding", Logger: slog.New(slog.DiscardHandler), MaxConns: 1})
		if err != nil {
			return err //nolint:wrapcheck // A test's.
		}
		defer s.Close()
		return s.Migrate(ctx) //nolint:wrapcheck // A test's.
	})
	connection, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close(context.WithoutCancel(t.Context()))) }()
	_, err = connection.Exec(t.Context(), text(t, "../deploy/postgres/roles.sql"))
	require.NoError(t, err)
	asked := map[string]int{}
	for _, page := range everyPage(t) {
		for _, question := range questions(text(t, page)) {
			_, err := connection.Exec(t.Context(), "EXPLAIN "+question)
			require.NoError(t, err, "%s: %s", page, question)
			asked[page]++
		}
		if strings.HasSuffix(page, ".zh-CN.md") {
			english := strings.TrimSuffix(page, ".zh-CN.md") + ".md"
			require.ElementsMatch(t, questions(uncommented(text(t, english))), questions(uncommented(text(t, page))), "%s asks otherwise than %s", page, english)
		}
	}
	for page, least := range map[string]int{"../README.md": 5, "../README.zh-CN.md": 5, "console-setup.md": 2, "operations.md": 12} {
		require.GreaterOrEqual(t, asked[page], least, page)
	}
}

// uncommented is a page whose SQL says nothing in words.
func uncommented(page string) string {
	return regexp.MustCompile(`(?m);? +-- .*$`).ReplaceAllString(page, "")
}
