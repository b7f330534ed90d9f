package ledger

import (
	"encoding/json"
	"fmt"
	"time"

	"dakasync/attendance"
)

// writes is what one transaction writes about user-days, by table: each table takes
// all its rows at once, as JSON, named as its columns are.
type writes struct {
	touched   userDates // every date that anything claims
	claimed   userDates // of them those whose own state is not written
	changed   userDates // and those of which something is shown that was not, or the other way round
	days      []dayWrite
	reset     userDates // the days whose results are other ones now
	results   []resultWrite
	gone      userTimes // punches that are none any more
	restored  userTimes // of those taken back
	punches   []punchWrite
	takenBack []takenBackWrite
	riddles   userDates // days of punches that nothing explains now
	found     []attendance.Difference
}

type dayWrite struct {
	UserID    string              `json:"user_id"`
	WorkDate  attendance.Date     `json:"work_date"`
	Scheduled *bool               `json:"scheduled"`
	SyncedAt  *time.Time          `json:"synced_at"`
	ListedAt  *time.Time          `json:"listed_at"`
	Approvals []attendance.Tag    `json:"approvals"`
	PlanTimes []time.Time         `json:"plan_times"`
	State     attendance.DayState `json:"state"`
	Accounted bool                `json:"accounted"`
}

type resultWrite struct {
	attendance.Result

	UserID   string            `json:"user_id"`
	WorkDate attendance.Date   `json:"work_date"`
	Slot     int               `json:"slot"`
	Origin   attendance.Source `json:"origin"`
}

type punchWrite struct {
	punchColumns

	UserID string                `json:"user_id"`
	Extra  json.RawMessage       `json:"extra,omitempty"`
	State  attendance.PunchState `json:"state"`
}

type takenBackWrite struct {
	UserID    string                `json:"user_id"`
	CheckTime time.Time             `json:"check_time"`
	State     attendance.PunchState `json:"state"`
}

func (w *writes) day(user string, date attendance.Date, d *heldDay) {
	w.days = append(w.days, dayWrite{
		UserID: user, WorkDate: date, Scheduled: d.state.Scheduled(), SyncedAt: timeOrNull(d.state.SyncedAt()), ListedAt: timeOrNull(d.state.ListedAt),
		Approvals: append([]attendance.Tag{}, d.state.Tags()...), PlanTimes: append([]time.Time{}, d.state.PlanTimes()...),
		State: d.state, Accounted: d.state.Accounted(),
	})
	if d.rowsStay() {
		return
	}
	if d.rows > 0 {
		w.reset.add(user, date)
	}
	for slot, r := range d.showing() {
		w.results = append(w.results, resultWrite{Result: r.Result, UserID: user, WorkDate: date, Slot: slot, Origin: r.Source})
	}
}

// punch adds what has become of one; nil is no punch.
func (w *writes) punch(user string, held *heldPunch, p *attendance.Punch) {
	blank := held.state.Blank()
	if held.before != nil && p == nil {
		w.gone.add(user, held.at)
	}
	if held.takenBack && (p != nil || blank) {
		w.restored.add(user, held.at)
	}
	switch {
	case p != nil:
		w.punches = append(w.punches, punchWrite{UserID: user, punchColumns: columnsOf(p), Extra: p.Extra, State: held.state})
		if !p.Explained && (held.before == nil || held.before.Explained) {
			w.riddles.add(user, p.WorkDate)
		}
	case !blank:
		w.takenBack = append(w.takenBack, takenBackWrite{UserID: user, CheckTime: held.at, State: held.state})
	}
}

// queue queues all that is to be written.
func (w *writes) queue(q *batch, why attendance.Why) error {
	w.claimed.ensure(q, why)
	err := w.queueDays(q, why)
	if err == nil {
		err = w.queuePunches(q)
	}
	w.changed.version(q, why)
	return err
}

