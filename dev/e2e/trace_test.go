package e2e_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	sdkworker "go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/encoding/protojson"

	"dakasync/ops/tracing"
	"dakasync/simulator/company"
	"dakasync/workflows"
)

// traceHeader is the header of Temporal that carries a trace.
const traceHeader = "_tracer-data"

// TestOneTraceFromFrameToRow: with a collector one punch is one trace, from its frame over run, step and call to the committed row, and
// nothing else has one; neither a secret nor anything personal is in it. A collector that answers nobody delays nothing. Without
// one no history tells of traces. Histories of either kind replay with traces on and off.
func TestOneTraceFromFrameToRow(t *testing.T) {
	c := startCollector(t)
	env := c.environment()
	env["DAKASYNC_LOG_FORMAT"], env["DAKASYNC_LOG_LEVEL"] = "json", "debug"
	d := deploy(t, plan{company: company.Options{Employees: 6, Quiet: true}, days: 10, env: env})
	s := script{deployment: d}
	d.up()
	first := s.punchOnce(3)
	d.trigger(workflows.ScheduleDrain, workflows.TypeDrainFailedPushes)
	d.trigger(workflows.ScheduleGovern, workflows.TypeGovern)

	rowsOf := func(sp span) bool {
		return slices.Contains(sp.statements, "INSERT punch") && slices.Contains(sp.statements, "COMMIT ") && sp.attributes["error.type"] == ""
	}
	called := func(sp span) bool { return sp.name == "DingTalk /topapi/attendance/getupdatedata" }
	require.Eventually(t, func() bool {
		spans := c.seen()
		return slices.ContainsFunc(spans, func(sp span) bool { return sp.name == "RunWorkflow:PunchEvent" }) &&
			slices.ContainsFunc(spans, func(sp span) bool { return sp.name == "frame" }) // of the other process
	}, upTime, tick, "the spans do not come")
	up := []string{"RunActivity:AskDay", "StartActivity:AskDay", "RunWorkflow:PunchEvent", "StartWorkflow:PunchEvent", "frame"}
	require.Equal(t, append([]string{"DingTalk /topapi/attendance/getupdatedata"}, up...), c.way(t, "the call", called))
	require.Equal(t, append([]string{"ledger transaction"}, up...), c.way(t, "the rows", func(sp span) bool {
		return rowsOf(sp) && slices.Contains(sp.statements, "INSERT result")
	}))
	s.requireOneTrace(c, first)
	s.requireLogged(first, c.seen()[0].trace)
	values := append(personal(), clientSecret, s.token(), s.env["DATABASE_URL"], first.UserName, first.UserID)
	require.Equal(t, []string{first.UserID}, c.with(values...), "spans hold ids, and nothing else of anybody")

	// Whoever waits for a collector that answers nobody would be seen to.
	c.hush()
	began := time.Now()
	s.punchOnce(2)
	require.Less(t, time.Since(began), 10*time.Second)
	for _, delivery := range d.platform.Deliveries() {
		require.Less(t, delivery.Latency, 2500*time.Millisecond)
	}
	d.terminate(starter)
	d.terminate(worker)
	c.speak()
	before := len(c.seen())

	for name := range c.environment() {
		delete(d.env, name)
	}
	d.up()
	s.punchOnce(1)
	require.Len(t, c.seen(), before, "traces are off")
	s.requireHistories(c, before)
}

