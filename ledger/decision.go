package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
	"dakasync/budget"
)

// decisionEvery is how often a decision that changes nothing is written all the
// same: what was spent and forecast can then be followed.
const decisionEvery = time.Hour

// SaveDecision keeps a decision, if it changes the mode, the window or the thrift, is the
// first of the company's month, or comes an hour after the last one. One that was made
// before the newest, or is told of again, changes nothing.
func (s *Store) SaveDecision(ctx context.Context, d budget.Decision) error {
	const what = "keep a decision"
	at := cleanTime(d.DecidedAt)
	if at.IsZero() {
		return fmt.Errorf("%s: %w", what, ErrNoSubject)
	}
	return s.transact(ctx, what, func(q *batch) {
		q.lock("decision")
		q.exec(`WITH newest AS (
				SELECT decided_at, mode, batch_window, thrift FROM dakasync.decision WHERE corp_id = $1 ORDER BY decided_at DESC LIMIT 1)
			INSERT INTO dakasync.decision (corp_id, decided_at, mode, batch_window, reason, calls, pushes, forecast_calls, forecast_pushes, thrift)
			SELECT $1, $2::timestamptz, $3::text, $4::interval, $5, $6, $7, $8, $9, $10 WHERE NOT EXISTS (SELECT FROM newest
				WHERE decided_at >= $2 OR mode = $3 AND batch_window = $4 AND thrift = $10::boolean AND decided_at > $2::timestamptz - $11::interval AND decided_at >= $12)`,
			s.corp, at, string(d.Mode), d.Window, cleanText(d.Reason), d.Calls, d.Pushes, d.ForecastCalls, d.ForecastPushes, d.Thrift, decisionEvery,
			monthOf(at, s.zone).In(s.zone))
	}, nil)
}

// CurrentDecision is the newest decision, if one was made yet.
func (s *Store) CurrentDecision(ctx context.Context) (budget.Decision, bool, error) {
	const what = "look up the current decision"
	answer, err := s.pool.Query(ctx, `SELECT `+decisionColumns+` FROM dakasync.decision
		WHERE corp_id = $1 ORDER BY decided_at DESC LIMIT 1`, s.corp)
	if err != nil {
		return budget.Decision{}, false, failure(what, err)
	}
	found, err := pgx.CollectRows(answer, pgx.RowToStructByPos[decisionRow])
	if err != nil || len(found) == 0 {
		return budget.Decision{}, false, failure(what, err)
	}
	return found[0].decision(), true, nil
}

const decisionColumns = `decided_at, mode, batch_window, reason, calls, pushes, forecast_calls, forecast_pushes, thrift`

type decisionRow struct {
	DecidedAt                     time.Time
	Mode                          string
	Window                        time.Duration
	Reason                        string
	Calls, Pushes                 int
	ForecastCalls, ForecastPushes int
	Thrift                        bool
}

func (r decisionRow) decision() budget.Decision {
	return budget.Decision{
		Mode: budget.Mode(r.Mode), Window: r.Window, Reason: r.Reason, DecidedAt: r.DecidedAt.UTC(),
		Calls: r.Calls, Pushes: r.Pushes, ForecastCalls: r.ForecastCalls, ForecastPushes: r.ForecastPushes, Thrift: r.Thrift,
	}
}

// SaveQuotaWord keeps that DingTalk said at a time that this month's calls, or
// pushes, are spent.
func (s *Store) SaveQuotaWord(ctx context.Context, meter string, at time.Time) error {
	what := "keep that the month's " + meter + " are spent"
	if at = cleanTime(at); at.IsZero() {
		return fmt.Errorf("%s: %w", what, ErrNoSubject)
	}
	_, err := s.pool.Exec(ctx, `INSERT INTO dakasync.quota_word AS w (corp_id, kind, month, first_at, last_at) VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (corp_id, kind, month) DO UPDATE
		SET first_at = least(w.first_at, excluded.first_at), last_at = greatest(w.last_at, excluded.last_at)`,
		s.corp, cleanText(meter), monthOf(at, s.zone).In(time.UTC), at)
	return failure(what, err)
}

// WithdrawQuotaWord keeps that there are calls, or pushes, again: what DingTalk
// said before that time of this month no longer holds. Where that is known, or
// nothing was said, nothing is written: it may be called as often as something comes.
func (s *Store) WithdrawQuotaWord(ctx context.Context, meter string, at time.Time) error {
	at = cleanTime(at)
	_, err := s.pool.Exec(ctx, `UPDATE dakasync.quota_word SET again_at = $4
		WHERE corp_id = $1 AND kind = $2 AND month = $3 AND last_at < $4 AND `+stillSpent, s.corp, cleanText(meter), monthOf(at, s.zone).In(time.UTC), timeOrNull(at))
	return failure("keep that there are "+meter+" again", err)
}

// monthOf is the first day of a moment's month.
func monthOf(at time.Time, zone *time.Location) attendance.Date {
	d := attendance.DateOf(at, zone)
	return attendance.NewDate(d.Year, d.Month, 1)
}
