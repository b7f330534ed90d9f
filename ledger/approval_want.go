package ledger

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// maxApprovalWants bounds the approval days of one batch; the runs of the others ask for themselves.
const maxApprovalWants = 1000

// WantedByApprovals are the user-days that approvals touch whose events are pending, and about
// which nobody has asked since the approvals took effect, by through: what a batch asks about
// beside what Wanted says.
func (s *Store) WantedByApprovals(ctx context.Context, through time.Time) ([]attendance.Want, error) {
	const what = "list the days that pending approvals want"
	today := attendance.DateOf(s.nowFunc(), s.zone)
	answer, err := s.pool.Query(ctx, `SELECT process_instance_id, user_id, work_date FROM dakasync.approval_day
		WHERE corp_id = $1 AND state = 'due' AND due_from <= $2 AND work_date BETWEEN $3 AND $4
		ORDER BY due_from DESC, process_instance_id, user_id, work_date LIMIT $5`,
		s.corp, cleanTime(through), today.AddDays(-attendance.HorizonDays).In(time.UTC), today.In(time.UTC), maxApprovalWants)
	if err != nil {
		return nil, failure(what, err)
	}
	var id, user string
	var date time.Time
	due, keys := map[string][]attendance.Want{}, map[string]string{}
	_, err = pgx.ForEachRow(answer, []any{&id, &user, &date}, func() error {
		due[id] = append(due[id], attendance.WantDay(user, dateOf(date)))
		for _, eventType := range []string{attendance.TypeFinish, attendance.TypeTerminate} {
			keys[s.approvalKey(id, eventType)] = id
		}
		return nil
	})
	if err != nil || len(due) == 0 {
		return nil, failure(what, err)
	}
	pending, err := s.pendingOf(ctx, keys)
	if err != nil {
		return nil, failure(what, err)
	}
	var wants []attendance.Want
	for _, id := range pending {
		wants = append(wants, due[id]...)
	}
	return wants, nil
}

// pendingOf are those of the ids, sorted, an event of which is pending, by their events' keys.
func (s *Store) pendingOf(ctx context.Context, ids map[string]string) ([]string, error) {
	keys := make([]string, 0, len(ids))
	for key := range ids {
		keys = append(keys, key)
	}
	answer, err := s.pool.Query(ctx, `SELECT DISTINCT event_key FROM dakasync.event
		WHERE corp_id = $1 AND event_key = ANY($2) AND outcome = 'pending' AND workflow_id IS NOT NULL`, s.corp, keys)
	if err != nil {
		return nil, err // WantedByApprovals types it.
	}
	found, err := pgx.CollectRows(answer, pgx.RowTo[string])
	pending := make([]string, 0, len(found))
	for _, key := range found {
		pending = append(pending, ids[key])
	}
	slices.Sort(pending)
	return slices.Compact(pending), err
}

// Unasked are those of the user-days about which nobody has asked since a time.
func (s *Store) Unasked(ctx context.Context, days []attendance.UserDay, since time.Time) ([]attendance.UserDay, error) {
	const what = "look which days were asked about since"
	users, dates := make([]string, 0, len(days)), make([]time.Time, 0, len(days))
	for _, d := range days {
		users, dates = append(users, cleanKey(d.UserID)), append(dates, d.WorkDate.In(time.UTC))
	}
	answer, err := s.pool.Query(ctx, `SELECT k.at FROM unnest($2::text[], $3::date[]) WITH ORDINALITY AS k (user_id, work_date, at)
		WHERE NOT EXISTS (SELECT FROM dakasync.day d
			WHERE d.corp_id = $1 AND d.user_id = k.user_id AND d.work_date = k.work_date AND d.synced_at - `+lag+` >= $4)
		ORDER BY k.at`, s.corp, users, dates, cleanTime(since))
	if err != nil {
		return nil, failure(what, err)
	}
	places, err := pgx.CollectRows(answer, pgx.RowTo[int])
	unasked := make([]attendance.UserDay, 0, len(places))
	for _, at := range places {
		unasked = append(unasked, days[at-1])
	}
	return unasked, failure(what, err)
}
