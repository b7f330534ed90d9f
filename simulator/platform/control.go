package platform

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"dakasync/simulator/company"
)

// controlFunc answers a control request; what it returns is sent as JSON.
type controlFunc func(body []byte) (any, error)

func (p *Platform) controls() map[string]controlFunc {
	get := func(read func() any) controlFunc { return func([]byte) (any, error) { return read(), nil } }
	return map[string]controlFunc{
		"GET truth":       get(func() any { return p.company.Truth() }),
		"GET employees":   get(func() any { return p.company.Employees() }),
		"GET calls":       get(func() any { return p.Calls() }),
		"GET deliveries":  get(func() any { return p.Deliveries() }),
		"GET settings":    get(func() any { settings := p.Settings(); return settings.Map() }),
		"GET connections": get(func() any { return map[string]int{"connections": p.Connections()} }),
		"GET now":         get(func() any { return map[string]time.Time{"now": p.company.Now()} }),
		"GET status":      get(p.status),

		"POST advance":          p.controlAdvance,
		"POST set":              p.controlSet,
		"POST redeliver":        func([]byte) (any, error) { return map[string]int{"events": p.Redeliver()}, nil },
		"POST step-clock":       p.controlStepClock,
		"POST fault":            p.controlFault,
		"POST fail-raw":         func(body []byte) (any, error) { p.FailRaw(body); return p.status(), nil },
		"POST fail-event":       p.controlFailEvent,
		"POST push-raw":         func(body []byte) (any, error) { return map[string]bool{"sent": p.PushRaw(body)}, nil },
		"POST push-event":       p.controlPushEvent,
		"POST disconnect":       func([]byte) (any, error) { return map[string]int{"connections": p.Disconnect()}, nil },
		"POST cut":              func([]byte) (any, error) { return map[string]int{"connections": p.Cut()}, nil },
		"POST silence":          func([]byte) (any, error) { return map[string]int{"connections": p.Silence()}, nil },
		"POST invalidate-token": func([]byte) (any, error) { p.InvalidateToken(); return p.status(), nil },
		"POST clear-faults":     func([]byte) (any, error) { p.ClearFaults(""); return p.status(), nil },
	}
}

func (p *Platform) controlRoutes(mux *http.ServeMux) {
	names := []string{}
	register := func(name string, control controlFunc) {
		method, path, _ := strings.Cut(name, " ")
		mux.HandleFunc(method+" /control/"+path, func(w http.ResponseWriter, r *http.Request) { serveControl(w, r, control) })
		names = append(names, name)
	}
	for name, control := range p.controls() {
		register(name, control)
	}
	for _, verb := range company.Verbs() {
		register("POST "+verb, func(body []byte) (any, error) { return p.company.Do(verb, body) })
	}
	for _, verb := range []string{"refuse", "terminate", "delete"} {
		register("POST "+verb, func(body []byte) (any, error) {
			var request struct {
				Instance string `json:"instance"`
			}
			if err := json.Unmarshal(body, &request); err != nil {
				return nil, fmt.Errorf("arguments: %w", err)
			}
			return p.company.Decide(company.DecideRequest{Instance: request.Instance, Decision: verb})
		})
	}
	slices.Sort(names)
	mux.HandleFunc("GET /control/{$}", func(w http.ResponseWriter, _ *http.Request) { p.index(w, names) })
}

func serveControl(w http.ResponseWriter, r *http.Request, control controlFunc) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
	var answer any
	if err == nil {
		answer, err = control(body)
	}
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		status := http.StatusBadRequest
		if errors.Is(err, company.ErrUnknownUser) || errors.Is(err, company.ErrUnknownInstance) {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
		answer = map[string]string{"error": err.Error()}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(answer); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (p *Platform) status() any {
	return map[string]any{
		"now": p.company.Now(), "connections": p.Connections(), "unsettled": p.Unsettled(), "failed_list": p.FailedCount(),
		"pushes": p.Pushes(), "billed_calls": p.Billed(), "blind_seconds": p.blindTime().Seconds(),
		"clock": p.now(),
	}
}

// controlAdvance takes {"to":"2026-11-02T09:00:00+08:00"} or {"by":"1h"}.
func (p *Platform) controlAdvance(body []byte) (any, error) {
	var request struct {
		To time.Time `json:"to"`
		By string    `json:"by"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, fmt.Errorf("arguments of advance: %w", err)
	}
	to := request.To
	if request.By != "" {
		by, err := time.ParseDuration(request.By)
		if err != nil {
			return nil, fmt.Errorf("arguments of advance: %w", err)
		}
		to = p.company.Now().Add(by)
	}
	happened := p.company.Advance(to)
	return map[string]any{"now": p.company.Now(), "happened": len(happened)}, nil
}

// controlSet takes {"ack_deadline":"500ms","qps":"100"}.
func (p *Platform) controlSet(body []byte) (any, error) {
	var request map[string]string
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, fmt.Errorf("arguments of set, an object of texts: %w", err)
	}
	settings := p.Settings()
	for name, value := range request {
		if err := settings.Set(name, value); err != nil {
			return nil, err
		}
	}
	p.Configure(func(s *Settings) { *s = settings })
	return settings.Map(), nil
}

// controlFault takes a Fault; its delay is in nanoseconds, or give "kind": "ban", "punish", "global".
func (p *Platform) controlFault(body []byte) (any, error) {
	var request struct {
		Fault
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, fmt.Errorf("arguments of fault: %w", err)
	}
	switch request.Kind {
	case "ban":
		request.Fault = Banned(request.Path, request.Times)
	case "punish":
		request.Fault = Punished(request.Path, request.Times)
	case "global":
		request.Fault = GloballyThrottled(request.Path, p.now().In(p.company.Location()).Add(time.Second))
	}
	p.AddFault(request.Fault)
	return request.Fault, nil
}

// controlFailEvent takes {"count":3}: the next so many events go straight to the failed list.
func (p *Platform) controlFailEvent(body []byte) (any, error) {
	request := struct {
		Count int `json:"count"`
	}{Count: 1}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &request); err != nil {
			return nil, fmt.Errorf("arguments of fail-event: %w", err)
		}
	}
	p.Configure(func(s *Settings) { s.FailNext += request.Count })
	return p.status(), nil
}

// controlPushEvent takes {"type":"…","corp_id":"…","data":{…}}.
func (p *Platform) controlPushEvent(body []byte) (any, error) {
	var request struct {
		Type   string          `json:"type"`
		CorpID string          `json:"corp_id"`
		Data   json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, fmt.Errorf("arguments of push-event: %w", err)
	}
	return map[string]string{"event_id": p.PushEvent(request.Type, request.CorpID, request.Data)}, nil
}

func (p *Platform) index(w http.ResponseWriter, names []string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html><title>Simulated DingTalk</title><h1>Simulated DingTalk</h1><p>Company %s, %d people, now %s.</p><ul>",
		p.company.CorpID(), len(p.company.Employees()), p.company.Now().Format(time.DateTime))
	for _, name := range names {
		method, path, _ := strings.Cut(name, " ")
		if method == http.MethodGet {
			_, _ = fmt.Fprintf(w, `<li>GET <a href="/control/%s">/control/%s</a>`, path, path)
		} else {
			_, _ = fmt.Fprintf(w, "<li>%s /control/%s", method, path)
		}
	}
	_, _ = fmt.Fprint(w, "</ul><p>The package documentation of simulator/platform describes them.</p>")
}
