package grown

import (
	"context"
	"fmt"
	"time"

	"dakasync/ledger"
)

// around fills the tables that grow with time, whoever works: connections that are renewed every six hours, two at a time, a gap every ten days
// that was swept, the hours' calls, pushes and decisions, the hourly reads of the failed-push list, and a difference for every 500 user-days.
func (f *fill) around(ctx context.Context) error {
	first, last := f.date(0).In(time.UTC), f.last.In(time.UTC)
	for _, statement := range []string{
		`INSERT INTO dakasync.company SELECT $1, 'Asia/Shanghai' WHERE $2::date <= $3::date AND $4::int > 0`,
		`INSERT INTO dakasync.employee SELECT $1, user_id, $2::date, $3::date, NULL FROM fill.person WHERE n < $4::int`,
		`INSERT INTO dakasync.coverage SELECT $1, 'c' || n || '-' || extract(epoch FROM t), 'starter', t, t + interval '6 hours 1 minute', 'replaced'
			FROM generate_series($2::date::timestamptz, now() - interval '7 hours', interval '6 hours') t, generate_series(1, 2) n
			WHERE $3::date >= $2::date AND $4::int > 0 AND NOT (extract(hour FROM t) = 6 AND (t::date - date '2000-01-01') % 10 = 0)`,
		`INSERT INTO dakasync.coverage SELECT $1, 'c-now', 'starter', now() - interval '9 hours', now(), NULL WHERE $2::date <= $3::date AND $4::int > 0`,
		`INSERT INTO dakasync.gap SELECT $1, b.began_at, b.ended_at, 'lost', b.ended_at, b.ended_at + interval '10 minutes', 'recover/' || $1,
				'{"user_days": 1000, "calls": 40, "approvals": 3, "differences": 1}'
			FROM dakasync.blind_time b WHERE b.ended_at < now() - interval '1 hour' AND $2::date <= $3::date AND $4::int > 0`,
		`INSERT INTO dakasync.reconciliation SELECT $1, d::date, d + interval '2 days', d + interval '2 days', 3 * $4::int, 2, 'reconcile/' || $1
			FROM generate_series($2::date::timestamp, $3::date - 2, interval '1 day') d`,
		`INSERT INTO dakasync.api_call SELECT $1, t, '/topapi/attendance/' || n, o, 40, 40
			FROM generate_series($2::date::timestamptz, now(), interval '1 hour') t, generate_series(1, 6) n, unnest('{ok,error}'::text[]) o
			WHERE (o = 'ok' OR extract(hour FROM t) = 3) AND $3::date >= $2::date AND $4::int > 0`,
		`INSERT INTO dakasync.push SELECT $1, t, 'type-' || n, 80 FROM generate_series($2::date::timestamptz, now(), interval '1 hour') t, generate_series(1, 3) n
			WHERE $3::date >= $2::date AND $4::int > 0`,
		`INSERT INTO dakasync.decision SELECT $1, t, 'live', '0', 'calls suffice', 1000, 2000, 30000, 60000, false
			FROM generate_series($2::date::timestamptz, now() - interval '10 minutes', interval '1 hour') t WHERE $3::date >= $2::date AND $4::int > 0`,
		`INSERT INTO dakasync.drain SELECT 'd-' || extract(epoch FROM t), $1, t, t + interval '1 second', 0, false, NULL, 'stored', NULL
			FROM generate_series($2::date::timestamptz, now() - interval '10 minutes', interval '1 hour') t WHERE $3::date >= $2::date AND $4::int > 0`,
		`INSERT INTO dakasync.difference (corp_id, user_id, work_date, domain, what, before, after, why, found_at, workflow_id)
			SELECT $1, u.user_id, d::date, 'punches', 'punch at 09:00:00', NULL, '{"origin": "sweep"}', 'no event told of it', d + interval '2 days',
				'reconcile/' || $1 || '/' || d::date
			FROM generate_series($2::date::timestamp, $3::date::timestamp, interval '1 day') d JOIN fill.person u ON (u.n + (d::date - date '2000-01-01')) % 500 = 0
			WHERE u.n < $4::int`,
	} {
		if _, err := f.sql.Exec(ctx, statement, corp, first, last, f.size.people); err != nil {
			return fmt.Errorf("fill what grows with time: %s: %w", statement, err)
		}
	}
	return nil
}

// join makes one of old stretches of coverage, as `dakactl prune` does.
func (f *fill) join(ctx context.Context) error {
	store, err := ledger.Open(ctx, ledger.Options{URL: f.url, CorpID: corp, Location: zone})
	if err != nil {
		return err
	}
	defer store.Close()
	youngest, _ := ledger.LeastRetention(ledger.KindCoverage)
	_, err = store.Prune(ctx, map[string]time.Duration{ledger.KindCoverage: youngest}, false)
	return err
}
