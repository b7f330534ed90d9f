package main

import (
	"context"
	"fmt"
	"os"

	"dakasync/attendance"
	"dakasync/ledger"
	"dakasync/stream"
)

// coverage keeps what is proven of the connections: stream.Coverage on the ledger.
type coverage struct {
	store   *ledger.Store
	starter string
}

var _ stream.Coverage = coverage{}

// Prove implements stream.Coverage.
func (c coverage) Prove(ctx context.Context, proofs []attendance.Proof) (broken []string, err error) {
	if len(proofs) == 0 {
		return nil, c.store.Ping(ctx) // The ledger says what failed.
	}
	return c.store.SaveCoverage(ctx, c.starter, proofs)
}

// processName tells this process from other starters, also to a person.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}
