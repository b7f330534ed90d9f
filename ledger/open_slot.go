package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// accounted is the condition that clock-ins and schedule account for a row d of
// day, and that no approval is known that stands on it: see attendance's
// DayState.Accounted.
const accounted = `(d.accounted AND NOT EXISTS (SELECT FROM dakasync.approval_day a WHERE a.corp_id = d.corp_id
		AND a.user_id = d.user_id AND a.work_date = d.work_date AND a.state <> 'void')
	AND NOT EXISTS (SELECT FROM dakasync.punch p WHERE p.corp_id = d.corp_id AND p.user_id = d.user_id
		AND p.work_date = d.work_date AND NOT p.explained))`

// OpenSlots are the user-days of users and dates, by date and user, that their
// clock-ins, listed when they were final (finalAfter after they began), and the
// schedule do not account for. slots is how many slots are known of each user on
// these dates; unplanned says that of some no schedule is known. With strict a day
// off is known only if the schedule was asked for since it began: it may have become
// a workday, and of who was absent no clock-in tells.
func (s *Store) OpenSlots(
	ctx context.Context, userIDs []string, days attendance.DateRange, finalAfter time.Duration, strict bool,
) (open []attendance.UserDay, slots map[string]int, unplanned bool, err error) {
	const what = "look what clock-ins leave open"
	users := make([]string, 0, len(userIDs))
	for _, id := range userIDs {
		users = append(users, cleanKey(id))
	}
	all := daysBetween(days.From, days.To)
	answer, err := s.pool.Query(ctx, `
		SELECT u.user_id, final.work_date, coalesce(cardinality(d.plan_times), 0), p.missing, d.listed_at >= final.at AND NOT p.missing AND `+accounted+` IS TRUE
		FROM unnest($2::text[]) AS u (user_id) CROSS JOIN unnest($3::date[], $4::timestamptz[], $5::timestamptz[]) AS final (work_date, at, began_at)
		LEFT JOIN dakasync.day d ON d.corp_id = $1 AND d.user_id = u.user_id AND d.work_date = final.work_date,
		LATERAL (SELECT d.state -> 'plan' IS NULL OR $6 AND d.state #> '{plan,slots}' IS NULL
			AND (d.state #>> '{plan,asked_at}')::timestamptz < final.began_at AS missing) p
		ORDER BY 2, u.user_id COLLATE "C"`, s.corp, users, dates(all), s.finals(all, finalAfter), s.finals(all, 0), strict)
	if err != nil {
		return nil, nil, false, failure(what, err)
	}
	slots = make(map[string]int, len(users))
	var user string
	var date time.Time
	var count int
	var planless bool
	var known *bool
	_, err = pgx.ForEachRow(answer, []any{&user, &date, &count, &planless, &known}, func() error {
		slots[user] += count
		unplanned = unplanned || planless
		if known == nil || !*known {
			open = append(open, attendance.UserDay{UserID: user, WorkDate: dateOf(date)})
		}
		return nil
	})
	return open, slots, unplanned, failure(what, err)
}
