package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// Unreconciled are the dates in an interval, but none before the first coverage,
// about which nobody was asked for everybody when their results were final: the
// newest, at most limit, oldest first.
func (s *Store) Unreconciled(ctx context.Context, since, through attendance.Date, limit int) ([]attendance.Date, error) {
	const what = "list dates that are not reconciled"
	var first *time.Time
	if err := s.pool.QueryRow(ctx, `SELECT min(began_at) FROM dakasync.coverage WHERE corp_id = $1`, s.corp).Scan(&first); err != nil {
		return nil, failure(what, err)
	}
	if first == nil {
		return nil, nil
	}
	if covered := attendance.DateOf(*first, s.zone); since.Before(covered) {
		since = covered
	}
	answer, err := s.pool.Query(ctx, `SELECT d FROM (
			SELECT g::date AS d FROM generate_series($2::date::timestamp, $3::date::timestamp, interval '1 day') g
			WHERE NOT EXISTS (SELECT FROM dakasync.reconciliation r WHERE r.corp_id = $1 AND r.work_date = g::date)
			ORDER BY d DESC LIMIT $4) newest ORDER BY d`,
		s.corp, since.In(time.UTC), through.In(time.UTC), limit)
	if err != nil {
		return nil, failure(what, err)
	}
	list, err := pgx.CollectRows(answer, pgx.RowTo[time.Time])
	days := make([]attendance.Date, 0, len(list))
	for _, t := range list {
		days = append(days, dateOf(t))
	}
	return days, failure(what, err)
}
