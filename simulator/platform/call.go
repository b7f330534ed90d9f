package platform

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"dakasync/simulator/company"
)

// Outcomes of a call.
const (
	callOK        = "ok"
	callError     = "error"
	callThrottled = "throttled"
	callQuota     = "quota"
	callToken     = "invalid token"
	callFault     = "fault"
)

// CallCount is how often an API was called and what came of it.
type CallCount struct {
	API      string         `json:"api"`
	Calls    int            `json:"calls"`
	Billed   int            `json:"billed"`
	Outcomes map[string]int `json:"outcomes"`
}

// call is one request to an API.
type call struct {
	platform *Platform
	writer   http.ResponseWriter
	request  *http.Request
	body     []byte
	outcome  string
}

// maxBody is far above what any of the APIs takes.
const maxBody = 1 << 20

func (p *Platform) newCall(w http.ResponseWriter, r *http.Request) (*call, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		body = formAsJSON(body)
	}
	return &call{platform: p, writer: w, request: r, body: body}, nil
}

// formAsJSON lets the old APIs take forms as well: every value becomes a string, which the decoders accept for numbers too.
func formAsJSON(body []byte) []byte {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil
	}
	flat := map[string]string{}
	for key := range values {
		flat[key] = values.Get(key)
	}
	encoded, err := json.Marshal(flat)
	if err != nil {
		return nil
	}
	return encoded
}

// decode reads the JSON body; what is missing stays zero, as the APIs themselves are lenient.
func (c *call) decode(into any) bool {
	return len(c.body) == 0 || json.Unmarshal(c.body, into) == nil
}

func (c *call) moment() company.Moment { return c.platform.moment() }

func (c *call) location() *time.Location { return c.platform.company.Location() }

func (c *call) answer(v any) {
	c.outcome = callOK
	c.send(http.StatusOK, v)
}

func (c *call) send(status int, v any) {
	c.writer.Header().Set("Content-Type", "application/json;charset=UTF-8")
	c.writer.WriteHeader(status)
	if err := json.NewEncoder(c.writer).Encode(v); err != nil {
		c.platform.logger.Warn("answer cannot be sent", "error", err)
	}
}

// result answers an old API's success.
func (c *call) result(result any) {
	c.answer(map[string]any{"errcode": 0, "errmsg": "ok", "success": true, "result": result, "request_id": unique(6)})
}

// refuseOld is an error of the old generation: HTTP 200 with an errcode.
func (c *call) refuseOld(code int, message string) {
	c.outcome = callError
	c.send(http.StatusOK, map[string]any{"errcode": code, "errmsg": message, "request_id": unique(6)})
}

// refuseWrapped is an error of the old gateway: errcode 88 and the code as a string beside it.
func (c *call) refuseWrapped(subCode, message string) {
	c.outcome = callError
	c.send(http.StatusOK, map[string]any{
		"errcode": 88, "sub_code": subCode, "sub_msg": message, "request_id": unique(6),
		"errmsg": fmt.Sprintf("ding talk error[subcode=%s,submsg=%s]", subCode, message),
	})
}

// refuseNew is an error of the new generation.
func (c *call) refuseNew(status int, code, message string) {
	c.outcome = callError
	c.send(status, map[string]any{"code": code, "message": message, "requestid": strings.ToUpper(unique(16))})
}

func (p *Platform) count(api, outcome string, billed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	counted, ok := p.calls[api]
	if !ok {
		counted = &CallCount{API: api, Outcomes: map[string]int{}}
		p.calls[api] = counted
	}
	counted.Calls++
	counted.Outcomes[outcome]++
	if billed {
		counted.Billed++
	}
}

// Calls by API path.
func (p *Platform) Calls() map[string]CallCount {
	p.mu.Lock()
	defer p.mu.Unlock()
	copied := make(map[string]CallCount, len(p.calls))
	for api, counted := range p.calls {
		outcomes := make(map[string]int, len(counted.Outcomes))
		maps.Copy(outcomes, counted.Outcomes)
		copied[api] = CallCount{API: api, Calls: counted.Calls, Billed: counted.Billed, Outcomes: outcomes}
	}
	return copied
}

// text is a JSON string or number, read as text: the old APIs take either.
type text string

// UnmarshalJSON takes any scalar.
func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*t = text(s)
		return nil
	}
	*t = text(raw)
	return nil
}
