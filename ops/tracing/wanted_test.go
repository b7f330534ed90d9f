package tracing

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatTheEnvironmentAsksFor(t *testing.T) {
	const collector = "http://collector:4318"
	for name, test := range map[string]struct {
		environment map[string]string
		on          bool
		fault       string
	}{
		"nothing":                    {nil, false, ""},
		"an endpoint":                {map[string]string{variableEndpoint: collector}, true, ""},
		"an endpoint of traces":      {map[string]string{variableTracesEndpoint: collector + "/v1/traces"}, true, ""},
		"the exporter":               {map[string]string{variableExporter: "otlp"}, true, ""},
		"the exporter in capitals":   {map[string]string{variableExporter: " OTLP "}, true, ""},
		"none":                       {map[string]string{variableExporter: "none", variableEndpoint: collector}, false, ""},
		"disabled":                   {map[string]string{variableDisabled: "TRUE", variableEndpoint: collector}, false, ""},
		"not disabled":               {map[string]string{variableDisabled: "false", variableEndpoint: collector}, true, ""},
		"another exporter":           {map[string]string{variableExporter: "zipkin"}, false, `OTEL_TRACES_EXPORTER is "zipkin"; dakasync knows otlp and none`},
		"two exporters":              {map[string]string{variableExporter: "otlp,console"}, false, variableExporter},
		"gRPC":                       {map[string]string{variableEndpoint: collector, variableProtocol: "grpc"}, false, "4318"},
		"gRPC, but not for traces":   {map[string]string{variableEndpoint: collector, variableProtocol: "grpc", variableTracesProtocol: protocolHTTP}, true, ""},
		"gRPC for nothing":           {map[string]string{variableProtocol: "grpc"}, false, ""},
		"an address without scheme":  {map[string]string{variableEndpoint: "collector:4318"}, false, variableEndpoint + " takes a URL"},
		"half a URL":                 {map[string]string{variableTracesEndpoint: "http://", variableEndpoint: collector}, false, variableTracesEndpoint},
		"no URL, with a secret":      {map[string]string{variableEndpoint: "tcp://user:hidden@collector"}, false, variableEndpoint},
		"the exporter, with no port": {map[string]string{variableExporter: "otlp", variableEndpoint: "https://collector"}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			on, fault := wanted(func(variable string) string { return test.environment[variable] })
			require.Equal(t, test.on, on)
			if test.fault == "" {
				require.NoError(t, fault)
				return
			}
			require.ErrorContains(t, fault, test.fault)
			require.NotContains(t, fault.Error(), "hidden")
		})
	}
}
