package month

import (
	"context"
	"errors"

	"dakasync/attendance"
	"dakasync/ledger"
	"dakasync/stream"
)

// errRelay says that events wait in PostgreSQL, though every run can be started.
var errRelay = errors.New("a simulated month has no relay")

// inbox keeps what the starter's keeps.
type inbox struct{ store *ledger.Store }

// Insert keeps what is no run. Nothing else comes here: every run starts at once.
func (i inbox) Insert(ctx context.Context, rows []stream.Row) error {
	events := make([]ledger.EventRow, 0, len(rows))
	for _, r := range rows {
		if r.Outcome == attendance.OutcomePending {
			return errRelay
		}
		events = append(events, ledger.EventRow{Key: r.Key, Hint: r.Hint, Payload: r.Payload, Outcome: r.Outcome})
	}
	return i.store.InsertEvents(ctx, events)
}

// CountDelivery counts a repetition, and keeps what it says of an approval.
func (i inbox) CountDelivery(ctx context.Context, h attendance.Hint) error {
	if h.Kind == attendance.KindApproval {
		why := attendance.Why{Trigger: h.Trigger(), WorkflowID: h.Key()}
		if _, err := i.store.SaveInstance(ctx, attendance.InstanceFromHint(h), why); err != nil {
			return err
		}
	}
	return i.store.CountDelivery(ctx, h)
}

// Relay has nothing to do.
func (i inbox) Relay(context.Context, int, func(context.Context, stream.Happening) error) (int, error) {
	return 0, nil
}

// Backlog is empty.
func (i inbox) Backlog(context.Context) (int, error) { return 0, nil }

// Ping asks PostgreSQL.
func (i inbox) Ping(ctx context.Context) error { return i.store.Ping(ctx) }
