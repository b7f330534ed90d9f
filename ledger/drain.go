package ledger

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// OpenDrain commits the intent (state requested). A drain of that id that is
// already there and unanswered becomes ambiguous: whether its read was sent is
// not known. In either case its id is spent.
func (s *Store) OpenDrain(ctx context.Context, id string) error {
	id = cleanKey(id)
	spent := false
	err := s.transact(ctx, "open drain "+id, func(q *batch) {
		spent = false
		q.lock("drain", id)
		rows(q, pgx.RowTo[bool], func(bool) { spent = true }, `SELECT true FROM dakasync.drain WHERE id = $1`, id)
		q.exec(`UPDATE dakasync.drain SET state = 'ambiguous' WHERE id = $1 AND state = 'requested'`, id)
		q.exec(`INSERT INTO dakasync.drain (id, corp_id, requested_at, state) VALUES ($1, $2, now(), 'requested')
			ON CONFLICT DO NOTHING`, id, s.corp)
	}, nil)
	if err == nil && spent {
		return fmt.Errorf("open drain %s: %w", id, attendance.ErrDrainSpent)
	}
	return err
}

// StoreDrain keeps the answer: the elements, each on a row of its own, and the
// whole body where something in it could not be read (state stored). It may come
// late, when the drain was thought lost already, and more than once.
func (s *Store) StoreDrain(ctx context.Context, id string, page attendance.DrainPage) error {
	id = cleanKey(id)
	n := len(page.Elements)
	positions, tags, raws := make([]int, 0, n), make([]string, 0, n), make([]string, 0, n)
	times, readable := make([]*time.Time, 0, n), make([]bool, 0, n)
	for _, e := range page.Elements {
		positions, raws, readable = append(positions, e.Position), append(raws, cleanText(e.Raw)), append(readable, e.Readable)
		tags, times = append(tags, cleanText(e.Tag)), append(times, timeOrNull(cleanTime(e.EventTime)))
	}
	count := &n
	if page.Refused {
		count = nil
	}
	answeredAt := page.AnsweredAt
	if cleanTime(answeredAt).IsZero() {
		answeredAt = s.nowFunc()
	}
	return s.transact(ctx, "store drain "+id, func(q *batch) {
		q.lock("drain", id)
		q.exec(`INSERT INTO dakasync.drain AS d (id, corp_id, requested_at, answered_at, count, has_more, body, state)
			VALUES ($1, $2, now(), $3, $4, $5, $6, 'stored')
			ON CONFLICT (id) DO UPDATE SET answered_at = excluded.answered_at, count = excluded.count,
				has_more = excluded.has_more, body = excluded.body, state = 'stored'
			WHERE d.state <> 'stored'`, id, s.corp, answeredAt, count, page.HasMore, page.Body)
		q.exec(`INSERT INTO dakasync.failed_push (corp_id, drain_id, position, call_back_tag, event_time, raw, readable)
			SELECT $1, $2, position, nullif(tag, ''), event_time, raw, readable
			FROM unnest($3::int[], $4::text[], $5::timestamptz[], $6::text[], $7::bool[]) AS e (position, tag, event_time, raw, readable)
			ON CONFLICT DO NOTHING`, s.corp, id, positions, tags, times, raws, readable)
	}, nil)
}

// AbandonDrains marks every requested drain older than before as ambiguous and
// returns the ids of all that are ambiguous.
func (s *Store) AbandonDrains(ctx context.Context, before time.Time) ([]string, error) {
	var ids []string
	err := s.transact(ctx, "abandon unanswered drains", func(q *batch) {
		ids = nil
		q.exec(abandon, s.corp, before)
		rows(q, pgx.RowTo[string], func(id string) { ids = append(ids, id) },
			`SELECT id FROM dakasync.drain WHERE corp_id = $1 AND state = 'ambiguous' ORDER BY requested_at, id`, s.corp)
	}, nil)
	return ids, err
}

// lostFor bounds how old the elements of a read may be where no read before it
// was answered. DingTalk does not say how long it keeps them.
const lostFor = "7 days"

// LostReads are the reads that nobody has made good yet: the ambiguous ones, among
// them those requested longer ago than before and never answered, and those in
// whose answer something could not be read. What each may have taken happened since
// the last read that DingTalk had answered.
func (s *Store) LostReads(ctx context.Context, before time.Time) ([]attendance.LostRead, error) {
	var lost []attendance.LostRead
	err := s.transact(ctx, "list the drains that may have lost something", func(q *batch) {
		lost = nil
		q.exec(abandon, s.corp, before)
		rows(q, pgx.RowToStructByPos[attendance.LostRead], func(r attendance.LostRead) { lost = append(lost, r) },
			lostReads, s.corp)
	}, nil)
	return lost, err
}

const lostReads = `SELECT d.id, greatest(d.requested_at - interval '` + lostFor + `', (SELECT max(p.requested_at) FROM dakasync.drain p
		WHERE p.corp_id = d.corp_id AND p.requested_at < d.requested_at
			AND (p.state = 'resolved' OR p.state = 'stored' AND p.count IS NOT NULL AND p.body IS NULL))), d.requested_at
	FROM dakasync.drain d WHERE d.corp_id = $1 AND d.resolved_at IS NULL
		AND (d.state IN ('requested', 'ambiguous') OR d.body IS NOT NULL)
		AND (d.state = 'ambiguous' OR d.state = 'stored' AND d.body IS NOT NULL)
	ORDER BY d.requested_at, d.id`

