package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/config"
	"dakasync/ledger"
	"dakasync/workflows"
)

// now is Tuesday noon in Shanghai.
var now = time.Date(2026, 11, 3, 4, 0, 0, 0, time.UTC)

// fakeTemporal records what was sent, and answers queries from a list of which
// the last one stays.
type fakeTemporal struct {
	started  []client.StartWorkflowOptions
	inputs   []any
	signals  []workflows.ResyncRequest
	startErr error
	answers  []any // progress, or error
	asked    int
	run      *mocks.WorkflowRun
	schedule *mocks.ScheduleHandle
}

func (f *fakeTemporal) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	if f.startErr != nil {
		return nil, f.startErr
	}
	f.started, f.inputs = append(f.started, options), append(f.inputs, args...)
	return f.run, nil
}

func (f *fakeTemporal) SignalWithStartWorkflow(_ context.Context, _, _ string, arg any, options client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	if f.startErr != nil {
		return nil, f.startErr
	}
	f.started, f.signals = append(f.started, options), append(f.signals, arg.(workflows.ResyncRequest))
	return f.run, nil
}

func (f *fakeTemporal) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	answer := f.answers[min(f.asked, len(f.answers)-1)]
	f.asked++
	if err, ok := answer.(error); ok {
		return nil, err
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(answer)
	if err != nil {
		return nil, err
	}
	return client.NewValue(payloads), nil
}

func (f *fakeTemporal) ScheduleClient() client.ScheduleClient {
	c := &mocks.ScheduleClient{}
	c.On("GetHandle", mock.Anything, mock.Anything).Return(f.schedule)
	return c
}

func (f *fakeTemporal) Close() {}

// fakeLedger is a ledger in words.
type fakeLedger struct {
	migrated bool
	standing ledgerStanding
	facts    budget.Facts
	factsErr error
	kept     time.Time // when an event was kept for the sweep; zero if never
	searches []attendance.TemplateSearch
	openErr  error
	err      error

	day   ledger.DayFacts
	head  ledger.PayrollHead
	days  []ledger.PayrollDay
	wants []ledger.PayrollWant

	erased []ledger.EraseRequest
	pruned []map[string]time.Duration
	rows   []ledger.RowCount
}

func (f *fakeLedger) FactsOf(_ context.Context, userID string, date attendance.Date) (ledger.DayFacts, error) {
	f.day.UserID, f.day.WorkDate = userID, date
	return f.day, f.err
}

func (f *fakeLedger) Payroll(_ context.Context, want ledger.PayrollWant, begin func(ledger.PayrollHead) error, each func(ledger.PayrollDay) error) error {
	f.wants = append(f.wants, want)
	if err := begin(f.head); err != nil {
		return err
	}
	for _, d := range f.days {
		if err := each(d); err != nil {
			return err
		}
	}
	return f.err
}

func (f *fakeLedger) Erase(_ context.Context, r ledger.EraseRequest) (ledger.Erasure, error) {
	f.erased = append(f.erased, r)
	return ledger.Erasure{Done: f.rows, Left: f.rows}, f.err
}

func (f *fakeLedger) Prune(_ context.Context, keep map[string]time.Duration, _ bool) ([]ledger.RowCount, error) {
	f.pruned = append(f.pruned, keep)
	return f.rows, f.err
}

func (f *fakeLedger) Migrate(context.Context) error {
	f.migrated = f.err == nil
	return f.err
}
func (f *fakeLedger) Version(context.Context) (int64, error)           { return 7, f.err }
func (f *fakeLedger) Standing(context.Context) (ledgerStanding, error) { return f.standing, f.err }
func (f *fakeLedger) Close()                                           {}

func (f *fakeLedger) BudgetFacts(_ context.Context, now time.Time) (budget.Facts, error) {
	f.facts.At = now
	return f.facts, f.factsErr
}

func (f *fakeLedger) KeptSince(_ context.Context, since time.Time) (bool, error) {
	return !f.kept.Before(since), nil
}

func (f *fakeLedger) ApprovalSearches(context.Context, time.Time) ([]attendance.TemplateSearch, error) {
	return f.searches, nil
}

type bench struct {
	app      *app
	temporal *fakeTemporal
	ledger   *fakeLedger
	out      bytes.Buffer
	errOut   bytes.Buffer // only where a test points the app to it
	dialErr  error
}

// newBench is a dakactl whose stores are fakes, in an environment that sets
// exactly what is given.
func newBench(t *testing.T, variables map[string]string) *bench {
	t.Helper()
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "DAKASYNC_") || strings.HasPrefix(name, "DINGTALK_") || strings.HasPrefix(name, "TEMPORAL_") || name == "DATABASE_URL" {
			t.Setenv(name, "")
		}
	}
	t.Setenv("TEMPORAL_CONFIG_FILE", filepath.Join(t.TempDir(), "none.toml"))
	for name, value := range variables {
		t.Setenv(name, value)
	}
	b := &bench{temporal: &fakeTemporal{run: &mocks.WorkflowRun{}, schedule: &mocks.ScheduleHandle{}}, ledger: &fakeLedger{}}
	b.app = &app{
		out: &b.out, errOut: &b.out, nowFunc: func() time.Time { return now }, pollPause: time.Millisecond,
		dialFunc: func(context.Context, config.Config) (temporalClient, error) {
			if b.dialErr != nil {
				return nil, b.dialErr
			}
			return b.temporal, nil
		},
		openFunc: func(context.Context, config.Config) (ledgerStore, error) { return b.ledger, b.ledger.openErr },
	}
	return b
}

func (b *bench) run(t *testing.T, args ...string) error {
	t.Helper()
	root := newRoot(b.app)
	root.SetArgs(args)
	return root.ExecuteContext(t.Context())
}

// complete is what every command needs together.
func complete() map[string]string {
	return map[string]string{"DINGTALK_CORP_ID": "dingcorp", "DATABASE_URL": "postgres://u:hidden@db:5432/daka"}
}

func notFound() error { return serviceerror.NewNotFound("workflow not found") }

func requireExit(t *testing.T, want int, err error) {
	t.Helper()
	status := 1
	var has interface{ ExitStatus() int }
	if errors.As(err, &has) {
		status = has.ExitStatus()
	}
	require.Error(t, err)
	require.Equal(t, want, status, err.Error())
}