func (w *writes) queueDays(q *batch, why attendance.Why) error {
	if len(w.days) == 0 {
		return nil
	}
	// An upsert finds a row by its key, whatever PostgreSQL believes of the table.
	if err := write(q, `INSERT INTO dakasync.day AS d (corp_id, user_id, work_date, scheduled, synced_at, listed_at, approvals, plan_times, state, accounted, last_trigger)
		SELECT $1, user_id, work_date, scheduled, synced_at, listed_at, approvals, plan_times, state, accounted, $3
		FROM jsonb_to_recordset($2::text::jsonb) AS n (user_id text, work_date date, scheduled boolean, synced_at timestamptz,
			listed_at timestamptz, approvals jsonb, plan_times timestamptz[], state jsonb, accounted boolean)
		ON CONFLICT (corp_id, user_id, work_date) DO UPDATE SET scheduled = excluded.scheduled, synced_at = excluded.synced_at,
			listed_at = excluded.listed_at, approvals = excluded.approvals, plan_times = excluded.plan_times, state = excluded.state,
			accounted = excluded.accounted, updated_at = now()`, w.days, string(why.Trigger)); err != nil {
		return err
	}
	q.exec(`UPDATE dakasync.approval_day a SET state = 'synced'
		FROM unnest($2::text[], $3::date[]) AS k (user_id, work_date), LATERAL (SELECT d.synced_at FROM dakasync.day d
			WHERE d.corp_id = $1 AND d.user_id = k.user_id AND d.work_date = k.work_date OFFSET 0) d
		WHERE a.corp_id = $1 AND a.user_id = k.user_id AND a.work_date = k.work_date AND a.state = 'due' AND a.due_from <= d.synced_at`,
		q.corp, w.touched.users, w.touched.dates)
	if len(w.reset.users) > 0 { // by their places, as version says
		q.exec(`DELETE FROM dakasync.result r USING unnest($2::text[], $3::date[]) AS k (user_id, work_date), LATERAL (
			SELECT r.ctid AS place FROM dakasync.result r
			WHERE r.corp_id = $1 AND r.user_id = k.user_id AND r.work_date = k.work_date OFFSET 0) found
			WHERE r.ctid = found.place`, q.corp, w.reset.users, w.reset.dates)
	}
	return write(q, `INSERT INTO dakasync.result (corp_id, user_id, work_date, slot, check_type, plan_check_time,
			user_check_time, time_result, location_result, source_type, record_id, plan_id, group_id, class_id,
			process_instance_id, origin, extra)
		SELECT $1, user_id, work_date, slot, check_type, plan_check_time, user_check_time, time_result, location_result,
			source_type, record_id, plan_id, group_id, class_id, process_instance_id, origin, extra
		FROM jsonb_to_recordset($2::text::jsonb) AS n (user_id text, work_date date, slot integer, check_type text,
			plan_check_time timestamptz, user_check_time timestamptz, time_result text, location_result text, source_type text,
			record_id bigint, plan_id bigint, group_id bigint, class_id bigint, process_instance_id text, origin text, extra jsonb)`,
		w.results)
}

func (w *writes) queuePunches(q *batch) error {
	w.gone.remove(q, "punch")
	w.restored.remove(q, "punch_taken_back")
	if err := write(q, `INSERT INTO dakasync.punch_taken_back (corp_id, user_id, check_time, state)
		SELECT $1, user_id, check_time, state
		FROM jsonb_to_recordset($2::text::jsonb) AS n (user_id text, check_time timestamptz, state jsonb)
		ON CONFLICT (corp_id, user_id, check_time) DO UPDATE SET state = excluded.state, updated_at = now()`, w.takenBack); err != nil {
		return err
	}
	if err := write(q, `INSERT INTO dakasync.punch (corp_id, user_id, work_date, check_time, check_type, source_type,
			location_result, valid, record_id, biz_id, process_instance_id, invalid_type, invalid_message, origin,
			explained, extra, state)
		SELECT $1, user_id, work_date, check_time, check_type, source_type, location_result, valid, record_id, biz_id,
			process_instance_id, invalid_type, invalid_message, origin, explained, extra, state
		FROM jsonb_to_recordset($2::text::jsonb) AS n (user_id text, work_date date, check_time timestamptz, check_type text,
			source_type text, location_result text, valid boolean, record_id bigint, biz_id text, process_instance_id text,
			invalid_type text, invalid_message text, origin text, explained boolean, extra jsonb, state jsonb)
		ON CONFLICT (corp_id, user_id, check_time) DO UPDATE SET
			work_date = excluded.work_date, check_type = excluded.check_type, source_type = excluded.source_type,
			location_result = excluded.location_result, valid = excluded.valid, record_id = excluded.record_id,
			biz_id = excluded.biz_id, process_instance_id = excluded.process_instance_id,
			invalid_type = excluded.invalid_type, invalid_message = excluded.invalid_message, origin = excluded.origin,
			explained = excluded.explained, extra = excluded.extra, state = excluded.state, updated_at = now()`, w.punches); err != nil {
		return err
	}
	if len(w.riddles.users) > 0 {
		q.exec(`UPDATE dakasync.day d SET settled_at = NULL FROM unnest($2::text[], $3::date[]) AS k (user_id, work_date)
			WHERE d.corp_id = $1 AND d.user_id = k.user_id AND d.work_date = k.work_date AND d.settled_at IS NOT NULL`,
			q.corp, w.riddles.users, w.riddles.dates)
	}
	return nil
}

