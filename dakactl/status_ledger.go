package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rivo/uniseg"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/config"
	"dakasync/ledger"
)

// ledgerStore is what the commands ask of the ledger.
type ledgerStore interface {
	Migrate(ctx context.Context) error
	Version(ctx context.Context) (int64, error)
	Standing(ctx context.Context) (ledgerStanding, error)
	BudgetFacts(ctx context.Context, now time.Time) (budget.Facts, error)
	KeptSince(ctx context.Context, since time.Time) (bool, error)
	ApprovalSearches(ctx context.Context, since time.Time) ([]attendance.TemplateSearch, error)
	Erase(ctx context.Context, request ledger.EraseRequest) (ledger.Erasure, error)
	Prune(ctx context.Context, keep map[string]time.Duration, dryRun bool) ([]ledger.RowCount, error)
	FactsOf(ctx context.Context, userID string, date attendance.Date) (ledger.DayFacts, error)
	Payroll(ctx context.Context, want ledger.PayrollWant, begin func(ledger.PayrollHead) error, each func(ledger.PayrollDay) error) error
	Close()
}

// ledgerStanding is what the ledger holds and what was spent.
type ledgerStanding struct {
	SchemaVersion int64        `json:"schema_version"`
	Events        []tally      `json:"events"` // by outcome
	OldestPending *time.Time   `json:"oldest_pending,omitempty"`
	LastEvent     *time.Time   `json:"last_event,omitempty"` // received
	Listeners     []listener   `json:"listeners"`            // starters with connections that are proven to live
	Lag           *lag         `json:"lag,omitempty"`        // of the last hour's events; none was done if nil
	Rows          []tally      `json:"rows"`                 // by table
	Reckoned      bool         `json:"reckoned,omitempty"`   // of many rows, and of events that are done, there are about so many
	Open          []tally      `json:"open"`                 // what is not known or done yet
	Calls         []callsOfAPI `json:"calls_this_month"`

	Decision *budget.Decision `json:"decision,omitempty"` // how events are answered; none was made yet if nil

	Complete     []domainStanding `json:"complete"`
	Gaps         []gapStanding    `json:"open_gaps"`         // times without a connection that no sweep has made good
	BlindSeconds float64          `json:"blind_seconds_30d"` // the last 30 days' time without a connection
}

type tally struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

type listener struct {
	Starter     string    `json:"starter"`
	Connections int       `json:"connections"`
	ProvenUntil time.Time `json:"proven_until"`
}

// lag is from an event's birth at DingTalk until its rows were written.
type lag struct {
	Events int64   `json:"events"`
	Median float64 `json:"median_seconds"`
	P95    float64 `json:"p95_seconds"`
}

type callsOfAPI struct {
	API    string `json:"api"`
	Calls  int64  `json:"calls"`
	Billed int64  `json:"billed"`
}

func (a *app) lookAtLedger(ctx context.Context, settings config.Config) (*ledgerStanding, error) {
	store, err := a.openFunc(ctx, settings)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	s, err := store.Standing(ctx)
	if err != nil {
		return nil, fmt.Errorf("the ledger cannot be read (DATABASE_URL): %w", err)
	}
	return &s, nil
}

func (a *app) showLedger(s *ledgerStanding) {
	if s == nil {
		a.rowf("ledger", "no answer")
		return
	}
	a.rowf("ledger", "schema version %d", s.SchemaVersion)
	a.rowf("events", "%s", a.tallies(s.Events))
	if s.OldestPending != nil {
		a.rowf("", "the oldest pending one came at %s, %s ago", s.OldestPending.Format(time.DateTime), a.ago(*s.OldestPending))
	}
	if s.LastEvent == nil {
		a.rowf("", "none has come yet")
	} else {
		a.rowf("", "the last one came at %s, %s ago", s.LastEvent.Format(time.DateTime), a.ago(*s.LastEvent))
	}
	a.showListeners(s)
	about := ""
	if s.Reckoned {
		about = a.text("about ")
	}
	a.rowf("rows", "%s", about+a.tallies(s.Rows))
	a.rowf("open", "%s", a.tallies(s.Open))
	a.showCompleteness(s)
	var calls, billed int64
	for _, c := range s.Calls {
		calls, billed = calls+c.Calls, billed+c.Billed
	}
	a.rowf("calls", "%d this month, %d of them billed", calls, billed)
	for _, c := range s.Calls {
		a.rowf("", "%6d  %6d billed  %s", c.Calls, c.Billed, c.API)
	}
	a.showDecision(s.Decision)
}

func (a *app) showListeners(s *ledgerStanding) {
	if len(s.Listeners) == 0 {
		a.rowf("listening", "nobody: no connection to DingTalk is proven to live")
	}
	for _, l := range s.Listeners {
		a.rowf("listening", "%s: connections %d, proven %s ago", l.Starter, l.Connections, a.ago(l.ProvenUntil))
	}
	if s.Lag != nil {
		a.rowf("lag", "of the last hour's %d events half were known after %s, 95 of 100 after %s", s.Lag.Events, seconds(s.Lag.Median), seconds(s.Lag.P95))
	}
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond)
}

func (a *app) showDecision(d *budget.Decision) {
	if d == nil {
		a.rowf("budget", "nothing was decided yet: events are answered at once")
		return
	}
	a.rowf("budget", "%s", d.Reason)
	a.rowf("", "decided at %s, %s ago; about %s pushes by the end of that month", a.moment(d.DecidedAt), a.ago(d.DecidedAt), budget.Number(d.ForecastPushes))
}

func (a *app) ago(t time.Time) time.Duration {
	return max(a.nowFunc().Sub(t), 0).Round(time.Second)
}

func (a *app) tallies(list []tally) string {
	if len(list) == 0 {
		return a.text("none")
	}
	words := make([]string, len(list))
	for i, t := range list {
		words[i] = fmt.Sprintf("%d %s", t.Count, a.text(t.Name))
	}
	return strings.Join(words, a.text(", "))
}

// labelWidth is the width of what stands before a line of the status.
const labelWidth = 10

// rowf is a line of the status, behind its label.
func (a *app) rowf(label, format string, args ...any) {
	if label != "" {
		label = a.text(label)
	}
	space := strings.Repeat(" ", max(1, labelWidth-uniseg.StringWidth(label)))
	_, _ = fmt.Fprintln(a.out, label+space+a.textf(format, args...))
}
