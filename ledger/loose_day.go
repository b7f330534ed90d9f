package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// ReopenDay leaves a user-day to the next sweep although it was settled, or is just
// being settled: something was told of it, by changedAt, and nobody has asked since.
func (s *Store) ReopenDay(ctx context.Context, userID string, date attendance.Date, changedAt time.Time) error {
	_, err := s.pool.Exec(ctx, `UPDATE dakasync.day SET settled_at = NULL, changed_at = greatest(changed_at, $4)
		WHERE corp_id = $1 AND user_id = $2 AND work_date = $3`, s.corp, cleanKey(userID), date.In(time.UTC), cleanTime(changedAt))
	return failure("leave "+date.String()+" of user "+userID+" to the next sweep", err)
}

// maxLoose bounds what one sweep does about late riddles.
const maxLoose = 2000

// unanswered is the condition that something was told of a row d of day, or of a
// punch that may belong to it, of which no answer tells: it was asked about before,
// or it lags. What DingTalk does not show of a punch a day after it told of it, it will
// not show: else a night would pay for it, and all that follow. A punch stands under its
// calendar day while nothing explains it, and may be of the day before or after.
// Clock-ins show what an approval makes of them, but nothing of who did not sign.
const unanswered = `(EXISTS (SELECT FROM dakasync.event e WHERE e.corp_id = d.corp_id AND e.user_id = d.user_id AND e.work_date = d.work_date
		AND e.check_time IS NULL AND e.outcome IN ('pending', 'unexplained') AND (d.synced_at >= coalesce(e.born_at, e.received_at)) IS NOT TRUE)
	OR EXISTS (SELECT FROM dakasync.punch p WHERE p.corp_id = d.corp_id AND p.user_id = d.user_id AND NOT p.explained
		AND p.work_date BETWEEN d.work_date - 1 AND d.work_date + 1
		AND (greatest(d.synced_at, d.listed_at) >= (p.state #>> '{words,event,said_at}')::timestamptz
			+ CASE WHEN p.work_date = d.work_date THEN interval '1 day' ELSE interval '0' END) IS NOT TRUE)
	OR d.changed_at IS NOT NULL AND (d.synced_at >= d.changed_at OR d.listed_at >= d.changed_at AND ` + accounted + `) IS NOT TRUE)`

// LooseDays are the unsettled user-days, at most 2,000, of dates about which everybody was asked
// already when they were final, by date and user: late riddles, for which nobody
// else need be asked again. Those that were asked about since they were final, and since
// anything was told of them, are settled first.
func (s *Store) LooseDays(ctx context.Context, since, through attendance.Date, finalAfter time.Duration) ([]attendance.UserDay, error) {
	const what = "list the unsettled days of settled dates"
	var days []attendance.UserDay
	all := daysBetween(since, through)
	err := s.transact(ctx, what, func(q *batch) {
		days = nil
		q.exec(`UPDATE dakasync.day d SET settled_at = now() FROM unnest($2::date[], $3::timestamptz[]) AS final (work_date, at)
			WHERE d.corp_id = $1 AND d.work_date = final.work_date AND d.settled_at IS NULL
			AND EXISTS (SELECT FROM dakasync.reconciliation r WHERE r.corp_id = $1 AND r.work_date = d.work_date)
			AND (d.synced_at >= final.at OR d.listed_at >= final.at AND `+accounted+`) AND NOT `+unanswered, s.corp, dates(all), s.finals(all, finalAfter))
		rows(q, pgx.RowToStructByPos[looseRow], func(r looseRow) {
			days = append(days, attendance.UserDay{UserID: r.UserID, WorkDate: dateOf(r.WorkDate)})
		}, `SELECT d.user_id, d.work_date FROM (SELECT work_date FROM dakasync.reconciliation WHERE corp_id = $1 AND work_date = ANY($2)) r, LATERAL (
				SELECT d.user_id, d.work_date FROM dakasync.day d
				WHERE d.corp_id = $1 AND d.work_date = r.work_date AND d.settled_at IS NULL AND `+askable+` OFFSET 0) d
			ORDER BY d.work_date, d.user_id LIMIT $3`, s.corp, dates(all), maxLoose)
	}, nil)
	return days, err
}

type looseRow struct {
	UserID   string
	WorkDate time.Time
}

// finals are when the results of dates are final: so long after they began.
func (s *Store) finals(days []attendance.Date, finalAfter time.Duration) []time.Time {
	at := make([]time.Time, len(days))
	for i, d := range days {
		at[i] = d.In(s.zone).Add(finalAfter)
	}
	return at
}
