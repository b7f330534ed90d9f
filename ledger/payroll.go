package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// payrollPage is how many people's days are asked for at once: few enough for the
// server to go by its indexes, and for nobody's memory to grow with the company.
const payrollPage = 500

// PayrollWant says which days are wanted: everybody's if no user is named.
type PayrollWant struct {
	Days  attendance.DateRange
	Users []string
}

// PayrollHead is what is known before the first day.
type PayrollHead struct {
	People   int
	Complete []attendance.Completeness
}

// PayrollDay is one user's work date as pay needs it.
type PayrollDay struct {
	UserID    string
	WorkDate  attendance.Date
	Known     bool // the ledger has the day; else the user is merely in contacts
	Seen      bool // a walk over contacts had met the user by then, or the first one did: who is in it was there before
	Scheduled *bool
	Settled   bool
	Version   int
	AskedAt   time.Time // when DingTalk was last asked about it; zero if never
	Results   []ShownResult
	Punches   []ShownPunch
	Approvals []PayrollApproval
}

// PayrollApproval is the part of an agreed approval that touches a day.
type PayrollApproval struct {
	Kind attendance.ApprovalKind `json:"kind"`

	ApprovalPart
}

// Payroll calls begin once and then each for every day, by user id and date, all of
// one state of the ledger. There is a day for everybody who was in contacts at it,
// whether or not anything is known of it, and for everybody else of whom something
// is. It holds one page of people's days at a time at most. An error of begin or each ends it.
func (s *Store) Payroll(ctx context.Context, want PayrollWant, begin func(PayrollHead) error, each func(PayrollDay) error) error {
	what := fmt.Sprintf("read the days %s to %s", want.Days.From, want.Days.To)
	if want.Days.From.IsZero() || want.Days.To.IsZero() {
		return fmt.Errorf("%s: %w", what, ErrNoSubject)
	}
	tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return failure(what, err)
	}
	defer func() {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		_ = tx.Rollback(undo) // it has written nothing
	}()
	head, err := s.payrollHead(ctx, tx, want)
	if err != nil {
		return failure(what, err)
	}
	if err := begin(head); err != nil {
		return err
	}
	for {
		people, err := collect(ctx, tx, pgx.RowTo[string], fmt.Sprintf("FETCH %d FROM people", payrollPage))
		if err != nil {
			return failure(what, err)
		}
		if len(people) == 0 {
			return nil
		}
		if err := s.payrollPage(ctx, tx, what, want.Days, people, each); err != nil {
			return err
		}
	}
}

// peopleWanted are those whose days are wanted.
const peopleWanted = `SELECT user_id FROM (
		SELECT user_id FROM dakasync.employee WHERE corp_id = $1 AND (left_at IS NULL OR left_at >= $4)
		UNION SELECT user_id FROM dakasync.day WHERE corp_id = $1 AND work_date BETWEEN $2 AND $3
		UNION SELECT user_id FROM dakasync.approval_day WHERE corp_id = $1 AND work_date BETWEEN $2 AND $3 AND state <> 'void') p
	WHERE cardinality($5::text[]) = 0 OR user_id = ANY($5)`

func (s *Store) payrollHead(ctx context.Context, tx pgx.Tx, want PayrollWant) (PayrollHead, error) {
	var head PayrollHead
	q := &batch{queue: &pgx.Batch{}, corp: s.corp}
	s.readComplete(q, &head.Complete)
	args := []any{s.corp, want.Days.From.In(time.UTC), want.Days.To.In(time.UTC), want.Days.From.In(s.zone), cleanKeys(want.Users)}
	rows(q, pgx.RowTo[int], func(n int) { head.People = n }, "SELECT count(*) FROM ("+peopleWanted+") n", args...)
	q.exec("DECLARE people NO SCROLL CURSOR FOR "+peopleWanted+` ORDER BY user_id COLLATE "C"`, args...)
	return head, tx.SendBatch(ctx, q.queue).Close() // The caller types it.
}

func collect[T any](ctx context.Context, tx pgx.Tx, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	answer, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err // The caller types it.
	}
	return pgx.CollectRows(answer, scan) // The caller types it.
}

