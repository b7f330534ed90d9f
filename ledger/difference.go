package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// differs is what the workflow $2 of the company $1 found other than the ledger had
// it, on the dates $3, or on all if none is named. What has no date counts, too.
const differs = ` FROM dakasync.difference WHERE corp_id = $1 AND workflow_id = $2
	AND (cardinality($3::date[]) = 0 OR work_date IS NULL OR work_date = ANY($3))`

// Differing counts the user-days on which a run found something other than the
// ledger had it, and the things that it found: on these dates, or on all if none is
// named. What has no date counts, too.
func (s *Store) Differing(ctx context.Context, workflowID string, days []attendance.Date) (userDays, things int, err error) {
	const what = "count what a run found to differ"
	err = s.pool.QueryRow(ctx, `SELECT count(DISTINCT (user_id, work_date)) FILTER (WHERE user_id IS NOT NULL AND work_date IS NOT NULL), count(*)`+differs,
		s.corp, cleanText(workflowID), dates(days)).Scan(&userDays, &things)
	return userDays, things, failure(what, err)
}

// EffectiveApprovals are the agreed approvals that touch the user-days on which a run
// found something to differ (see Differing), and are neither revoked, replaced nor
// deleted, as far as the ledger knows. Those that were read at a time or later are
// left out, and those that a result of the day names which was asked for then: they
// stand. A zero time leaves out none.
func (s *Store) EffectiveApprovals(
	ctx context.Context, workflowID string, days []attendance.Date, readBefore time.Time, limit int,
) ([]attendance.OpenApproval, error) {
	const what = "list the approvals of what differs"
	answer, err := s.pool.Query(ctx, `SELECT DISTINCT a.process_instance_id, coalesce(a.process_code, ''), ''
		FROM (SELECT DISTINCT user_id, work_date`+differs+`) d, LATERAL (
			SELECT a.process_instance_id, a.process_code FROM dakasync.approval_day t
			JOIN dakasync.approval a ON a.corp_id = $1 AND a.process_instance_id = t.process_instance_id
				AND (a.read_at >= $5::timestamptz) IS NOT TRUE
			WHERE t.corp_id = $1 AND t.user_id = d.user_id AND t.work_date = d.work_date AND t.state <> 'void'
				AND NOT EXISTS (SELECT FROM dakasync.result r JOIN dakasync.day y USING (corp_id, user_id, work_date)
					WHERE r.corp_id = $1 AND r.user_id = t.user_id AND r.work_date = t.work_date
						AND r.process_instance_id = t.process_instance_id AND y.synced_at >= $5::timestamptz) OFFSET 0) a
		ORDER BY 1 LIMIT $4`, s.corp, cleanText(workflowID), dates(days), limit, timeOrNull(readBefore))
	if err != nil {
		return nil, failure(what, err)
	}
	list, err := pgx.CollectRows(answer, pgx.RowToStructByPos[attendance.OpenApproval])
	return list, failure(what, err)
}
