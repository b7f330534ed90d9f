package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// Spans of Condition.
const (
	// RecentSpan is how far back events are looked at.
	RecentSpan = time.Hour
	// FailedPushSpan is how far back failed pushes are looked at.
	FailedPushSpan = 24 * time.Hour
	// DifferenceDays are the newest work dates whose differences are counted.
	DifferenceDays = 30
	// OverdueDays after its work date a user-day that is not final is overdue.
	OverdueDays = 3
)

// Condition is what a person is told of when it is not as it should be. Unlike
// Stats it costs little however large the ledger is: everything in it is found by
// an index of what is open, or is recent.
type Condition struct {
	Recent  []EventCount // events that came within RecentSpan
	Pending []Pending    // events that nothing accounts for yet
	Lag     Lag          // of the recent ones

	// Not of those who left contacts a week ago, nor of days of over 180 days ago: DingTalk answers for them no more, and it holds nothing back.
	Unexplained     int64 // punches that only an event tells of
	OverdueDays     int64 // user-days that are not final, OverdueDays after their date
	DueApprovalDays int64 // days of approvals still to be asked about

	UnreadApprovals int64                       // approvals that a sweep could not read
	Differences     map[attendance.Domain]int64 // what sweeps have healed on the newest DifferenceDays dates
	Reconciled      time.Time                   // when a date was last asked about for everybody; zero if never

	FailedPushes map[PushState]int64 // read within FailedPushSpan, and every one that waits
	Drained      time.Time           // when the failed-push list was last read with an answer; zero if never
	Spent        map[string]bool     // meters of which DingTalk says that the month's quota is spent
}

// EventCount counts events that came.
type EventCount struct {
	Kind    string // punch, approval, day; other for what has no run
	Outcome attendance.Outcome
	Events  int64
}

// Pending counts events that nothing accounts for yet.
type Pending struct {
	Kind   string
	Events int64
	Oldest time.Time
}

// Lag is from an event's birth until its rows were written. Events that came
// twice are left out: the second coming hides when the first was done.
type Lag struct {
	Events               int64 // how many it is known of
	Median, P95, Longest time.Duration
}

// PushState is what became of a failed push.
type PushState string

// What became of failed pushes.
const (
	PushDispatched PushState = "dispatched"
	PushWaiting    PushState = "waiting"
	PushUnreadable PushState = "unreadable"
)

// kindOf is an event's kind, from the key that is the id of its run.
const kindOf = `CASE WHEN split_part(event_key, '/', 1) IN ('punch', 'approval', 'day') THEN split_part(event_key, '/', 1) ELSE 'other' END`

// Condition looks at the ledger now.
func (s *Store) Condition(ctx context.Context) (Condition, error) {
	var c Condition
	today := attendance.DateOf(s.nowFunc(), s.zone)
	month := attendance.NewDate(today.Year, today.Month, 1)
	err := s.transact(ctx, "look at the ledger's condition", func(q *batch) {
		c = Condition{Differences: map[attendance.Domain]int64{}, FailedPushes: map[PushState]int64{}, Spent: map[string]bool{}}
		s.readEvents(q, &c)
		s.readOpen(q, &c, today)
		s.readPushes(q, &c)
		rows(q, pgx.RowTo[string], func(kind string) { c.Spent[kind] = true },
			`SELECT kind FROM dakasync.quota_word WHERE corp_id = $1 AND month = $2 AND `+stillSpent, s.corp, month.String())
	}, nil)
	return c, err
}

func (s *Store) readEvents(q *batch, c *Condition) {
	rows(q, pgx.RowToStructByPos[EventCount], func(e EventCount) { c.Recent = append(c.Recent, e) },
		`SELECT `+kindOf+`, outcome, count(*) FROM dakasync.event
		WHERE corp_id = $1 AND received_at > now() - $2::interval GROUP BY 1, 2 ORDER BY 1, 2`, s.corp, RecentSpan)
	rows(q, pgx.RowToStructByPos[Pending], func(p Pending) { p.Oldest = p.Oldest.UTC(); c.Pending = append(c.Pending, p) },
		`SELECT `+kindOf+`, count(*), min(received_at) FROM dakasync.event
		WHERE corp_id = $1 AND outcome = 'pending' GROUP BY 1 ORDER BY 1`, s.corp)
	s.readLag(q, &c.Lag)
}

