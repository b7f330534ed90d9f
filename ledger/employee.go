package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// SaveEmployees records who is in contacts now. Those not named have left. An
// empty list proves nothing and changes nothing.
func (s *Store) SaveEmployees(ctx context.Context, userIDs []string, seenAt time.Time) error {
	if len(userIDs) == 0 {
		return nil
	}
	return s.transact(ctx, "save the list of employees", func(q *batch) {
		q.lock("employees")
		q.exec(`INSERT INTO dakasync.employee AS e (corp_id, user_id, first_seen_at, last_seen_at)
			SELECT DISTINCT $1, u, $3::timestamptz, $3::timestamptz FROM unnest($2::text[]) u
			ON CONFLICT (corp_id, user_id) DO UPDATE SET first_seen_at = least(e.first_seen_at, excluded.first_seen_at),
				last_seen_at = greatest(e.last_seen_at, excluded.last_seen_at)`, s.corp, cleanKeys(userIDs), seenAt)
		q.exec(`WITH newest AS (SELECT max(last_seen_at) AS at FROM dakasync.employee WHERE corp_id = $1)
			UPDATE dakasync.employee e SET left_at = CASE WHEN last_seen_at < newest.at THEN coalesce(left_at, newest.at) END
			FROM newest
			WHERE corp_id = $1 AND (last_seen_at < newest.at) IS DISTINCT FROM (left_at IS NOT NULL)`, s.corp)
	}, nil)
}

// EmployeesAfter is the next page of employees by user id: those present and,
// where leftSince is given, those who left then or later.
func (s *Store) EmployeesAfter(ctx context.Context, after string, limit int, leftSince time.Time) ([]string, error) {
	const what = "list employees"
	answer, err := s.pool.Query(ctx, `SELECT user_id FROM dakasync.employee
		WHERE corp_id = $1 AND (left_at IS NULL OR left_at >= $4) AND user_id COLLATE "C" > $2 ORDER BY user_id COLLATE "C" LIMIT $3`,
		s.corp, cleanText(after), limit, timeOrNull(cleanTime(leftSince)))
	if err != nil {
		return nil, failure(what, err)
	}
	ids, err := pgx.CollectRows(answer, pgx.RowTo[string])
	return ids, failure(what, err)
}

// CountEmployees counts those present and, where leftSince is given, those who
// left then or later.
func (s *Store) CountEmployees(ctx context.Context, leftSince time.Time) (int, error) {
	var n int
	err := s.pool.QueryRow(ctx, `SELECT count(*) FROM dakasync.employee WHERE corp_id = $1 AND (left_at IS NULL OR left_at >= $2)`,
		s.corp, timeOrNull(cleanTime(leftSince))).Scan(&n)
	return n, failure("count employees", err)
}

// left are those of the users who are no longer in contacts: DingTalk answers
// about them as about somebody who never was.
func (s *Store) left(ctx context.Context, userIDs []string) (map[string]bool, error) {
	gone := map[string]bool{}
	if len(userIDs) == 0 {
		return gone, nil
	}
	answer, err := s.pool.Query(ctx, `SELECT user_id FROM dakasync.employee
		WHERE corp_id = $1 AND user_id = ANY($2) AND left_at IS NOT NULL`, s.corp, userIDs)
	if err != nil {
		return nil, failure("look up who has left", err)
	}
	ids, err := pgx.CollectRows(answer, pgx.RowTo[string])
	for _, id := range ids {
		gone[id] = true
	}
	return gone, failure("look up who has left", err)
}
