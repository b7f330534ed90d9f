package e2e_test

import (
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"dakasync/dev/observe"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
	"dakasync/workflows"
)

var writeMetrics = flag.Bool("write-metrics", false, "write docs/metrics.md from what the processes show") //nolint:gochecknoglobals // A flag of a test binary.

// TestWhatOperatorsSee: a real starter and a real worker expose what docs/metrics.md lists, and nothing else of that kind;
// dev/observe holds dashboards and alerts against the list. And their logs are JSON, with ids and without secrets.
func TestWhatOperatorsSee(t *testing.T) {
	d := deploy(t, plan{company: company.Options{Employees: 8, Seed: 31}, days: 3, env: map[string]string{
		"DAKASYNC_EDITION": "standard", "DAKASYNC_MONTHLY_PUSHES": "100000", "DAKASYNC_BATCH_WINDOW": "0s", "DAKASYNC_LOG_FORMAT": "json",
	}})
	d.up()
	d.platform.AddFault(platform.Fault{Path: "/topapi/attendance/getupdatedata", Status: http.StatusBadGateway, Body: "bad gateway", Times: 6})
	d.drive(today(t).AddDate(0, 0, -1))
	d.converge()
	d.requireEndpoints(worker, "postgresql", "polling")
	d.requireEndpoints(starter, "stream", "store")

	trigger := client.ScheduleTriggerOptions{}
	require.NoError(t, d.temporal.ScheduleClient().GetHandle(t.Context(), workflows.ScheduleGovern).Trigger(t.Context(), trigger))
	require.Eventually(t, func() bool { return d.count("decision", "") > 0 }, upTime, tick, "nothing is decided")
	sdk, err := observe.SDK()
	require.NoError(t, err)
	file := filepath.Join(repository, "docs", "metrics.md")
	var made string
	wanted := func() bool {
		made = observe.Document(map[string]map[string]observe.Metric{worker: d.scrape(worker), starter: d.scrape(starter)}, sdk)
		if *writeMetrics { // what is asked for now and then has come when the newest of it has
			return strings.Contains(made, "`dakasync_month_spent`") && strings.Contains(made, "`dakasync_event_lag_seconds`")
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		return made == string(text)
	}
	fresh := func() bool {
		require.Eventually(t, wanted, upTime, time.Second, "%s", fmtLazy(func() string { return made }))
		return true
	}
	if *writeMetrics {
		fresh()
		require.NoError(t, os.WriteFile(file, []byte(made), 0o644))
	} else if !wanted() {
		fresh()
	}
	d.requireSDK(sdk)

	d.terminate(starter)
	d.terminate(worker)
	require.True(t, d.requireJSONLog(worker), "a step failed, and the log names its run")
	d.requireJSONLog(starter)
}

// requireEndpoints: the process lives, is ready, and says by which checks, in /readyz and as a metric.
func (d *deployment) requireEndpoints(name string, checks ...string) {
	d.t.Helper()
	require.JSONEq(d.t, `{"ok":true}`, d.page(name, "/healthz"))
	var readiness struct {
		Ready  bool              `json:"ready"`
		Checks map[string]string `json:"checks"`
	}
	require.NoError(d.t, json.Unmarshal([]byte(d.page(name, "/readyz")), &readiness))
	require.True(d.t, readiness.Ready)
	require.Len(d.t, readiness.Checks, len(checks))
	metrics := d.page(name, "/metrics")
	for _, check := range checks {
		require.Equal(d.t, "ok", readiness.Checks[check])
		require.Contains(d.t, metrics, `dakasync_check_up{check="`+check+`"} 1`)
	}
}

// page is what a process answers.
func (d *deployment) page(name, path string) string {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, "http://"+d.addresses[name]+path, nil)
	require.NoError(d.t, err)
	response, err := (&http.Client{Timeout: soon}).Do(request)
	require.NoError(d.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(d.t, err)
	require.Equal(d.t, http.StatusOK, response.StatusCode, "%s of %s: %s", path, name, text)
	return string(text)
}

func (d *deployment) scrape(name string) map[string]observe.Metric {
	d.t.Helper()
	metrics, err := observe.Exposed([]byte(d.page(name, "/metrics")))
	require.NoError(d.t, err)
	return metrics
}

// requireSDK: what the SDK exposes is what the list knows, by name and kind; and what the alerts and dashboards lean on is there.
func (d *deployment) requireSDK(sdk map[string]observe.Metric) {
	d.t.Helper()
	for _, name := range []string{worker, starter} {
		for _, m := range d.scrape(name) {
			if strings.HasPrefix(m.Name, observe.Temporals) {
				require.Contains(d.t, sdk, m.Name)
				require.Equal(d.t, sdk[m.Name].Kind, m.Kind, m.Name)
				require.Equal(d.t, sdk[m.Name].Help, m.Help, m.Name)
			}
		}
	}
	seen := d.scrape(worker)
	for name, labels := range map[string][]string{
		"temporal_workflow_completed_total":                        {"workflow_type", "task_queue"},
		"temporal_workflow_endtoend_latency_seconds":               {"workflow_type"},
		"temporal_workflow_task_schedule_to_start_latency_seconds": {"task_queue"},
		"temporal_activity_schedule_to_start_latency_seconds":      {"task_queue"},
		"temporal_activity_execution_latency_seconds":              {"activity_type"},
		"temporal_local_activity_execution_latency_seconds":        {"activity_type"},
		"temporal_worker_task_slots_available":                     {"worker_type", "task_queue"},
		"temporal_num_pollers":                                     {"poller_type", "task_queue"},
		"temporal_request_total":                                   {"operation"},
		"temporal_request_latency_seconds":                         {"operation"},
		"temporal_sticky_cache_size":                               {},
	} {
		require.Contains(d.t, seen, name)
		require.Subset(d.t, seen[name].Labels, labels, name)
	}
}

// requireJSONLog: every line is an object with time, level and message. It reports whether one names a run.
func (d *deployment) requireJSONLog(name string) (run bool) {
	d.t.Helper()
	for text := range strings.SplitSeq(strings.TrimSpace(d.log(name)), "\n") {
		var line map[string]any
		require.NoError(d.t, json.Unmarshal([]byte(text), &line), "%s says %q", name, text)
		for _, key := range []string{"msg", "level", "time"} {
			require.NotEmpty(d.t, line[key], "%s says %q", name, text)
		}
		require.NotContains(d.t, text, clientSecret)
		for _, value := range platform.PersonalValues() {
			require.NotContains(d.t, text, value)
		}
		run = run || line["WorkflowID"] != nil && line["RunID"] != nil
	}
	return run
}
