package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"dakasync/config"
	"dakasync/dingtalk"
	"dakasync/doctor"
	"dakasync/gate"
	"dakasync/ledger"
	"dakasync/stream"
	"dakasync/temporal"
	"dakasync/workflows"
)

// ward is the installation that is examined, seen through its real stores.
type ward struct {
	settings config.Config
	nowFunc  func() time.Time
	store    *ledger.Store
	dingtalk *dingtalk.Client
	calls    *callCount
	clock    *clockReader
}

// newWard connects to nothing yet.
func newWard(ctx context.Context, settings config.Config, now func() time.Time) (*ward, error) {
	store, err := ledger.Open(ctx, ledger.Options{
		URL: settings.Database.URL.Reveal(), CorpID: settings.Company.CorpID, Location: settings.Company.Location(), MaxConns: maxConns,
	})
	if err != nil {
		return nil, err
	}
	w := &ward{settings: settings, nowFunc: now, store: store, calls: &callCount{}, clock: &clockReader{nowFunc: now}}
	pace := gate.New(store, settings.Sync.QPS, slog.New(slog.DiscardHandler))
	w.dingtalk, err = dingtalk.New(dingtalk.Options{
		ClientID: settings.App.ClientID, ClientSecret: settings.App.ClientSecret,
		APIURL: string(settings.App.APIURL), OAPIURL: string(settings.App.OAPIURL),
		Location: settings.Company.Location(), OperatorUserID: settings.App.OperatorUserID, Policy: settings.Company.PII,
		HTTPClient: &http.Client{Transport: w.clock}, CountFunc: w.calls.add,
		GateFunc: func(ctx context.Context, api string) error { return pace.Pass(ctx, api, workflows.PriorityManual) },
	})
	if err != nil {
		store.Close()
		return nil, err
	}
	return w, nil
}

func (w *ward) close() { w.store.Close() }

func (w *ward) examine(ctx context.Context, offline bool, spend func(int, doctor.LedgerFacts, bool) doctor.Message) examined {
	d := doctor.Doctor{
		Settings: doctor.Settings{
			Location: w.settings.Company.Location(), OperatorUserID: w.settings.App.OperatorUserID, Budget: w.settings.Sync.Budget(), Offline: offline,
		},
		DingTalk: w.dingtalk, ClockFunc: w.clock.read, SpendFunc: spend, NowFunc: w.nowFunc,
		LedgerFunc: w.lookAtLedger, TemporalFunc: w.lookAtTemporal,
		StreamFunc: func(ctx context.Context) error {
			return stream.Probe(ctx, string(w.settings.App.APIURL), w.settings.App.ClientID, w.settings.App.ClientSecret)
		},
	}
	report := d.Examine(ctx)
	return examined{Report: report, Calls: w.calls.spent()}
}

func (w *ward) lookAtLedger(ctx context.Context) (doctor.LedgerFacts, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	wanted, err := ledger.WantedVersion()
	if err != nil {
		return doctor.LedgerFacts{}, err
	}
	version, err := w.store.Version(ctx)
	if err != nil {
		return doctor.LedgerFacts{}, err
	}
	h, err := w.store.Health(ctx)
	if err != nil && (version >= wanted || !errors.Is(err, ledger.ErrSchema)) {
		return doctor.LedgerFacts{}, err
	}
	facts := doctor.LedgerFacts{
		ServerVersion: h.ServerVersion, SchemaVersion: version, WantedVersion: wanted, SizeBytes: h.SizeBytes, ReadOnly: h.ReadOnly, Skew: h.Skew,
	}
	if !facts.Serves() {
		return facts, nil
	}
	for _, arrived := range h.Arrived {
		facts.Events = append(facts.Events, doctor.EventType{Name: arrived.EventType, Count: arrived.Events, Last: arrived.Last})
	}
	facts.Listening, facts.Drained, facts.UnreadFailures = h.Listening, h.Drained, h.Unreadable
	if t, made, err := w.store.NewestLiveTest(ctx); err != nil {
		return doctor.LedgerFacts{}, err
	} else if made {
		facts.Live = liveOf(t)
	}
	facts.Scheduled, facts.Signed, facts.SignedIsThere = h.Scheduled, h.Signed, h.SignedIsThere
	facts.Budget, err = w.store.BudgetFacts(ctx, w.nowFunc().In(w.settings.Company.Location()))
	return facts, err
}

func (w *ward) lookAtTemporal(ctx context.Context) (doctor.TemporalFacts, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	c, err := dialServer(ctx, w.settings)
	if err != nil {
		return doctor.TemporalFacts{}, err
	}
	defer c.Close()
	t := w.settings.Temporal
	is, err := temporal.Inspect(ctx, c, t.Options.Namespace, t.TaskQueue, t.Deployment)
	if err != nil {
		return doctor.TemporalFacts{}, err
	}
	facts := doctor.TemporalFacts{
		Namespace: t.Options.Namespace, Retention: is.Retention, AttributesUnknown: is.AttributesUnknown, MissingAttributes: is.MissingAttributes,
		Deployment: t.Deployment, DeploymentFound: is.DeploymentFound, CurrentBuild: is.CurrentBuild,
	}
	for _, s := range is.Schedules {
		facts.Schedules = append(facts.Schedules, doctor.Schedule(s))
	}
	for _, q := range is.Queues {
		facts.Queues = append(facts.Queues, doctor.Queue(q))
	}
	return facts, nil
}

// callCount remembers the calls until they are written to the ledger.
type callCount struct {
	mu     sync.Mutex
	counts []ledger.CallCount
}

func (c *callCount) add(call dingtalk.Call) {
	one := ledger.CallCount{Hour: call.At, API: call.API, Outcome: string(call.Outcome), Calls: 1}
	if call.Billed {
		one.Counted = 1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts = append(c.counts, one)
}

func (c *callCount) spent() spentCalls {
	c.mu.Lock()
	defer c.mu.Unlock()
	var s spentCalls
	for _, one := range c.counts {
		s.Sent += one.Calls
		s.Billed += one.Counted
	}
	return s
}

func (c *callCount) write(ctx context.Context, store *ledger.Store) error {
	ctx, cancel := context.WithTimeout(ctx, factsTime)
	defer cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	return store.CountCalls(ctx, c.counts)
}

// clockReader passes calls on and compares the date of each answer with the
// middle of its way. The shortest way tells best.
type clockReader struct {
	nowFunc func() time.Time

	mu    sync.Mutex
	clock doctor.Clock
	way   time.Duration
}

// halfSecond is what a date that is cut to the second lacks on average.
const halfSecond = time.Second / 2

// RoundTrip implements http.RoundTripper.
func (c *clockReader) RoundTrip(r *http.Request) (*http.Response, error) {
	asked := c.nowFunc()
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answered := c.nowFunc()
	if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		c.note(date.Add(halfSecond), asked, answered.Sub(asked))
	}
	return answer, nil
}

func (c *clockReader) note(date, asked time.Time, way time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.clock.Known || way < c.way {
		c.clock, c.way = doctor.Clock{Skew: date.Sub(asked.Add(way / 2)), Known: true}, way // There and back.
	}
}

func (c *clockReader) read() doctor.Clock {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clock
}
