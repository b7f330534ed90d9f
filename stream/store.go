package stream

import (
	"context"
	"encoding/json"

	"dakasync/attendance"
)

// Happening is one thing that happened, with the record that told of it,
// scrubbed of personal data.
type Happening struct {
	Hint    attendance.Hint
	Payload json.RawMessage
}

// Row is an event as PostgreSQL keeps it.
type Row struct {
	Key     string // Hint.Key(), or a key of its own for what could not be read
	Hint    attendance.Hint
	Payload json.RawMessage
	Outcome attendance.Outcome
}

// Starter makes happenings durable as runs (Temporal).
type Starter interface {
	// Start returns nil only when the run is durable. started is false when a
	// run of the same natural key was there already: a repeated delivery.
	Start(ctx context.Context, h Happening) (started bool, err error)
	// Health says whether a start is likely to succeed.
	Health(ctx context.Context) error
}

// Inbox makes events durable as rows (PostgreSQL).
type Inbox interface {
	// Insert commits all rows or none. A row that is there already counts one
	// delivery more. What an event says of an approval is kept in either case.
	Insert(ctx context.Context, rows []Row) error
	// CountDelivery counts a repeated delivery of an event that Temporal knows,
	// and keeps what it says of an approval.
	CountDelivery(ctx context.Context, h attendance.Hint) error
	// Relay hands up to limit pending rows that never reached Temporal to start,
	// each to one caller at a time, and returns how many were started.
	Relay(ctx context.Context, limit int, start func(context.Context, Happening) error) (int, error)
	// Backlog counts the rows that Relay would hand out.
	Backlog(ctx context.Context) (int, error)
	// Ping says whether PostgreSQL can be used.
	Ping(ctx context.Context) error
}
