package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// SaveUnread keeps an approval that a sweep, whose first date is from, came upon and
// could not read, and the type of the error.
func (s *Store) SaveUnread(ctx context.Context, id, code string, from attendance.Date, reason string) error {
	if id == "" || from.IsZero() {
		return fmt.Errorf("keep an approval as unread: %w", ErrNoSubject)
	}
	_, err := s.pool.Exec(ctx, `INSERT INTO dakasync.unread_approval AS u (corp_id, process_instance_id, process_code, work_date, reason)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (corp_id, process_instance_id) DO UPDATE SET process_code = coalesce(excluded.process_code, u.process_code),
			work_date = least(u.work_date, excluded.work_date), reason = excluded.reason, tried_at = now()`,
		s.corp, cleanKey(id), orNull(cleanKey(code)), cleanDate(from).In(time.UTC), cleanText(reason))
	return failure("keep the approval "+id+" as unread", err)
}

// UnreadApprovals are those, the one that was not tried for longest first, but for
// those that DingTalk does not know. They have no Key: no event told of them.
func (s *Store) UnreadApprovals(ctx context.Context, limit int) ([]attendance.OpenApproval, error) {
	const what = "list the approvals that sweeps could not read"
	answer, err := s.pool.Query(ctx, `SELECT process_instance_id, coalesce(process_code, ''), '' FROM dakasync.unread_approval u
		WHERE corp_id = $1 AND reason <> 'NotFound' AND (SELECT a.complete FROM dakasync.approval a
			WHERE a.corp_id = $1 AND a.process_instance_id = u.process_instance_id) IS NOT TRUE
		ORDER BY tried_at, process_instance_id LIMIT $2`, s.corp, limit)
	if err != nil {
		return nil, failure(what, err)
	}
	list, err := pgx.CollectRows(answer, pgx.RowToStructByPos[attendance.OpenApproval])
	return list, failure(what, err)
}
