package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// FindGaps writes a row for every hole in the coverage that has none yet and that
// ended before before, and earlier than may still be proven otherwise, and returns
// all open gaps, oldest first. A zero before leaves it to the database's clock. A
// hole that still goes on is written as far as it goes; the rest of it is another
// gap.
func (s *Store) FindGaps(ctx context.Context, before time.Time) ([]attendance.Gap, error) {
	const what = "find the times in which no connection is proven"
	var gaps []attendance.Gap
	err := s.transact(ctx, what, func(q *batch) {
		gaps = nil
		q.lock("gaps")
		q.exec(`INSERT INTO dakasync.gap AS g (corp_id, began_at, ended_at, reason)
			SELECT $1, lower(hole), upper(hole), coalesce(
				(SELECT coalesce(min(c.ended), '`+string(attendance.ProofCrashed)+`') FROM dakasync.coverage c
					WHERE c.corp_id = $1 AND c.proven_until = lower(hole) HAVING count(*) > 0),
				(SELECT p.reason FROM dakasync.gap p WHERE p.corp_id = $1 AND p.ended_at = lower(hole)),
				'`+string(attendance.ProofCrashed)+`')
			FROM unnest(
				(SELECT range_agg(tstzrange(b.began_at, least(b.ended_at, f.finished)))
					FROM dakasync.blind_time b, LATERAL (SELECT least($2::timestamptz, clock_timestamp() - interval '1 second' * $3::float8) AS finished) f
					WHERE b.corp_id = $1 AND b.began_at < f.finished AND (b.ended_at <= f.finished OR b.ended_at >= now()))
				- coalesce((SELECT range_agg(tstzrange(p.began_at, p.ended_at)) FROM dakasync.gap p WHERE p.corp_id = $1), '{}')) AS hole
			ON CONFLICT DO NOTHING`, s.corp, timeOrNull(before), attendance.CoverageLag.Seconds())
		rows(q, pgx.RowToStructByPos[attendance.Gap], func(g attendance.Gap) {
			g.Began, g.Ended = g.Began.UTC(), g.Ended.UTC()
			gaps = append(gaps, g)
		}, `SELECT began_at, ended_at, reason FROM dakasync.gap
			WHERE corp_id = $1 AND swept_at IS NULL AND ended_at <= clock_timestamp() ORDER BY began_at`, s.corp)
	}, nil)
	return gaps, err
}

// OpenGaps are the holes that no sweep has closed, as far as they are certain,
// oldest first: those that FindGaps would return. It writes nothing.
func (s *Store) OpenGaps(ctx context.Context) ([]attendance.Gap, error) {
	const what = "list the open gaps"
	answer, err := s.pool.Query(ctx, `SELECT lower(hole), upper(hole), coalesce(
			(SELECT g.reason FROM dakasync.gap g WHERE g.corp_id = $1 AND g.began_at = lower(hole)),
			(SELECT min(c.ended) FROM dakasync.coverage c WHERE c.corp_id = $1 AND c.proven_until = lower(hole)),
			'`+string(attendance.ProofCrashed)+`')
		FROM unnest(
			coalesce((SELECT range_agg(tstzrange(b.began_at, least(b.ended_at, f.finished)))
				FROM dakasync.blind_time b, LATERAL (SELECT clock_timestamp() - interval '1 second' * $2::float8 AS finished) f
				WHERE b.corp_id = $1 AND b.began_at < f.finished), '{}')
			- coalesce((SELECT range_agg(tstzrange(p.began_at, p.ended_at)) FROM dakasync.gap p WHERE p.corp_id = $1), '{}')
			+ coalesce((SELECT range_agg(tstzrange(p.began_at, p.ended_at)) FROM dakasync.gap p WHERE p.corp_id = $1 AND p.swept_at IS NULL), '{}')) AS hole
		ORDER BY hole`, s.corp, attendance.CoverageLag.Seconds())
	if err != nil {
		return nil, failure(what, err)
	}
	gaps, err := pgx.CollectRows(answer, pgx.RowToStructByPos[attendance.Gap])
	for i := range gaps {
		gaps[i].Began, gaps[i].Ended = gaps[i].Began.UTC(), gaps[i].Ended.UTC()
	}
	return gaps, failure(what, err)
}

// CloseGaps closes the gaps that began at these times: a run has asked about their
// days. One whose end is still to come stays open, and evidence of a sweep that
// DingTalk refused some of closes nothing.
func (s *Store) CloseGaps(ctx context.Context, began []time.Time, e attendance.Evidence, workflowID string) error {
	what := fmt.Sprintf("close %d gaps", len(began))
	if e.Refused || len(began) == 0 {
		return nil
	}
	e.Since = cleanTime(e.Since)
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	_, err = s.pool.Exec(ctx, `UPDATE dakasync.gap SET swept_at = now(), workflow_id = $3, evidence = $4::text::jsonb
		WHERE corp_id = $1 AND began_at = ANY($2) AND swept_at IS NULL AND ended_at <= clock_timestamp()`,
		s.corp, began, cleanText(workflowID), string(text))
	return failure(what, err)
}

// BlindTime is for how long, from since up to a moment ago, no connection is
// proven to have lived, and how many gaps nobody has swept yet: parts that follow each
// other are one.
func (s *Store) BlindTime(ctx context.Context, since time.Time) (blind time.Duration, openGaps int, err error) {
	var seconds float64
	err = s.pool.QueryRow(ctx, `WITH hole AS (
			SELECT tstzrange(began_at, least(ended_at, now() - interval '1 second' * $3::float8)) AS time FROM dakasync.blind_time
			WHERE corp_id = $1 AND began_at < now() - interval '1 second' * $3::float8
		) SELECT
			(SELECT coalesce(extract(epoch FROM sum(upper(time) - greatest(lower(time), $2))), 0)::float8 FROM hole WHERE upper(time) > $2),
			(SELECT count(*) FROM unnest(coalesce((SELECT range_agg(time) FROM hole), '{}')
				- coalesce((SELECT range_agg(tstzrange(began_at, ended_at)) FROM dakasync.gap WHERE corp_id = $1), '{}')
				+ coalesce((SELECT range_agg(tstzrange(began_at, ended_at)) FROM dakasync.gap WHERE corp_id = $1 AND swept_at IS NULL), '{}')))`,
		s.corp, cleanTime(since), attendance.CoverageLag.Seconds()).Scan(&seconds, &openGaps)
	return time.Duration(seconds * float64(time.Second)), openGaps, failure("measure the blind time", err)
}
