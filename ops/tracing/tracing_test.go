package tracing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

const eventType = "PunchEvent"

// recorded is a Tracing whose spans are looked at.
func recorded(t *testing.T) (*Tracing, *tracetest.SpanRecorder) {
	t.Helper()
	recorder := tracetest.NewSpanRecorder()
	return newTracing(t.Context(), "test", recorder, []string{eventType}), recorder
}

func attributes(span sdktrace.ReadOnlySpan) map[string]string {
	all := map[string]string{}
	for _, a := range span.Attributes() {
		all[string(a.Key)] = a.Value.String()
	}
	return all
}

func TestOff(t *testing.T) {
	for _, variable := range []string{variableExporter, variableEndpoint, variableTracesEndpoint} {
		t.Setenv(variable, "")
	}
	var log bytes.Buffer
	traces := Start(t.Context(), "test", slog.New(slog.NewTextHandler(&log, nil)), eventType)
	require.Nil(t, traces.Tracer())
	var options client.Options
	traces.Carry(&options)
	require.Empty(t, options.Interceptors)
	require.NoError(t, traces.Stop(t.Context()))
	require.Empty(t, log.String())
}

func TestAFaultTurnsThemOff(t *testing.T) {
	t.Setenv(variableExporter, "zipkin")
	var log bytes.Buffer
	require.Nil(t, Start(t.Context(), "test", slog.New(slog.NewTextHandler(&log, nil))).Tracer())
	require.Contains(t, log.String(), "OTEL_TRACES_EXPORTER")
	require.Contains(t, log.String(), "level=WARN")
}

func TestATraceBeginsOnlyWhereItIsToldTo(t *testing.T) {
	traces, recorder := recorded(t)
	tracer := traces.Tracer()
	ctx, span := tracer.Start(t.Context(), "nobody asked")
	span.End()
	require.False(t, trace.SpanContextFromContext(ctx).IsValid())
	ctx, root := tracer.Start(t.Context(), "frame", trace.WithNewRoot())
	_, child := tracer.Start(ctx, "child")
	child.End()
	root.End()
	ended := recorder.Ended()
	require.Len(t, ended, 2)
	require.Equal(t, root.SpanContext().SpanID(), ended[0].Parent().SpanID())
	require.Equal(t, root.SpanContext().TraceID(), ended[0].SpanContext().TraceID())
}

func TestSpansKeepTheKindOfAnErrorAndNotItsWords(t *testing.T) {
	const words = "of 13800000000 nobody may read"
	for name, test := range map[string]struct {
		err      error
		kind     string
		repeated bool
		status   codes.Code
	}{
		"of Go":           {fmt.Errorf("wrapped: %w", errors.New(words)), "*fmt.wrapError", false, codes.Error},
		"of a step":       {fmt.Errorf("step: %w", temporal.NewApplicationError(words, "QuotaSpent")), "QuotaSpent", false, codes.Error},
		"started already": {serviceerror.NewWorkflowExecutionAlreadyStarted(words, "", ""), "", true, codes.Unset},
		"continued":       {&workflow.ContinueAsNewError{}, "", false, codes.Unset},
	} {
		t.Run(name, func(t *testing.T) {
			traces, recorder := recorded(t)
			_, span := traces.Tracer().Start(t.Context(), "it", trace.WithNewRoot())
			span.RecordError(nil)
			span.RecordError(test.err)
			span.SetStatus(codes.Error, test.err.Error())
			span.End()
			ended := recorder.Ended()[0]
			require.Empty(t, ended.Events())
			require.Equal(t, sdktrace.Status{Code: test.status}, ended.Status())
			require.Equal(t, test.kind, attributes(ended)["error.type"])
			require.Equal(t, test.repeated, attributes(ended)["daka.repeated"] == "true")
			require.NotContains(t, fmt.Sprint(ended.Attributes()), words)
		})
	}
}

func TestTheServiceIsNamed(t *testing.T) {
	named := func() string {
		traces, recorder := recorded(t)
		_, span := traces.Tracer().Start(t.Context(), "it", trace.WithNewRoot())
		span.End()
		name, _ := recorder.Ended()[0].Resource().Set().Value(attribute.Key("service.name"))
		return name.AsString()
	}
	require.Equal(t, "dakasync-test", named())
	t.Setenv("OTEL_SERVICE_NAME", "ours")
	require.Equal(t, "ours", named())
}

func TestTheSamplerIsTheEnvironments(t *testing.T) {
	t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
	t.Setenv("OTEL_TRACES_SAMPLER_ARG", "0")
	traces, recorder := recorded(t)
	ctx, span := traces.Tracer().Start(t.Context(), "it", trace.WithNewRoot())
	_, child := traces.Tracer().Start(ctx, "child")
	child.End()
	span.End()
	require.Empty(t, recorder.Ended())
	require.True(t, span.SpanContext().IsValid(), "and whoever goes on from it is told that it is not sampled")
}

func TestSpansReachACollector(t *testing.T) {
	var posted atomic.Int32
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/v1/traces" && r.Header.Get("Content-Type") == "application/x-protobuf" && r.Header.Get("X-Key") == "k" {
			posted.Add(1)
		}
	}))
	defer collector.Close()
	t.Setenv(variableEndpoint, collector.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=k")
	var log bytes.Buffer
	traces := Start(t.Context(), "test", slog.New(slog.NewTextHandler(&log, nil)))
	require.Contains(t, log.String(), "traces are on")
	_, span := traces.Tracer().Start(t.Context(), "it", trace.WithNewRoot())
	span.End()
	require.NoError(t, traces.Stop(t.Context()))
	require.EqualValues(t, 1, posted.Load(), "the end of a process exports what waits")
}

// A collector that takes connections and never answers: spans end as fast as ever, also when there is no room for them, and
// the end of the process waits for FlushTime.
func TestNobodyWaitsForACollector(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	t.Setenv(variableEndpoint, "http://"+silent.Addr().String())
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
	traces := Start(t.Context(), "test", slog.New(slog.DiscardHandler))
	const spans = 20_000 // ten times what the queue holds
	slowest := time.Duration(0)
	for range spans {
		began := time.Now()
		_, span := traces.Tracer().Start(t.Context(), "it", trace.WithNewRoot())
		span.End()
		slowest = max(slowest, time.Since(began))
	}
	require.Less(t, slowest, time.Second)
	began := time.Now()
	require.ErrorIs(t, traces.Stop(context.WithoutCancel(t.Context())), context.DeadlineExceeded)
	require.Less(t, time.Since(began), FlushTime+time.Second)
}

// What cannot be exported is said in the process's own log, and not more than once a minute.
func TestLostSpansAreSaidOnce(t *testing.T) {
	var refused atomic.Int32
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		refused.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer collector.Close()
	t.Setenv(variableEndpoint, collector.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "hidden")
	t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
	var log bytes.Buffer
	traces := Start(t.Context(), "test", slog.New(slog.NewTextHandler(&log, nil)))
	const spans = 3
	for range spans {
		_, span := traces.Tracer().Start(t.Context(), "it", trace.WithNewRoot())
		span.End()
	}
	require.Eventually(t, func() bool { return refused.Load() == spans }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, traces.Stop(t.Context()))
	require.Equal(t, 1, bytes.Count(log.Bytes(), []byte("traces may be incomplete")), log.String())
	require.NotContains(t, log.String(), "hidden")
}
