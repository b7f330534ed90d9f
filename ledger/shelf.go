package ledger

import (
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// shelf is the books of those users that one transaction writes about. All are
// loaded and written by the same few statements, whatever their number.
type shelf struct {
	store *Store
	why   attendance.Why
	blind *attendance.Blindness // for a sweep: what differs is written
	books map[string]*book      // by user
}

func (s *Store) newShelf(why attendance.Why, blind *attendance.Blindness) *shelf {
	why.WorkflowID = cleanText(why.WorkflowID)
	return &shelf{store: s, why: why, blind: blind, books: map[string]*book{}}
}

// book is a user's, to ask for dates and times before it is loaded, and to learn
// from then on.
func (s *shelf) book(user string) *book {
	b := s.books[user]
	if b == nil {
		b = &book{zone: s.store.zone, user: user, finds: newFinds(s.blind)}
		s.books[user] = b
	}
	return b
}

// inOrder are the books by user, as their locks are taken.
func (s *shelf) inOrder() []*book {
	books := make([]*book, 0, len(s.books))
	for _, user := range slices.Sorted(maps.Keys(s.books)) {
		books = append(books, s.books[user])
	}
	return books
}

// lock makes other writers of these users' days wait until the transaction ends.
func (s *shelf) lock(q *batch) {
	q.lockUsers(slices.Sorted(maps.Keys(s.books)))
}

// load queues the reading of the books: each row by its key (OFFSET 0 has PostgreSQL
// join in this order), for before it has counted a table it takes a company's rows for
// few, and reads them all.
func (s *shelf) load(q *batch) {
	var asked userDates
	var times userTimes
	for _, b := range s.inOrder() {
		b.forget()
		asked.add(b.user, b.asked...)
		times.add(b.user, b.times...)
	}
	rows(q, pgx.RowToStructByPos[dayRow], func(r dayRow) { s.books[r.UserID].holdDay(r) }, `
		SELECT k.user_id, k.work_date, d.state::text, d.scheduled, d.approvals::text, (SELECT count(*)::int FROM dakasync.result r
			WHERE r.corp_id = $1 AND r.user_id = k.user_id AND r.work_date = k.work_date)
		FROM unnest($2::text[], $3::date[]) AS k (user_id, work_date), LATERAL (SELECT d.state, d.scheduled, d.approvals FROM dakasync.day d
			WHERE d.corp_id = $1 AND d.user_id = k.user_id AND d.work_date = k.work_date OFFSET 0) d`,
		q.corp, asked.users, asked.dates)
	rows(q, pgx.RowToStructByPos[punchRow], func(r punchRow) { s.books[r.UserID].holdPunch(r) }, `
		WITH t AS MATERIALIZED (`+timesOfInterest+`)
		SELECT t.user_id, t.at, coalesce(p.state, back.state)::text, p.work_date, p.check_type, p.source_type, p.location_result,
			p.valid, p.record_id, p.biz_id, p.process_instance_id, p.invalid_type, p.invalid_message, p.origin, p.explained
		FROM t
		LEFT JOIN LATERAL (SELECT p.state, p.work_date, p.check_type, p.source_type, p.location_result, p.valid, p.record_id,
				p.biz_id, p.process_instance_id, p.invalid_type, p.invalid_message, p.origin, p.explained
			FROM dakasync.punch p WHERE p.corp_id = $1 AND p.user_id = t.user_id AND p.check_time = t.at OFFSET 0) p ON true
		LEFT JOIN LATERAL (SELECT b.state FROM dakasync.punch_taken_back b
			WHERE b.corp_id = $1 AND b.user_id = t.user_id AND b.check_time = t.at OFFSET 0) back ON true
		WHERE p.state IS NOT NULL OR back.state IS NOT NULL`,
		q.corp, asked.users, asked.dates, times.users, times.at)
	rows(q, pgx.RowToStructByPos[resultRow], func(r resultRow) { s.books[r.UserID].holdDormant(r) }, `
		WITH t AS MATERIALIZED (`+timesOfInterest+`)
		SELECT t.user_id, r.work_date, t.at, r.origin, r.check_type, r.source_type, r.location_result, r.record_id, r.process_instance_id
		FROM t, LATERAL (
			SELECT r.work_date, r.origin, r.check_type, r.source_type, r.location_result, r.record_id, r.process_instance_id FROM dakasync.result r
			WHERE r.corp_id = $1 AND r.user_id = t.user_id AND r.user_check_time = t.at OFFSET 0) r`,
		q.corp, asked.users, asked.dates, times.users, times.at)
	s.loadTold(q)
}

// timesOfInterest are the times that were asked for, and those that any answer about the
// asked days ever named: a result that is hidden may be shown when another answer comes,
// and one that is shown may go. A time may come twice, which changes nothing: to leave
// such out, PostgreSQL would lay out a table for the thousands of times that it expects.
const timesOfInterest = `SELECT user_id, at FROM unnest($4::text[], $5::timestamptz[]) AS t (user_id, at)
	UNION ALL SELECT k.user_id, named.at FROM unnest($2::text[], $3::date[]) AS k (user_id, work_date), LATERAL (
		SELECT (at #>> '{}')::timestamptz AS at FROM dakasync.day d, jsonb_path_query(d.state, '$.*.results[*].user_check_time') AS at
		WHERE d.corp_id = $1 AND d.user_id = k.user_id AND d.work_date = k.work_date OFFSET 0) named`

// save queues the writing of what the books have learned, and of a version for
// every date whose content is another one now: only where something that is shown is new or gone
// is the content looked at, which is the dearest statement of all.
func (s *shelf) save(q *batch) error {
	w := &writes{}
	for _, b := range s.inOrder() {
		if err := b.write(w); err != nil {
			return err
		}
	}
	if err := w.queue(q, s.why); err != nil {
		return err
	}
	return s.store.writeDifferences(q, s.why, w.found)
}

// userDates are user-days as two arrays.
type userDates struct {
	users []string
	dates []time.Time
}

func (u *userDates) add(user string, days ...attendance.Date) {
	for _, d := range days {
		u.users, u.dates = append(u.users, user), append(u.dates, d.In(time.UTC))
	}
}

// userTimes are moments of users as two arrays.
type userTimes struct {
	users []string
	at    []time.Time
}

func (u *userTimes) add(user string, times ...time.Time) {
	for _, t := range times {
		u.users, u.at = append(u.users, user), append(u.at, t)
	}
}