// token is the access token in force: DingTalk hands out the same one while it lives.
func (d *deployment) token() string {
	d.t.Helper()
	body, err := json.Marshal(map[string]string{"appKey": clientID, "appSecret": clientSecret})
	require.NoError(d.t, err)
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.platform.URL()+"/v1.0/oauth2/accessToken", bytes.NewReader(body))
	require.NoError(d.t, err)
	response, err := (&http.Client{Timeout: soon}).Do(request)
	require.NoError(d.t, err)
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"accessToken"`
	}
	require.NoError(d.t, json.NewDecoder(response.Body).Decode(&answer))
	require.NotEmpty(d.t, answer.AccessToken)
	return answer.AccessToken
}

// traced is who punched, and when.
type traced struct{ UserID, UserName, EventID string }

// punchOnce lets somebody punch on a day so many days ago, and waits until all that follows is done.
func (s script) punchOnce(ago int) traced {
	s.t.Helper()
	s.company.Advance(s.on(ago, 8, 50))
	employee, ok := s.company.Pick("office", 0)
	require.True(s.t, ok)
	must(s.t, func() (company.PunchResult, error) {
		return s.company.Punch(company.PunchRequest{User: employee.UserID, Location: company.LocationOutside})
	})
	deliveries := s.platform.Deliveries()
	ended := "WorkflowType = 'PunchEvent' AND ExecutionStatus = 'Completed'"
	require.Eventually(s.t, func() bool {
		return s.count("event", "outcome = 'done'") == len(deliveries) && s.runs(ended) == len(deliveries)
	}, upTime, tick, "the punch is not done")
	return traced{employee.UserID, employee.Name, deliveries[len(deliveries)-1].EventID}
}

// requireOneTrace: everything that came is one trace, which begins with the event's frame, and nothing in it hangs in the air.
func (s script) requireOneTrace(c *collector, of traced) {
	s.t.Helper()
	spans := c.seen()
	services := map[string]bool{}
	for _, one := range spans {
		require.Equal(s.t, spans[0].trace, one.trace, "%s is of another trace", one.name)
		services[one.service] = true
		if one.name == "frame" {
			require.Empty(s.t, one.parent)
			require.Equal(s.t, of.EventID, one.attributes["daka.event_id"])
			require.Equal(s.t, "attendance_check_record", one.attributes["daka.event_type"])
			require.Equal(s.t, "started", one.attributes["daka.outcome"])
			continue
		}
		way := c.way(s.t, one.name, func(other span) bool { return other.id == one.id })
		require.Equal(s.t, "frame", way[len(way)-1])
		if strings.HasPrefix(one.name, "RunActivity:") {
			require.NotEmpty(s.t, one.attributes["daka.attempt"], one.name)
			require.Contains(s.t, one.attributes["temporalWorkflowID"], of.UserID)
		}
	}
	require.Equal(s.t, map[string]bool{"dakasync-starter": true, "dakasync-worker": true}, services)
	page, err := os.ReadFile(filepath.Join(repository, "docs", "tracing.md"))
	require.NoError(s.t, err)
	for _, one := range spans {
		for attribute := range one.attributes {
			require.Contains(s.t, string(page), "`"+attribute+"`", "docs/tracing.md does not tell of it")
		}
	}
}

// requireLogged: both logs are JSON and name runs; the starter's names user, run and trace of the event.
func (s script) requireLogged(of traced, trace string) {
	s.t.Helper()
	require.True(s.t, s.requireJSONLog(worker))
	require.True(s.t, s.requireJSONLog(starter))
	var found []map[string]any
	for text := range strings.SplitSeq(strings.TrimSpace(s.log(starter)), "\n") {
		var line map[string]any
		require.NoError(s.t, json.Unmarshal([]byte(text), &line))
		require.NotContains(s.t, text, of.UserName)
		if line["msg"] == "an event has its run" {
			found = append(found, line)
		}
	}
	require.Len(s.t, found, 1)
	require.Equal(s.t, of.UserID, found[0]["UserID"])
	require.Equal(s.t, trace, found[0]["TraceID"])
	require.Contains(s.t, found[0]["WorkflowID"], "/"+of.UserID+"/")
	require.NotEmpty(s.t, found[0]["RunID"])
}

// requireHistories: of three punches the first two have a header; nothing else has one. All replay with traces and without, and
// the replay's span of a run is the one that was told.
func (s script) requireHistories(c *collector, told int) {
	s.t.Helper()
	var runs []*historypb.History
	with := 0
	for _, execution := range s.executions("") {
		history := s.history(execution)
		started := history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
		text, err := protojson.Marshal(history)
		require.NoError(s.t, err)
		carries := strings.Contains(string(text), traceHeader)
		require.Equal(s.t, started.GetHeader().GetFields()[traceHeader] != nil, carries)
		if execution.GetType().GetName() != workflows.TypePunchEvent {
			require.False(s.t, carries, "%s has a trace", execution.GetType().GetName())
			continue
		}
		runs = append(runs, history)
		if carries {
			with++
		}
	}
	require.Len(s.t, runs, 3)
	require.Equal(s.t, 2, with)

	for name, value := range c.environment() {
		s.t.Setenv(name, value)
	}
	var options client.Options
	traces := tracing.Start(s.t.Context(), "replay", slog.New(slog.DiscardHandler), workflows.EventTypes()...)
	traces.Carry(&options)
	require.NotEmpty(s.t, options.Interceptors)
	var on []interceptor.WorkerInterceptor
	for _, i := range options.Interceptors {
		on = append(on, i.(interceptor.WorkerInterceptor))
	}
	for _, interceptors := range [][]interceptor.WorkerInterceptor{nil, on} {
		replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{
			Interceptors: interceptors, DataConverter: s.codec().DataConverter(),
		})
		require.NoError(s.t, err)
		workflows.Register(replayer)
		for _, history := range runs {
			require.NoError(s.t, replayer.ReplayWorkflowHistory(nil, history))
		}
	}
	require.NoError(s.t, traces.Stop(s.t.Context()))
	spans := c.seen()
	known := map[string]bool{}
	for _, one := range spans[:told] {
		known[one.id] = true
	}
	replayed := spans[told:]
	require.Len(s.t, replayed, with, "a run that has a trace is told of again, and nothing else is")
	require.True(s.t, slices.ContainsFunc(replayed, func(one span) bool { return known[one.id] }), "as the same span")
}
