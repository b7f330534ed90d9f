package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// family is an instance with its relatives: its main one, those attached to
// either, all under the lock of approvals.
type family struct {
	store   *Store
	tx      pgx.Tx
	why     attendance.Why
	blind   *attendance.Blindness // for a sweep: what differs is written
	members map[string]*relative
}

// relative is one instance with the days that it covers and covered.
type relative struct {
	id       string
	state    attendance.ApprovalState
	standing attendance.Standing
	now      []attendance.ApprovalDay
	before   []attendance.ApprovalDay
}

func (f *family) save(ctx context.Context, i attendance.Instance) ([]attendance.UserDay, error) {
	if err := f.lock(ctx, "approvals"); err != nil {
		return nil, err
	}
	if err := f.load(ctx, i); err != nil {
		return nil, err
	}
	self := f.members[i.ProcessInstanceID]
	if self == nil {
		self = &relative{id: i.ProcessInstanceID}
		f.members[self.id] = self
	}
	before := f.words()
	self.state.Learn(i)
	all := f.judge()
	if err := f.lockUsers(ctx, all); err != nil {
		return nil, err
	}
	for _, r := range all {
		if err := f.write(ctx, r, r == self); err != nil {
			return nil, err
		}
	}
	if err := f.writePunches(ctx, all); err != nil {
		return nil, err
	}
	if err := f.writeDifferences(ctx, i, before, all); err != nil {
		return nil, err
	}
	if !i.MayChangeDays() {
		return nil, nil
	}
	return f.changed(ctx, f.concerned(self, all))
}

// relatives are asked for with arrays: PostgreSQL reads all rows there are to try
// alternatives that are subqueries.
const relatives = `
	WITH RECURSIVE mains AS (
		SELECT $2::text AS id
		UNION SELECT m.id FROM mains p, LATERAL (
			SELECT main_process_instance_id AS id FROM dakasync.approval a
			WHERE a.corp_id = $1 AND a.process_instance_id = p.id AND a.main_process_instance_id IS NOT NULL
			UNION ALL SELECT $3::text WHERE $3::text IS NOT NULL
			UNION ALL SELECT process_instance_id FROM dakasync.approval a
			WHERE a.corp_id = $1 AND a.attached_ids @> ARRAY[p.id]) m
	)
	SELECT process_instance_id, state::text FROM dakasync.approval a
	WHERE a.corp_id = $1 AND (process_instance_id = ANY(ARRAY(SELECT id FROM mains) || $4::text[])
		OR main_process_instance_id = ANY(ARRAY(SELECT id FROM mains))
		OR process_instance_id = ANY(ARRAY(SELECT unnest(m.attached_ids) FROM dakasync.approval m
			WHERE m.corp_id = $1 AND m.process_instance_id = ANY(ARRAY(SELECT id FROM mains)))))
	LIMIT 1000`

// load reads the family, as far as it is known: all that name each other or the
// same main instance.
func (f *family) load(ctx context.Context, i attendance.Instance) error {
	answer, err := f.tx.Query(ctx, relatives, f.store.corp, i.ProcessInstanceID, orNull(i.MainProcessInstanceID), i.AttachedIDs)
	if err != nil {
		return fmt.Errorf("load the family: %w", err)
	}
	var id, state string
	_, err = pgx.ForEachRow(answer, []any{&id, &state}, func() error {
		r := &relative{id: id}
		f.members[id] = r
		return json.Unmarshal([]byte(state), &r.state)
	})
	if err != nil {
		return fmt.Errorf("load the family: %w", err)
	}
	return f.loadDays(ctx)
}

