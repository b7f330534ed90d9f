package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
	"github.com/prometheus/client_golang/prometheus"

	"dakasync/attendance"
)

const corp = "dingcorp"

var errAway = errors.New("connection refused")

// fakeTemporal remembers what was started.
type fakeTemporal struct {
	mu        sync.Mutex
	runs      map[string]int // starts by key
	err       error          // answer of every start and health check
	refuse    map[string]error
	delay     time.Duration
	stubborn  bool // ignores contexts
	asked     int
	healthErr error
}

func newTemporal() *fakeTemporal {
	return &fakeTemporal{runs: map[string]int{}, refuse: map[string]error{}}
}

func (f *fakeTemporal) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err, f.healthErr = err, err
}

func (f *fakeTemporal) Start(ctx context.Context, h Happening) (bool, error) {
	f.mu.Lock()
	delay, stubborn := f.delay, f.stubborn
	f.asked++
	f.mu.Unlock()
	if delay > 0 {
		if stubborn {
			ctx = context.Background()
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return false, f.err
	}
	if err := f.refuse[h.Hint.Key()]; err != nil {
		return false, err
	}
	f.runs[h.Hint.Key()]++
	return f.runs[h.Hint.Key()] == 1, nil
}

func (f *fakeTemporal) Health(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.healthErr
}

func (f *fakeTemporal) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.runs)
}

func (f *fakeTemporal) questions() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

// fakePostgres keeps rows by key.
type fakePostgres struct {
	mu       sync.Mutex
	rows     map[string]Row
	waiting  map[string]bool      // for the relay
	retryAt  map[string]time.Time // a failed one is not offered again before
	inserts  int
	counted  int
	err      error
	delay    time.Duration
	stubborn bool
}

func newPostgres() *fakePostgres {
	return &fakePostgres{rows: map[string]Row{}, waiting: map[string]bool{}, retryAt: map[string]time.Time{}}
}

func (f *fakePostgres) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fakePostgres) Insert(ctx context.Context, rows []Row) error {
	f.mu.Lock()
	delay, stubborn := f.delay, f.stubborn
	f.mu.Unlock()
	if delay > 0 {
		if stubborn {
			ctx = context.Background()
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	f.inserts++
	for _, r := range rows {
		if _, there := f.rows[r.Key]; !there && r.Outcome == attendance.OutcomePending {
			f.waiting[r.Key] = true
		}
		f.rows[r.Key] = r
	}
	return nil
}

func (f *fakePostgres) CountDelivery(context.Context, attendance.Hint) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counted++
	return f.err
}

// Relay hands every pending row to one caller at a time, as SKIP LOCKED does.
func (f *fakePostgres) Relay(ctx context.Context, limit int, start func(context.Context, Happening) error) (int, error) {
	f.mu.Lock()
	if f.err != nil {
		defer f.mu.Unlock()
		return 0, f.err
	}
	var mine []Row
	for key := range f.waiting {
		if len(mine) == limit {
			break
		}
		if !time.Now().Before(f.retryAt[key]) {
			delete(f.waiting, key)
			mine = append(mine, f.rows[key])
		}
	}
	f.mu.Unlock()
	done := 0
	var first error
	for _, r := range mine {
		if err := start(ctx, Happening{Hint: r.Hint, Payload: r.Payload}); err != nil {
			first = firstOf(first, err)
			f.mu.Lock()
			f.waiting[r.Key], f.retryAt[r.Key] = true, time.Now().Add(time.Second)
			f.mu.Unlock()
			continue
		}
		done++
	}
	return done, first
}

func (f *fakePostgres) Backlog(context.Context) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.waiting), f.err
}

func (f *fakePostgres) Ping(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *fakePostgres) stored() map[attendance.Outcome]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	by := map[attendance.Outcome]int{}
	for _, r := range f.rows {
		by[r.Outcome]++
	}
	return by
}

func (f *fakePostgres) deliveriesCounted() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counted
}

type bench struct {
	temporal *fakeTemporal
	postgres *fakePostgres
	coverage *fakeCoverage
	recovery *fakeRecovery
	registry *prometheus.Registry
	metrics  *Metrics
	intake   *Intake
}

func newBench() *bench {
	b := &bench{temporal: newTemporal(), postgres: newPostgres(), coverage: newCoverage(), recovery: newRecovery(), registry: prometheus.NewRegistry()}
	b.metrics = NewMetrics(b.registry)
	b.intake = NewIntake(Options{
		CorpID: corp, Location: time.FixedZone("CST", 8*3600), Starter: b.temporal, Inbox: b.postgres,
		Metrics: b.metrics, Log: slog.New(slog.DiscardHandler),
	})
	return b
}

// metric is a counter's or gauge's value, of one label if it has some.
func (b *bench) metric(t *testing.T, name, label string) float64 {
	t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return 0
}

// answer is the status in the frame that goes back: SUCCESS or LATER.
func (b *bench) answer(t *testing.T, frame *payload.DataFrame) string {
	t.Helper()
	response, err := b.intake.OnFrame(t.Context(), frame)
	if err != nil || response == nil {
		t.Fatalf("the frame was not answered: %v", err)
	}
	var status struct {
		Status string `json:"status"`
	}
	if err := json.Unmarshal([]byte(response.Data), &status); err != nil || response.Code != 200 {
		t.Fatalf("code %d, data %q, %v", response.Code, response.Data, err)
	}
	return status.Status
}

func frameOf(eventType, corpID, data string) *payload.DataFrame {
	return &payload.DataFrame{Type: "EVENT", Data: data, Headers: payload.DataFrameHeader{
		"topic": "*", "messageId": "m1", "eventType": eventType, "eventId": "e1", "eventCorpId": corpID, "eventBornTime": "1762000000000",
	}}
}

// punches is a frame of n punches of different people.
func punches(n int) *payload.DataFrame {
	type record map[string]any
	records := make([]record, 0, n)
	for i := range n {
		records = append(records, record{
			"userId": fmt.Sprintf("u%d", i), "checkTime": 1762000000000 + i, "corpId": corp, "checkByUser": true,
			"latitude": 30.28, "address": "secret street", "bizId": "b",
		})
	}
	b, err := json.Marshal(map[string]any{"dataList": records})
	if err != nil {
		panic(err)
	}
	return frameOf("attendance_check_record", corp, string(b))
}
