package platform

import (
	"cmp"
	"context"
	crand "crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"dakasync/simulator/company"
)

// Options of a platform. Company is needed, the rest has defaults.
type Options struct {
	Company      *company.Company
	ClientID     string           // "dingsimulatedapp01"
	ClientSecret string           // "simulated-secret"
	Now          func() time.Time // time.Now: tickets, tokens, limits and retries live in real time, the company in its own
	Settings     *Settings        // Defaults()
	Remembered   int              // how many events keep their history: 200,000; beyond that the older half is forgotten
	Logger       *slog.Logger     // discards
}

// Platform is the fake DingTalk. New makes it ready to push; Start gives it an address.
type Platform struct {
	company      *company.Company
	clientID     string
	clientSecret string
	steadyFunc   func() time.Time // never steps
	step         atomic.Int64     // of the clock, in nanoseconds
	logger       *slog.Logger
	server       *http.Server
	listener     net.Listener
	mux          *http.ServeMux
	stopped      chan struct{}
	remembered   int
	loops        sync.WaitGroup

	mu          sync.Mutex
	wake        *sync.Cond
	closed      bool
	settings    Settings
	tickets     map[string]time.Time
	token       string
	tokenUntil  time.Time
	connections map[string]*connection
	blind       []Interval
	ready       []*delivery
	rolled      *rand.Rand // see dice
	rolledSeed  int
	inFlight    int
	unsettled   int
	pushed      meter
	deliveries  []*delivery
	failed      []failure
	failures    []*delivery // everything that ever failed
	answered    int
	windows     map[string][]time.Time
	billed      meter
	calls       map[string]*CallCount
	faults      []*Fault
	moments     []sighting
}

// sighting remembers what the company's moment was at a real time, for lagging reads.
type sighting struct {
	at     time.Time
	moment company.Moment
}

// New makes a platform that pushes what happens in the company from now on.
func New(options Options) *Platform {
	settings := Defaults()
	if options.Settings != nil {
		settings = *options.Settings
	}
	p := &Platform{
		company: options.Company, clientID: cmp.Or(options.ClientID, "dingsimulatedapp01"),
		clientSecret: cmp.Or(options.ClientSecret, "simulated-secret"), steadyFunc: options.Now, logger: options.Logger,
		stopped: make(chan struct{}), remembered: cmp.Or(options.Remembered, maxDeliveries), settings: settings, tickets: map[string]time.Time{},
		connections: map[string]*connection{}, windows: map[string][]time.Time{}, calls: map[string]*CallCount{},
	}
	if p.steadyFunc == nil {
		p.steadyFunc = time.Now
	}
	if p.logger == nil {
		p.logger = slog.New(slog.DiscardHandler)
	}
	p.wake = sync.NewCond(&p.mu)
	p.moments = []sighting{{p.steadyFunc(), p.company.Moment()}}
	p.mux = p.routes()
	p.company.Subscribe(p.happened)
	p.loops.Go(p.dispatch)
	return p
}

// Handler is the whole surface: both API hosts, the Stream gateway and its websocket, and the control API.
func (p *Platform) Handler() http.Handler { return p.mux }

// Start listens on addr (":0" for any port).
func (p *Platform) Start(ctx context.Context, addr string) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("simulator cannot listen on %s: %w", addr, err)
	}
	p.listener = listener
	p.server = &http.Server{Handler: p.mux, ReadHeaderTimeout: 10 * time.Second}
	p.loops.Go(func() {
		if err := p.server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			p.logger.Error("simulator stopped serving", "error", err)
		}
	})
	return nil
}

// URL of a started platform, for both API hosts.
func (p *Platform) URL() string { return "http://" + p.listener.Addr().String() }

// Close ends connections, pushes and the server, and waits for them. A second call does nothing.
func (p *Platform) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	close(p.stopped)
	connections := make([]*connection, 0, len(p.connections))
	for _, c := range p.connections {
		connections = append(connections, c)
	}
	p.wake.Broadcast()
	p.mu.Unlock()
	for _, c := range connections {
		c.close()
	}
	var err error
	if p.server != nil {
		err = p.server.Close()
	}
	p.loops.Wait()
	if err != nil {
		return fmt.Errorf("close simulator: %w", err)
	}
	return nil
}

// Configure turns knobs.
func (p *Platform) Configure(change func(*Settings)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.settings)
	p.wake.Broadcast()
}

// Settings as they are.
func (p *Platform) Settings() Settings {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settings
}

// Company behind the platform.
func (p *Platform) Company() *company.Company { return p.company }

// ClientID and ClientSecret are the credentials of the one app.
func (p *Platform) ClientID() string { return p.clientID }

// ClientSecret of the app.
func (p *Platform) ClientSecret() string { return p.clientSecret }

// moment is what reads may show now: the present, or the past by Settings.Lag. Time passes for it even if nothing happens: what
// nobody did is stated by the clock.
func (p *Platform) moment() company.Moment {
	seen, lag := p.seen()
	present := p.company.Moment()
	if lag == 0 {
		return present
	}
	if clock := present.Now.Add(-lag); clock.After(seen.Now) {
		seen.Now = clock
	}
	return seen
}

// seen is the last moment that reads may show when they lag.
func (p *Platform) seen() (seen company.Moment, lag time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if lag = max(0, p.settings.Lag); lag == 0 {
		return seen, lag
	}
	until := p.steadyFunc().Add(-lag)
	for n, sighted := range p.moments {
		if n > 0 && sighted.at.After(until) {
			break
		}
		seen = sighted.moment
	}
	return seen, lag
}

// maxSightings bounds the memory of moments; half is forgotten when it is full.
const maxSightings = 20_000

func (p *Platform) sight(moment company.Moment) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.moments) >= maxSightings {
		p.moments = append(p.moments[:0], p.moments[maxSightings/2:]...)
	}
	p.moments = append(p.moments, sighting{p.steadyFunc(), moment})
}

// unique is a random hexadecimal id; ids of events must not come again after a restart.
func unique(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = crand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}
