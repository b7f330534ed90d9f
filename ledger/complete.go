package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// SaveCompany writes which company the ledger is kept for, and its zone, which the
// view complete_through needs.
func (s *Store) SaveCompany(ctx context.Context) error {
	name := s.zone.String()
	_, err := s.pool.Exec(ctx, `INSERT INTO dakasync.company AS c (corp_id, time_zone)
		SELECT $1, CASE WHEN $3 AND EXISTS (SELECT FROM pg_catalog.pg_timezone_names WHERE name = $2) THEN $2 ELSE $4 END
		ON CONFLICT (corp_id) DO UPDATE SET time_zone = excluded.time_zone WHERE c.time_zone <> excluded.time_zone`,
		s.corp, cleanText(name), strings.Contains(name, "/") || name == "UTC", offsetZone(s.nowFunc().In(s.zone)))
	return failure("write the company and its zone", err)
}

// offsetZone is a zone without a name that PostgreSQL could know, as POSIX writes
// it: there the sign says how far Greenwich is.
func offsetZone(at time.Time) string {
	_, offset := at.Zone()
	sign := "-"
	if offset < 0 {
		sign, offset = "+", -offset
	}
	away := time.Duration(offset) * time.Second
	return fmt.Sprintf("<local>%s%02d:%02d", sign, int(away.Hours()), int(away.Minutes())%60)
}

// SaveReconciled writes that DingTalk was asked about these dates for everybody
// when their results were final. The newest such sweep counts; one that DingTalk
// refused some of is none.
func (s *Store) SaveReconciled(ctx context.Context, days []attendance.Date, e attendance.Evidence, workflowID string) error {
	if e.Refused || len(days) == 0 {
		return nil
	}
	what := fmt.Sprintf("write that %d dates are reconciled", len(days))
	if cleanTime(e.Since).IsZero() {
		return fmt.Errorf("%s: %w", what, ErrNoSubject)
	}
	_, err := s.pool.Exec(ctx, `INSERT INTO dakasync.reconciliation AS r (corp_id, work_date, asked_at, user_days, differences, workflow_id)
		SELECT DISTINCT $1, d, $3::timestamptz, $4::int, $5::int, $6 FROM unnest($2::date[]) d ORDER BY d
		ON CONFLICT (corp_id, work_date) DO UPDATE SET asked_at = excluded.asked_at, reconciled_at = now(),
			user_days = excluded.user_days, differences = excluded.differences, workflow_id = excluded.workflow_id
		WHERE r.asked_at < excluded.asked_at`,
		s.corp, dates(days), e.Since, e.UserDays, e.Differences, cleanText(workflowID))
	return failure(what, err)
}

// CompleteThrough is how far each domain is complete, and what holds it back.
func (s *Store) CompleteThrough(ctx context.Context) ([]attendance.Completeness, error) {
	var list []attendance.Completeness
	err := s.transact(ctx, "ask how far the ledger is complete", func(q *batch) { s.readComplete(q, &list) }, nil)
	return list, err
}

// readComplete queues the question how far each domain is complete.
func (s *Store) readComplete(q *batch, list *[]attendance.Completeness) {
	type row struct {
		Domain        string
		Through, Held *time.Time
		By            string
	}
	*list = nil
	rows(q, pgx.RowToStructByPos[row], func(r row) {
		*list = append(*list, attendance.Completeness{
			Domain: attendance.Domain(r.Domain), Through: dateOr0(r.Through), HeldBackOn: dateOr0(r.Held), HeldBackBy: r.By,
		})
	}, `SELECT domain, complete_through, held_back_on, coalesce(held_back_by, '')
		FROM dakasync.complete_through WHERE corp_id = $1`, s.corp)
}

func dateOr0(t *time.Time) attendance.Date {
	if t == nil {
		return attendance.Date{}
	}
	return dateOf(*t)
}
