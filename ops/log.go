package ops

import (
	"context"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
)

// NewLogger writes lines as "text" or "json". A line of a step names its run.
func NewLogger(w io.Writer, level slog.Level, format string) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(withContext{slog.NewJSONHandler(w, options)})
	}
	return slog.New(withContext{slog.NewTextHandler(w, options)})
}

// withContext adds which run and which trace a line is about, by the names that the
// Temporal SDK's own lines have, where the context of the line knows.
type withContext struct{ slog.Handler }

// Handle implements slog.Handler.
func (h withContext) Handle(ctx context.Context, line slog.Record) error {
	line = line.Clone()
	if activity.IsActivity(ctx) {
		info := activity.GetInfo(ctx)
		line.AddAttrs(slog.String("ActivityType", info.ActivityType.Name),
			slog.String("WorkflowID", info.WorkflowExecution.ID), slog.String("RunID", info.WorkflowExecution.RunID))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		line.AddAttrs(slog.String("TraceID", span.TraceID().String()), slog.String("SpanID", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, line) // It only passes through.
}

// WithAttrs implements slog.Handler.
func (h withContext) WithAttrs(attributes []slog.Attr) slog.Handler {
	return withContext{h.Handler.WithAttrs(attributes)}
}

// WithGroup implements slog.Handler.
func (h withContext) WithGroup(name string) slog.Handler {
	return withContext{h.Handler.WithGroup(name)}
}
