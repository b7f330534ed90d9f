package main

import (
	"context"
	"maps"
	"slices"
	"time"

	"dakasync/config"
	"dakasync/ledger"
)

// maxConns is enough: the session that locks and the one that migrates.
const maxConns = 4

// open loads the settings that a command needs, and opens the ledger that they name.
func (a *app) open(ctx context.Context, use config.Use) (settings config.Config, store ledgerStore, err error) {
	if settings, err = config.Load(use); err == nil {
		store, err = a.openFunc(ctx, settings)
	}
	return settings, store, err
}

// openLedger prepares the ledger; migrate has no company, and needs none.
func openLedger(ctx context.Context, settings config.Config) (ledgerStore, error) {
	options := ledger.Options{URL: settings.Database.URL.Reveal(), CorpID: settings.Company.CorpID, MaxConns: maxConns}
	if settings.Company.Zone.Location != nil {
		options.Location = settings.Company.Location()
	}
	store, err := ledger.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	return ledgerReader{store}, nil
}

// ledgerReader puts what the ledger holds into the form that is shown.
type ledgerReader struct{ *ledger.Store }

// Standing implements ledgerStore.
func (r ledgerReader) Standing(ctx context.Context) (ledgerStanding, error) {
	version, err := r.Version(ctx)
	if err != nil {
		return ledgerStanding{}, err
	}
	stats, err := r.Stats(ctx)
	if err != nil {
		return ledgerStanding{}, err
	}
	s := standingOf(stats)
	s.SchemaVersion = version
	if d, decided, err := r.CurrentDecision(ctx); err != nil {
		return s, err
	} else if decided {
		s.Decision = &d
	}
	if err := r.addPulse(ctx, &s); err != nil {
		return s, err
	}
	return s, r.addCompleteness(ctx, &s)
}

// addPulse adds who listens, and how soon events are known.
func (r ledgerReader) addPulse(ctx context.Context, s *ledgerStanding) error {
	s.Listeners = []listener{}
	listeners, err := r.Listeners(ctx)
	if err != nil {
		return err
	}
	for _, l := range listeners {
		s.Listeners = append(s.Listeners, listener(l))
	}
	l, err := r.Lag(ctx)
	if err == nil && l.Events > 0 {
		s.Lag = &lag{l.Events, l.Median.Seconds(), l.P95.Seconds()}
	}
	return err
}

// standingOf leaves out what is nothing, but for the tables.
func standingOf(stats ledger.Stats) ledgerStanding {
	s := ledgerStanding{
		Events: []tally{}, OldestPending: instant(stats.OldestPending), LastEvent: instant(stats.LastReceived),
		Rows: []tally{
			{"day", stats.Days}, {"result", stats.Results}, {"punch", stats.Punches}, {"approval", stats.Approvals},
		},
		Open: []tally{}, Calls: []callsOfAPI{}, Reckoned: stats.Reckoned,
	}
	for _, c := range stats.Calls {
		s.Calls = append(s.Calls, callsOfAPI(c))
	}
	for _, outcome := range slices.Sorted(maps.Keys(stats.Events)) {
		s.Events = append(s.Events, tally{string(outcome), stats.Events[outcome]})
	}
	for _, t := range []tally{
		{"events that wait for Temporal", stats.Unrelayed}, {"unexplained punches", stats.Unexplained}, {"unsettled days", stats.UnsettledDays},
		{"approval days to come", stats.DueDays}, {"ambiguous drains", stats.Ambiguous},
		{"failed pushes without a run", stats.Undispatched}, {"unreadable failed pushes", stats.Unreadable},
	} {
		if t.Count > 0 {
			s.Open = append(s.Open, t)
		}
	}
	return s
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
