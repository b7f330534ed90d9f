package observe

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"dakasync/temporal"
)

// Metric is a metric as a scrape shows it.
type Metric struct {
	Name   string
	Kind   string // counter, gauge or histogram
	Help   string
	Labels []string // of all its series together, sorted
}

// Exposed reads what /metrics answered, by name.
func Exposed(text []byte) (map[string]Metric, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read the exposition: %w", err)
	}
	return metricsOf(slices.Collect(maps.Values(families))), nil
}

func metricsOf(families []*dto.MetricFamily) map[string]Metric {
	found := map[string]Metric{}
	for _, f := range families {
		labels := map[string]bool{}
		for _, series := range f.GetMetric() {
			for _, l := range series.GetLabel() {
				labels[l.GetName()] = true
			}
		}
		found[f.GetName()] = Metric{
			Name: f.GetName(), Kind: strings.ToLower(f.GetType().String()), Help: f.GetHelp(), Labels: slices.Sorted(maps.Keys(labels)),
		}
	}
	return found
}

// SDK are the Temporal SDK's metrics as the processes expose them, without labels:
// which it gives them depends on what happens.
func SDK() (map[string]Metric, error) {
	registry := prometheus.NewRegistry()
	handler, err := temporal.NewMetrics(registry)
	if err != nil {
		return nil, fmt.Errorf("make the SDK's metrics: %w", err)
	}
	for name, m := range temporal.SDKMetrics() {
		switch m.Kind {
		case temporal.SDKTimer:
			handler.Timer(name).Record(time.Second)
		case temporal.SDKGauge:
			handler.Gauge(name).Update(1)
		default:
			handler.Counter(name).Inc(1)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		return nil, fmt.Errorf("gather the SDK's metrics: %w", err)
	}
	return metricsOf(families), nil
}
