package temporal

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// The SDK counts into our registry, with one metric's series of several label sets side by side, a text, and bounds
// in seconds.
func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	handler, err := NewMetrics(registry)
	require.NoError(t, err)
	handler.WithTags(map[string]string{"operation": "StartWorkflowExecution"}).Counter("temporal_request").Inc(2)
	handler.Counter("temporal_request").Inc(1)
	handler.Timer("temporal_request_latency").Record(20 * time.Millisecond)
	handler.Gauge("temporal_num_pollers").Update(4)
	handler.Gauge("temporal_of_tomorrow").Update(4)

	families, err := registry.Gather()
	require.NoError(t, err)
	seen := map[string]string{}
	for _, f := range families {
		seen[f.GetName()] = f.GetHelp()
		switch f.GetName() {
		case "temporal_request_total":
			require.Equal(t, "COUNTER", f.GetType().String(), "rate() is for counters")
			require.Len(t, f.GetMetric(), 2)
		case "temporal_request_latency_seconds":
			h := f.GetMetric()[0].GetHistogram()
			require.InDelta(t, 0.02, h.GetSampleSum(), 1e-9)
			require.Len(t, h.GetBucket(), len(latencyBounds()))
		}
	}
	require.Equal(t, map[string]string{
		"temporal_request_total": SDKMetrics()["temporal_request"].Help, "temporal_request_latency_seconds": SDKMetrics()["temporal_request_latency"].Help,
		"temporal_num_pollers": SDKMetrics()["temporal_num_pollers"].Help, "temporal_of_tomorrow": "See the Temporal SDK's list of metrics.",
	}, seen)
}
