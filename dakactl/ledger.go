package main

import (
	"context"

	"dakasync/config"
	"dakasync/ledger"
)

// openLedger prepares the ledger; migrate has no company yet.
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

// maxConns is enough: the session that locks and the one that migrates.
const maxConns = 4

// ledgerReader puts the ledger's statistics into the form that is shown.
type ledgerReader struct{ *ledger.Store }

func (r ledgerReader) Standing(ctx context.Context) (ledgerStanding, error) {
	return ledgerStanding{}, nil
}
