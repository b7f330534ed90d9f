package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// EventRow is an event that became durable here rather than as a run: it came
// while Temporal was away, or nothing is to be started for it.
type EventRow struct {
	Key     string // Hint.Key() unless given; what cannot be read needs one of its own
	Hint    attendance.Hint
	Payload []byte
	Outcome attendance.Outcome // pending: the relay starts its run
}

// InsertEvents makes all rows durable or none. A row that is there already
// counts one delivery more.
func (s *Store) InsertEvents(ctx context.Context, events []EventRow) error {
	list, err := s.inboxRows(events)
	if err != nil || len(list) == 0 {
		return err
	}
	text, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("store %d events: %w", len(events), err)
	}
	return s.transact(ctx, fmt.Sprintf("store %d events", len(events)), func(q *batch) {
		q.exec(`INSERT INTO dakasync.event AS e (corp_id, event_key, origin, event_type, event_id, user_id, work_date,
				check_time, born_at, received_at, deliveries, payload, outcome, hint)
			SELECT corp_id, event_key, origin, event_type, event_id, user_id, work_date,
				check_time, born_at, received_at, deliveries, payload, outcome, hint
			FROM jsonb_to_recordset($1::text::jsonb) AS new (corp_id text, event_key text, origin text, event_type text,
				event_id text, user_id text, work_date date, check_time timestamptz, born_at timestamptz,
				received_at timestamptz, deliveries integer, payload jsonb, outcome text, hint jsonb)
			ON CONFLICT (corp_id, event_key, origin) DO UPDATE SET deliveries = e.deliveries + excluded.deliveries,
				payload = coalesce(e.payload, excluded.payload), hint = coalesce(e.hint, excluded.hint), updated_at = now()`,
			string(text))
	}, nil)
}

// inboxRow is an event as one JSON object of the bulk insert.
type inboxRow struct {
	Corp       string          `json:"corp_id"`
	Key        string          `json:"event_key"`
	Origin     string          `json:"origin"`
	Type       string          `json:"event_type"`
	EventID    *string         `json:"event_id"`
	UserID     *string         `json:"user_id"`
	WorkDate   *string         `json:"work_date"`
	CheckTime  *time.Time      `json:"check_time"`
	BornAt     *time.Time      `json:"born_at"`
	ReceivedAt time.Time       `json:"received_at"`
	Deliveries int             `json:"deliveries"`
	Payload    json.RawMessage `json:"payload"`
	Outcome    string          `json:"outcome"`
	Hint       json.RawMessage `json:"hint"`
}

// inboxRows are the rows in the order of their keys, so that two bulk inserts do
// not wait for each other crosswise; repetitions within one are counted.
func (s *Store) inboxRows(events []EventRow) ([]inboxRow, error) {
	list := make([]inboxRow, 0, len(events))
	for _, e := range events {
		row, err := s.inboxRow(e)
		if err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	slices.SortStableFunc(list, func(a, b inboxRow) int {
		return cmp.Or(cmp.Compare(a.Corp, b.Corp), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Origin, b.Origin))
	})
	once := list[:0]
	for _, row := range list {
		if n := len(once); n > 0 && once[n-1].Corp == row.Corp && once[n-1].Key == row.Key && once[n-1].Origin == row.Origin {
			once[n-1].Deliveries++
			continue
		}
		once = append(once, row)
	}
	return once, nil
}

func (s *Store) inboxRow(e EventRow) (inboxRow, error) {
	if e.Key == "" {
		e.Key = e.Hint.Key()
	}
	e.Outcome = cmp.Or(e.Outcome, attendance.OutcomePending)
	h := cleanHint(e.Hint)
	h.CorpID, h.Channel = cmp.Or(h.CorpID, s.corp), cmp.Or(h.Channel, attendance.ChannelStream)
	r := s.eventRow(h, cleanKey(e.Key), e.Payload)
	row := inboxRow{
		Corp: r.corp, Key: r.key, Origin: r.origin, Type: r.eventType, EventID: r.eventID, UserID: r.userID,
		WorkDate: orNull(h.WorkDate.String()), CheckTime: r.checkTime, BornAt: r.bornAt, ReceivedAt: r.receivedAt,
		Deliveries: 1, Payload: json.RawMessage(cmp.Or(orZero(r.payload), "null")), Outcome: string(e.Outcome),
	}
	if r.workDate != nil {
		row.WorkDate = orNull(dateOf(*r.workDate).String())
	}
	if e.Outcome == attendance.OutcomePending {
		hint, err := json.Marshal(h)
		if err != nil {
			return inboxRow{}, fmt.Errorf("store event %s: %w", row.Key, err)
		}
		row.Hint = hint
	}
	return row, nil
}

// CountDelivery counts a repeated delivery of an event whose run exists. The
// run may not have written its row yet: then the first delivery counts as well.
func (s *Store) CountDelivery(ctx context.Context, h attendance.Hint) error {
	key := cleanKey(h.Key())
	row := s.eventRow(cleanHint(h), key, nil)
	row.workflowID = &key
	_, err := s.pool.Exec(ctx, `INSERT INTO dakasync.event AS e (corp_id, event_key, origin, event_type, event_id, user_id, work_date,
			check_time, born_at, received_at, payload, workflow_id, outcome, counted, deliveries)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12, $13, $14, 2)
		ON CONFLICT (corp_id, event_key, origin) DO UPDATE SET deliveries = e.deliveries + 1, updated_at = now()`, row.args()...)
	return failure("count a delivery of event "+key, err)
}

// unrelayed are the events that never reached Temporal and may be tried now.
const unrelayed = `outcome = 'pending' AND workflow_id IS NULL AND hint IS NOT NULL
	AND (relay_after IS NULL OR relay_after <= now())`

