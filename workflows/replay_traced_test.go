package workflows_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"dakasync/ops/tracing"
	"dakasync/workflows"
)

// TestReplayWithTraces holds the interceptor to the same histories: a worker that traces goes on with runs that began without, and
// with those that have a trace.
func TestReplayWithTraces(t *testing.T) {
	var exports atomic.Int32
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { exports.Add(1) }))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	trace, err := converter.GetDefaultDataConverter().ToPayload(map[string]string{
		"traceparent": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
	})
	require.NoError(t, err)
	files := histories(t)
	for name, header := range map[string]*commonpb.Header{
		"begun without": nil, "with a trace": {Fields: map[string]*commonpb.Payload{"_tracer-data": trace}},
	} {
		t.Run(name, func(t *testing.T) {
			exports.Store(0)
			var options client.Options
			traces := tracing.Start(t.Context(), "worker", slog.New(slog.DiscardHandler), workflows.EventTypes()...)
			traces.Carry(&options)
			require.NotEmpty(t, options.Interceptors)
			var interceptors []interceptor.WorkerInterceptor
			for _, i := range options.Interceptors {
				interceptors = append(interceptors, i.(interceptor.WorkerInterceptor))
			}
			for _, file := range files {
				history := readHistory(t, file)
				history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().Header = header
				replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Interceptors: interceptors})
				require.NoError(t, err)
				workflows.Register(replayer)
				require.NoError(t, replayer.ReplayWorkflowHistory(nil, history), file)
			}
			require.NoError(t, traces.Stop(t.Context()))
			require.Equal(t, header != nil, exports.Load() > 0, "spans come of those with a trace alone")
		})
	}
}
