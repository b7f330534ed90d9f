package e2e_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// collector takes spans by OTLP over HTTP, as those of operators do.
type collector struct {
	url string

	mu     sync.Mutex
	silent chan struct{} // not nil: nobody is answered until it is closed
	raw    [][]byte
	spans  []span
}

// span is one of them.
type span struct {
	service, name, trace, id, parent string
	attributes                       map[string]string
	statements                       []string // kind and table of a transaction's statements, those that touched no row left out
}

func startCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.serve(t, w, r) }))
	c.url = server.URL
	t.Cleanup(func() {
		c.speak()
		server.Close()
	})
	return c
}

// environment sends the spans of processes here, without much delay.
func (c *collector) environment() map[string]string {
	return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
}

// hush lets everybody wait for an answer, until speak.
func (c *collector) hush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent = make(chan struct{})
}

func (c *collector) speak() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent != nil {
		close(c.silent)
		c.silent = nil
	}
}

func (c *collector) serve(t *testing.T, w http.ResponseWriter, r *http.Request) {
	t.Helper()
	c.mu.Lock()
	silent := c.silent
	c.mu.Unlock()
	if silent != nil {
		select {
		case <-silent:
		case <-r.Context().Done():
		}
		return
	}
	body, err := io.ReadAll(r.Body)
	if !assert.NoError(t, err) || !assert.Equal(t, "/v1/traces", r.URL.Path) {
		return
	}
	var request collectorpb.ExportTraceServiceRequest
	if assert.NoError(t, proto.Unmarshal(body, &request)) {
		c.keep(body, &request)
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func (c *collector) keep(body []byte, request *collectorpb.ExportTraceServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw = append(c.raw, body)
	for _, resource := range request.GetResourceSpans() {
		service := texts(resource.GetResource().GetAttributes())["service.name"]
		for _, scope := range resource.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				one := span{
					service: service, name: s.GetName(), trace: hex.EncodeToString(s.GetTraceId()), id: hex.EncodeToString(s.GetSpanId()),
					parent: hex.EncodeToString(s.GetParentSpanId()), attributes: texts(s.GetAttributes()),
				}
				for _, event := range s.GetEvents() {
					if a := texts(event.GetAttributes()); a["daka.rows"] != "0" || a["db.operation.name"] == "COMMIT" {
						one.statements = append(one.statements, a["db.operation.name"]+" "+a["db.collection.name"])
					}
				}
				c.spans = append(c.spans, one)
			}
		}
	}
}

// texts are attributes in words.
func texts(attributes []*commonpb.KeyValue) map[string]string {
	all := map[string]string{}
	for _, a := range attributes {
		switch value := a.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			all[a.GetKey()] = value.StringValue
		case *commonpb.AnyValue_IntValue:
			all[a.GetKey()] = strconv.FormatInt(value.IntValue, 10)
		default:
			all[a.GetKey()] = a.GetValue().String()
		}
	}
	return all
}

// seen are the spans that came so far.
func (c *collector) seen() []span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// with are those of the texts that stand in what came.
func (c *collector) with(values ...string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(values), func(value string) bool {
		return !slices.ContainsFunc(c.raw, func(body []byte) bool { return bytes.Contains(body, []byte(value)) })
	})
}

// way are the names from the first span that fits up to the beginning of its trace.
func (c *collector) way(t *testing.T, what string, fits func(span) bool) []string {
	t.Helper()
	spans := c.seen()
	at := slices.IndexFunc(spans, fits)
	require.GreaterOrEqual(t, at, 0, "no span of %s", what)
	names := []string{spans[at].name}
	for here := spans[at]; here.parent != ""; {
		up := slices.IndexFunc(spans, func(s span) bool { return s.trace == here.trace && s.id == here.parent })
		require.GreaterOrEqual(t, up, 0, "the parent of %s never came", here.name)
		here = spans[up]
		names = append(names, here.name)
	}
	return names
}
