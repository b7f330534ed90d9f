package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// Stats is what an operator asks first. What is open is counted. How many rows there
// are, and events that are done, is counted in a small ledger only; in a large one it
// is what PostgreSQL reckons, and Reckoned says so: counting would take the longer the
// older the ledger is.
type Stats struct {
	Reckoned      bool
	Events        map[attendance.Outcome]int64
	Unrelayed     int64     // events that never reached Temporal yet
	OldestPending time.Time // when it was received; zero if none is pending
	LastReceived  time.Time // when the last event was received; zero if none was
	Days          int64
	UnsettledDays int64
	Results       int64
	Punches       int64
	Unexplained   int64 // punches that only an event tells of
	Approvals     int64
	DueDays       int64      // approval days still to be asked about
	Ambiguous     int64      // destructive reads whose answer may be lost
	Undispatched  int64      // readable failed pushes without a run
	Unreadable    int64      // failed pushes that nobody could read
	Calls         []APICalls // since the month began in the company's zone, dearest first
}

// APICalls is what was spent on one API.
type APICalls struct {
	API    string // URL path
	Calls  int64
	Billed int64 // those of them that DingTalk bills
}

// Stats looks at the ledger now.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	stats := Stats{Events: map[attendance.Outcome]int64{}}
	month := s.monthHour(s.nowFunc())
	var oldest, last *time.Time
	var size tally
	err := s.transact(ctx, "look at the ledger", func(q *batch) {
		clear(stats.Events)
		stats.Calls = nil
		s.reckon(q, &size)
		s.countOdd(q, &stats)
		rows(q, pgx.RowToStructByPos[APICalls], func(c APICalls) { stats.Calls = append(stats.Calls, c) },
			`SELECT api, sum(calls)::bigint, sum(counted)::bigint FROM dakasync.api_call
			WHERE corp_id = $1 AND hour >= $2 GROUP BY api ORDER BY sum(counted) DESC, api`, s.corp, month)
		q.exec(`SELECT
				(SELECT count(*) FROM dakasync.event WHERE corp_id = $1 AND outcome = 'pending' AND workflow_id IS NULL AND hint IS NOT NULL),
				(SELECT min(received_at) FROM dakasync.event WHERE corp_id = $1 AND outcome = 'pending'),
				(SELECT max(received_at) FROM dakasync.event WHERE corp_id = $1),
				(SELECT count(*) FROM dakasync.day WHERE corp_id = $1 AND settled_at IS NULL),
				(SELECT count(*) FROM dakasync.punch WHERE corp_id = $1 AND NOT explained),
				(SELECT count(*) FROM dakasync.approval_day WHERE corp_id = $1 AND state = 'due'),
				(SELECT count(*) FROM dakasync.drain WHERE corp_id = $1 AND state = 'ambiguous'),
				(SELECT count(*) FROM dakasync.failed_push WHERE corp_id = $1 AND readable AND dispatched_at IS NULL),
				(SELECT count(*) FROM dakasync.failed_push WHERE corp_id = $1 AND NOT readable)`, s.corp).QueryRow(func(r pgx.Row) error {
			return r.Scan(&stats.Unrelayed, &oldest, &last, &stats.UnsettledDays,
				&stats.Unexplained, &stats.DueDays, &stats.Ambiguous, &stats.Undispatched, &stats.Unreadable)
		})
	}, nil)
	if err == nil && !size.large() {
		err = s.count(ctx, &size)
	}
	stats.Reckoned = size.large()
	stats.Days, stats.Results, stats.Punches, stats.Approvals = size.Days, size.Results, size.Punches, size.Approvals
	for _, n := range stats.Events {
		size.Events -= n
	}
	if size.Events > 0 {
		stats.Events[attendance.OutcomeDone] = size.Events
	}
	stats.OldestPending, stats.LastReceived = utcOr0(oldest), utcOr0(last)
	return stats, err
}

// countOdd queues the counting of the events that are not done.
func (s *Store) countOdd(q *batch, stats *Stats) {
	type counted struct {
		Outcome string
		N       int64
	}
	rows(q, pgx.RowToStructByPos[counted], func(c counted) { stats.Events[attendance.Outcome(c.Outcome)] = c.N }, `
		SELECT outcome, n FROM (
			SELECT 'pending' AS outcome, count(*) AS n FROM dakasync.event WHERE corp_id = $1 AND outcome = 'pending'
			UNION ALL SELECT 'unexplained', count(*) FROM dakasync.event WHERE corp_id = $1 AND outcome = 'unexplained'
			UNION ALL SELECT outcome, count(*) FROM dakasync.event
				WHERE corp_id = $1 AND outcome IN ('ignored', 'refused', 'unreadable') GROUP BY outcome) o
		WHERE n > 0`, s.corp)
}

// tally is how many rows there are.
type tally struct {
	Companies                                 int64
	Events, Days, Results, Punches, Approvals int64
}

// countable is so many rows that they are counted, which takes milliseconds.
const countable = 10_000

// large says that rows are not counted. PostgreSQL does not reckon by company.
func (t tally) large() bool {
	return t.Companies <= 1 && max(t.Events, t.Days, t.Results, t.Punches, t.Approvals) > countable
}

// reckon queues what PostgreSQL reckons: so many rows as it last found on a page, on
// as many pages as there are.
func (s *Store) reckon(q *batch, t *tally) {
	rows(q, pgx.RowToStructByPos[tally], func(found tally) { *t = found }, `
		WITH size AS (SELECT relname, CASE WHEN reltuples > 0 AND relpages > 0 THEN reltuples / relpages
				* (pg_catalog.pg_relation_size(oid) / pg_catalog.current_setting('block_size')::int) ELSE 0 END::bigint AS n
			FROM pg_catalog.pg_class WHERE relnamespace = pg_catalog.to_regnamespace('dakasync') AND relkind = 'r')
		SELECT (SELECT count(*) FROM dakasync.company), `+sizeOf("event")+`, `+sizeOf("day")+`, `+sizeOf("result")+`, `+sizeOf("punch")+`, `+sizeOf("approval"))
}

func sizeOf(table string) string {
	return `coalesce((SELECT n FROM size WHERE relname = '` + table + `'), 0)`
}

// count counts what is small.
func (s *Store) count(ctx context.Context, t *tally) error {
	return failure("count the ledger's rows", s.pool.QueryRow(ctx, `SELECT
			(SELECT count(*) FROM dakasync.event WHERE corp_id = $1), (SELECT count(*) FROM dakasync.day WHERE corp_id = $1),
			(SELECT count(*) FROM dakasync.result WHERE corp_id = $1), (SELECT count(*) FROM dakasync.punch WHERE corp_id = $1),
			(SELECT count(*) FROM dakasync.approval WHERE corp_id = $1)`, s.corp).
		Scan(&t.Events, &t.Days, &t.Results, &t.Punches, &t.Approvals))
}
