// Package observe holds what operators are given against what the processes show:
// every metric, and every label of it, that a dashboard, an alert or a recording
// rule names must be one that docs/metrics.md lists, and docs/metrics.md must list
// what a real starter and a real worker expose (dev/e2e compares them).
//
// The exposition, the rules and the expressions are read with Prometheus's own
// parsers, as promtool does. The Temporal SDK's metrics, some of which only a
// failure brings about, are known from its source, and their names from the
// exporter that the processes use.
//
// It does not run Grafana: that a panel looks well, only a person sees.
package observe