// Backlog counts the events that wait for the relay.
func (s *Store) Backlog(ctx context.Context) (int, error) {
	var n int
	err := s.pool.QueryRow(ctx, `SELECT count(*) FROM dakasync.event
		WHERE corp_id = $1 AND outcome = 'pending' AND workflow_id IS NULL AND hint IS NOT NULL`, s.corp).Scan(&n)
	return n, failure("count the events that wait for Temporal", err)
}

// failuresInARow ends a round of the relay: it is not the event that fails.
const failuresInARow = 2

// StartFunc makes an event's run durable and returns its workflow id. That the
// run is there already is no error.
type StartFunc func(ctx context.Context, e EventRow) (workflowID string, err error)

// relayLease is for how long an event is in the hands of the relay that took
// it: longer than a round may last. One that dies meanwhile leaves it to the next.
const relayLease = "1 minute"

// recordTime bounds the end of a round that was cut short.
const recordTime = 5 * time.Second

// RelayEvents hands up to limit events that never reached Temporal to start,
// oldest first, and returns how many were started. Several relays may work at
// once: an event is leased to one of them. No row is locked while runs start,
// for the first thing that a run does is to write its event's row. An event
// whose start fails is tried again later; two failures in a row end the round
// with their error.
func (s *Store) RelayEvents(ctx context.Context, limit int, start StartFunc) (int, error) {
	const what = "relay events to Temporal"
	leased, err := s.lease(ctx, limit)
	if err != nil || len(leased) == 0 {
		return 0, failure(what, err)
	}
	var round relayRound
	inARow := 0
	for i, w := range leased {
		if inARow == failuresInARow || ctx.Err() != nil {
			round.untried = leased[i:]
			break
		}
		workflowID, err := w.start(ctx, start)
		if err != nil {
			inARow++
			round.failed = append(round.failed, w)
			round.err = errors.Join(round.err, fmt.Errorf("start the run of event %s: %w", w.Key, err))
			continue
		}
		inARow = 0
		w.workflowID = workflowID
		round.started = append(round.started, w)
	}
	// What was started is there: what is not recorded is started again, in vain.
	record, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if err := s.recordRound(record, round); err != nil {
		return 0, errors.Join(err, round.err)
	}
	return len(round.started), round.err
}

// relayRound is what became of the events of one lease.
type relayRound struct {
	started, failed, untried []waitingRow
	err                      error
}

// lease takes the oldest events in hand.
func (s *Store) lease(ctx context.Context, limit int) ([]waitingRow, error) {
	answer, err := s.pool.Query(ctx, `WITH oldest AS (
			SELECT corp_id, event_key, origin FROM dakasync.event
			WHERE corp_id = $1 AND `+unrelayed+` ORDER BY received_at, event_key LIMIT $2 FOR UPDATE SKIP LOCKED
		), leased AS (
			UPDATE dakasync.event e SET relay_after = now() + $3::interval FROM oldest o
			WHERE (e.corp_id, e.event_key, e.origin) = (o.corp_id, o.event_key, o.origin)
			RETURNING e.event_key, e.origin, e.hint::text AS hint, e.payload::text AS payload, e.received_at
		) SELECT event_key, origin, hint, payload FROM leased ORDER BY received_at, event_key`, s.corp, limit, relayLease)
	if err != nil {
		return nil, err // The caller types it.
	}
	return pgx.CollectRows(answer, func(row pgx.CollectableRow) (w waitingRow, err error) {
		err = row.Scan(&w.Key, &w.Origin, &w.Hint, &w.Payload)
		return w, err
	})
}

// recordRound ends a lease. A started event whose run was over before (another
// channel's delivery started it) adopts its outcome; a failed one lets the
// events behind go first.
func (s *Store) recordRound(ctx context.Context, round relayRound) error {
	return s.transact(ctx, "record what became of relayed events", func(q *batch) {
		for _, w := range sortedByKey(round.started) {
			q.exec(`UPDATE dakasync.event SET workflow_id = $4, relay_after = NULL, updated_at = now()
				WHERE corp_id = $1 AND event_key = $2 AND origin = $3`, s.corp, w.Key, w.Origin, cleanText(w.workflowID))
			q.exec(adopt, s.corp, w.Key)
		}
		for _, w := range sortedByKey(round.failed) {
			q.exec(`UPDATE dakasync.event SET relay_tries = relay_tries + 1, updated_at = now(),
					relay_after = now() + least(interval '30 seconds', interval '1 second' * 2 ^ least(relay_tries, 5))
				WHERE corp_id = $1 AND event_key = $2 AND origin = $3`, s.corp, w.Key, w.Origin)
		}
		for _, w := range sortedByKey(round.untried) {
			q.exec(`UPDATE dakasync.event SET relay_after = NULL
				WHERE corp_id = $1 AND event_key = $2 AND origin = $3 AND workflow_id IS NULL`, s.corp, w.Key, w.Origin)
		}
	}, nil)
}

// sortedByKey is the order in which everybody takes rows of several events.
func sortedByKey(list []waitingRow) []waitingRow {
	return slices.SortedFunc(slices.Values(list), func(a, b waitingRow) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Origin, b.Origin))
	})
}

type waitingRow struct {
	Key     string
	Origin  string
	Hint    string
	Payload *string

	workflowID string
}

func (w waitingRow) start(ctx context.Context, start StartFunc) (string, error) {
	e := EventRow{Key: w.Key, Outcome: attendance.OutcomePending, Payload: []byte(orZero(w.Payload))}
	if err := json.Unmarshal([]byte(w.Hint), &e.Hint); err != nil {
		return "", fmt.Errorf("read its hint: %w", err)
	}
	return start(ctx, e)
}
