package ledger

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// RecordHint writes the event's row (pending, deliveries 1; an existing row
// keeps its count) and, for a punch, its punch row with the event as witness.
// It says whether the ledger accounts for the hint already: for a punch,
// something else than an event explains it, be it a make-up that was taken back,
// and its day, or the clock-ins of it, was asked about after the hint was born; for
// a day, it was asked about after that.
func (s *Store) RecordHint(ctx context.Context, h attendance.Hint, payload []byte, workflowID string) (attendance.Recall, error) {
	told, err := s.tell(h, payload, workflowID)
	if err != nil {
		return attendance.Recall{}, err
	}
	h, date, what := told.hint, told.date, "record event "+told.row.key
	why := attendance.Why{Trigger: h.Trigger(), WorkflowID: workflowID}
	if h.Kind == attendance.KindApproval || h.UserID == "" {
		return attendance.Recall{}, s.transact(ctx, what, func(q *batch) {
			q.lock("event", told.row.key)
			told.row.upsert(q)
		}, nil)
	}
	shelf := s.newShelf(why, nil)
	b := shelf.book(h.UserID)
	b.times = told.times()
	var recall attendance.Recall
	var asked map[attendance.Date]time.Time
	err = s.transact(ctx, what, func(q *batch) {
		asked, recall = map[attendance.Date]time.Time{}, attendance.Recall{}
		q.keepPlans()
		q.lock("event", told.row.key)
		q.lock("user", h.UserID)
		told.row.upsert(q)
		shelf.load(q)
		rows(q, pgx.RowToStructByPos[askedRow], func(r askedRow) { asked[dateOf(r.WorkDate)] = r.AskedAt },
			`SELECT work_date, asked_at - `+lag+` FROM (
				SELECT work_date, settled_at, CASE WHEN $4 THEN greatest(synced_at, listed_at) ELSE synced_at END AS asked_at FROM dakasync.day
				WHERE corp_id = $1 AND user_id = $2 AND work_date BETWEEN $3::date - 1 AND $3::date + 1) d
			WHERE asked_at IS NOT NULL`,
			s.corp, h.UserID, date.In(time.UTC), h.Kind == attendance.KindPunch)
	}, func(q *batch) error {
		if h.Kind == attendance.KindDay {
			recall = known(true, date, asked, h)
			var day userDates
			day.add(h.UserID, date)
			day.ensure(q, why)
			return b.fault
		}
		var changed bool
		if recall, changed = b.witness(h, date, asked); !changed {
			return b.fault // a repetition: nothing to write
		}
		b.claimed = append(b.claimed, date)
		return shelf.save(q)
	})
	return recall, err
}

// telling is an event as it is recorded.
type telling struct {
	hint attendance.Hint // clean
	row  eventRow
	date attendance.Date // of a punch the calendar's; zero for an approval
}

// tell judges a hint before it is recorded.
func (s *Store) tell(h attendance.Hint, payload []byte, workflowID string) (telling, error) {
	t, key := telling{hint: cleanHint(h)}, cleanKey(h.Key())
	what := "record event " + key
	if t.hint.CorpID != s.corp {
		return t, fmt.Errorf("%s: %w", what, ErrNotOurs)
	}
	t.row = s.eventRow(t.hint, key, payload)
	t.row.workflowID = orNull(cleanText(workflowID))
	t.row.counted = t.hint.Channel != attendance.ChannelFailedPush // else the drain counts its own deliveries
	t.date = t.hint.WorkDate
	if t.hint.Kind == attendance.KindPunch {
		t.date = attendance.DateOf(t.hint.CheckTime, s.zone)
	}
	if t.date.IsZero() && t.hint.Kind != attendance.KindApproval && t.hint.UserID != "" {
		return t, fmt.Errorf("%s: %w", what, ErrNoSubject)
	}
	return t, nil
}

// times are those that the event speaks of.
func (t telling) times() []time.Time {
	if t.hint.Kind != attendance.KindPunch {
		return nil
	}
	return []time.Time{t.hint.CheckTime.UTC().Truncate(time.Second)}
}

// readLag is by how much an answer about a settled day must be later than a change
// to be believed to show it: reads lag, and no sweep comes back to such a day.
const readLag = "5 seconds"

// lag is that of a row d of day.
const lag = `CASE WHEN d.settled_at IS NULL THEN interval '0' ELSE interval '` + readLag + `' END`

type askedRow struct {
	WorkDate time.Time
	AskedAt  time.Time
}

// witness lets a punch event speak for its punch. It says what is known of it, and
// whether the event says anything new.
func (b *book) witness(h attendance.Hint, date attendance.Date, asked map[attendance.Date]time.Time) (attendance.Recall, bool) {
	sighting := h.Sighting(b.zone)
	state := b.punch(sighting.At)
	before, had := state.Words[sighting.Bearer]
	b.see(sighting)
	explained, workDate := true, date // by a make-up that was taken back, if there is no punch
	if punch := b.derive(b.punches[sighting.At.Unix()]); punch != nil {
		explained, workDate = punch.Explained, punch.WorkDate
	}
	return known(explained, workDate, asked, h), !had || !reflect.DeepEqual(before, state.Words[sighting.Bearer])
}

// known judges whether a day that was asked about answers a hint: DingTalk was
// asked after the hint was born, so what happened is in the answer.
func known(explained bool, date attendance.Date, asked map[attendance.Date]time.Time, h attendance.Hint) attendance.Recall {
	born := h.BornAt
	if born.IsZero() {
		born = h.ReceivedAt
	}
	at, ok := asked[date]
	if !explained || !ok || at.Before(born) {
		return attendance.Recall{}
	}
	return attendance.Recall{Known: true, WorkDate: date}
}

