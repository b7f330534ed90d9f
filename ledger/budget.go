package ledger

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
	"dakasync/budget"
)

// factDays is how many past days a decision goes by.
const factDays = 35

// BudgetFacts is what a decision goes by, as the ledger knows it at now: what was
// spent since the month began in the company's zone, what DingTalk said of it, what
// was decided, and what each of the last 35 days has seen, from the first one on
// that began after we were listening. What the days would have taken in batches is
// found out once and kept.
func (s *Store) BudgetFacts(ctx context.Context, now time.Time) (budget.Facts, error) {
	var f facts
	err := s.transact(ctx, "look at what was spent", func(q *batch) {
		f = s.factsOf(now)
		f.keepDemand(q)
		f.loadMonth(q)
		f.loadDecisions(q)
		f.loadSpent(q)
		f.loadDemand(q)
	}, nil)
	f.Days = slices.DeleteFunc(f.Days, func(d budget.Day) bool {
		return f.listening == nil || d.Date.In(s.zone).Before(*f.listening)
	})
	return f.Facts, err
}

// MonthCalls is how many calls that DingTalk bills have been counted since now's
// month began in the company's zone: what BudgetFacts says of it, and cheap.
func (s *Store) MonthCalls(ctx context.Context, now time.Time) (calls int, err error) {
	const what = "add up the month's calls"
	answer := s.pool.QueryRow(ctx, `SELECT coalesce(sum(counted), 0) FROM dakasync.api_call WHERE corp_id = $1 AND hour >= $2`,
		s.corp, s.monthHour(now))
	return calls, failure(what, answer.Scan(&calls))
}

// monthHour is the hour in which now's month begins in the company's zone.
func (s *Store) monthHour(now time.Time) time.Time {
	return monthOf(now, s.zone).In(s.zone).UTC().Truncate(time.Hour)
}

// facts is what BudgetFacts reads.
type facts struct {
	budget.Facts

	month     attendance.Date
	monthHour time.Time   // the hour in which it begins
	midnights []time.Time // of the past days, oldest first, and of today
	listening *time.Time  // when the first connection was proven, or the first event came
}

func (s *Store) factsOf(now time.Time) facts {
	f := facts{month: monthOf(now, s.zone), monthHour: s.monthHour(now)}
	f.At = now.In(s.zone)
	for n := -factDays; n <= 0; n++ {
		d := attendance.DateOf(now, s.zone).AddDays(n)
		f.midnights = append(f.midnights, d.In(s.zone))
		if n < 0 {
			f.Days = append(f.Days, budget.Day{Date: d})
		}
	}
	return f
}

// loadMonth queues the reading of what the month has seen so far.
func (f *facts) loadMonth(q *batch) {
	q.exec(`SELECT (SELECT count(*) FROM dakasync.employee WHERE corp_id = $1 AND left_at IS NULL),
			(SELECT coalesce(sum(counted), 0) FROM dakasync.api_call WHERE corp_id = $1 AND hour >= $2),
			(SELECT coalesce(sum(pushes), 0) FROM dakasync.push WHERE corp_id = $1 AND hour >= $2),
			`+listeningSince, q.corp, f.monthHour).QueryRow(func(r pgx.Row) error {
		return r.Scan(&f.Employees, &f.Calls, &f.Pushes, &f.listening)
	})
	type word struct {
		Kind string
		At   time.Time
	}
	rows(q, pgx.RowToStructByPos[word], func(w word) {
		if w.Kind == budget.MeterCalls {
			f.Refused = w.At.UTC()
		} else {
			f.Muted = w.At.UTC()
		}
	}, `SELECT kind, last_at FROM dakasync.quota_word WHERE corp_id = $1 AND month = $2 AND `+stillSpent, q.corp, f.month.In(time.UTC))
}

// stillSpent is the condition that a quota_word was not withdrawn since.
const stillSpent = `(again_at IS NULL OR again_at < last_at)`

// listeningSince is when the first connection was proven, or the first event came.
const listeningSince = `least((SELECT min(began_at) FROM dakasync.coverage WHERE corp_id = $1),
	(SELECT min(received_at) FROM dakasync.event WHERE corp_id = $1))`

// loadDecisions queues the reading of the changes that were decided in the past
// days, and of the newest decision.
func (f *facts) loadDecisions(q *batch) {
	rows(q, pgx.RowToStructByPos[decisionRow], func(r decisionRow) {
		f.Current = r.decision()
		if n := len(f.Decisions); n > 0 && f.Decisions[n-1].Mode == f.Current.Mode && f.Decisions[n-1].Window == f.Current.Window {
			return
		}
		f.Decisions = append(f.Decisions, f.Current)
	}, `SELECT `+decisionColumns+` FROM dakasync.decision WHERE corp_id = $1 AND decided_at >= coalesce(
			(SELECT max(decided_at) FROM dakasync.decision WHERE corp_id = $1 AND decided_at <= $2), $2)
		ORDER BY decided_at`, q.corp, f.midnights[0])
}

// loadSpent queues the reading of what was spent on each of the past days.
func (f *facts) loadSpent(q *batch) {
	type spent struct {
		Day, Calls, Pushes int
	}
	rows(q, pgx.RowToStructByPos[spent], func(r spent) {
		f.Days[r.Day].Calls, f.Days[r.Day].Pushes = r.Calls, r.Pushes
	}, `SELECT width_bucket(hour, $2::timestamptz[]) - 1 AS day, sum(calls)::int, sum(pushes)::int FROM (
			SELECT hour, counted AS calls, 0 AS pushes FROM dakasync.api_call WHERE corp_id = $1 AND hour >= $3 AND hour < $4
			UNION ALL SELECT hour, 0, pushes FROM dakasync.push WHERE corp_id = $1 AND hour >= $3 AND hour < $4) n
		GROUP BY day`, q.corp, f.midnights, f.midnights[0], f.midnights[factDays])
}
