package ledger

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
)

// agreement is by how much a stretch may be off, by the database's clock, from
// what its starter says of its age: beyond it one of the clocks has jumped, or
// the starter's machine slept.
const agreement = 2 * time.Second

// SaveCoverage dates proofs by the database's clock and writes them: a stretch
// that is new becomes a row, one that is there grows until it ends. An end that lies
// well before what was written takes that back: it turned out to prove nothing.
// Those returned as broken cannot grow, for the clocks disagree about when they
// began: what is proven from now on must be a stretch of another id. Nothing is
// claimed for the time that the way to PostgreSQL took.
func (s *Store) SaveCoverage(ctx context.Context, starter string, proofs []attendance.Proof) (broken []string, err error) {
	if len(proofs) == 0 {
		return nil, nil
	}
	const what = "write what is proven of the connections"
	asked := time.Now()
	var clock time.Time
	if err := s.pool.QueryRow(ctx, "SELECT pg_catalog.clock_timestamp()").Scan(&clock); err != nil {
		return nil, failure(what, err)
	}
	way := time.Since(asked)
	stretches := stretchesOf(proofs, clock, way)
	n := len(stretches)
	ids, ended := make([]string, n), make([]string, n)
	began, proven := make([]time.Time, n), make([]time.Time, n)
	for i, p := range stretches {
		ids[i], ended[i], began[i], proven[i] = p.id, p.ended, p.began, p.proven
	}
	grown := map[string]bool{}
	err = s.transact(ctx, what, func(q *batch) {
		clear(grown)
		q.exec(setBack, s.corp, clock)
		q.exec(reopen, s.corp, clock)
		rows(q, pgx.RowTo[string], func(id string) { grown[id] = true }, `
			INSERT INTO dakasync.coverage AS c (corp_id, id, starter, began_at, proven_until, ended)
			SELECT $1, id, $2, began_at, greatest(began_at, proven_until), nullif(ended, '')
			FROM unnest($3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[]) AS p (id, began_at, proven_until, ended)
			ORDER BY id
			ON CONFLICT (corp_id, id) DO UPDATE SET ended = coalesce(c.ended, excluded.ended), proven_until = CASE
				WHEN c.ended IS NOT NULL THEN c.proven_until
				WHEN excluded.ended IS NOT NULL AND excluded.proven_until < c.proven_until - interval '1 microsecond' * $7::bigint
					THEN greatest(c.began_at, excluded.proven_until)
				ELSE greatest(c.proven_until, excluded.proven_until) END
			WHERE c.began_at BETWEEN excluded.began_at - interval '1 microsecond' * $8::bigint AND excluded.began_at + interval '1 microsecond' * $7::bigint
			RETURNING id`, s.corp, cleanText(starter), ids, began, proven, ended,
			agreement.Microseconds(), (agreement + way).Microseconds())
	}, nil)
	if err != nil {
		return nil, err
	}
	for _, p := range proofs {
		if !grown[cleanKey(p.ID)] && !slices.Contains(broken, p.ID) {
			broken = append(broken, p.ID)
		}
	}
	return broken, s.endBroken(ctx, broken)
}

// endBroken says of stretches that cannot grow why: else the gap after them would
// seem to be a crash's.
func (s *Store) endBroken(ctx context.Context, broken []string) error {
	if len(broken) == 0 {
		return nil
	}
	_, err := s.pool.Exec(ctx, `UPDATE dakasync.coverage SET ended = $3 WHERE corp_id = $1 AND id = ANY($2) AND ended IS NULL`,
		s.corp, cleanKeys(broken), string(attendance.ProofAsleep))
	return failure("end what is proven of connections", err)
}

// setBack cuts what lies in the future: the database's clock was set back, and
// what was proven of a time that comes a second time proves nothing of it then.
const setBack = `UPDATE dakasync.coverage SET began_at = least(began_at, $2), proven_until = $2
	WHERE corp_id = $1 AND proven_until > clock_timestamp()`

// reopen opens gaps whose time comes a second time. One that has begun ends where
// that time begins: what becomes of the rest nobody knows, and it may be years away.
const reopen = `UPDATE dakasync.gap SET ended_at = CASE WHEN began_at < $2 THEN $2 ELSE ended_at END,
		swept_at = NULL, workflow_id = NULL, evidence = NULL
	WHERE corp_id = $1 AND ended_at > clock_timestamp() AND (began_at < $2 OR swept_at IS NOT NULL)`

// joinStretches makes one of stretches that ended before @before and overlap or follow each other: what they prove together, under the id and with the
// end of the one that was proven longest. A starter begins several a day, and whoever asks for holes reads all of them.
const joinStretches = `WITH old AS (
		SELECT id, began_at, proven_until, ended FROM dakasync.coverage WHERE corp_id = @corp AND proven_until < @before
	), joined AS MATERIALIZED (
		SELECT o.id, lower(island) AS began_at, row_number() OVER (PARTITION BY island ORDER BY o.proven_until DESC, o.ended, o.id) AS place
		FROM unnest((SELECT range_agg(tstzrange(began_at, proven_until, '[]')) FROM old)) AS island
			JOIN old o ON o.began_at <@ island
	), grown AS (
		UPDATE dakasync.coverage c SET began_at = j.began_at FROM joined j
		WHERE c.corp_id = @corp AND c.id = j.id AND j.place = 1 AND c.began_at > j.began_at
	)
	DELETE FROM dakasync.coverage c USING joined j WHERE c.corp_id = @corp AND c.id = j.id AND j.place > 1`

// stretch is a proof as its row has it.
type stretch struct {
	id, ended     string
	began, proven time.Time
}

// stretchesOf are the proofs by the database's clock, each id once, by id: two
// starters take rows in one order. Their ages were taken when the clock was asked
// for, which was up to way before it was read.
func stretchesOf(proofs []attendance.Proof, clock time.Time, way time.Duration) []stretch {
	list := make([]stretch, 0, len(proofs))
	for _, p := range proofs {
		list = append(list, stretch{
			id: cleanKey(p.ID), ended: string(p.Ended),
			began: clock.Add(-max(0, p.BeganAgo)), proven: clock.Add(-max(0, p.ProvenAgo) - way),
		})
	}
	slices.SortStableFunc(list, func(a, b stretch) int { return strings.Compare(a.id, b.id) })
	once := list[:0]
	for _, p := range list {
		if n := len(once); n > 0 && once[n-1].id == p.id {
			last := &once[n-1]
			if p.proven.After(last.proven) {
				last.proven = p.proven
			}
			if last.ended == "" {
				last.ended = p.ended
			}
			continue
		}
		once = append(once, p)
	}
	return once
}

// Listener is a starter with its connections that are proven to live.
type Listener struct {
	Starter     string
	Connections int
	ProvenUntil time.Time // the last of them; a proof is written every few seconds
}

// Listeners are the starters that are proven to listen, by name.
func (s *Store) Listeners(ctx context.Context) ([]Listener, error) {
	const what = "look who listens"
	answer, err := s.pool.Query(ctx, `SELECT starter, count(*)::int, max(proven_until) FROM dakasync.coverage
		WHERE corp_id = $1 AND ended IS NULL AND proven_until > clock_timestamp() - interval '1 second' * $2::float8
		GROUP BY starter ORDER BY starter`, s.corp, attendance.CoverageLag.Seconds())
	if err != nil {
		return nil, failure(what, err)
	}
	list, err := pgx.CollectRows(answer, pgx.RowToStructByPos[Listener])
	return list, failure(what, err)
}
