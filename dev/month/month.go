package month

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/temporal"

	"dakasync/activities"
	"dakasync/budget"
	"dakasync/dingtalk"
	"dakasync/ledger"
	"dakasync/privacy"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
	"dakasync/stream"
	"dakasync/workflows"
)

const (
	queue       = "dakasync"
	connections = 16 // to PostgreSQL
)

// month is one company's time.
type month struct {
	Options

	timeline      *timeline
	company       *company.Company
	platform      *platform.Platform
	store         *ledger.Store
	database      *pgxpool.Pool
	meter         *meter
	starter       *starter
	socket        *socket
	ledgerSteps   *activities.LedgerSteps
	dingtalkSteps *activities.DingTalkSteps
	programs      *programs

	mu      sync.Mutex
	report  Report
	open    map[string]int // runs, by workflow
	failure error
	news    news
}

// Run lets a company live through its time, and judges the ledger in the end.
func Run(ctx context.Context, o Options) (Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Report{}, err
	}
	m := &month{Options: o, open: map[string]int{}}
	defer m.close()
	if err := m.begins(ctx); err != nil {
		return m.report, err
	}
	if err := m.live(ctx); err != nil {
		return m.report, err
	}
	m.reckon()
	if err := m.conclude(ctx); err != nil {
		return m.report, err
	}
	m.report.Afterwards = m.meter.total() - m.report.Total()
	return m.report, m.judge(ctx)
}

// begins brings up everything at the first instant.
func (m *month) begins(ctx context.Context) error {
	m.timeline = newTimeline(m.From, m.Parallel)
	m.company = company.New(company.Options{Seed: m.Seed, Employees: m.Employees, Approvals: m.Approvals, Start: m.From})
	m.company.Subscribe(m.news.hear)
	settings := platform.Defaults()
	settings.QPS, settings.InFlight = 0, connections
	if m.Quotas && m.Budget != nil {
		settings.CallQuota, settings.PushQuota = m.Budget.Calls, m.Budget.Pushes
	}
	if m.Settings != nil {
		m.Settings(&settings)
	}
	m.platform = platform.New(platform.Options{Company: m.company, Now: m.now, Settings: &settings, Remembered: math.MaxInt})
	if err := m.platform.Start(ctx, "127.0.0.1:0"); err != nil {
		return err
	}
	if m.Workdays > 0 {
		m.To = m.lastMidnight()
	}
	m.report = Report{
		Employees: m.Employees, Contacts: len(m.company.Employees()), Mode: m.Mode, Window: m.Window, From: m.From, To: m.To,
		Governed: m.Budget != nil,
	}
	if err := m.openLedger(ctx); err != nil {
		return err
	}
	m.starter = &starter{month: m, started: map[string]bool{}}
	if err := m.makeSteps(); err != nil {
		return err
	}
	if err := m.pace(ctx); err != nil {
		return err
	}
	intake := stream.NewIntake(stream.Options{
		CorpID: m.company.CorpID(), Location: m.company.Location(), Policy: privacy.Minimal, Starter: m.starter, Inbox: inbox{m.store},
		Metrics: stream.NewMetrics(prometheus.NewRegistry()), Pushes: m.meter, Log: slog.New(slog.DiscardHandler), NowFunc: m.now,
	})
	var err error
	m.socket, err = dial(ctx, m.platform, intake, m.fail)
	return err
}

// now is the virtual time in the company's zone, as the programs have it.
func (m *month) now() time.Time { return m.timeline.Now().In(m.company.Location()) }

// lastMidnight is the end of the last workday of an office.
func (m *month) lastMidnight() time.Time {
	date := m.company.FirstDay()
	for left := m.Workdays; ; date++ {
		_, holiday := m.company.Holiday(date)
		if !holiday && date.Weekday() != time.Saturday && date.Weekday() != time.Sunday {
			left--
		}
		if left == 0 {
			m.report.Workdays = m.Workdays
			return (date + 1).In(m.company.Location())
		}
	}
}

func (m *month) openLedger(ctx context.Context) error {
	var err error
	if m.database, err = pgxpool.New(ctx, m.DatabaseURL); err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if err := m.planOnce(ctx); err != nil {
		return err
	}
	m.store, err = ledger.Open(ctx, ledger.Options{
		URL: m.DatabaseURL, CorpID: m.company.CorpID(), Location: m.company.Location(), NowFunc: m.now, MaxConns: connections,
	})
	if err != nil {
		return err
	}
	if err := m.store.Migrate(ctx); err != nil {
		return err
	}
	if err := m.store.SaveCompany(ctx); err != nil {
		return err
	}
	if err := m.listen(ctx); err != nil {
		return err
	}
	m.meter = newMeter(m.platform, m.store)
	return nil
}

// planOnce lets PostgreSQL plan each statement once, and again when the tables were analyzed: planning each execution anew, as it does of its own
// accord with lists of unknown length, takes a quarter of its time, and a month is millions of short statements.
func (m *month) planOnce(ctx context.Context) error {
	var name string
	if err := m.database.QueryRow(ctx, "SELECT quote_ident(current_database())").Scan(&name); err != nil {
		return fmt.Errorf("ask for the database's name: %w", err)
	}
	for _, setting := range []string{"plan_cache_mode = force_generic_plan", "jit = off"} {
		if _, err := m.database.Exec(ctx, "ALTER DATABASE "+name+" SET "+setting); err != nil {
			return fmt.Errorf("set %s: %w", setting, err)
		}
	}
	return nil
}