// payrollPage reads the days of some people, and hands them on as they come.
func (s *Store) payrollPage(ctx context.Context, tx pgx.Tx, what string, days attendance.DateRange, people []string, each func(PayrollDay) error) error {
	answer, err := tx.Query(ctx, `
		WITH result AS (
			SELECT user_id, work_date, jsonb_agg(to_jsonb(r) - 'extra' ORDER BY slot) AS shown FROM dakasync.result r
			WHERE corp_id = $1 AND user_id = ANY($2) AND work_date BETWEEN $3 AND $4 GROUP BY user_id, work_date
		), punch AS (
			SELECT user_id, work_date, jsonb_agg(to_jsonb(p) - '{extra,state}'::text[] ORDER BY check_time) AS shown FROM dakasync.punch p
			WHERE corp_id = $1 AND user_id = ANY($2) AND work_date BETWEEN $3 AND $4 GROUP BY user_id, work_date
		), part AS (
			SELECT p.user_id, p.work_date, jsonb_agg(to_jsonb(p) || jsonb_build_object('kind', i.kind) ORDER BY p.part, p.process_instance_id) AS shown
			FROM dakasync.approval_day p JOIN dakasync.approval i USING (corp_id, process_instance_id)
			WHERE p.corp_id = $1 AND p.user_id = ANY($2) AND p.work_date BETWEEN $3 AND $4 AND p.state <> 'void' GROUP BY p.user_id, p.work_date
		), wanted AS (
			SELECT user_id, generate_series($3::timestamp, $4::timestamp, interval '1 day')::date AS work_date FROM unnest($2::text[]) user_id
		)
		SELECT user_id, work_date, d.corp_id IS NOT NULL,
			coalesce((e.first_seen_at AT TIME ZONE $5::interval)::date <= work_date OR e.first_seen_at = (
				SELECT min(first_seen_at) FROM dakasync.employee WHERE corp_id = $1), false), d.scheduled, d.settled_at IS NOT NULL,
			coalesce(d.version, 0), d.synced_at, coalesce(r.shown, '[]'), coalesce(p.shown, '[]'), coalesce(a.shown, '[]')
		FROM wanted
		LEFT JOIN (SELECT corp_id, user_id, work_date, scheduled, settled_at, version, synced_at FROM dakasync.day
			WHERE corp_id = $1 AND user_id = ANY($2) AND work_date BETWEEN $3 AND $4) d USING (user_id, work_date)
		LEFT JOIN (SELECT corp_id, user_id, first_seen_at, left_at FROM dakasync.employee WHERE corp_id = $1 AND user_id = ANY($2)) e USING (user_id)
		LEFT JOIN result r USING (user_id, work_date) LEFT JOIN punch p USING (user_id, work_date) LEFT JOIN part a USING (user_id, work_date)
		WHERE d.corp_id IS NOT NULL OR a.shown IS NOT NULL
			OR e.corp_id IS NOT NULL AND (e.left_at IS NULL OR (e.left_at AT TIME ZONE $5::interval)::date >= work_date)
		ORDER BY user_id COLLATE "C", work_date`,
		s.corp, people, days.From.In(time.UTC), days.To.In(time.UTC), s.offset(days.From))
	if err != nil {
		return failure(what, err)
	}
	defer answer.Close()
	for answer.Next() {
		var d PayrollDay
		var date time.Time
		var asked *time.Time
		if err := answer.Scan(&d.UserID, &date, &d.Known, &d.Seen, &d.Scheduled, &d.Settled, &d.Version, &asked, &d.Results, &d.Punches, &d.Approvals); err != nil {
			return failure(what, err)
		}
		d.WorkDate, d.AskedAt = dateOf(date), utcOr0(asked)
		if err := each(d); err != nil {
			return err
		}
	}
	return failure(what, answer.Err())
}

// offset is how far the company's clocks are from Greenwich at a date.
func (s *Store) offset(d attendance.Date) time.Duration {
	_, seconds := d.In(s.zone).Zone()
	return time.Duration(seconds) * time.Second
}
