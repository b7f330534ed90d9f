package main

import (
	"context"
	"fmt"
	"time"

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
	Erase(ctx context.Context, request ledger.EraseRequest) (ledger.Erasure, error)
	Prune(ctx context.Context, keep map[string]time.Duration, dryRun bool) ([]ledger.RowCount, error)
	Close()
}

// ledgerStanding is what the ledger holds and what was spent.
type ledgerStanding struct {
	SchemaVersion int64        `json:"schema_version"`
	Events        []tally      `json:"events"` // by outcome
	OldestPending *time.Time   `json:"oldest_pending,omitempty"`
	LastEvent     *time.Time   `json:"last_event,omitempty"` // received
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
		a.sayf("ledger    no answer")
		return
	}
	a.sayf("ledger    schema version %d", s.SchemaVersion)
	a.sayf("events    %s", tallies(s.Events))
	if s.OldestPending != nil {
		a.sayf("          the oldest pending one came at %s, %s ago", s.OldestPending.Format(time.DateTime), a.ago(*s.OldestPending))
	}
	if s.LastEvent == nil {
		a.sayf("          none has come yet")
	} else {
		a.sayf("          the last one came at %s, %s ago", s.LastEvent.Format(time.DateTime), a.ago(*s.LastEvent))
	}
	about := ""
	if s.Reckoned {
		about = "about "
	}
	a.sayf("rows      %s%s", about, tallies(s.Rows))
	a.sayf("open      %s", tallies(s.Open))
	a.showCompleteness(s)
	var calls, billed int64
	for _, c := range s.Calls {
		calls, billed = calls+c.Calls, billed+c.Billed
	}
	a.sayf("calls     %d this month, %d of them billed", calls, billed)
	for _, c := range s.Calls {
		a.sayf("          %6d  %6d billed  %s", c.Calls, c.Billed, c.API)
	}
	a.showDecision(s.Decision)
}

func (a *app) showDecision(d *budget.Decision) {
	if d == nil {
		a.sayf("budget    nothing was decided yet: events are answered at once")
		return
	}
	a.sayf("budget    %s", d.Reason)
	a.sayf("          decided at %s, %s ago; about %s pushes by the end of that month", d.DecidedAt.Local().Format(time.DateTime), a.ago(d.DecidedAt), budget.Number(d.ForecastPushes))
}

func (a *app) ago(t time.Time) time.Duration {
	return max(a.nowFunc().Sub(t), 0).Round(time.Second)
}

func tallies(list []tally) string {
	text := ""
	for _, t := range list {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%d %s", t.Count, t.Name)
	}
	if text == "" {
		return "none"
	}
	return text
}
