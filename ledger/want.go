package ledger

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// Wanted is what pending events that were received by through ask to be looked at,
// and that nobody has asked about since they were born: what RecordHint would not
// call known. It leaves out what DingTalk does not answer for, and events that no
// run waits for. It is of at most limit users, whose ids come after after, in the
// order of their ids: where it ends, the next page begins.
func (s *Store) Wanted(ctx context.Context, through time.Time, after string, limit int) ([]attendance.Want, error) {
	const what = "list what pending events want"
	now := s.nowFunc()
	today := attendance.DateOf(now, s.zone)
	oldest := today.AddDays(-attendance.HorizonDays)
	answer, err := s.pool.Query(ctx, wanted, s.corp, cleanTime(through), cleanText(after), limit,
		oldest.In(s.zone), now.Add(graceOfClocks), oldest.In(time.UTC), today.In(time.UTC))
	if err != nil {
		return nil, failure(what, err)
	}
	var wants []attendance.Want
	var user string
	var punches, days []time.Time
	_, err = pgx.ForEachRow(answer, []any{&user, &punches, &days}, func() error {
		wants = append(wants, s.wantsOf(user, punches, days)...)
		return nil
	})
	return wants, failure(what, err)
}

// KeptSince reports whether events were left to the nightly sweep at a time or later, or came
// without their content because the month's pushes were spent, be it that there are some
// again: of what was edited meanwhile nobody has asked.
func (s *Store) KeptSince(ctx context.Context, since time.Time) (bool, error) {
	var kept bool
	err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM dakasync.decision WHERE corp_id = $1 AND mode IN ('sweep', 'stopped')
			AND decided_at >= coalesce((SELECT max(decided_at) FROM dakasync.decision WHERE corp_id = $1 AND decided_at <= $2), $2))
		OR EXISTS (SELECT FROM dakasync.quota_word WHERE corp_id = $1 AND kind = 'pushes' AND (last_at >= $2 OR month = $3 AND `+stillSpent+`))`,
		s.corp, cleanTime(since), monthOf(s.nowFunc(), s.zone).In(time.UTC)).Scan(&kept)
	return kept, failure("look whether events were kept", err)
}

// graceOfClocks is how far ahead a punch may be, as attendance.ReachOf has it.
const graceOfClocks = 24 * time.Hour

// wantsOf are one user's wants, each once.
func (s *Store) wantsOf(user string, punches, days []time.Time) []attendance.Want {
	var wants []attendance.Want
	add := func(w attendance.Want) {
		if !slices.Contains(wants, w) {
			wants = append(wants, w)
		}
	}
	for _, at := range punches {
		add(attendance.WantPunch(user, at, s.zone))
	}
	for _, d := range days {
		add(attendance.WantDay(user, dateOf(d)))
	}
	return wants
}

// wanted goes through the pending events in the order of their users, and stops
// after as many as it was told. Whether one is answered is looked up for each by
// itself: joined, the planner would read all punches there are.
const wanted = `SELECT user_id, coalesce(array_agg(check_time ORDER BY check_time) FILTER (WHERE check_time IS NOT NULL), '{}'),
		coalesce(array_agg(work_date ORDER BY work_date) FILTER (WHERE check_time IS NULL), '{}')
	FROM dakasync.event e
	WHERE corp_id = $1 AND outcome = 'pending' AND workflow_id IS NOT NULL AND user_id IS NOT NULL
		AND received_at <= $2 AND user_id COLLATE "C" > $3
		AND CASE WHEN check_time IS NOT NULL THEN check_time >= $5 AND check_time <= $6 AND (` + punchAnswered + `) IS NOT TRUE
			ELSE work_date >= $7 AND work_date <= $8 AND (` + dayAnswered + `) IS NOT TRUE END
	GROUP BY user_id COLLATE "C", user_id ORDER BY user_id COLLATE "C" LIMIT $4`

// punchAnswered tells of a punch event e whether the ledger accounts for it, as
// RecordHint judges it. A make-up that was taken back stands under the calendar day.
const punchAnswered = `SELECT greatest(d.synced_at, d.listed_at) - ` + lag + ` >= coalesce(e.born_at, e.received_at)
	FROM dakasync.day d WHERE d.corp_id = e.corp_id AND d.user_id = e.user_id AND d.work_date = (
		SELECT coalesce(
			(SELECT CASE WHEN p.explained THEN p.work_date ELSE '-infinity' END FROM dakasync.punch p
				WHERE p.corp_id = e.corp_id AND p.user_id = e.user_id AND p.check_time = e.check_time),
			(SELECT e.work_date FROM dakasync.punch_taken_back t
				WHERE t.corp_id = e.corp_id AND t.user_id = e.user_id AND t.check_time = e.check_time)))`

// dayAnswered tells of the event e of a changed day whether it was asked about since.
const dayAnswered = `SELECT d.synced_at - ` + lag + ` >= coalesce(e.born_at, e.received_at)
	FROM dakasync.day d WHERE d.corp_id = e.corp_id AND d.user_id = e.user_id AND d.work_date = e.work_date`
