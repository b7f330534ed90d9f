package temporal

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// NewMetrics lets the Temporal SDK count into a Prometheus registry, which is
// then the process's only one. Names are the SDK's with Prometheus's endings:
// temporal_request_total, temporal_request_latency_seconds. A metric is there from
// its first happening on.
func NewMetrics(registry prometheus.Registerer) (client.MetricsHandler, error) {
	reader, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo(), exporter.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("let the Temporal SDK's metrics into the registry: %w", err)
	}
	// It has no end of its own: it holds nothing but numbers, which the registry reads.
	provider := metric.NewMeterProvider(metric.WithReader(reader), metric.WithView(described))
	return opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter:                provider.Meter("temporal-sdk-go"),
		OnError:              func(error) {}, // a metric that cannot be is left out: no work stops for it
		UseMonotonicCounters: true,
	}), nil
}

// latencyBounds are seconds: an in-task step takes milliseconds, a long poll a minute.
func latencyBounds() []float64 {
	return []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
}

// described gives the SDK's metrics what it leaves out: a text, and bounds that
// fit seconds.
func described(i metric.Instrument) (metric.Stream, bool) {
	s := metric.Stream{Name: i.Name, Unit: i.Unit, Description: SDKMetrics()[i.Name].Help}
	if s.Description == "" {
		s.Description = "See the Temporal SDK's list of metrics."
	}
	if i.Kind == metric.InstrumentKindHistogram {
		s.Aggregation = metric.AggregationExplicitBucketHistogram{Boundaries: latencyBounds(), NoMinMax: true}
	}
	return s, true
}
