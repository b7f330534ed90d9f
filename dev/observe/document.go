package observe

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Ours is how the names of dakasync's own metrics begin, and Temporals those of
// the SDK's.
const (
	Ours      = "dakasync_"
	Temporals = "temporal_"
)

const head = `# Metrics

<!-- Made by ` + "`make metrics`" + ` from what the processes show; a test of dev/e2e compares. -->

Each process serves ` + "`/metrics`" + ` (Prometheus text), ` + "`/healthz`" + ` (200 while it lives) and ` + "`/readyz`" + ` (200 while every check passes, else 503 with
what is wrong) on ` + "`DAKASYNC_HTTP_ADDR`" + `. ` + "`deploy/prometheus`" + ` has recording rules and alerts, each of which says what to do,
` + "`deploy/grafana`" + ` the dashboards. Beside the metrics below there are Go's own (` + "`go_*`, `process_*`" + `).

    scrape_configs:
      - job_name: dakasync
        static_configs:
          - targets: ['127.0.0.1:8080', '127.0.0.1:8081']   # worker, starter
    rule_files: [recording.yaml, alerts.yaml]

A counter or histogram is one process's: add them up. A gauge that tells of the ledger is asked of PostgreSQL at the scrape (answers are kept 15
seconds, and waited for 2) and is the same in every worker: take the ` + "`max`" + `. What is not known is absent, not 0. No label holds a person's id.
`

// Document is docs/metrics.md: what a process's scrape showed, by process.
func Document(scraped map[string]map[string]Metric, sdk map[string]Metric) string {
	var text strings.Builder
	text.WriteString(head)
	for _, process := range slices.Sorted(maps.Keys(scraped)) {
		fmt.Fprintf(&text, "\n## %s\n\n", strings.ToUpper(process[:1])+process[1:])
		text.WriteString("| metric | kind | labels | meaning |\n|---|---|---|---|\n")
		for _, name := range slices.Sorted(maps.Keys(scraped[process])) {
			if m := scraped[process][name]; strings.HasPrefix(name, Ours) {
				fmt.Fprintf(&text, "| `%s` | %s | %s | %s |\n", name, m.Kind, codes(m.Labels), m.Help)
			}
		}
	}
	text.WriteString("\n## Both: the Temporal SDK\n\nEach is there from its first happening on. Labels are the SDK's: `namespace`, `task_queue`, `worker_type`, `workflow_type`,\n" +
		"`activity_type`, `operation`, `poller_type`, `failure_reason`, `status_code` where they apply.\n\n| metric | kind | meaning |\n|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(sdk)) {
		fmt.Fprintf(&text, "| `%s` | %s | %s |\n", name, sdk[name].Kind, sdk[name].Help)
	}
	return text.String()
}

func codes(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "`" + w + "`"
	}
	return strings.Join(quoted, ", ")
}

var (
	ourRow   = regexp.MustCompile("(?m)^\\| `(" + Ours + "[a-z0-9_]+)` \\| (\\w+) \\| ([^|]*) \\| ([^|]+) \\|$")
	theirRow = regexp.MustCompile("(?m)^\\| `(" + Temporals + "[a-z0-9_]+)` \\| (\\w+) \\| ([^|]+) \\|$")
	coded    = regexp.MustCompile("`([^`]+)`")
)

var errNoMetrics = errors.New("no metric is listed")

// Listed are the metrics that docs/metrics.md lists, by name. Where both processes
// have one, its labels are those of both.
func Listed(document string) (map[string]Metric, error) {
	listed := map[string]Metric{}
	for _, row := range ourRow.FindAllStringSubmatch(document, -1) {
		m := Metric{Name: row[1], Kind: row[2], Help: row[4], Labels: listed[row[1]].Labels}
		for _, label := range coded.FindAllStringSubmatch(row[3], -1) {
			if !slices.Contains(m.Labels, label[1]) {
				m.Labels = append(m.Labels, label[1])
			}
		}
		listed[m.Name] = m
	}
	for _, row := range theirRow.FindAllStringSubmatch(document, -1) {
		listed[row[1]] = Metric{Name: row[1], Kind: row[2], Help: row[3]}
	}
	if len(listed) == 0 {
		return nil, errNoMetrics
	}
	return listed, nil
}
