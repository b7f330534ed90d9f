package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// maxRange bounds a range of dates; DingTalk answers seven days at a time.
const maxRange = 400

func daysBetween(from, to attendance.Date) []attendance.Date {
	from, to = cleanDate(from), cleanDate(to)
	if from.IsZero() || to.IsZero() {
		return nil
	}
	var days []attendance.Date
	for d := from; !d.After(to) && len(days) < maxRange; d = d.AddDays(1) {
		days = append(days, d)
	}
	return days
}

// PunchExplained reports whether a detail, sweep or approval accounts for the
// punch, be it an approval that was taken back.
func (s *Store) PunchExplained(ctx context.Context, userID string, at time.Time) (bool, error) {
	var explained bool
	err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM dakasync.punch
			WHERE corp_id = $1 AND user_id = $2 AND check_time = $3 AND explained)
		OR EXISTS (SELECT FROM dakasync.punch_taken_back WHERE corp_id = $1 AND user_id = $2 AND check_time = $3)`,
		s.corp, cleanKey(userID), cleanTime(at).UTC().Truncate(time.Second)).Scan(&explained)
	return explained, failure("look up a punch of user "+userID, err)
}

// PunchMentioned reports whether anything in the ledger speaks of a punch: an
// event, an answer or an approval, be it one that stands no more. Else RecordHint
// would know nothing of it.
func (s *Store) PunchMentioned(ctx context.Context, userID string, at time.Time) (bool, error) {
	var mentioned bool
	err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM dakasync.punch WHERE corp_id = $1 AND user_id = $2 AND check_time = $3)
		OR EXISTS (SELECT FROM dakasync.punch_taken_back WHERE corp_id = $1 AND user_id = $2 AND check_time = $3)
		OR EXISTS (SELECT FROM dakasync.result WHERE corp_id = $1 AND user_id = $2 AND user_check_time = $3)`,
		s.corp, cleanKey(userID), cleanTime(at).UTC().Truncate(time.Second)).Scan(&mentioned)
	return mentioned, failure("look up a punch of user "+userID, err)
}

// UnsettledDates are the dates up to and including through, oldest first, on
// which some user-day is unsettled, no older than since; of dates that were reconciled see
// LooseDays, and of approval days that came due DueDays: one of them must not have a whole
// date asked about. Nor must whoever is not in contacts, who cannot be, night after night.
func (s *Store) UnsettledDates(ctx context.Context, since, through attendance.Date) ([]attendance.Date, error) {
	const what = "list the unsettled dates"
	answer, err := s.pool.Query(ctx, `SELECT n.work_date FROM unnest($2::date[]) AS n (work_date)
		WHERE EXISTS (SELECT FROM dakasync.day d WHERE d.corp_id = $1 AND d.work_date = n.work_date AND d.settled_at IS NULL AND `+askable+`)
			AND NOT EXISTS (SELECT FROM dakasync.reconciliation r WHERE r.corp_id = $1 AND r.work_date = n.work_date)
		ORDER BY n.work_date`, s.corp, dates(daysBetween(since, through)))
	if err != nil {
		return nil, failure(what, err)
	}
	days, err := pgx.CollectRows(answer, func(r pgx.CollectableRow) (attendance.Date, error) {
		var at time.Time
		err := r.Scan(&at)
		return dateOf(at), err // Typed below.
	})
	return days, failure(what, err)
}

// askable is the condition that DingTalk knows the user of a row d: everybody
// is thought to be known while the list of employees is empty.
const askable = `(EXISTS (SELECT FROM dakasync.employee e WHERE e.corp_id = d.corp_id AND e.user_id = d.user_id AND e.left_at IS NULL)
	OR NOT EXISTS (SELECT FROM dakasync.employee e WHERE e.corp_id = d.corp_id))`

