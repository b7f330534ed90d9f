package tracing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// ids are random, but for a span whose id is known before: that of a run, which
// every replay makes again. Otherwise what a worker told before it died, or before
// the run left its cache, would hang on a span that nobody has.
type ids struct{}

type spanIDKey struct{}

// withRunSpanID names the span of a run by what every replay of it knows.
func withRunSpanID(ctx context.Context, name string, began time.Time) context.Context {
	parent := trace.SpanContextFromContext(ctx)
	trunk, start := parent.TraceID(), parent.SpanID()
	sum := sha256.New()
	for _, part := range [][]byte{trunk[:], start[:], []byte(name), []byte(began.UTC().Format(time.RFC3339Nano))} {
		_, _ = sum.Write(part) // never fails
	}
	return context.WithValue(ctx, spanIDKey{}, trace.SpanID(sum.Sum(nil)[:len(trace.SpanID{})]))
}

// NewIDs implements sdktrace.IDGenerator.
func (i ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	var id trace.TraceID
	for !id.IsValid() {
		_, _ = rand.Read(id[:]) // never fails
	}
	return id, i.NewSpanID(ctx, id)
}

// NewSpanID implements sdktrace.IDGenerator.
func (ids) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	id, _ := ctx.Value(spanIDKey{}).(trace.SpanID)
	for !id.IsValid() {
		_, _ = rand.Read(id[:]) // never fails
	}
	return id
}
