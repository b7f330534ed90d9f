package tracing

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
)

// The variables that decide, by OpenTelemetry's specification; those of traces go
// before those of all signals.
const (
	variableDisabled       = "OTEL_SDK_DISABLED"
	variableExporter       = "OTEL_TRACES_EXPORTER"
	variableEndpoint       = "OTEL_EXPORTER_OTLP_ENDPOINT"
	variableTracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	variableProtocol       = "OTEL_EXPORTER_OTLP_PROTOCOL"
	variableTracesProtocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
)

// The values that are known.
const (
	exporterNone = "none"
	exporterOTLP = "otlp"
	protocolHTTP = "http/protobuf"
)

// wanted reports whether the environment asks for traces; why not, if it does and
// cannot have them.
func wanted(getenv func(string) string) (on bool, fault error) {
	exporter := strings.ToLower(strings.TrimSpace(getenv(variableExporter)))
	endpoint := variableTracesEndpoint
	if getenv(endpoint) == "" {
		endpoint = variableEndpoint
	}
	switch {
	case strings.EqualFold(getenv(variableDisabled), "true"), exporter == exporterNone, exporter == "" && getenv(endpoint) == "":
		return false, nil
	case exporter != "" && exporter != exporterOTLP:
		return false, fmt.Errorf("%s is %q; dakasync knows %s and %s", variableExporter, exporter, exporterOTLP, exporterNone)
	}
	if protocol := cmp.Or(getenv(variableTracesProtocol), getenv(variableProtocol), protocolHTTP); protocol != protocolHTTP {
		return false, fmt.Errorf("%s is %q; dakasync knows %s, which collectors take on port 4318", variableProtocol, protocol, protocolHTTP)
	}
	if value := getenv(endpoint); value != "" {
		if u, err := url.Parse(strings.TrimSpace(value)); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			// It is not shown: a URL may hold a password.
			return false, fmt.Errorf("%s takes a URL like http://collector:4318", endpoint)
		}
	}
	return true, nil
}