func (f *family) loadDays(ctx context.Context) error {
	ids := make([]string, 0, len(f.members))
	for id := range f.members {
		ids = append(ids, id)
	}
	answer, err := f.tx.Query(ctx, `SELECT process_instance_id, user_id, work_date, begin_time, end_time, made_up_time
		FROM dakasync.approval_day WHERE corp_id = $1 AND process_instance_id = ANY($2)`, f.store.corp, ids)
	if err != nil {
		return fmt.Errorf("load the days: %w", err)
	}
	var id, user string
	var date time.Time
	var begin, end, madeUp *time.Time
	_, err = pgx.ForEachRow(answer, []any{&id, &user, &date, &begin, &end, &madeUp}, func() error {
		f.members[id].before = append(f.members[id].before, attendance.ApprovalDay{
			UserID: user, WorkDate: dateOf(date), Begin: utcOr0(begin), End: utcOr0(end), MadeUpAt: utcOr0(madeUp),
		})
		return nil
	})
	if err != nil {
		return fmt.Errorf("load the days: %w", err)
	}
	return nil
}

// judge tells what every member is worth now, in the order of their ids.
func (f *family) judge() []*relative {
	all := make([]*relative, 0, len(f.members))
	states := make([]*attendance.ApprovalState, 0, len(f.members))
	for _, r := range f.members {
		all, states = append(all, r), append(states, &r.state)
	}
	slices.SortFunc(all, func(a, b *relative) int { return cmp.Compare(a.id, b.id) })
	for _, r := range all {
		r.standing, r.now = attendance.StandingOf(&r.state, states), nil
		if r.state.Effective() {
			r.now = r.state.Instance().Days(f.store.zone)
		}
	}
	return all
}

func (f *family) lock(ctx context.Context, parts ...string) error {
	q := &batch{queue: &pgx.Batch{}, corp: f.store.corp}
	q.lock(parts...)
	return f.send(ctx, q)
}

func (f *family) lockUsers(ctx context.Context, all []*relative) error {
	q := &batch{queue: &pgx.Batch{}, corp: f.store.corp}
	if users := usersOf(all); len(users) > 0 {
		q.lockUsers(users)
	}
	return f.send(ctx, q)
}

func (f *family) send(ctx context.Context, q *batch) error {
	if q.queue.Len() == 0 {
		return nil
	}
	return f.tx.SendBatch(ctx, q.queue).Close() // SaveInstance types it.
}

func usersOf(all []*relative) []string {
	var users []string
	for _, r := range all {
		for _, d := range slices.Concat(r.now, r.before) {
			users = append(users, d.UserID)
		}
	}
	slices.Sort(users)
	return slices.Compact(users)
}

// write stores an instance's row and its days. A relative's row changes only in
// being revoked; its days may become void.
func (f *family) write(ctx context.Context, r *relative, self bool) error {
	q := &batch{queue: &pgx.Batch{}, corp: f.store.corp}
	i := r.state.Instance()
	if self {
		if err := f.writeRow(q, r, i); err != nil {
			return err
		}
	} else {
		q.exec(`UPDATE dakasync.approval SET revoked = true, updated_at = now()
			WHERE corp_id = $1 AND process_instance_id = $2 AND $3 AND NOT revoked`, f.store.corp, r.id, r.standing.Revoked)
	}
	users, at, begins, ends, madeUps, froms := columns(r.now, i.EffectiveAt(), f.store.zone)
	q.exec(`WITH due AS (
			SELECT n.user_id, n.work_date, n.begin_time, n.end_time, n.made_up_time, n.due_from, CASE WHEN $9 THEN 'void' WHEN d.synced_at >= n.due_from THEN 'synced' ELSE 'due' END AS state
			FROM unnest($3::text[], $4::date[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[])
				AS n (user_id, work_date, begin_time, end_time, made_up_time, due_from)
			LEFT JOIN dakasync.day d ON d.corp_id = $1 AND d.user_id = n.user_id AND d.work_date = n.work_date
		), gone AS (
			DELETE FROM dakasync.approval_day a WHERE a.corp_id = $1 AND a.process_instance_id = $2 AND NOT EXISTS (
				SELECT FROM due WHERE due.user_id = a.user_id AND due.work_date = a.work_date
					AND coalesce(due.made_up_time, due.begin_time) = a.part)
		)
		INSERT INTO dakasync.approval_day AS a (corp_id, process_instance_id, user_id, work_date, begin_time, end_time, made_up_time, state, due_from)
		SELECT $1, $2, user_id, work_date, begin_time, end_time, made_up_time, state, due_from FROM due
		ON CONFLICT (corp_id, process_instance_id, user_id, work_date, part) DO UPDATE SET begin_time = excluded.begin_time,
			end_time = excluded.end_time, made_up_time = excluded.made_up_time, state = excluded.state, due_from = excluded.due_from
		WHERE (a.begin_time, a.end_time, a.made_up_time, a.state, a.due_from) IS DISTINCT FROM
			(excluded.begin_time, excluded.end_time, excluded.made_up_time, excluded.state, excluded.due_from)`,
		f.store.corp, r.id, users, at, begins, ends, madeUps, froms, r.standing.Void)
	return f.send(ctx, q)
}

