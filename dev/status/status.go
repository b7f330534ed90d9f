// Package status reads from the ledger how the product is doing, for the live line of `go run ./dev`.
//
// It only reads, and it says "no schema yet" where the worker has not made one.
package status

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNoSchema says that the worker has not brought the schema up yet.
var ErrNoSchema = errors.New("no schema yet")

// Status is one look at the ledger.
type Status struct {
	Events, Pending int64
	Odd             int64 // unexplained, refused or unreadable
	Punches         int64
	Results         int64
	Calls           int64
	// Lag is the age of the oldest event whose outcome is still open.
	Lag time.Duration
}

const query = `
SELECT event.total, event.pending, event.odd, event.lag,
       (SELECT count(*) FROM dakasync.punch), (SELECT count(*) FROM dakasync.result),
       (SELECT coalesce(sum(calls), 0)::bigint FROM dakasync.api_call)
FROM (SELECT count(*) AS total,
             count(*) FILTER (WHERE outcome = 'pending') AS pending,
             count(*) FILTER (WHERE outcome IN ('unexplained', 'refused', 'unreadable')) AS odd,
             coalesce(extract(epoch FROM clock_timestamp() - min(received_at) FILTER (WHERE outcome = 'pending')), 0)::float8 AS lag
      FROM dakasync.event) AS event`

// Reader holds one connection, opened again when it is lost. It is for one goroutine.
type Reader struct {
	url        string
	connection *pgx.Conn
	schema     bool
}

// NewReader reads the database at the URL.
func NewReader(url string) *Reader { return &Reader{url: url} }

// Read looks at the ledger now.
func (r *Reader) Read(ctx context.Context) (Status, error) {
	if r.connection == nil || r.connection.IsClosed() {
		connection, err := pgx.Connect(ctx, r.url)
		if err != nil {
			return Status{}, fmt.Errorf("connect to the ledger: %w", err)
		}
		r.connection = connection
	}
	if err := r.seeSchema(ctx); err != nil {
		return Status{}, err
	}
	var status Status
	var lag float64
	err := r.connection.QueryRow(ctx, query).Scan(
		&status.Events, &status.Pending, &status.Odd, &lag, &status.Punches, &status.Results, &status.Calls)
	if err != nil {
		return Status{}, fmt.Errorf("read the ledger: %w", err)
	}
	status.Lag = time.Duration(max(lag, 0) * float64(time.Second))
	return status, nil
}

// seeSchema asks whether the tables are there, rather than fill PostgreSQL's log with failed looks at them.
func (r *Reader) seeSchema(ctx context.Context) error {
	if r.schema {
		return nil
	}
	err := r.connection.QueryRow(ctx, "SELECT to_regclass('dakasync.event') IS NOT NULL AND to_regclass('dakasync.api_call') IS NOT NULL").Scan(&r.schema)
	if err != nil {
		return fmt.Errorf("look for the ledger's schema: %w", err)
	}
	if !r.schema {
		return ErrNoSchema
	}
	return nil
}

// Close lets the connection go.
func (r *Reader) Close(ctx context.Context) {
	if r.connection != nil {
		_ = r.connection.Close(ctx)
	}
}

// String is the live line.
func (s Status) String() string {
	line := fmt.Sprintf("events in %d", s.Events)
	if s.Pending > 0 {
		line += fmt.Sprintf(" (%d pending)", s.Pending)
	}
	if s.Odd > 0 {
		line += fmt.Sprintf(" (%d to look at)", s.Odd)
	}
	return line + fmt.Sprintf(" · rows written %d punches, %d results · calls spent %d · lag %.1f s",
		s.Punches, s.Results, s.Calls, s.Lag.Seconds())
}
