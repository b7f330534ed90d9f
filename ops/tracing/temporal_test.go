package tracing

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// twice has a step that succeeds at its second attempt.
func twice(ctx workflow.Context) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: time.Second, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 2, InitialInterval: time.Millisecond},
	})
	first := true
	return workflow.ExecuteLocalActivity(ctx, func(context.Context) error {
		if first {
			first = false
			return errors.New("not yet")
		}
		return nil
	}).Get(ctx, nil)
}

func run(t *testing.T, traces *Tracing, header string) {
	t.Helper()
	var options client.Options
	traces.Carry(&options)
	var interceptors []interceptor.WorkerInterceptor
	for _, i := range options.Interceptors {
		interceptors = append(interceptors, i.(interceptor.WorkerInterceptor))
	}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	if header != "" {
		payload, err := converter.GetDefaultDataConverter().ToPayload(map[string]string{"traceparent": header})
		require.NoError(t, err)
		suite.SetHeader(&commonpb.Header{Fields: map[string]*commonpb.Payload{"_tracer-data": payload}})
	}
	environment := suite.NewTestWorkflowEnvironment()
	environment.SetWorkerOptions(worker.Options{Interceptors: interceptors})
	environment.ExecuteWorkflow(twice)
	require.NoError(t, environment.GetWorkflowError())
}

func TestARunGoesOnFromItsHeader(t *testing.T) {
	traces, recorder := recorded(t)
	run(t, traces, "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")
	byName := map[string]trace.SpanContext{}
	attempts := []string{}
	for _, span := range recorder.Ended() {
		require.Equal(t, "0123456789abcdef0123456789abcdef", span.SpanContext().TraceID().String())
		byName[span.Name()] = span.SpanContext()
		if attempt := attributes(span)["daka.attempt"]; attempt != "" {
			attempts = append(attempts, attempt)
		}
	}
	require.Equal(t, []string{"1", "2"}, attempts)
	for _, span := range recorder.Ended() {
		switch span.Name() {
		case "RunWorkflow:twice":
			require.Equal(t, "0123456789abcdef", span.Parent().SpanID().String())
		default:
			require.True(t, span.Parent().IsValid(), span.Name())
		}
	}
	require.Len(t, byName, 3, "a run, the start of its step, and the step")
}

func TestARunWithoutATraceHasNone(t *testing.T) {
	for _, header := range []string{"", "00-nonsense"} {
		traces, recorder := recorded(t)
		run(t, traces, header)
		require.Empty(t, recorder.Ended(), header)
	}
}

func TestOnlyTheStartOfAnEventsRunBeginsATrace(t *testing.T) {
	traces, _ := recorded(t)
	roots := []string{startOf + eventType}
	require.True(t, start(t.Context(), traces.Tracer(), startOf+eventType, roots, nil).SpanContext().IsValid())
	for _, name := range []string{startOf + "Resync", "CreateSchedule:reconcile-day", "RunWorkflow:" + eventType} {
		require.False(t, start(t.Context(), traces.Tracer(), name, roots, nil).SpanContext().IsValid(), name)
	}
	ctx, frame := traces.Tracer().Start(t.Context(), "frame", trace.WithNewRoot())
	require.Equal(t, frame.SpanContext().TraceID(), start(ctx, traces.Tracer(), startOf+eventType, roots, nil).SpanContext().TraceID())
}

func TestTheSpanOfARunIsTheSameInEveryReplay(t *testing.T) {
	traces, _ := recorded(t)
	ctx, _ := traces.Tracer().Start(t.Context(), "frame", trace.WithNewRoot())
	began := time.Date(2026, 11, 2, 8, 50, 0, 1, time.UTC)
	id := func(ctx context.Context, name string, began time.Time) trace.SpanID {
		return start(ctx, traces.Tracer(), name, nil, []trace.SpanStartOption{trace.WithTimestamp(began)}).SpanContext().SpanID()
	}
	first := id(ctx, runOf+eventType, began)
	require.Equal(t, first, id(ctx, runOf+eventType, began.In(time.FixedZone("", 3600))))
	other, _ := traces.Tracer().Start(t.Context(), "frame", trace.WithNewRoot())
	for name, is := range map[string]trace.SpanID{
		"another type": id(ctx, runOf+"DayEvent", began), "another run": id(ctx, runOf+eventType, began.Add(1)), "another parent": id(other, runOf+eventType, began),
	} {
		require.NotEqual(t, first, is, name)
	}
	step := id(ctx, "StartActivity:x", began)
	require.NotEqual(t, step, id(ctx, "StartActivity:x", began), "a step is another one each time")
}
