package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"dakasync/attendance"
	"dakasync/ledger"
)

// traced is a ledger whose spans are looked at.
func traced(t *testing.T, url string) (*ledger.Store, func() []tracetest.SpanStub) {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)).Tracer("test")
	s, err := ledger.Open(t.Context(), ledger.Options{URL: url, CorpID: corp, Location: shanghai, MaxConns: 2, Tracer: tracer})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s, func() []tracetest.SpanStub {
		spans := exporter.GetSpans()
		exporter.Reset()
		for _, span := range spans { // of all that the ledger writes the user's id is in every statement
			require.NotContains(t, fmt.Sprint(span.Attributes, span.Events, span.Status), "u1")
		}
		return spans
	}
}

func texts(span tracetest.SpanStub) map[string]string {
	is := map[string]string{}
	for _, a := range span.Attributes {
		is[string(a.Key)] = a.Value.String()
	}
	return is
}

func statementsOf(span tracetest.SpanStub) []string {
	var statements []string
	for _, event := range span.Events {
		is := map[string]string{}
		for _, a := range event.Attributes {
			is[string(a.Key)] = a.Value.String()
		}
		statements = append(statements, is["db.operation.name"]+" "+is["db.collection.name"]+" "+is["daka.rows"])
	}
	return statements
}

// A transaction is one span, which tells of its statements as far as the commit: kind, table and rows.
func TestATransactionIsASpan(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, spans := traced(t, b.sql.Config().ConnString())
	require.NoError(t, s.SaveAnswers(t.Context(), []attendance.Answer{detail(monday, at("19:00:00"), result("USER", at("09:00:00"), at("08:59:00")))}, why))
	all := spans()
	require.Len(t, all, 1)
	require.Equal(t, "ledger transaction", all[0].Name)
	require.Equal(t, codes.Unset, all[0].Status.Code)
	statements := statementsOf(all[0])
	require.Equal(t, "BEGIN  0", statements[0])
	require.Subset(t, statements, []string{"INSERT result 1", "INSERT punch 1", "INSERT day_version 1"})
	require.Equal(t, "COMMIT  0", statements[len(statements)-1])

	_, _, err := s.CurrentDecision(t.Context())
	require.NoError(t, err)
	all = spans()
	require.Len(t, all, 1)
	require.Equal(t, "ledger statement", all[0].Name)
	require.Equal(t, map[string]string{
		"db.system.name": "postgresql", "db.collection.name": "decision", "db.operation.name": "SELECT", "daka.rows": "0",
	}, texts(all[0]))
}

// A day that shows what it showed is not read back for a version: a night asks about thousands of them.
func TestADayThatStaysCostsNoVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, spans := traced(t, b.sql.Config().ConnString())
	version := func(a attendance.Answer) []string {
		require.NoError(t, s.SaveAnswers(t.Context(), []attendance.Answer{a}, why))
		return slices.DeleteFunc(statementsOf(spans()[0]), func(s string) bool { return !strings.Contains(s, "day_version") })
	}
	a := detail(monday, at("19:00:00"), result("USER", at("09:00:00"), at("08:59:00")))
	a.Approvals = []attendance.Tag{{ProcessInstanceID: "i1", Duration: "2.0"}}
	valid := true
	a.Records = []attendance.Record{{CheckTime: at("08:59:00"), RecordID: 7, Valid: &valid, InvalidType: "\u0000", BizID: "b"}}
	require.Equal(t, []string{"INSERT day_version 1"}, version(a))
	a.AskedAt = at("20:00:00")
	require.Empty(t, version(a))
	a.AskedAt, a.Approvals = at("21:00:00"), nil
	require.Equal(t, []string{"INSERT day_version 1"}, version(a), "an approval is gone")
	a.AskedAt, a.Records = at("22:00:00"), append(a.Records, attendance.Record{CheckTime: at("12:00:00"), RecordID: 8})
	require.Equal(t, []string{"INSERT day_version 1"}, version(a), "a punch came")
	a.AskedAt = at("23:00:00")
	require.Empty(t, version(a))
}

// What fails is told by its code: PostgreSQL's words may quote a row.
func TestASpanHoldsNoWordsOfAnError(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.sql.Exec(t.Context(), `ALTER TABLE dakasync.day ADD CHECK (user_id <> 'u1')`)
	require.NoError(t, err)
	s, spans := traced(t, b.sql.Config().ConnString())
	require.Error(t, s.SaveAnswers(t.Context(), []attendance.Answer{detail(monday, at("19:00:00"))}, why))
	all := spans()
	transaction := all[len(all)-1]
	require.Equal(t, "ledger transaction", transaction.Name)
	require.Equal(t, "23514", texts(transaction)["error.type"])
	require.Equal(t, sdktrace.Status{Code: codes.Error}, transaction.Status)

	_, err = b.sql.Exec(t.Context(), `DROP TABLE dakasync.decision`)
	require.NoError(t, err)
	_, _, err = s.CurrentDecision(t.Context())
	require.Error(t, err)
	all = spans()
	require.Equal(t, "42P01", texts(all[0])["error.type"])
}
