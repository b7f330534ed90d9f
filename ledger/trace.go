package ledger

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// beginTransaction makes the span of a transaction. Its statements are events on it.
func beginTransaction(ctx context.Context, tracer trace.Tracer) (context.Context, trace.Span) {
	return tracer.Start(ctx, "ledger transaction", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(database())) //nolint:spancheck // The caller ends it.
}

func endTransaction(span trace.Span, err error) {
	failed(span, err)
	span.End()
}

func database() attribute.KeyValue { return attribute.String("db.system.name", "postgresql") }

// statements tells of the statements that are part of a trace: their kind, table and
// rows, and never a value. It implements pgx.QueryTracer and pgx.BatchTracer.
type statements struct{ tracer trace.Tracer }

var _ interface {
	pgx.QueryTracer
	pgx.BatchTracer
} = statements{}

// TraceQueryStart begins the span of a statement outside a transaction.
func (s statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	ctx, _ = s.tracer.Start(ctx, "ledger statement", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(database(), table(data.SQL))) //nolint:spancheck // TraceQueryEnd ends it.
	return ctx
}

// TraceQueryEnd ends it.
func (statements) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(kind(data.CommandTag), rowCount(data.CommandTag))
	failed(span, data.Err)
	span.End()
}

// TraceBatchStart leaves the statements of a round trip to the transaction's span.
func (statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery tells of one of them. One that failed fails the transaction, whose
// span says why.
func (statements) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() || data.Err != nil {
		return
	}
	span.AddEvent("statement", trace.WithAttributes(kind(data.CommandTag), table(data.SQL), rowCount(data.CommandTag)))
}

// TraceBatchEnd has nothing left to tell.
func (statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// kind is what the server says that it did: INSERT, UPDATE, COMMIT.
func kind(tag pgconn.CommandTag) attribute.KeyValue {
	name, _, _ := strings.Cut(tag.String(), " ")
	return attribute.String("db.operation.name", name)
}

func rowCount(tag pgconn.CommandTag) attribute.KeyValue {
	return attribute.Int64("daka.rows", tag.RowsAffected())
}

var (
	writtenTable = regexp.MustCompile(`\b(?:INSERT INTO|UPDATE|DELETE FROM) dakasync\.(\w+)`)
	namedTable   = regexp.MustCompile(`\bdakasync\.(\w+)`)
)

// table is the last one that a statement writes, or the first one that it names.
func table(sql string) attribute.KeyValue {
	name := ""
	if written := writtenTable.FindAllStringSubmatch(sql, -1); len(written) > 0 {
		name = written[len(written)-1][1]
	} else if named := namedTable.FindStringSubmatch(sql); named != nil {
		name = named[1]
	}
	return attribute.String("db.collection.name", name)
}

// failed notes of an error PostgreSQL's code, or its type: its words may quote a row.
func failed(span trace.Span, err error) {
	if err == nil {
		return
	}
	what := "other"
	var server *pgconn.PgError
	var refused *RefusedError
	switch {
	case errors.As(err, &server):
		what = server.Code
	case errors.As(err, &refused):
		what = refused.Code
	case errors.Is(err, ErrUnavailable):
		what = "unavailable"
	}
	span.SetAttributes(attribute.String("error.type", what))
	span.SetStatus(codes.Error, "")
}
