package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/interceptor"
	"golang.org/x/time/rate"
)

const (
	// FlushTime is how long the end of a process waits for a collector: what is
	// left of a drain after the workers have had their part.
	FlushTime = 1500 * time.Millisecond
	// repeatLog is how often it is said that spans cannot be exported.
	repeatLog = time.Minute
)

// Tracing is a process's traces. The zero Tracing is off.
type Tracing struct {
	provider     *sdktrace.TracerProvider
	interceptors []interceptor.ClientInterceptor
}

// Start turns traces on if the environment asks for it. program names the service
// (dakasync-worker) unless OTEL_SERVICE_NAME does; eventTypes are the workflow types
// of events, whose runs may begin a trace. It connects to nothing.
func Start(ctx context.Context, program string, log *slog.Logger, eventTypes ...string) *Tracing {
	on, fault := wanted(os.Getenv)
	if !on {
		if fault != nil {
			log.WarnContext(ctx, "traces are off", "error", fault)
		}
		return &Tracing{}
	}
	// The SDK's own log goes to standard error in another form, and quotes variables that it cannot read.
	otel.SetLogger(logr.Discard())
	sometimes := rate.Sometimes{Interval: repeatLog}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		sometimes.Do(func() { log.WarnContext(ctx, "traces may be incomplete; nothing else is touched", "error", err) })
	}))
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		log.WarnContext(ctx, "traces are off", "error", err)
		return &Tracing{}
	}
	log.InfoContext(ctx, "traces are on")
	return newTracing(ctx, program, sdktrace.NewBatchSpanProcessor(exporter), eventTypes)
}

func newTracing(ctx context.Context, program string, processor sdktrace.SpanProcessor, eventTypes []string) *Tracing {
	t := &Tracing{provider: newProvider(ctx, program, processor)}
	t.interceptors = newInterceptors(t.Tracer(), eventTypes)
	return t
}

func newProvider(ctx context.Context, program string, processor sdktrace.SpanProcessor) *sdktrace.TracerProvider {
	is, err := resource.New(ctx,
		resource.WithTelemetrySDK(), resource.WithAttributes(attribute.String("service.name", "dakasync-"+program)), resource.WithFromEnv())
	if err != nil {
		otel.Handle(fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err)) // what could be read counts
	}
	return sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(processor), sdktrace.WithResource(is), sdktrace.WithIDGenerator(ids{}))
}

// Tracer makes the spans of this process: nil if traces are off. Its spans go on from
// one that the context holds; without one it begins a trace only where it is told
// to (trace.WithNewRoot), and else makes a span that is none.
func (t *Tracing) Tracer() trace.Tracer {
	if t.provider == nil {
		return nil
	}
	return tracer{t.provider.Tracer("dakasync")}
}

// Stop exports what waits, for FlushTime at most.
func (t *Tracing) Stop(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, FlushTime)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("export the last spans: %w", err)
	}
	return nil
}