func (f *family) writeRow(q *batch, r *relative, i attendance.Instance) error {
	state, err := json.Marshal(r.state)
	if err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	attached := i.AttachedIDs
	if attached == nil {
		attached = []string{}
	}
	kind := i.Kind
	if kind == "" {
		kind = attendance.ApprovalOther
	}
	q.exec(`INSERT INTO dakasync.approval AS a (corp_id, process_instance_id, process_code, kind, originator_user_id, status, result,
			created_at, finished_at, main_process_instance_id, biz_action, revoked, attached_ids, read_at, complete, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::text::jsonb)
		ON CONFLICT (corp_id, process_instance_id) DO UPDATE SET process_code = excluded.process_code, kind = excluded.kind,
			originator_user_id = excluded.originator_user_id, status = excluded.status, result = excluded.result,
			created_at = excluded.created_at, finished_at = excluded.finished_at,
			main_process_instance_id = excluded.main_process_instance_id, biz_action = excluded.biz_action,
			revoked = a.revoked OR excluded.revoked, attached_ids = excluded.attached_ids, read_at = excluded.read_at,
			complete = excluded.complete, state = excluded.state, updated_at = now()`,
		f.store.corp, r.id, orNull(i.ProcessCode), string(kind), orNull(i.OriginatorUserID), i.Status, orNull(i.Result),
		timeOrNull(i.CreatedAt), timeOrNull(i.FinishedAt), orNull(i.MainProcessInstanceID), orNull(i.BizAction),
		r.standing.Revoked, attached, timeOrNull(i.ReadAt), r.state.ReadToItsEnd() || i.Status == attendance.StatusDeleted, string(state))
	return nil
}

// columns are approval days as arrays. A day is due from the decision on, but
// not before it begins: what was asked about a future day tells nothing.
func columns(days []attendance.ApprovalDay, effectiveAt time.Time, zone *time.Location) (
	users []string, at []time.Time, begins, ends, madeUps []*time.Time, froms []time.Time,
) {
	for _, d := range days {
		users, at = append(users, d.UserID), append(at, d.WorkDate.In(time.UTC))
		begins, ends, madeUps = append(begins, timeOrNull(d.Begin)), append(ends, timeOrNull(d.End)), append(madeUps, timeOrNull(d.MadeUpAt))
		from := d.WorkDate.In(zone).UTC()
		if effectiveAt.After(from) {
			from = effectiveAt
		}
		froms = append(froms, from)
	}
	return users, at, begins, ends, madeUps, froms
}