// lastDrain is when the list was last read with an answer: one that DingTalk turns
// away is none, however often it is asked.
const lastDrain = `(SELECT max(answered_at) FROM dakasync.drain WHERE corp_id = $1 AND count IS NOT NULL)`

// ReadsInVain counts the reads that were never answered since the last one that
// was, made good or not.
func (s *Store) ReadsInVain(ctx context.Context) (int, error) {
	var n int
	err := s.pool.QueryRow(ctx, `SELECT count(*) FROM dakasync.drain d WHERE d.corp_id = $1 AND d.state IN ('ambiguous', 'resolved')
		AND d.requested_at > coalesce((SELECT max(p.requested_at) FROM dakasync.drain p WHERE p.corp_id = $1 AND p.state = 'stored'), '-infinity')`,
		s.corp).Scan(&n)
	return n, failure("count reads of failed pushes without an answer", err)
}

// abandon gives up on drains that nobody finished.
const abandon = `UPDATE dakasync.drain SET state = 'ambiguous'
	WHERE corp_id = $1 AND state = 'requested' AND requested_at < $2`

// ResolveDrains marks lost reads as made good: the days that they may have told
// of were swept. One that was answered after all stays stored.
func (s *Store) ResolveDrains(ctx context.Context, ids []string) error {
	_, err := s.pool.Exec(ctx, `UPDATE dakasync.drain SET resolved_at = now(),
			state = CASE state WHEN 'ambiguous' THEN 'resolved' ELSE state END
		WHERE corp_id = $1 AND id = ANY($2) AND resolved_at IS NULL
			AND (state = 'ambiguous' OR state = 'stored' AND body IS NOT NULL)`, s.corp, cleanKeys(ids))
	return failure("resolve ambiguous drains", err)
}

// UndispatchedElements are readable elements whose hints have not started yet,
// oldest first.
func (s *Store) UndispatchedElements(ctx context.Context, limit int) ([]attendance.FailedElement, error) {
	const what = "list undispatched failed pushes"
	answer, err := s.pool.Query(ctx, `SELECT f.drain_id, f.position, f.call_back_tag, f.event_time, f.raw
		FROM dakasync.failed_push f JOIN dakasync.drain d ON d.id = f.drain_id
		WHERE f.corp_id = $1 AND f.readable AND f.dispatched_at IS NULL
		ORDER BY d.requested_at, f.drain_id, f.position LIMIT $2`, s.corp, limit)
	if err != nil {
		return nil, failure(what, err)
	}
	list, err := pgx.CollectRows(answer, func(r pgx.CollectableRow) (attendance.FailedElement, error) {
		e := attendance.FailedElement{Readable: true}
		var tag *string
		var at *time.Time
		err := r.Scan(&e.DrainID, &e.Position, &tag, &at, &e.Raw)
		e.Tag, e.EventTime = orZero(tag), utcOr0(at)
		return e, err // Typed below.
	})
	return list, failure(what, err)
}

// ElementDispatched records the first workflow that came of an element ("" if
// nothing follows from it).
func (s *Store) ElementDispatched(ctx context.Context, drainID string, position int, workflowID string) error {
	_, err := s.pool.Exec(ctx, `UPDATE dakasync.failed_push SET workflow_id = $4, dispatched_at = now()
		WHERE corp_id = $1 AND drain_id = $2 AND position = $3 AND dispatched_at IS NULL`,
		s.corp, cleanKey(drainID), position, cleanText(workflowID))
	return failure(fmt.Sprintf("mark element %d of drain %s", position, drainID), err)
}

// ElementUnreadable marks an element that nobody can read; it stays stored, and
// has an event row of outcome unreadable.
func (s *Store) ElementUnreadable(ctx context.Context, drainID string, position int) error {
	drainID = cleanKey(drainID)
	key := cleanKey(fmt.Sprintf("failed_push/%s/%s/%d", url.PathEscape(s.corp), url.PathEscape(drainID), position))
	return s.transact(ctx, fmt.Sprintf("mark element %d of drain %s unreadable", position, drainID), func(q *batch) {
		q.exec(`UPDATE dakasync.failed_push SET readable = false
			WHERE corp_id = $1 AND drain_id = $2 AND position = $3`, s.corp, drainID, position)
		q.exec(`INSERT INTO dakasync.event (corp_id, event_key, origin, event_type, born_at, received_at, payload, outcome)
			SELECT $1, $4, 'failed_push', coalesce(f.call_back_tag, ''), f.event_time, coalesce(d.answered_at, d.requested_at),
				to_jsonb(f.raw), 'unreadable'
			FROM dakasync.failed_push f JOIN dakasync.drain d ON d.id = f.drain_id
			WHERE f.corp_id = $1 AND f.drain_id = $2 AND f.position = $3
			ON CONFLICT DO NOTHING`, s.corp, drainID, position, key)
	}, nil)
}
