package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// mostDiffering bounds how many user-days Differing names.
const mostDiffering = 500

// Differing are the user-days, at most 500, on which a run found something other
// than the ledger had it, and how many such things it found: on these dates, or on
// all if none is named. What has no date counts, too.
func (s *Store) Differing(ctx context.Context, workflowID string, days []attendance.Date) ([]attendance.UserDay, int, error) {
	const scope = ` FROM dakasync.difference WHERE corp_id = $1 AND workflow_id = $2
		AND (cardinality($3::date[]) = 0 OR work_date IS NULL OR work_date = ANY($3))`
	type userDay struct {
		UserID   string
		WorkDate time.Time
	}
	var differing []attendance.UserDay
	var count int
	at := dates(days)
	err := s.transact(ctx, "list what a run found to differ", func(q *batch) {
		differing = nil
		rows(q, pgx.RowTo[int], func(n int) { count = n }, `SELECT count(*)`+scope, s.corp, cleanText(workflowID), at)
		rows(q, pgx.RowToStructByPos[userDay], func(d userDay) {
			differing = append(differing, attendance.UserDay{UserID: d.UserID, WorkDate: dateOf(d.WorkDate)})
		}, `SELECT DISTINCT user_id, work_date`+scope+` AND user_id IS NOT NULL AND work_date IS NOT NULL
			ORDER BY work_date, user_id LIMIT $4`, s.corp, cleanText(workflowID), at, mostDiffering)
	}, nil)
	return differing, count, err
}