// writePunches lets make-ups stand for their punches, or takes them back.
func (f *family) writePunches(ctx context.Context, all []*relative) error {
	shelf := f.store.newShelf(f.why, f.blind)
	for _, r := range all {
		for _, d := range slices.Concat(r.now, r.before) {
			if !d.MadeUpAt.IsZero() {
				b := shelf.book(d.UserID)
				b.times = append(b.times, d.MadeUpAt)
			}
		}
	}
	if len(shelf.books) == 0 {
		return nil
	}
	q := &batch{queue: &pgx.Batch{}, corp: f.store.corp}
	shelf.load(q)
	if err := f.send(ctx, q); err != nil {
		return err
	}
	for _, r := range all {
		r.speak(shelf)
	}
	q = &batch{queue: &pgx.Batch{}, corp: f.store.corp}
	if err := shelf.save(q); err != nil {
		return err
	}
	return f.send(ctx, q)
}

// speak tells the punches what an instance makes of them now.
func (r *relative) speak(shelf *shelf) {
	for _, d := range slices.Concat(r.before, r.now) {
		if !d.MadeUpAt.IsZero() {
			b := shelf.book(d.UserID)
			b.punch(d.MadeUpAt).Withdraw(r.id)
			b.claimed = append(b.claimed, d.WorkDate)
		}
	}
	for _, d := range r.now {
		switch {
		case d.MadeUpAt.IsZero():
		case r.standing.Void:
			shelf.book(d.UserID).punch(d.MadeUpAt).TakeBack(r.id)
		default:
			shelf.book(d.UserID).punch(d.MadeUpAt).Approve(r.id, d.WorkDate)
		}
	}
}

// concerned are the members whose days may look different now: the instance
// itself, and what an agreed change or revocation is attached to.
func (f *family) concerned(self *relative, all []*relative) []*relative {
	i := self.state.Instance()
	if !self.state.Agreed || i.BizAction != attendance.ActionModify && i.BizAction != attendance.ActionRevoke {
		return []*relative{self}
	}
	return all
}

// changed are the user-days to ask about: those covered now or before, the
// calendar days of make-ups, and the work dates with a known slot inside a
// span, which for a night shift is the day before. Who is excused until a shift
// ends need not sign off.
func (f *family) changed(ctx context.Context, concerned []*relative) ([]attendance.UserDay, error) {
	today := attendance.DateOf(f.store.nowFunc(), f.store.zone)
	oldest := today.AddDays(-attendance.HorizonDays)
	var days []attendance.UserDay
	add := func(user string, date attendance.Date) {
		if !date.Before(oldest) && !date.After(today) {
			days = append(days, attendance.UserDay{UserID: user, WorkDate: date})
		}
	}
	var users []string
	var begins, ends []time.Time
	for _, r := range concerned {
		for _, d := range slices.Concat(r.now, r.before) {
			add(d.UserID, d.WorkDate)
			if !d.MadeUpAt.IsZero() {
				add(d.UserID, attendance.DateOf(d.MadeUpAt, f.store.zone))
			} else if !d.WorkDate.Before(oldest) && !d.WorkDate.After(today.AddDays(1)) {
				users, begins, ends = append(users, d.UserID), append(begins, d.Begin), append(ends, d.End)
			}
		}
	}
	answer, err := f.tx.Query(ctx, `SELECT DISTINCT d.user_id, d.work_date
		FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) AS span (user_id, begin_time, end_time)
		JOIN dakasync.day d ON d.corp_id = $1 AND d.user_id = span.user_id
			AND d.work_date BETWEEN (span.begin_time - interval '2 days')::date AND (span.end_time + interval '2 days')::date
			AND EXISTS (SELECT FROM unnest(d.plan_times) p WHERE p BETWEEN span.begin_time AND span.end_time)`,
		f.store.corp, users, begins, ends)
	if err != nil {
		return nil, fmt.Errorf("find the slots that it covers: %w", err)
	}
	var user string
	var date time.Time
	if _, err = pgx.ForEachRow(answer, []any{&user, &date}, func() error { add(user, dateOf(date)); return nil }); err != nil {
		return nil, fmt.Errorf("find the slots that it covers: %w", err)
	}
	slices.SortFunc(days, compareUserDays)
	return slices.Compact(days), nil
}
