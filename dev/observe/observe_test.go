package observe_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/stretchr/testify/require"

	"dakasync/dev/observe"
	"dakasync/temporal"
)

const (
	rulesFolder     = "../../deploy/prometheus"
	dashboardFolder = "../../deploy/grafana"
)

// listed are the metrics of docs/metrics.md, which dev/e2e holds against real processes, and Go's own.
func listed(t *testing.T) map[string]observe.Metric {
	t.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	metrics, err := observe.Listed(string(text))
	require.NoError(t, err)
	for _, name := range []string{"process_resident_memory_bytes", "process_cpu_seconds_total", "go_goroutines"} {
		metrics[name] = observe.Metric{Name: name}
	}
	return metrics
}

func rules(t *testing.T) (all []rulefmt.Rule, recorded []string) {
	t.Helper()
	all, err := observe.Rules(rulesFolder)
	require.NoError(t, err)
	for _, r := range all {
		if r.Record != "" {
			recorded = append(recorded, r.Record)
		}
	}
	return all, recorded
}

func TestRulesNameWhatThereIs(t *testing.T) {
	metrics := listed(t)
	all, recorded := rules(t)
	seen := map[string]bool{}
	for _, r := range all {
		name := r.Alert + r.Record
		require.False(t, seen[name], "%s is there twice", name)
		seen[name] = true
		require.NoError(t, observe.Use{Where: name, Expr: r.Expr}.Check(metrics, recorded))
		if r.Alert == "" {
			continue
		}
		require.Contains(t, []string{"critical", "warning"}, r.Labels["severity"], name)
		require.Contains(t, r.Annotations["summary"], ": ", "%s: the summary says what is wrong, and then what to do", name)
		require.Greater(t, len(r.Annotations["description"]), 60, "%s: the description says where to look", name)
	}
	require.Greater(t, len(seen), 30)
}

func TestDashboardsNameWhatThereIs(t *testing.T) {
	metrics := listed(t)
	_, recorded := rules(t)
	dashboards, err := observe.Dashboards(dashboardFolder)
	require.NoError(t, err)
	uids := map[string]bool{}
	for _, d := range dashboards {
		require.NotEmpty(t, d.UID, d.File)
		require.False(t, uids[d.UID], "%s: another dashboard has its uid", d.File)
		uids[d.UID] = true
		require.NotEmpty(t, d.Title)
		require.GreaterOrEqual(t, d.SchemaVersion, 36, d.File)
		require.Len(t, d.Templating.List, 1)
		require.Equal(t, "datasource", d.Templating.List[0].Type, "%s must not be tied to one installation's source", d.File)
		requirePanels(t, d, metrics, recorded)
	}
	require.Len(t, uids, 3)
}

func requirePanels(t *testing.T, d observe.Dashboard, metrics map[string]observe.Metric, recorded []string) {
	t.Helper()
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		where := d.File + ": " + p.Title
		require.False(t, ids[p.ID], "%s: another panel has its id", where)
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				require.Empty(t, taken[[2]int{x, y}], "%s lies over another panel", where)
				require.Less(t, x, 24, where)
				taken[[2]int{x, y}] = where
			}
		}
		if p.Type == "row" {
			continue
		}
		require.NotEmpty(t, p.Targets, where)
		require.NotNil(t, p.Datasource, where)
		require.Equal(t, "${datasource}", p.Datasource.UID, where)
		for _, target := range p.Targets {
			require.NoError(t, observe.Use{Where: where, Expr: target.Expr}.Check(metrics, recorded))
		}
	}
}

// The check can fail: each of these names something that is not there.
func TestUnknownNamesAreFound(t *testing.T) {
	metrics := map[string]observe.Metric{
		"dakasync_open_gaps": {Name: "dakasync_open_gaps", Kind: "gauge"}, "dakasync_x_seconds": {Kind: "histogram", Labels: []string{"api"}},
		"temporal_request_total": {Kind: "counter"},
	}
	recorded := []string{"dakasync:sum"}
	for expr, want := range map[string]string{
		`dakasync_open_gap > 0`:                                         "no process exposes dakasync_open_gap",
		`sum(rate(dakasync_x_seconds[5m]))`:                             "",
		`dakasync_open_gaps_bucket`:                                     "no process exposes dakasync_open_gaps_bucket",
		`sum by (le, api) (rate(dakasync_x_seconds_bucket[5m]))`:        "",
		`sum by (outcome) (rate(dakasync_x_seconds_count[5m]))`:         "groups by outcome",
		`dakasync_open_gaps{domain="punches"}`:                          "has no label domain",
		`dakasync_open_gaps{instance="a"} + dakasync:sum`:               "",
		`rate(temporal_request_total{operation="x"}[$__rate_interval])`: "",
		`{operation="x"}`:                                               "names no metric",
		`dakasync:som`:                                                  "no process exposes dakasync:som",
		`sum(`:                                                          "parse error",
		`absent(dakasync_y)`:                                            "no process exposes dakasync_y",
	} {
		err := observe.Use{Where: "here", Expr: expr}.Check(metrics, recorded)
		if want == "" {
			require.NoError(t, err, expr)
		} else {
			require.ErrorContains(t, err, want, expr)
			require.ErrorContains(t, err, "here")
		}
	}
	_, err := observe.Rules(t.TempDir())
	require.Error(t, err)
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "bad.yaml"), []byte("groups: [{name: g, rules: [{alert: A, expr: 'up', fur: 5m}]}]"), 0o600))
	_, err = observe.Rules(folder)
	require.ErrorContains(t, err, "fur")
}

// The list of the SDK's metrics is its source's.
func TestSDKMetricsAreTheSourcesOwn(t *testing.T) {
	folder, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "go.temporal.io/sdk").Output()
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(folder)), "internal/common/metrics/constants.go"), nil, 0)
	require.NoError(t, err)
	constants := map[string]string{}
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range group.Specs {
			if value, ok := spec.(*ast.ValueSpec); ok && len(value.Values) == 1 {
				constants[value.Names[0].Name] = text(t, constants, value.Values[0])
			}
		}
	}
	known := map[string]bool{}
	for _, value := range constants {
		if strings.HasPrefix(value, observe.Temporals) && value != observe.Temporals {
			known[value] = true
		}
	}
	require.Greater(t, len(known), 40)
	for name := range maps.Clone(known) {
		request := strings.HasPrefix(name, "temporal_request") || strings.HasPrefix(name, "temporal_long_request")
		if request && !strings.HasSuffix(name, "_resource_exhausted") {
			known[name+"_attempt"] = true // so the SDK's internal/grpc_dialer.go names those of single attempts
		}
	}
	for name := range known {
		if strings.HasPrefix(name, "temporal_nexus_") || name == "temporal_go" {
			continue // dakasync has no Nexus service
		}
		require.Contains(t, temporal.SDKMetrics(), name)
	}
	for name := range temporal.SDKMetrics() {
		require.Contains(t, known, name, "the SDK has no such metric")
	}
}

// text is the value of a constant: a string, another constant, or a sum of them.
func text(t *testing.T, constants map[string]string, e ast.Expr) string {
	t.Helper()
	switch e := e.(type) {
	case *ast.BasicLit:
		value, err := strconv.Unquote(e.Value)
		require.NoError(t, err)
		return value
	case *ast.Ident:
		return constants[e.Name]
	case *ast.BinaryExpr:
		return text(t, constants, e.X) + text(t, constants, e.Y)
	default:
		require.Failf(t, "an unknown kind of constant", "%T", e)
		return ""
	}
}
