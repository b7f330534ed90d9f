package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// Health is what a person asks of the server and of what came, who looks for
// what is set up wrongly. Looking takes an index of what is recent.
type Health struct {
	ServerVersion int // as server_version_num: 170002 is 17.2
	SizeBytes     int64
	ReadOnly      bool          // it takes no writes: a standby, or told so
	Skew          time.Duration // its clock is so much ahead of ours
	Arrived       []Arrival
	Listening     time.Time // when the first connection was proven, or the first event came; zero: never
	Drained       time.Time // when the failed-push list was last read with an answer; zero: never
	Unreadable    int64     // failed pushes of the last FailedPushSpan that nobody could read
	Scheduled     []string  // users with a plan on one of the last ScheduledDays, at most attendance.WindowUsers
	Signed        attendance.UserDay
	SignedIsThere bool // Signed is a user-day of the last ScheduledDays with a punch in a slot
}

// Spans of Health.
const (
	// ArrivalSpan is how far back events are looked at.
	ArrivalSpan = 7 * 24 * time.Hour
	// ScheduledDays is how far back plans are looked at.
	ScheduledDays = 14
)

// Arrival is an event type that has come within ArrivalSpan.
type Arrival struct {
	EventType string
	Events    int64
	Last      time.Time
}

// Health looks at the server and the ledger now. Where the server answers and the
// ledger is not there (ErrSchema), what is known of the server comes with the error.
func (s *Store) Health(ctx context.Context) (Health, error) {
	var h Health
	if err := s.lookAtServer(ctx, &h); err != nil {
		return h, err
	}
	today := attendance.DateOf(s.nowFunc(), s.zone)
	err := s.transact(ctx, "look at the ledger's health", func(q *batch) {
		h.Arrived, h.Scheduled, h.SignedIsThere = nil, nil, false
		rows(q, pgx.RowToStructByPos[Arrival], func(a Arrival) { a.Last = a.Last.UTC(); h.Arrived = append(h.Arrived, a) },
			`SELECT event_type, count(*), max(received_at) FROM dakasync.event
			WHERE corp_id = $1 AND received_at > now() - $2::interval GROUP BY 1 ORDER BY 1`, s.corp, ArrivalSpan)
		q.exec(`SELECT `+listeningSince+`, `+lastDrain+`,
				(SELECT count(*) FROM dakasync.failed_push f JOIN dakasync.drain d ON d.id = f.drain_id
					WHERE f.corp_id = $1 AND NOT f.readable AND d.requested_at > now() - $2::interval)`,
			s.corp, FailedPushSpan).QueryRow(func(r pgx.Row) error {
			var listening, drained *time.Time
			if err := r.Scan(&listening, &drained, &h.Unreadable); err != nil {
				return err // failure types it.
			}
			h.Listening, h.Drained = utcOr0(listening), utcOr0(drained)
			return nil
		})
		h.findPlans(q, today)
	}, nil)
	return h, err
}

// lookAtServer compares the clocks by the middle of the question's way.
func (s *Store) lookAtServer(ctx context.Context, h *Health) error {
	const what = "look at the server"
	if err := s.pool.Ping(ctx); err != nil { // or the way would hold the connection's beginning
		return failure(what, err)
	}
	var at time.Time
	asked := s.nowFunc()
	err := s.pool.QueryRow(ctx, `SELECT clock_timestamp(), current_setting('server_version_num')::int, pg_is_in_recovery() OR current_setting('transaction_read_only')::bool`).
		Scan(&at, &h.ServerVersion, &h.ReadOnly)
	if err != nil {
		return failure(what, err)
	}
	answered := s.nowFunc()
	h.Skew = at.Sub(asked.Add(answered.Sub(asked) / 2))
	return failure("measure the database", s.pool.QueryRow(ctx, `SELECT pg_database_size(current_database())`).Scan(&h.SizeBytes))
}

// findPlans queues the reading of a sample: people whose day was planned, and the
// newest day with a punch in a slot.
func (h *Health) findPlans(q *batch, today attendance.Date) {
	since := today.AddDays(-ScheduledDays).String()
	rows(q, pgx.RowTo[string], func(id string) { h.Scheduled = append(h.Scheduled, id) },
		`SELECT user_id FROM dakasync.employee e WHERE corp_id = $1 AND left_at IS NULL AND EXISTS (SELECT FROM dakasync.day d
			WHERE d.corp_id = e.corp_id AND d.user_id = e.user_id AND d.work_date >= $2 AND d.scheduled)
		ORDER BY md5(user_id) LIMIT $3`, q.corp, since, attendance.WindowUsers) // of all groups, and the same ones the next time
	type signed struct {
		UserID   string
		WorkDate time.Time
	}
	rows(q, pgx.RowToStructByPos[signed], func(d signed) {
		h.Signed = attendance.UserDay{UserID: d.UserID, WorkDate: attendance.DateOf(d.WorkDate, time.UTC)}
		h.SignedIsThere = true
	}, `SELECT r.user_id, r.work_date FROM dakasync.result r WHERE corp_id = $1 AND work_date >= $2 AND work_date < $3
			AND user_check_time IS NOT NULL AND plan_check_time IS NOT NULL AND record_id IS NOT NULL AND source_type NOT IN ('APPROVE', 'BOSS')
			AND EXISTS (SELECT FROM dakasync.employee e WHERE e.corp_id = r.corp_id AND e.user_id = r.user_id AND left_at IS NULL)
		ORDER BY work_date DESC LIMIT 1`, q.corp, since, today.String())
}
