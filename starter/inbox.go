package main

import (
	"context"

	"dakasync/attendance"
	"dakasync/ledger"
	"dakasync/stream"
)

// inbox makes happenings durable as rows: stream.Inbox on the ledger.
type inbox struct{ store *ledger.Store }

var _ stream.Inbox = inbox{}

// Insert implements stream.Inbox.
func (i inbox) Insert(ctx context.Context, rows []stream.Row) error {
	events := make([]ledger.EventRow, 0, len(rows))
	for _, r := range rows {
		if r.Outcome == attendance.OutcomePending {
			if err := i.learn(ctx, r.Hint); err != nil {
				return err
			}
		}
		events = append(events, ledger.EventRow{Key: r.Key, Hint: r.Hint, Payload: r.Payload, Outcome: r.Outcome})
	}
	return i.store.InsertEvents(ctx, events) // The ledger says what failed.
}

// CountDelivery implements stream.Inbox.
func (i inbox) CountDelivery(ctx context.Context, h attendance.Hint) error {
	if err := i.learn(ctx, h); err != nil {
		return err
	}
	return i.store.CountDelivery(ctx, h)
}

// learn lets the ledger know what an event says of an approval. Two types of
// event tell of one change and meet in one row and one run: each must be heard,
// whichever comes second.
func (i inbox) learn(ctx context.Context, h attendance.Hint) error {
	if h.Kind != attendance.KindApproval {
		return nil
	}
	_, err := i.store.SaveInstance(ctx, attendance.InstanceFromHint(h), attendance.Why{Trigger: h.Trigger(), WorkflowID: h.Key()})
	return err
}

// Relay implements stream.Inbox.
func (i inbox) Relay(ctx context.Context, limit int, start func(context.Context, stream.Happening) error) (int, error) {
	return i.store.RelayEvents(ctx, limit, func(ctx context.Context, e ledger.EventRow) (workflowID string, err error) {
		return e.Key, start(ctx, stream.Happening{Hint: e.Hint, Payload: e.Payload})
	})
}

// Backlog implements stream.Inbox.
func (i inbox) Backlog(ctx context.Context) (int, error) {
	return i.store.Backlog(ctx)
}

// Ping implements stream.Inbox.
func (i inbox) Ping(ctx context.Context) error {
	return i.store.Ping(ctx)
}
