package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/testsuite"
)

// A line names its run and its trace by what its context knows, also behind attributes and groups.
func TestALineOfAStepNamesItsRun(t *testing.T) {
	var out bytes.Buffer
	log := NewLogger(&out, slog.LevelInfo, "json")
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	step := func(ctx context.Context) error {
		log.With("part", "x").InfoContext(trace.ContextWithSpanContext(ctx, span), "it")
		return nil
	}
	var suite testsuite.WorkflowTestSuite
	environment := suite.NewTestActivityEnvironment()
	environment.RegisterActivity(step)
	_, err := environment.ExecuteActivity(step)
	require.NoError(t, err)
	line := map[string]any{}
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, "x", line["part"])
	require.NotEmpty(t, line["ActivityType"])
	require.NotEmpty(t, line["WorkflowID"])
	require.NotEmpty(t, line["RunID"])
	require.Equal(t, span.TraceID().String(), line["TraceID"])
	require.Equal(t, span.SpanID().String(), line["SpanID"])

	out.Reset()
	log.WithGroup("g").InfoContext(t.Context(), "it")
	require.NotContains(t, out.String(), "RunID")
	require.NotContains(t, out.String(), "TraceID")
}
