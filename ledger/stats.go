package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// Stats is what an operator asks first.
type Stats struct {
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
	today := attendance.DateOf(s.nowFunc(), s.zone)
	month := attendance.NewDate(today.Year, today.Month, 1).In(s.zone).UTC().Truncate(time.Hour)
	type counted struct {
		Outcome string
		N       int64
	}
	var oldest, last *time.Time
	err := s.transact(ctx, "look at the ledger", func(q *batch) {
		rows(q, pgx.RowToStructByPos[counted], func(c counted) { stats.Events[attendance.Outcome(c.Outcome)] = c.N },
			`SELECT outcome, count(*) FROM dakasync.event WHERE corp_id = $1 GROUP BY outcome`, s.corp)
		rows(q, pgx.RowToStructByPos[APICalls], func(c APICalls) { stats.Calls = append(stats.Calls, c) },
			`SELECT api, sum(calls)::bigint, sum(counted)::bigint FROM dakasync.api_call
			WHERE corp_id = $1 AND hour >= $2 GROUP BY api ORDER BY sum(counted) DESC, api`, s.corp, month)
		q.exec(`SELECT
				count(*) FILTER (WHERE outcome = 'pending' AND workflow_id IS NULL AND hint IS NOT NULL),
				min(received_at) FILTER (WHERE outcome = 'pending'), max(received_at),
				(SELECT count(*) FROM dakasync.day WHERE corp_id = $1),
				(SELECT count(*) FROM dakasync.day WHERE corp_id = $1 AND settled_at IS NULL),
				(SELECT count(*) FROM dakasync.result WHERE corp_id = $1),
				(SELECT count(*) FROM dakasync.punch WHERE corp_id = $1),
				(SELECT count(*) FROM dakasync.punch WHERE corp_id = $1 AND NOT explained),
				(SELECT count(*) FROM dakasync.approval WHERE corp_id = $1),
				(SELECT count(*) FROM dakasync.approval_day WHERE corp_id = $1 AND state = 'due'),
				(SELECT count(*) FROM dakasync.drain WHERE corp_id = $1 AND state = 'ambiguous'),
				(SELECT count(*) FROM dakasync.failed_push WHERE corp_id = $1 AND readable AND dispatched_at IS NULL),
				(SELECT count(*) FROM dakasync.failed_push WHERE corp_id = $1 AND NOT readable)
			FROM dakasync.event WHERE corp_id = $1`, s.corp).QueryRow(func(r pgx.Row) error {
			return r.Scan(&stats.Unrelayed, &oldest, &last, &stats.Days, &stats.UnsettledDays, &stats.Results, &stats.Punches,
				&stats.Unexplained, &stats.Approvals, &stats.DueDays, &stats.Ambiguous, &stats.Undispatched, &stats.Unreadable)
		})
	}, nil)
	stats.OldestPending, stats.LastReceived = utcOr0(oldest), utcOr0(last)
	return stats, err
}
