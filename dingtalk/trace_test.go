package dingtalk_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"dakasync/dingtalk"
)

// Every call that was sent is a span: of which API, at which attempt, with which code. What it asked and was told, with which token,
// is in none; and DingTalk hears nothing of it.
func TestCallsAreSpans(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	heard := false
	f.answers(dayPath, answer{body: invalid}, answer{body: emptyDay}, answer{do: func(w http.ResponseWriter, r *http.Request) {
		heard = r.Header.Get("Traceparent") != ""
		_, _ = w.Write([]byte(`{"errcode":88,"sub_code":"90018","sub_msg":"too many of 13800000000"}`))
	}})
	recorder := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)).Tracer("test")
	c := f.client(func(o *dingtalk.Options) { o.Tracer = tracer })
	require.NoError(t, f.askDay(c))
	require.Error(t, f.askDay(c))
	require.Error(t, f.askDay(c), "refused here: the API is throttled")
	require.False(t, heard)

	var calls []string
	for _, span := range recorder.Ended() {
		is := map[string]string{}
		for _, a := range span.Attributes() {
			is[string(a.Key)] = a.Value.String()
		}
		require.Equal(t, "DingTalk "+is["daka.api"], span.Name())
		require.Equal(t, is["error.type"] != "", span.Status().Code == codes.Error)
		require.Empty(t, span.Status().Description)
		calls = append(calls, fmt.Sprintf("%s %s %s %s %s", is["daka.api"], is["daka.attempt"], is["daka.outcome"], is["error.type"], is["daka.code"]))
		for _, hidden := range []string{"token-", secret, "2026-11-01", "13800000000", f.server.URL} {
			require.NotContains(t, fmt.Sprint(span.Attributes(), span.Events()), hidden)
		}
	}
	require.Equal(t, []string{
		tokenPath + " 1 ok  ", dayPath + " 1 error InvalidToken 40014", tokenPath + " 1 ok  ", dayPath + " 2 ok  ",
		dayPath + " 1 throttled Throttled 90018",
	}, calls)
}
