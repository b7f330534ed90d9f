package dingtalk

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// begin makes the span of one call. It holds no more of the call than its API:
// neither token nor query nor body, and none of them is told of the trace.
func (c *Client) begin(ctx context.Context, ep endpoint, attempt int) (context.Context, trace.Span) {
	return c.options.Tracer.Start(ctx, "DingTalk "+ep.path, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes( //nolint:spancheck // The caller ends it.
		attribute.String("daka.api", ep.path), attribute.Int("daka.attempt", attempt), attribute.Bool("daka.billed", ep.billed),
	))
}

// became notes on a call's span what came of it: DingTalk's code, and not its words.
func became(span trace.Span, e *Error) {
	span.SetAttributes(attribute.String("daka.outcome", string(outcomeOf(e))))
	if e == nil {
		return
	}
	span.SetAttributes(attribute.String("error.type", string(e.Kind)))
	if e.Code != "" {
		span.SetAttributes(attribute.String("daka.code", e.Code))
	}
	span.SetStatus(codes.Error, "")
}
