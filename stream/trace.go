package stream

import (
	"context"

	sdkevent "github.com/open-dingtalk/dingtalk-stream-sdk-go/event"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// begin begins the trace of a frame, which says what kind of event it brings and by
// which id DingTalk knows it: nothing of what is in it.
func (in *Intake) begin(ctx context.Context, header *sdkevent.EventHeader) (context.Context, trace.Span) {
	return in.Tracer.Start(ctx, "frame", trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes( //nolint:spancheck // The caller ends it.
		attribute.String("daka.event_type", label(header.EventType)), attribute.String("daka.event_id", shorten(header.EventId)),
	))
}

// answered notes on a frame's span what became of it.
func answered(span trace.Span, became outcome) {
	span.SetAttributes(attribute.String("daka.outcome", string(became)))
	if became == outcomeLater || became == outcomeBusy {
		span.SetStatus(codes.Error, "")
	}
}
