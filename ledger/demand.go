package ledger

import (
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
	"dakasync/budget"
)

// keepDemand queues the writing of what is not known yet of the past days' demand.
// Of yesterday it is found out anew: rows of it may still come.
func (f *facts) keepDemand(q *batch) {
	at := make([]time.Time, 0, len(f.Days))
	for _, d := range f.Days {
		at = append(at, d.Date.In(time.UTC))
	}
	q.exec(keepDemand, q.corp, at, f.midnights[:factDays], f.midnights[1:], budget.Windows(), attendance.WindowUsers)
}

// keepDemand counts, for every date and window, the punch events of the date, each
// once, and how many questions would have asked about them: of everybody who
// punched in one window, so many a question. Windows are aligned to the clock.
const keepDemand = `INSERT INTO dakasync.demand AS n (corp_id, on_date, batch_window, punches, calls)
	SELECT $1, d.on_date, asked.batch_window, asked.punches, asked.calls
	FROM unnest($2::date[], $3::timestamptz[], $4::timestamptz[]) AS d (on_date, begins, ends)
	CROSS JOIN LATERAL (
		WITH told AS MATERIALIZED (
			SELECT extract(epoch FROM received_at)::bigint AS second, user_id FROM dakasync.event e
			WHERE corp_id = $1 AND received_at >= d.begins AND received_at < d.ends AND check_time IS NOT NULL AND user_id IS NOT NULL
				AND CASE WHEN origin = 'stream' THEN true ELSE (SELECT true FROM dakasync.event o
					WHERE o.corp_id = e.corp_id AND o.event_key = e.event_key AND o.origin = 'stream') IS NULL END
		)
		SELECT w AS batch_window, (SELECT count(*) FROM told) AS punches, (SELECT coalesce(sum(ceil(people / $6::float8)), 0) FROM (
				SELECT count(DISTINCT user_id) AS people FROM told GROUP BY second / extract(epoch FROM w)::bigint) slots) AS calls
		FROM unnest($5::interval[]) w
		WHERE d.on_date = (SELECT max(last) FROM unnest($2::date[]) last)
			OR NOT EXISTS (SELECT FROM dakasync.demand k WHERE k.corp_id = $1 AND k.on_date = d.on_date AND k.batch_window = w)
	) asked
	WHERE d.ends > ` + listeningSince + `
	ORDER BY d.on_date, asked.batch_window
	ON CONFLICT (corp_id, on_date, batch_window) DO UPDATE SET punches = excluded.punches, calls = excluded.calls
	WHERE (n.punches, n.calls) <> (excluded.punches, excluded.calls)`

// loadDemand queues the reading of the past days' demand.
func (f *facts) loadDemand(q *batch) {
	type demand struct {
		Day, Rung, Punches, Calls int
	}
	rows(q, pgx.RowToStructByPos[demand], func(r demand) {
		f.Days[r.Day].Punches, f.Days[r.Day].Batches[r.Rung] = r.Punches, r.Calls
	}, `SELECT n.on_date - $2::date, w.rung::int - 1, n.punches, n.calls FROM dakasync.demand n
		JOIN unnest($3::interval[]) WITH ORDINALITY AS w (batch_window, rung) ON w.batch_window = n.batch_window
		WHERE n.corp_id = $1 AND n.on_date >= $2 AND n.on_date < $2::date + $4::int`,
		q.corp, f.Days[0].Date.In(time.UTC), budget.Windows(), factDays)
}