// DueDays are the user-days up to and including through of which an approval
// day is still due, no older than since.
func (s *Store) DueDays(ctx context.Context, since, through attendance.Date) ([]attendance.UserDay, error) {
	const what = "list the approval days that are due"
	answer, err := s.pool.Query(ctx, `SELECT DISTINCT user_id, work_date FROM dakasync.approval_day d
		WHERE d.corp_id = $1 AND state = 'due' AND work_date BETWEEN $2 AND $3 AND `+askable+`
		ORDER BY work_date, user_id`, s.corp, since.In(time.UTC), through.In(time.UTC))
	if err != nil {
		return nil, failure(what, err)
	}
	days, err := pgx.CollectRows(answer, func(r pgx.CollectableRow) (attendance.UserDay, error) {
		var d attendance.UserDay
		var at time.Time
		err := r.Scan(&d.UserID, &at)
		d.WorkDate = dateOf(at)
		return d, err // Typed below.
	})
	return days, failure(what, err)
}

// SettleDay marks the user-days of a date that were asked about at or after
// finalAt as settled, but for those of which something was told after that, and
// re-judges unexplained events of any date: a punch that
// is explained or taken back now, and a changed day that was asked about since, are done.
func (s *Store) SettleDay(ctx context.Context, date attendance.Date, finalAt time.Time) error {
	return s.transact(ctx, "settle "+date.String(), func(q *batch) {
		q.exec(settle, s.corp, date.In(time.UTC), finalAt)
		q.exec(`UPDATE dakasync.event e SET outcome = 'done', updated_at = now()
			WHERE e.corp_id = $1 AND e.outcome = 'unexplained' AND (EXISTS (SELECT FROM dakasync.punch p
				WHERE p.corp_id = e.corp_id AND p.user_id = e.user_id AND p.check_time = e.check_time AND p.explained)
			OR EXISTS (SELECT FROM dakasync.punch_taken_back t
				WHERE t.corp_id = e.corp_id AND t.user_id = e.user_id AND t.check_time = e.check_time))`, s.corp)
		q.exec(`UPDATE dakasync.event e SET outcome = 'done', updated_at = now()
			FROM dakasync.day d
			WHERE e.corp_id = $1 AND e.outcome = 'unexplained' AND e.check_time IS NULL
				AND d.corp_id = e.corp_id AND d.user_id = e.user_id AND d.work_date = e.work_date
				AND d.synced_at >= coalesce(e.born_at, e.received_at)`, s.corp)
	}, nil)
}

// SettleAnswered settles the user-days of a date about which everybody's day was
// asked (by a backfill, a re-sync) at or after finalAt, so that no sweep pays for
// them again. Where only some were asked about, as late events of an outage do, the
// date stays open: of an absent person there is neither event nor row. Days with
// an unexplained punch are left to the sweep.
func (s *Store) SettleAnswered(ctx context.Context, date attendance.Date, finalAt time.Time) error {
	return s.transact(ctx, "settle what is known of "+date.String(), func(q *batch) {
		q.exec(settle+` AND NOT EXISTS (SELECT FROM dakasync.punch p WHERE p.corp_id = d.corp_id AND p.user_id = d.user_id
			AND p.work_date = d.work_date AND NOT p.explained)
			AND EXISTS (SELECT FROM dakasync.employee e WHERE e.corp_id = $1)
			AND NOT EXISTS (SELECT FROM dakasync.employee e WHERE e.corp_id = $1 AND e.left_at IS NULL
				AND NOT EXISTS (SELECT FROM dakasync.day other WHERE other.corp_id = e.corp_id AND other.user_id = e.user_id
					AND other.work_date = $2 AND other.synced_at >= $3))`, s.corp, date.In(time.UTC), finalAt)
	}, nil)
}

const settle = `UPDATE dakasync.day d SET settled_at = now()
	WHERE d.corp_id = $1 AND d.work_date = $2 AND d.settled_at IS NULL AND (d.synced_at >= $3 OR d.listed_at >= $3 AND ` + accounted + `) AND NOT ` + unanswered
