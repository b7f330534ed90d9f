package ledger

import (
	"context"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// NamedApprovals are the instances that results, punches or approvals of these
// dates name and that are not read to their end. What DingTalk did not know for over
// a day is not asked for again: it would be paid for every night, and what is named
// behind it never be read.
func (s *Store) NamedApprovals(ctx context.Context, days []attendance.Date, limit int) ([]string, error) {
	const what = "list the approvals that days name"
	answer, err := s.pool.Query(ctx, `SELECT n.id FROM (
			SELECT process_instance_id AS id FROM dakasync.result WHERE corp_id = $1 AND work_date = ANY($2)
			UNION SELECT process_instance_id FROM dakasync.punch WHERE corp_id = $1 AND work_date = ANY($2)
			UNION SELECT tag ->> 'process_instance_id' FROM dakasync.day, jsonb_array_elements(approvals) tag
				WHERE corp_id = $1 AND work_date = ANY($2)) n
		WHERE n.id <> '' AND (SELECT a.complete FROM dakasync.approval a WHERE a.corp_id = $1 AND a.process_instance_id = n.id) IS NOT TRUE
			AND (SELECT u.reason = 'NotFound' AND u.tried_at > u.found_at + interval '1 day' FROM dakasync.unread_approval u
				WHERE u.corp_id = $1 AND u.process_instance_id = n.id) IS NOT TRUE
		ORDER BY n.id LIMIT $3`, s.corp, dates(days), limit)
	if err != nil {
		return nil, failure(what, err)
	}
	ids, err := pgx.CollectRows(answer, pgx.RowTo[string])
	return ids, failure(what, err)
}

// UnlistedApprovals are the agreed approvals of these templates, started in an
// interval, that are not among those that DingTalk lists for it, newest first: who
// is not listed any more was deleted, unless the list lags.
func (s *Store) UnlistedApprovals(
	ctx context.Context, codes []string, started attendance.TimeRange, listed []string, limit int,
) ([]attendance.OpenApproval, error) {
	const what = "list the approvals that DingTalk does not list"
	answer, err := s.pool.Query(ctx, `SELECT process_instance_id, process_code, '' FROM dakasync.approval
		WHERE corp_id = $1 AND process_code = ANY($2) AND complete AND status = 'COMPLETED' AND result = 'agree' AND NOT revoked
			AND created_at >= $3 AND created_at <= $4 AND NOT process_instance_id = ANY($5)
		ORDER BY created_at DESC, process_instance_id LIMIT $6`,
		s.corp, cleanKeys(codes), started.From, started.To, cleanKeys(listed), limit)
	if err != nil {
		return nil, failure(what, err)
	}
	list, err := pgx.CollectRows(answer, pgx.RowToStructByPos[attendance.OpenApproval])
	return list, failure(what, err)
}

// ApprovalCodes are the templates of the approvals that bear upon attendance.
func (s *Store) ApprovalCodes(ctx context.Context) ([]string, error) {
	const what = "list the templates of approvals"
	answer, err := s.pool.Query(ctx, `WITH RECURSIVE `+bearing+` SELECT process_code FROM bearing WHERE process_code IS NOT NULL ORDER BY process_code`, s.corp)
	if err != nil {
		return nil, failure(what, err)
	}
	codes, err := pgx.CollectRows(answer, pgx.RowTo[string])
	return codes, failure(what, err)
}

// bearing are the templates of the company $1 that bear upon attendance, found from
// one to the next: there are few, however many approvals there are.
const bearing = `bearing AS (
		SELECT (SELECT min(a.process_code) FROM dakasync.approval a WHERE a.corp_id = $1 AND a.kind <> 'other' AND a.process_code > '') AS process_code
		UNION ALL SELECT (SELECT min(a.process_code) FROM dakasync.approval a WHERE a.corp_id = $1 AND a.kind <> 'other' AND a.process_code > b.process_code)
		FROM bearing b WHERE b.process_code IS NOT NULL)`
