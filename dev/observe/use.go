package observe

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// Use is one expression, and where it stands.
type Use struct {
	Where string // file and rule or panel
	Expr  string
}

// Rules are the groups of every file in the folder, as Prometheus reads them.
func Rules(folder string) ([]rulefmt.Rule, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		return nil, errors.Join(fmt.Errorf("no rules in %s", folder), err)
	}
	var rules []rulefmt.Rule
	for _, file := range files {
		groups, faults := rulefmt.ParseFile(file, false, model.UTF8Validation)
		if len(faults) > 0 {
			return nil, fmt.Errorf("%s: %w", file, errors.Join(faults...))
		}
		for _, g := range groups.Groups {
			rules = append(rules, g.Rules...)
		}
	}
	return rules, nil
}

// Dashboard is what of a Grafana dashboard is checked.
type Dashboard struct {
	File          string  `json:"-"`
	UID           string  `json:"uid"`
	Title         string  `json:"title"`
	SchemaVersion int     `json:"schemaVersion"`
	Panels        []Panel `json:"panels"`
	Templating    struct {
		List []struct {
			Name  string `json:"name"`
			Type  string `json:"type"`
			Query any    `json:"query"`
		} `json:"list"`
	} `json:"templating"`
}

// Panel is one of a dashboard's.
type Panel struct {
	ID          int    `json:"id"`
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	GridPos     struct {
		X int `json:"x"`
		Y int `json:"y"`
		W int `json:"w"`
		H int `json:"h"`
	} `json:"gridPos"`
	Datasource *struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	} `json:"datasource"`
	Targets []struct {
		RefID        string `json:"refId"`
		Expr         string `json:"expr"`
		LegendFormat string `json:"legendFormat"`
	} `json:"targets"`
}

// Dashboards are those of the folder.
func Dashboards(folder string) ([]Dashboard, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, errors.Join(fmt.Errorf("no dashboard in %s", folder), err)
	}
	var list []Dashboard
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // Of the folder that the caller names.
		if err != nil {
			return nil, fmt.Errorf("read a dashboard: %w", err)
		}
		d := Dashboard{File: filepath.Base(file)}
		if err := json.Unmarshal(text, &d); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		list = append(list, d)
	}
	return list, nil
}

// grafanas are what Grafana puts into an expression before Prometheus sees it.
var grafanas = regexp.MustCompile(`\$__(rate_interval|interval|range)\b`)

// Check says what is wrong with an expression: that it does not parse, or the
// first metric, or label of one, that nobody exposes. recorded are the names that
// recording rules make.
func (u Use) Check(listed map[string]Metric, recorded []string) error {
	expr, err := parser.ParseExpr(grafanas.ReplaceAllString(u.Expr, "5m"))
	if err != nil {
		return fmt.Errorf("%s: %q: %w", u.Where, u.Expr, err)
	}
	var fault error
	var metrics []Metric
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok && fault == nil {
			var m Metric
			if m, fault = find(selector.LabelMatchers, listed, recorded); fault == nil {
				metrics = append(metrics, m)
			}
		}
		return nil
	})
	if fault == nil {
		fault = grouped(expr, metrics)
	}
	if fault != nil {
		return fmt.Errorf("%s: %q: %w", u.Where, u.Expr, fault)
	}
	return nil
}

// find is the metric that the matchers name, if there is one with these labels. A
// metric whose labels are not known has a nil list.
func find(matchers []*labels.Matcher, listed map[string]Metric, recorded []string) (Metric, error) {
	i := slices.IndexFunc(matchers, func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel })
	if i < 0 {
		return Metric{}, errors.New("a selector names no metric")
	}
	name := matchers[i].Value
	if slices.Contains(recorded, name) {
		return Metric{Name: name}, nil
	}
	m, known := listed[name]
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && !known && listed[base].Kind == "histogram" {
			m, known = listed[base], true
		}
	}
	if !known {
		return Metric{}, fmt.Errorf("no process exposes %s", name)
	}
	if strings.HasPrefix(name, Ours) && m.Labels == nil {
		m.Labels = []string{}
	}
	for _, matcher := range matchers {
		if !m.has(matcher.Name) {
			return Metric{}, fmt.Errorf("%s has no label %s", name, matcher.Name)
		}
	}
	return m, nil
}

// has reports whether its series may have the label: its own, or one that Prometheus
// adds.
func (m Metric) has(label string) bool {
	everywhere := []string{model.MetricNameLabel, "job", "instance"}
	return m.Labels == nil || slices.Contains(m.Labels, label) || slices.Contains(everywhere, label) ||
		label == model.BucketLabel && m.Kind == "histogram"
}

// grouped finds a grouping by a label that none of the metrics has.
func grouped(expr parser.Expr, metrics []Metric) error {
	var fault error
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		aggregate, ok := node.(*parser.AggregateExpr)
		if !ok || aggregate.Without {
			return nil
		}
		for _, label := range aggregate.Grouping {
			if !slices.ContainsFunc(metrics, func(m Metric) bool { return m.has(label) }) {
				fault = fmt.Errorf("it groups by %s, which no metric in it has", label)
			}
		}
		return nil
	})
	return fault
}
