package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var (
	// ErrUnavailable says that PostgreSQL cannot be used just now: it is away,
	// going down, full or busy, or two transactions collided. Repeat the call later.
	ErrUnavailable = errors.New("PostgreSQL is not available")
	// ErrSchema says that the tables are not there, or not those of this
	// program. Migrate first.
	ErrSchema = errors.New("the ledger's schema is missing or of another version; migrate it (dakactl migrate)")
	// ErrNotOurs says that something of another company was to be written.
	ErrNotOurs error = hopelessError("it belongs to another company than this ledger")
	// ErrNoSubject says that a write names no user or no date.
	ErrNoSubject error = hopelessError("it names no user or no date")
)

// hopelessError is an error that no repetition helps against. Callers that do
// not know this package ask for the method.
type hopelessError string

// Error is the sentence.
func (e hopelessError) Error() string { return string(e) }

// Retryable reports false.
func (e hopelessError) Retryable() bool { return false }

// RefusedError says that PostgreSQL will never take what was written: a
// constraint forbids it, or it cannot be represented. Repeating is useless.
type RefusedError struct {
	Table      string
	Constraint string
	Code       string // SQLSTATE
	cause      string // the server's words without values, which may be personal
}

// Error names the table and the constraint.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("PostgreSQL refused the row: %s (table %q, constraint %q, SQLSTATE %s)",
		e.cause, e.Table, e.Constraint, e.Code)
}

// Retryable reports false.
func (e *RefusedError) Retryable() bool { return false }

// hopeless reports whether no repetition helps against an error.
func hopeless(err error) bool {
	var says interface{ Retryable() bool }
	return errors.As(err, &says) && !says.Retryable()
}

// failure types an error of the driver, once, and says what failed. A nil
// error stays nil; an error that is typed already keeps its type.
func failure(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case typed(err):
		return fmt.Errorf("%s: %w", what, err)
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fmt.Errorf("%s: %w", what, serverFailure(refused))
	}
	if lost(err) {
		return fmt.Errorf("%s: %w: %w", what, ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func typed(err error) bool {
	var refused *RefusedError
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrSchema) || errors.As(err, &refused) ||
		errors.Is(err, context.Canceled)
}

// awayClasses are the classes of SQLSTATE that pass, or that an operator can
// mend: connection, read-only, rollback, resources, object not ready, operator's
// intervention, system, configuration file, internal, authorization, catalogue.
var awayClasses = []string{"08", "25", "40", "53", "55", "57", "58", "F0", "XX", "28", "3D"}

// serverFailure reads the SQLSTATE (PostgreSQL, appendix A).
func serverFailure(e *pgconn.PgError) error {
	class := e.Code
	if len(class) > 2 { // A class is the first two characters.
		class = class[:2]
	}
	switch {
	case e.Code == "3F000", e.Code == "42P01", e.Code == "42703", e.Code == "42883":
		return fmt.Errorf("%w: %s", ErrSchema, e.Message)
	case slices.Contains(awayClasses, class):
		return fmt.Errorf("%w: %s (SQLSTATE %s)", ErrUnavailable, e.Message, e.Code)
	case class == "22", class == "23", class == "54":
		return &RefusedError{Table: e.TableName, Constraint: e.ConstraintName, Code: e.Code, cause: e.Message}
	default:
		return fmt.Errorf("PostgreSQL: %s (SQLSTATE %s)", e.Message, e.Code) // Ours to mend, nobody's to handle.
	}
}

// lost reports whether the connection, not the statement, failed.
func lost(err error) bool {
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, pgx.ErrTxClosed) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "closed pool")
}

// collided reports whether a transaction was undone because of another one:
// it may be repeated at once.
func collided(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (refused.Code == "40001" || refused.Code == "40P01")
}
