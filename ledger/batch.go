package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"dakasync/attendance"
)

// rollbackTimeout bounds the clearing up after a failed transaction.
const rollbackTimeout = 2 * time.Second

// collisions is how often a transaction that collided with another is tried.
const collisions = 4

// batch is the statements of one round trip.
type batch struct {
	queue *pgx.Batch
	corp  string
}

func (b *batch) exec(sql string, args ...any) *pgx.QueuedQuery { return b.queue.Queue(sql, args...) }

// keepPlans has the statements of a transaction that is about one user-day planned
// once: its rows are found by their keys. Many user-days are worth a plan of their
// own, above all while PostgreSQL has not yet counted how tables grow.
func (b *batch) keepPlans() { b.exec("SET LOCAL plan_cache_mode = force_generic_plan") }

// lockOne takes the lock of a key until the transaction ends.
const lockOne = "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1, 0))"

// lock makes writers of one thing take turns until the transaction ends.
func (b *batch) lock(parts ...string) {
	b.exec(lockOne, b.lockKey(parts...))
}

// lockUsers is lock for the days of each user, in the order in which they are given.
func (b *batch) lockUsers(users []string) {
	keys := make([]string, len(users))
	for i, user := range users {
		keys[i] = b.lockKey("user", user)
	}
	b.exec("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(k, 0)) FROM pg_catalog.unnest($1::text[]) k", keys)
}

func (b *batch) lockKey(parts ...string) string {
	return strings.Join(append([]string{"dakasync", b.corp}, parts...), "/")
}

// rows queues a query and calls each for every row of its answer.
func rows[T any](b *batch, scan pgx.RowToFunc[T], each func(T), sql string, args ...any) {
	b.exec(sql, args...).Query(func(r pgx.Rows) error {
		all, err := pgx.CollectRows(r, scan)
		if err != nil {
			return err // failure types it.
		}
		for _, row := range all {
			each(row)
		}
		return nil
	})
}

// transact runs one transaction in two round trips: load reads (under its
// locks) and may write, then write writes what follows from that. Either
// everything is committed or nothing. Both may be called again when two
// transactions collide, so load must start from nothing. write may be nil.
func (s *Store) transact(ctx context.Context, what string, load func(*batch), write func(*batch) error) (err error) {
	ctx, span := beginTransaction(ctx, s.tracer)
	defer func() { endTransaction(span, err) }()
	for tries := 1; ; tries++ {
		err = s.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error { return s.attempt(ctx, c, load, write) })
		if err == nil {
			return nil
		}
		if tries == collisions || !collided(err) {
			return failure(what, err)
		}
	}
}

func (s *Store) attempt(ctx context.Context, c *pgxpool.Conn, load func(*batch), write func(*batch) error) error {
	first := &batch{queue: &pgx.Batch{}, corp: s.corp}
	first.exec("BEGIN")
	load(first)
	if write == nil {
		first.exec("COMMIT")
	}
	err := c.SendBatch(ctx, first.queue).Close()
	if err == nil && write != nil {
		second := &batch{queue: &pgx.Batch{}, corp: s.corp}
		if err = write(second); err == nil {
			second.exec("COMMIT")
			err = c.SendBatch(ctx, second.queue).Close()
		}
	}
	if err == nil || c.Conn().IsClosed() {
		return err // transact types it.
	}
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	if _, failed := c.Exec(undo, "ROLLBACK"); failed != nil {
		return errors.Join(err, fmt.Errorf("undo the transaction: %w", failed))
	}
	return err // transact types it.
}

// orNull makes the zero value NULL.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func dateOrNull(d attendance.Date) *time.Time {
	if d.IsZero() {
		return nil
	}
	t := d.In(time.UTC)
	return &t
}

func jsonOrNull(b []byte) *string {
	if len(b) == 0 {
		return nil
	}
	text := string(b)
	return &text
}

func dates(days []attendance.Date) []time.Time {
	at := make([]time.Time, len(days))
	for i, d := range days {
		at[i] = d.In(time.UTC)
	}
	return at
}

func dateOf(t time.Time) attendance.Date { return attendance.DateOf(t, time.UTC) }

func utcOr0(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func orZero[T any](v *T) T {
	if v == nil {
		var zero T
		return zero
	}
	return *v
}

func compareUserDays(a, b attendance.UserDay) int {
	return cmp.Or(cmp.Compare(a.UserID, b.UserID), a.WorkDate.Compare(b.WorkDate))
}