func (u *userTimes) remove(q *batch, table string) {
	if len(u.users) > 0 { // by their places, as version says
		q.exec(`DELETE FROM dakasync.`+table+` p USING unnest($2::text[], $3::timestamptz[]) AS k (user_id, at), LATERAL (
			SELECT p.ctid AS place FROM dakasync.`+table+` p
			WHERE p.corp_id = $1 AND p.user_id = k.user_id AND p.check_time = k.at OFFSET 0) found
			WHERE p.ctid = found.place`, q.corp, u.users, u.at)
	}
}

// write queues a statement for some rows, if there are any.
func write[T any](q *batch, sql string, rows []T, further ...any) error {
	if len(rows) == 0 {
		return nil
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("write what follows for user-days: %w", err)
	}
	q.exec(sql, append([]any{q.corp, string(text)}, further...)...)
	return nil
}

// ensure makes a row for every date that anything ever claimed: which claims come
// first must not decide which rows there are.
func (u *userDates) ensure(q *batch, why attendance.Why) {
	if len(u.users) == 0 {
		return
	}
	q.exec(`INSERT INTO dakasync.day (corp_id, user_id, work_date, last_trigger)
		SELECT $1, user_id, work_date, $4 FROM unnest($2::text[], $3::date[]) AS k (user_id, work_date) ON CONFLICT DO NOTHING`,
		q.corp, u.users, u.dates, string(why.Trigger))
}

// version appends a version where the content differs from the last one. The
// content is read back from the tables that were just written, so that it is what
// a reader sees. The days are locked, so that each stays where it was seen (ctid); joined
// by their keys, PostgreSQL would rather read all days of a company while it knows of few.
func (u *userDates) version(q *batch, why attendance.Why) {
	if len(u.users) == 0 {
		return
	}
	q.exec(`WITH shown AS MATERIALIZED (
			SELECT d.place, d.user_id, d.work_date, d.before, jsonb_build_object(
				'scheduled', d.scheduled,
				'approvals', d.approvals,
				'results', coalesce((
					SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(r) - '{corp_id,user_id,work_date,slot,origin,extra}'::text[]) ORDER BY r.slot)
					FROM dakasync.result r
					WHERE r.corp_id = d.corp_id AND r.user_id = d.user_id AND r.work_date = d.work_date), '[]'),
				'punches', coalesce((
					SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(p) - '{corp_id,user_id,work_date,state,extra,created_at,updated_at}'::text[]) ORDER BY p.check_time)
					FROM dakasync.punch p
					WHERE p.corp_id = d.corp_id AND p.user_id = d.user_id AND p.work_date = d.work_date), '[]')
				) AS snapshot
			FROM unnest($2::text[], $3::date[]) AS k (user_id, work_date), LATERAL (
				SELECT d.ctid AS place, d.corp_id, d.user_id, d.work_date, d.scheduled, d.approvals, v.snapshot AS before FROM dakasync.day d
				LEFT JOIN dakasync.day_version v
					ON v.corp_id = d.corp_id AND v.user_id = d.user_id AND v.work_date = d.work_date AND v.version = d.version
				WHERE d.corp_id = $1 AND d.user_id = k.user_id AND d.work_date = k.work_date OFFSET 0) d
		), changed AS (
			UPDATE dakasync.day d SET version = d.version + 1, last_trigger = $4, updated_at = now()
			FROM shown
			WHERE d.ctid = shown.place AND shown.snapshot IS DISTINCT FROM coalesce(shown.before,
					'{"scheduled": null, "approvals": [], "results": [], "punches": []}'::jsonb)
			RETURNING d.user_id, d.work_date, d.version, shown.snapshot
		)
		INSERT INTO dakasync.day_version (corp_id, user_id, work_date, version, trigger, workflow_id, snapshot)
		SELECT $1, user_id, work_date, version, $4, $5, snapshot FROM changed`,
		q.corp, u.users, u.dates, string(why.Trigger), orNull(why.WorkflowID))
}
