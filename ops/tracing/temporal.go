package tracing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
)

// Names of the interceptor's spans.
const (
	startOf = "StartWorkflow:"
	runOf   = "RunWorkflow:"
)

// Carry lets a Temporal client, and the workers that are made of it, carry traces
// along, by a header. Off, it changes nothing.
func (t *Tracing) Carry(options *client.Options) {
	options.Interceptors = append(options.Interceptors, t.interceptors...)
}

// newInterceptors make the spans of runs and steps. The start of an event's run
// begins a trace where there is none: an event that waited in PostgreSQL, or was
// read from the list of failed pushes, comes without one.
func newInterceptors(tracer trace.Tracer, eventTypes []string) []interceptor.ClientInterceptor {
	roots := make([]string, len(eventTypes))
	for i, name := range eventTypes {
		roots[i] = startOf + name
	}
	traces, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer:                  tracer,
		TextMapPropagator:       propagation.TraceContext{},
		DisableBaggage:          true,
		DisableQueryTracing:     true, // somebody looks: that is no part of what happens
		AllowInvalidParentSpans: true, // a header that cannot be read ends no run
		SpanStarter: func(ctx context.Context, tracer trace.Tracer, name string, options ...trace.SpanStartOption) trace.Span {
			return start(ctx, tracer, name, roots, options)
		},
	})
	if err != nil {
		otel.Handle(fmt.Errorf("runs have no spans: %w", err))
		return nil
	}
	return []interceptor.ClientInterceptor{traces, &attempts{}}
}

// start begins one of the interceptor's spans.
func start(ctx context.Context, tracer trace.Tracer, name string, roots []string, options []trace.SpanStartOption) trace.Span {
	if slices.Contains(roots, name) && !trace.SpanContextFromContext(ctx).IsValid() {
		options = append(options, trace.WithNewRoot())
	}
	if strings.HasPrefix(name, runOf) {
		config := trace.NewSpanStartConfig(options...)
		ctx = withRunSpanID(ctx, name, config.Timestamp())
	}
	_, span := tracer.Start(ctx, name, options...) //nolint:spancheck // The interceptor ends it.
	return span                                    //nolint:spancheck // As above.
}

// attempts notes on a step's span which attempt it is.
type attempts struct{ interceptor.InterceptorBase }

// InterceptActivity implements interceptor.WorkerInterceptor.
func (*attempts) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &attempt{interceptor.ActivityInboundInterceptorBase{Next: next}}
}

type attempt struct {
	interceptor.ActivityInboundInterceptorBase
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor.
func (a *attempt) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	trace.SpanFromContext(ctx).SetAttributes(attribute.Int("daka.attempt", int(activity.GetInfo(ctx).Attempt)))
	return a.Next.ExecuteActivity(ctx, in) // It goes through as it is.
}
