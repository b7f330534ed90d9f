package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// listedFor is for how long an approval that was listed is remembered: longer than
// a search goes back.
const listedFor = "40 days"

// ApprovalSearches are what is known of every template that bears upon attendance,
// or was searched before; those finished are counted that were started since a time.
func (s *Store) ApprovalSearches(ctx context.Context, since time.Time) ([]attendance.TemplateSearch, error) {
	const what = "look how far approvals were searched for"
	answer, err := s.pool.Query(ctx, `WITH RECURSIVE `+bearing+` SELECT coalesce(a.process_code, l.process_code), coalesce(a.finished, 0)::int, l.listed_at, l.whole_at, l.whole_from,
			coalesce(l.running, false)
		FROM (SELECT b.process_code, (SELECT count(*) FROM dakasync.approval i WHERE i.corp_id = $1 AND i.process_code = b.process_code
				AND i.created_at >= $2 AND i.complete AND i.status = 'COMPLETED') AS finished
			FROM bearing b WHERE b.process_code IS NOT NULL) a
		FULL JOIN (SELECT process_code, listed_at, whole_at, whole_from, running FROM dakasync.approval_search WHERE corp_id = $1) l ON l.process_code = a.process_code
		ORDER BY 1`, s.corp, since)
	if err != nil {
		return nil, failure(what, err)
	}
	searches, err := pgx.CollectRows(answer, func(r pgx.CollectableRow) (attendance.TemplateSearch, error) {
		var t attendance.TemplateSearch
		var listed, whole, from *time.Time
		err := r.Scan(&t.Code, &t.Finished, &listed, &whole, &from, &t.Running)
		t.ListedAt, t.WholeAt, t.WholeFrom = utcOr0(listed), utcOr0(whole), utcOr0(from)
		return t, err // Typed below.
	})
	return searches, failure(what, err)
}

// ListApprovals takes in which approvals of a template DingTalk lists. It returns
// those that are not read to their end, and remembers them until they are. What was
// read by its id alone gets its template, which only a list knows.
func (s *Store) ListApprovals(ctx context.Context, code string, ids []string) (unended []string, err error) {
	code, ids = cleanKey(code), cleanKeys(ids)
	err = s.transact(ctx, fmt.Sprintf("take in that %d approvals are listed", len(ids)), func(q *batch) {
		unended = nil
		q.exec(`UPDATE dakasync.approval SET process_code = $2, state = jsonb_set(state, '{read,process_code}', to_jsonb($2::text))
			WHERE corp_id = $1 AND process_instance_id = ANY($3) AND process_code IS NULL AND jsonb_typeof(state -> 'read') = 'object'`, s.corp, code, ids)
		rows(q, pgx.RowTo[string], func(id string) { unended = append(unended, id) }, `
			WITH unended AS (SELECT DISTINCT n.id FROM unnest($3::text[]) AS n (id) WHERE NOT EXISTS (SELECT FROM dakasync.approval a
				WHERE a.corp_id = $1 AND a.process_instance_id = n.id AND a.complete)
			), kept AS (
				INSERT INTO dakasync.listed_approval (corp_id, process_instance_id, process_code) SELECT $1, id, $2 FROM unended ORDER BY id
				ON CONFLICT DO NOTHING)
			SELECT id FROM unended ORDER BY id`, s.corp, code, ids)
	}, nil)
	return unended, err
}

// EndedApprovals are the approvals of a template that were seen before they were
// over and are not among those that DingTalk lists as running, at most limit: they
// are over, and nobody has read them. One that an event called withdrawn or deleted,
// that a sweep cannot read or that DingTalk did not know for over a day is not among
// them, nor one that is known to have been started outside of the interval.
func (s *Store) EndedApprovals(ctx context.Context, code string, running []string, started attendance.TimeRange, limit int) ([]string, error) {
	const what = "list the approvals that are over"
	answer, err := s.pool.Query(ctx, `SELECT n.id FROM (
			SELECT process_instance_id AS id FROM dakasync.listed_approval WHERE corp_id = $1 AND process_code = $2
			UNION SELECT process_instance_id FROM dakasync.approval
				WHERE corp_id = $1 AND process_code = $2 AND NOT complete AND created_at >= $4 AND created_at < $5) n
		WHERE NOT n.id = ANY($3)
			AND NOT EXISTS (SELECT FROM dakasync.approval a WHERE a.corp_id = $1 AND a.process_instance_id = n.id
				AND (a.complete OR a.status IN ('TERMINATED', 'DELETED') OR a.created_at < $4 OR a.created_at >= $5))
			AND NOT EXISTS (SELECT FROM dakasync.unread_approval u WHERE u.corp_id = $1 AND u.process_instance_id = n.id
				AND (u.reason <> 'NotFound' OR u.tried_at > u.found_at + interval '1 day'))
		ORDER BY n.id LIMIT $6`, s.corp, cleanKey(code), cleanKeys(running), started.From, started.To, limit)
	if err != nil {
		return nil, failure(what, err)
	}
	ids, err := pgx.CollectRows(answer, pgx.RowTo[string])
	return ids, failure(what, err)
}

// SaveApprovalSearches keeps what a proven sweep that began at a time has had listed,
// unless a later one has, and forgets what needs no watching any more.
func (s *Store) SaveApprovalSearches(ctx context.Context, at time.Time, searched []attendance.SearchedTemplate) error {
	at = cleanTime(at)
	if at.IsZero() {
		return fmt.Errorf("keep how far approvals were searched for: %w", ErrNoSubject)
	}
	n := len(searched)
	codes, froms := make([]string, n), make([]*time.Time, n)
	running := make([]bool, n)
	for i, t := range searched {
		codes[i], running[i] = cleanKey(t.Code), t.Running
		if t.Whole {
			froms[i] = timeOrNull(cleanTime(t.From))
		}
	}
	return s.transact(ctx, fmt.Sprintf("keep how far approvals of %d templates were searched for", n), func(q *batch) {
		q.lock("approval_search")
		q.exec(`INSERT INTO dakasync.approval_search AS s (corp_id, process_code, listed_at, whole_at, whole_from, running)
			SELECT DISTINCT ON (code) $1, code, $2::timestamptz, CASE WHEN whole_from IS NOT NULL THEN $2::timestamptz END, whole_from, running
			FROM unnest($3::text[], $4::timestamptz[], $5::bool[]) AS n (code, whole_from, running) ORDER BY code
			ON CONFLICT (corp_id, process_code) DO UPDATE SET listed_at = excluded.listed_at, running = excluded.running,
				whole_at = coalesce(excluded.whole_at, s.whole_at), whole_from = coalesce(excluded.whole_from, s.whole_from)
			WHERE excluded.listed_at >= s.listed_at`, s.corp, at, codes, froms, running)
		q.exec(`DELETE FROM dakasync.listed_approval l WHERE corp_id = $1 AND (listed_at < now() - interval '`+listedFor+`'
			OR EXISTS (SELECT FROM dakasync.approval a WHERE a.corp_id = $1 AND a.process_instance_id = l.process_instance_id
				AND (a.complete OR a.status IN ('TERMINATED', 'DELETED'))))`, s.corp)
	}, nil)
}