// Lag is that of the events that came within RecentSpan.
func (s *Store) Lag(ctx context.Context) (Lag, error) {
	var lag Lag
	err := s.transact(ctx, "look how late events are known", func(q *batch) { s.readLag(q, &lag) }, nil)
	return lag, err
}

func (s *Store) readLag(q *batch, lag *Lag) {
	q.exec(`SELECT count(*), coalesce(percentile_cont(ARRAY[0.5, 0.95, 1]) WITHIN GROUP (ORDER BY lag), '{0,0,0}') FROM (
			SELECT greatest(0, extract(epoch FROM updated_at - coalesce(born_at, received_at)))::float8 AS lag FROM dakasync.event
			WHERE corp_id = $1 AND received_at > now() - $2::interval AND outcome IN ('done', 'unexplained') AND deliveries = 1
		) AS answered`, s.corp, RecentSpan).QueryRow(func(r pgx.Row) error {
		var seconds []float64
		if err := r.Scan(&lag.Events, &seconds); err != nil {
			return err // failure types it.
		}
		lag.Median, lag.P95, lag.Longest = duration(seconds[0]), duration(seconds[1]), duration(seconds[2])
		return nil
	})
}

// reachable is the condition that of a row d DingTalk can still be asked about, as complete_through has it: its user has
// not left contacts a week ago, and its work date is not before $3.
const reachable = `d.work_date >= $3 AND NOT EXISTS (SELECT FROM dakasync.employee e
	WHERE e.corp_id = d.corp_id AND e.user_id = d.user_id AND e.left_at < now() - interval '7 days')`

func (s *Store) readOpen(q *batch, c *Condition, today attendance.Date) {
	var reconciled, drained *time.Time
	q.exec(`SELECT
			(SELECT count(*) FROM dakasync.punch d WHERE corp_id = $1 AND NOT explained AND `+reachable+`),
			(SELECT count(*) FROM dakasync.day d WHERE corp_id = $1 AND settled_at IS NULL AND work_date < $2 AND `+reachable+`),
			(SELECT count(*) FROM dakasync.approval_day d WHERE corp_id = $1 AND state = 'due' AND `+reachable+`),
			(SELECT count(*) FROM dakasync.unread_approval u WHERE corp_id = $1 AND reason <> 'NotFound' AND NOT EXISTS (
				SELECT FROM dakasync.approval i WHERE i.corp_id = u.corp_id AND i.process_instance_id = u.process_instance_id AND i.complete)),
			(SELECT max(reconciled_at) FROM dakasync.reconciliation WHERE corp_id = $1),
			`+lastDrain,
		s.corp, today.AddDays(-OverdueDays).String(), today.AddDays(-attendance.HorizonDays).String()).QueryRow(func(r pgx.Row) error {
		if err := r.Scan(&c.Unexplained, &c.OverdueDays, &c.DueApprovalDays, &c.UnreadApprovals, &reconciled, &drained); err != nil {
			return err // failure types it.
		}
		c.Reconciled, c.Drained = utcOr0(reconciled), utcOr0(drained)
		return nil
	})
	type counted struct {
		Domain string
		N      int64
	}
	rows(q, pgx.RowToStructByPos[counted], func(d counted) { c.Differences[attendance.Domain(d.Domain)] = d.N },
		`SELECT domain, count(*) FROM dakasync.difference WHERE corp_id = $1 AND work_date > $2 GROUP BY 1`,
		s.corp, today.AddDays(-DifferenceDays).String())
}

func (s *Store) readPushes(q *batch, c *Condition) {
	type counted struct {
		State string
		N     int64
	}
	rows(q, pgx.RowToStructByPos[counted], func(p counted) { c.FailedPushes[PushState(p.State)] = p.N },
		`SELECT CASE WHEN NOT f.readable THEN 'unreadable' WHEN f.dispatched_at IS NULL THEN 'waiting' ELSE 'dispatched' END, count(*)
		FROM dakasync.failed_push f JOIN dakasync.drain d ON d.id = f.drain_id
		WHERE f.corp_id = $1 AND (d.requested_at > now() - $2::interval OR f.readable AND f.dispatched_at IS NULL) GROUP BY 1`,
		s.corp, FailedPushSpan)
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
