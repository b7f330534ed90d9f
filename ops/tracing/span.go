package tracing

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// tracer begins no trace that nobody asked for, and makes discreet spans.
type tracer struct{ trace.Tracer }

// Start implements trace.Tracer.
func (t tracer) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	config := trace.NewSpanStartConfig(options...)
	if !config.NewRoot() && !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, trace.SpanFromContext(ctx) // one that is none
	}
	ctx, span := t.Tracer.Start(ctx, name, options...) //nolint:spancheck // The caller ends it.
	span = &discreet{Span: span}
	return trace.ContextWithSpan(ctx, span), span //nolint:spancheck // The caller ends it.
}

// discreet is a span that keeps the kind of an error and not its words.
type discreet struct {
	trace.Span

	expected bool // what was recorded is no failure
}

// RecordError implements trace.Span.
func (d *discreet) RecordError(err error, _ ...trace.EventOption) {
	if err == nil {
		return
	}
	if _, again := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); again {
		d.expected = true
		d.SetAttributes(attribute.Bool("daka.repeated", true))
		return
	}
	if workflow.IsContinueAsNewError(err) {
		d.expected = true
		return
	}
	d.SetAttributes(attribute.String("error.type", kindOf(err)))
}

// SetStatus implements trace.Span.
func (d *discreet) SetStatus(code codes.Code, _ string) {
	if !d.expected {
		d.Span.SetStatus(code, "")
	}
}

// kindOf is an error's type as Temporal shows it, or Go's.
func kindOf(err error) string {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return app.Type()
	}
	return fmt.Sprintf("%T", err)
}
