package ledger

import (
	"context"
	"time"

	"dakasync/attendance"
)

// QuietSince is when the failed-push list was last read and found empty, if nothing
// can have come onto it since, as far as is known: that was the last read, and no
// earlier one is lost; connections are proven without a hole from before it on, but
// for the last seconds, which never are; no gap is open; and DingTalk did not say
// this month that pushes are spent. Otherwise it is zero.
func (s *Store) QuietSince(ctx context.Context) (time.Time, error) {
	var at *time.Time
	err := s.pool.QueryRow(ctx, `SELECT (SELECT d.answered_at
		FROM (SELECT answered_at, requested_at, state, count, has_more, body FROM dakasync.drain WHERE corp_id = $1 ORDER BY requested_at DESC, id DESC LIMIT 1) d
		WHERE d.state = 'stored' AND d.count = 0 AND d.has_more IS NOT TRUE AND d.body IS NULL
			AND (SELECT min(c.began_at) FROM dakasync.coverage c WHERE c.corp_id = $1) <= d.requested_at - interval '1 second' * $2::float8
			AND NOT EXISTS (SELECT FROM dakasync.blind_time b WHERE b.corp_id = $1
				AND b.ended_at > d.requested_at - interval '1 second' * $2::float8
				AND b.began_at < clock_timestamp() - interval '1 second' * $3::float8)
			AND NOT EXISTS (SELECT FROM dakasync.gap g WHERE g.corp_id = $1 AND g.swept_at IS NULL)
			AND NOT EXISTS (SELECT FROM dakasync.drain l WHERE l.corp_id = $1 AND l.state IN ('requested', 'ambiguous'))
			AND NOT EXISTS (SELECT FROM dakasync.quota_word w WHERE w.corp_id = $1 AND w.kind = 'pushes' AND w.month = $4
				AND `+stillSpent+`))`,
		s.corp, attendance.BlindMargin.Seconds(), attendance.CoverageLag.Seconds(), monthOf(s.nowFunc(), s.zone).In(time.UTC)).Scan(&at)
	return utcOr0(at), failure("look whether a push can have failed", err)
}