// makeSteps are the worker's.
func (m *month) makeSteps() error {
	asker, err := dingtalk.New(dingtalk.Options{
		ClientID: m.platform.ClientID(), ClientSecret: privacy.Secret(m.platform.ClientSecret()), APIURL: m.platform.URL(), OAPIURL: m.platform.URL(),
		Location: m.company.Location(), OperatorUserID: company.AdminUserID,
		HTTPClient: &http.Client{Transport: m.meter}, NowFunc: m.now, CountFunc: m.meter.count,
	})
	if err != nil {
		return err
	}
	settings := activities.Settings{
		CorpID: m.company.CorpID(), Location: m.company.Location(), SettleDelays: m.SettleDelays, TaskQueue: queue, NowFunc: m.now,
	}
	if m.Budget != nil {
		settings.Budget = *m.Budget
	}
	m.ledgerSteps = &activities.LedgerSteps{Settings: settings, Ledger: m.store, Starter: m.starter, Drains: m.starter}
	m.dingtalkSteps = &activities.DingTalkSteps{Settings: settings, DingTalk: asker, Ledger: m.store}
	m.programs = newPrograms(m)
	return nil
}

// pace decides how events are answered this month, unless there is a budget.
func (m *month) pace(ctx context.Context) error {
	if m.Budget != nil {
		return nil
	}
	d := budget.Decision{Mode: m.Mode, Window: m.Window, Reason: "for a measurement", DecidedAt: m.now()}
	if err := m.store.SaveDecision(ctx, d); err != nil {
		return err
	}
	kept, there, err := m.store.CurrentDecision(ctx)
	if err == nil && (!there || kept.Mode != d.Mode || kept.Window != d.Window) {
		err = fmt.Errorf("the ledger keeps no decision: it has %q, %s", kept.Mode, kept.Window)
	}
	return err
}

// live lets the time pass.
func (m *month) live(ctx context.Context) error {
	m.plan(ctx)
	moments := slices.SortedStableFunc(slices.Values(m.Moments), func(a, b Moment) int { return a.At.Compare(b.At) })
	turn := budget.MonthTurn(m.From)
	for at := m.From; at.Before(m.To); {
		at = at.Add(m.Step)
		m.timeline.Set(at)
		if !at.Before(turn) { // a month's decision ends with it
			turn = budget.MonthTurn(at.In(m.company.Location()))
			if err := m.pace(ctx); err != nil {
				return err
			}
		}
		m.company.Advance(at)
		for len(moments) > 0 && !moments[0].At.After(at) {
			if err := moments[0].DoFunc(m.platform); err != nil {
				return err
			}
			moments = moments[1:]
		}
		if m.platform.Unsettled() > 0 {
			if err := m.platform.AwaitSettled(ctx); err != nil {
				return err
			}
		}
		m.timeline.Settle()
		if err := m.failed(ctx); err != nil {
			return err
		}
		if err := m.analyze(ctx, at); err != nil {
			return err
		}
		m.midnight(at)
	}
	return m.meter.flush(ctx)
}

// analyze lets PostgreSQL know how its tables have grown: in virtual time they outrun its own look at them, and plans for an empty table
// would do for a full one. Hourly on the first day, then every night.
func (m *month) analyze(ctx context.Context, at time.Time) error {
	interval := time.Hour
	const day = 24 * time.Hour
	if at.Sub(m.From) > day {
		interval = day
	}
	if at.Sub(m.From)%interval != 0 {
		return nil
	}
	if _, err := m.database.Exec(ctx, "ANALYZE"); err != nil {
		return fmt.Errorf("analyze the tables: %w", err)
	}
	return nil
}

// begin lets a run begin after a delay.
func (m *month) begin(r run, delay time.Duration) {
	m.mu.Lock()
	m.open[r.workflow]++
	m.mu.Unlock()
	m.timeline.Go(m.timeline.Now().Add(delay), func() {
		defer m.over(r)
		if m.timeline.Ended() {
			return
		}
		var err error
		switch r.workflow {
		case workflows.TypePunchEvent:
			var decision workflows.Decision
			err = m.execute(r, &decision)
			m.answered(r, decision)
		case workflows.TypeGovern:
			var decision budget.Decision
			err = m.execute(r, &decision)
			m.decided(decision)
		default:
			err = m.execute(r, nil)
		}
		switch {
		case turnedAway(err):
			m.retried("reading the failed pushes")
		case err != nil:
			m.fail(err)
		}
	})
}

// turnedAway reports whether a run ended because the failed pushes may not be read now: the budget is spent. The schedule reads them again.
func turnedAway(err error) bool {
	refused, ok := errors.AsType[*temporal.ApplicationError](err)
	return ok && refused.Type() == "DrainRefused"
}

func (m *month) over(r run) {
	m.starter.end(r.id)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open[r.workflow]--
}

// fail keeps the first failure.
func (m *month) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failure == nil {
		m.failure = err
	}
}

func (m *month) failed(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return errors.Join(m.failure, ctx.Err())
}

func (m *month) close() {
	if m.timeline != nil {
		m.timeline.End()
	}
	if m.socket != nil {
		m.socket.close()
	}
	if m.platform != nil {
		_ = m.platform.Close() // nothing of it is needed any more
	}
	if m.store != nil {
		m.store.Close()
	}
	if m.database != nil {
		m.database.Close()
	}
}
