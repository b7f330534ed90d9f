package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// CheckFunc says what is wrong with one part, or nil. It should answer within
// its context.
type CheckFunc func(context.Context) error

// Of names the setting by which the part is found, for the person who mends it.
func (f CheckFunc) Of(setting string) CheckFunc {
	return func(ctx context.Context) error {
		if err := f(ctx); err != nil {
			return fmt.Errorf("%w (%s)", err, setting)
		}
		return nil
	}
}

const (
	checkTime = 2 * time.Second
	// sayTime is what a part has left to say who does not answer it, when that has
	// taken all of its time.
	sayTime    = 100 * time.Millisecond
	headerTime = 5 * time.Second
	checkOK    = "ok"
)

// Server shows a process's health:
//
//	/healthz  200 while the process runs
//	/readyz   200 when every check passes, else 503; JSON names each check
//	/metrics  Prometheus text; dakasync_check_up tells of the same checks
type Server struct {
	log      *slog.Logger
	registry *prometheus.Registry
	up       *prometheus.GaugeVec
	http     http.Server
	addr     net.Addr

	mu     sync.Mutex
	checks map[string]CheckFunc
}

// NewServer makes a server that listens nowhere yet.
func NewServer(log *slog.Logger) *Server {
	s := &Server{log: log, registry: prometheus.NewRegistry(), checks: map[string]CheckFunc{}}
	s.up = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "dakasync_check_up", Help: "1 while a check of /readyz passes; the process is ready while all do.",
	}, []string{"check"})
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(), s.up)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", s.metrics(promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{})))
	s.http = http.Server{Handler: mux, ReadHeaderTimeout: headerTime}
	return s
}

// Registry is where the process's metrics belong.
func (s *Server) Registry() prometheus.Registerer { return s.registry }

// Check adds a named condition of readiness.
func (s *Server) Check(name string, check CheckFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks[name] = check
}

// Start listens on addr and serves in the background until Stop.
func (s *Server) Start(ctx context.Context, addr string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s (set DAKASYNC_HTTP_ADDR to a free address): %w", addr, err)
	}
	s.addr = listener.Addr()
	go func() {
		if err := s.http.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.ErrorContext(ctx, "the health page ended", "error", err)
		}
	}()
	s.log.InfoContext(ctx, "health page", "url", "http://"+s.addr.String()+"/readyz")
	return nil
}

// Addr is where the server listens, once started.
func (s *Server) Addr() string { return s.addr.String() }

// Stop ends the server, letting requests that are under way finish.
func (s *Server) Stop(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return fmt.Errorf("stop the health page: %w", err)
	}
	return nil
}

func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	s.write(r.Context(), w, http.StatusOK, map[string]any{"ok": true})
}

func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ready, checks := s.runChecks(r.Context())
	status := http.StatusOK
	if !ready {
		status = http.StatusServiceUnavailable
	}
	s.write(r.Context(), w, status, map[string]any{"ready": ready, "checks": checks})
}

// metrics asks the checks first, so that what is scraped is what a probe would have
// been told at the same time.
func (s *Server) metrics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, checks := s.runChecks(r.Context())
		for name, text := range checks {
			up := 0.0
			if text == checkOK {
				up = 1
			}
			s.up.WithLabelValues(name).Set(up)
		}
		next.ServeHTTP(w, r)
	})
}

// runChecks asks all parts at once, so that one slow part does not hide the
// others, and waits for none longer than checkTime.
func (s *Server) runChecks(ctx context.Context) (ready bool, checks map[string]string) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	s.mu.Lock()
	parts := maps.Clone(s.checks) // asked without the lock: one probe need not wait for another's slow part
	s.mu.Unlock()
	type answer struct{ name, text string }
	answers := make(chan answer, len(parts))
	for name, check := range parts {
		go func() {
			text := checkOK
			if err := bounded(ctx, check.hurried); err != nil {
				text = err.Error()
			}
			answers <- answer{name, text}
		}()
	}
	ready, checks = true, map[string]string{}
	for range parts {
		a := <-answers
		checks[a.name] = a.text
		ready = ready && a.text == checkOK
	}
	return ready, checks
}

// hurried ends in time to be heard.
func (f CheckFunc) hurried(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime-sayTime)
	defer cancel()
	return f(ctx)
}

func (s *Server) write(ctx context.Context, w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.log.DebugContext(ctx, "the health page's reader left", "error", err)
	}
}
