package stream

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// startedIn remembers in which trace a run was started.
type startedIn struct {
	*fakeTemporal

	trace trace.SpanContext
}

func (s *startedIn) Start(ctx context.Context, h Happening) (bool, error) {
	s.trace = trace.SpanContextFromContext(ctx)
	return s.fakeTemporal.Start(ctx, h)
}

func TestAFrameBeginsATrace(t *testing.T) {
	for name, test := range map[string]struct {
		outcome string
		status  codes.Code
		away    error
	}{
		"taken":     {"started", codes.Unset, nil},
		"not taken": {"later", codes.Error, errAway},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := tracetest.NewSpanRecorder()
			b := newBench()
			b.intake.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)).Tracer("test")
			b.temporal.set(test.away)
			b.postgres.set(test.away)
			starter := &startedIn{fakeTemporal: b.temporal}
			b.intake.Starter = starter
			connection, before := b.intake.Tracer.Start(t.Context(), "a connection's") // no frame is part of another's trace
			before.End()
			require.EqualValues(t, test.outcome, b.intake.handle(connection, punches(1)))
			require.Len(t, recorder.Ended(), 2)
			frame := recorder.Ended()[1]
			require.Equal(t, "frame", frame.Name())
			require.False(t, frame.Parent().IsValid())
			require.Equal(t, frame.SpanContext().SpanID(), starter.trace.SpanID(), "the run starts within it")
			require.Equal(t, test.status, frame.Status().Code)
			attributes := map[string]string{}
			for _, a := range frame.Attributes() {
				attributes[string(a.Key)] = a.Value.String()
			}
			require.Equal(t, map[string]string{
				"daka.event_type": "attendance_check_record", "daka.event_id": attributes["daka.event_id"], "daka.outcome": test.outcome,
			}, attributes, "and nothing of what is in it")
			require.NotEmpty(t, attributes["daka.event_id"])
		})
	}
}