// outcomeRank orders outcomes in SQL: a better one is never taken back.
const outcomeRank = `array_position('{pending,ignored,unreadable,refused,unexplained,done}'::text[], %s)`

// FinishEvent sets the outcome of the event's rows, whichever channel brought
// them. A settled outcome is never taken back.
func (s *Store) FinishEvent(ctx context.Context, key string, outcome attendance.Outcome) error {
	key = cleanKey(key)
	return s.transact(ctx, "finish event "+key, func(q *batch) {
		q.lock("event", key)
		s.finish(q, key, outcome)
	}, nil)
}

// finish queues what FinishEvent writes. A changed day that nobody could ask about is not
// settled any more: the next sweep asks, or, where DingTalk answers for it no more, the
// day says itself that it is open.
func (s *Store) finish(q *batch, key string, outcome attendance.Outcome) {
	q.exec(`UPDATE dakasync.event SET outcome = $3, updated_at = now()
		WHERE corp_id = $1 AND event_key = $2 AND outcome NOT IN ('refused', 'unreadable')
			AND `+fmt.Sprintf(outcomeRank, "outcome")+` < `+fmt.Sprintf(outcomeRank, "$3"),
		s.corp, key, string(outcome))
	if outcome == attendance.OutcomeUnexplained {
		q.exec(`UPDATE dakasync.day d SET settled_at = NULL, changed_at = greatest(d.changed_at, coalesce(e.born_at, e.received_at)) FROM dakasync.event e
			WHERE e.corp_id = $1 AND e.event_key = $2 AND e.outcome = $3 AND e.check_time IS NULL
				AND d.corp_id = e.corp_id AND d.user_id = e.user_id AND d.work_date = e.work_date`, s.corp, key, string(outcome))
	}
}

// RecordDelivery writes or bumps the failed_push row of an event and, when its
// run is over already, adopts the outcome of its other row.
func (s *Store) RecordDelivery(
	ctx context.Context, h attendance.Hint, payload []byte, outcome attendance.Outcome, workflowID string,
) error {
	key := cleanKey(h.Key())
	row := s.eventRow(cleanHint(h), key, payload)
	row.origin, row.counted = string(attendance.ChannelFailedPush), true
	row.workflowID = orNull(cleanText(workflowID))
	return s.transact(ctx, "record the failed push of event "+key, func(q *batch) {
		q.lock("event", key)
		row.outcome = string(outcome)
		q.exec(row.insert()+` ON CONFLICT (corp_id, event_key, origin) DO UPDATE SET
			deliveries = e.deliveries + CASE WHEN e.counted THEN 1 ELSE 0 END, counted = true,
			workflow_id = coalesce(excluded.workflow_id, e.workflow_id),
			payload = coalesce(e.payload, excluded.payload), updated_at = now()`, row.args()...)
		q.exec(adopt, row.corp, key)
	}, nil)
}

// adopt gives a pending row the outcome that another row of its event has: its
// run was over before the row came.
const adopt = `UPDATE dakasync.event e SET outcome = other.outcome, updated_at = now()
	FROM dakasync.event other
	WHERE e.corp_id = $1 AND e.event_key = $2 AND e.outcome = 'pending' AND other.corp_id = e.corp_id
		AND other.event_key = e.event_key AND other.origin <> e.origin
		AND other.outcome IN ('ignored', 'unexplained', 'done')`

// eventRow is an event as its table has it.
type eventRow struct {
	corp, key, origin, eventType string
	eventID, userID              *string
	workDate, checkTime, bornAt  *time.Time
	receivedAt                   time.Time
	payload, workflowID          *string
	outcome                      string
	counted                      bool
}

func (s *Store) eventRow(h attendance.Hint, key string, payload []byte) eventRow {
	row := eventRow{
		corp: h.CorpID, key: key, origin: string(h.Channel), eventType: h.EventType,
		eventID: orNull(h.EventID), userID: orNull(h.UserID), workDate: dateOrNull(h.WorkDate),
		bornAt: timeOrNull(h.BornAt), receivedAt: h.ReceivedAt, payload: jsonOrNull(cleanJSON(payload)),
		outcome: string(attendance.OutcomePending), counted: true,
	}
	if row.receivedAt.IsZero() {
		row.receivedAt = s.nowFunc()
	}
	if h.Kind == attendance.KindPunch && !h.CheckTime.IsZero() {
		row.workDate = dateOrNull(attendance.DateOf(h.CheckTime, s.zone))
		row.checkTime = timeOrNull(h.CheckTime.UTC().Truncate(time.Second))
	}
	return row
}

func (r eventRow) insert() string {
	return `INSERT INTO dakasync.event AS e (corp_id, event_key, origin, event_type, event_id, user_id, work_date,
			check_time, born_at, received_at, payload, workflow_id, outcome, counted)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12, $13, $14)`
}

func (r eventRow) args() []any {
	return []any{
		r.corp, r.key, r.origin, r.eventType, r.eventID, r.userID, r.workDate,
		r.checkTime, r.bornAt, r.receivedAt, r.payload, r.workflowID, r.outcome, r.counted,
	}
}

// upsert queues the row as the run writes it.
func (r eventRow) upsert(q *batch) {
	q.exec(r.insert()+` ON CONFLICT (corp_id, event_key, origin) DO UPDATE SET
		workflow_id = coalesce(excluded.workflow_id, e.workflow_id),
		payload = coalesce(e.payload, excluded.payload), updated_at = now()`, r.args()...)
}
