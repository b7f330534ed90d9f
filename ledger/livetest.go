package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// LiveTest is what a test came to, in which a pushed event was refused on purpose.
type LiveTest struct {
	RefusedAt time.Time // for the first time
	EventType string
	Refusals  int
	EndedAt   time.Time
	ReachedAt time.Time // when a read of the failed-push list brought it; zero: none did
}

// SaveLiveTest keeps it.
func (s *Store) SaveLiveTest(ctx context.Context, t LiveTest) error {
	return s.transact(ctx, "keep a live test", func(q *batch) {
		q.exec(`INSERT INTO dakasync.live_test (corp_id, refused_at, event_type, refusals, ended_at, reached_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			s.corp, t.RefusedAt.UTC(), cleanKey(t.EventType), t.Refusals, t.EndedAt.UTC(), timeOrNull(t.ReachedAt))
	}, nil)
}

// NewestLiveTest is the last one, if there was one.
func (s *Store) NewestLiveTest(ctx context.Context) (LiveTest, bool, error) {
	const what = "look up the live test"
	answer, err := s.pool.Query(ctx, `SELECT refused_at, event_type, refusals, ended_at, reached_at FROM dakasync.live_test
		WHERE corp_id = $1 ORDER BY refused_at DESC LIMIT 1`, s.corp)
	if err != nil {
		return LiveTest{}, false, failure(what, err)
	}
	found, err := pgx.CollectRows(answer, func(r pgx.CollectableRow) (LiveTest, error) {
		var t LiveTest
		var reached *time.Time
		err := r.Scan(&t.RefusedAt, &t.EventType, &t.Refusals, &t.EndedAt, &reached)
		t.RefusedAt, t.EndedAt, t.ReachedAt = t.RefusedAt.UTC(), t.EndedAt.UTC(), utcOr0(reached)
		return t, err // failure types it.
	})
	if err != nil || len(found) == 0 {
		return LiveTest{}, false, failure(what, err)
	}
	return found[0], true, nil
}

// LastProof is when a Stream connection was last proven, whosever; zero: never.
func (s *Store) LastProof(ctx context.Context) (time.Time, error) {
	var proven *time.Time
	err := s.pool.QueryRow(ctx, `SELECT max(proven_until) FROM dakasync.coverage WHERE corp_id = $1`, s.corp).Scan(&proven)
	return utcOr0(proven), failure("look up the last proof of a connection", err)
}

// Listed says when a read of the failed-push list that was asked for since brought an
// event, zero if none did, and when the newest such read was answered, zero if none was.
// Elements have no event id: the type and the second in which the event was born name it.
func (s *Store) Listed(ctx context.Context, eventType string, bornAt, since time.Time) (reached, read time.Time, err error) {
	var first, newest *time.Time
	err = s.pool.QueryRow(ctx, `SELECT min(d.answered_at) FILTER (WHERE EXISTS (SELECT FROM dakasync.failed_push f
				WHERE f.drain_id = d.id AND f.call_back_tag = $2 AND date_trunc('second', f.event_time) = date_trunc('second', $3::timestamptz))),
			max(d.answered_at) FILTER (WHERE d.state = 'stored')
		FROM dakasync.drain d WHERE d.corp_id = $1 AND d.requested_at >= $4`, s.corp, cleanKey(eventType), bornAt.UTC(), since.UTC()).Scan(&first, &newest)
	return utcOr0(first), utcOr0(newest), failure("look for an event among the failed pushes", err)
}
