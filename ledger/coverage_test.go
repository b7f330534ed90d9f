package ledger_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
	"dakasync/ledger"
)

// proof is a stretch that began and was last proven so many seconds ago.
func proof(id string, began, proven int, ended attendance.ProofEnd) attendance.Proof {
	return attendance.Proof{ID: id, BeganAgo: time.Duration(began) * time.Second, ProvenAgo: time.Duration(proven) * time.Second, Ended: ended}
}

// coverage shows the stretches, to ten seconds before now: no delay of the test's matters.
func (b bundle) coverage() []string {
	b.t.Helper()
	return b.rows(`SELECT id || ' ' || round(extract(epoch FROM now() - began_at), -1) || '-' || round(extract(epoch FROM now() - proven_until), -1) || coalesce(' ' || ended, '')
		FROM dakasync.coverage ORDER BY id`)
}

func (b bundle) prove(proofs ...attendance.Proof) []string {
	b.t.Helper()
	broken, err := b.SaveCoverage(b.t.Context(), "starter", proofs)
	require.NoError(b.t, err)
	return broken
}

// gaps finds gaps, to ten seconds before now.
func (b bundle) gaps() []string {
	b.t.Helper()
	found, err := b.FindGaps(b.t.Context(), time.Time{})
	require.NoError(b.t, err)
	now := time.Now()
	lines := make([]string, 0, len(found))
	for _, g := range found {
		lines = append(lines, fmt.Sprintf("%.0f-%.0f %s", now.Sub(g.Began).Round(10*time.Second).Seconds(), now.Sub(g.Ended).Round(10*time.Second).Seconds(), g.Reason))
	}
	return lines
}

func TestCoverageGrows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Empty(t, b.prove(proof("a", 100, 50, ""), proof("b", 60, 10, attendance.ProofLost)))
	require.Equal(t, []string{"a 100-50", "b 60-10 lost"}, b.coverage())
	require.Empty(t, b.prove(proof("a", 100, 90, "")), "an older word takes nothing back")
	require.Empty(t, b.prove(proof("a", 100, 0, attendance.ProofStopped)))
	require.Equal(t, []string{"a 100-0 stopped", "b 60-10 lost"}, b.coverage())
	require.Empty(t, b.prove())
	require.Empty(t, b.gaps())
}

// A stretch whose age does not agree with the database's clock has a jump in it.
func TestCoverageIsBrokenByAJump(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.prove(proof("a", 100, 90, ""), proof("b", 100, 90, ""))
	require.Equal(t, []string{"a"}, b.prove(proof("a", 70, 0, ""), proof("b", 101, 0, ""), proof("c", 20, 0, "")))
	require.Equal(t, []string{"a"}, b.prove(proof("a", 130, 0, "")))
	require.Equal(t, []string{"a 100-90 asleep", "b 100-0", "c 20-0"}, b.coverage())
}

// While the way to PostgreSQL takes long, nothing is proven by it.
func TestCoverageClaimsNothingForTheWay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.prove(proof("a", 100, 50, ""))
	tx, err := b.sql.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `LOCK TABLE dakasync.coverage`)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		broken, err := b.SaveCoverage(context.WithoutCancel(t.Context()), "s", []attendance.Proof{proof("a", 100, 0, ""), proof("b", 0, 0, "")})
		if len(broken) > 0 {
			err = fmt.Errorf("broken: %v", broken)
		}
		done <- err
	}()
	require.Eventually(t, func() bool {
		return b.count(`SELECT count(*) FROM pg_locks WHERE relation = 'dakasync.coverage'::regclass AND NOT granted`) > 0
	}, 20*time.Second, time.Millisecond)
	var waited time.Time
	require.NoError(t, tx.QueryRow(t.Context(), `SELECT clock_timestamp()`).Scan(&waited))
	require.NoError(t, tx.Commit(t.Context()))
	require.NoError(t, <-done)
	require.Equal(t, 2, b.count(`SELECT count(*) FROM dakasync.coverage WHERE proven_until < $1`, waited))
}

// What an end takes back was a zombie's, and is blind if nobody else listened; what
// follows an end changes nothing.
func TestCoverageEndsEarlierThanWasWritten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.prove(proof("a", 1000, 100, ""), proof("b", 1000, 100, ""), proof("c", 1000, 100, ""), proof("d", 150, 50, ""))
	require.Empty(t, b.prove(proof("a", 1000, 900, attendance.ProofSilent), proof("b", 1001, 2000, attendance.ProofSilent),
		attendance.Proof{ID: "c", BeganAgo: 1000 * time.Second, ProvenAgo: 101 * time.Second, Ended: attendance.ProofReplaced}))
	want := []string{"a 1000-900 silent", "b 1000-1000 silent", "c 1000-100 replaced", "d 150-50"}
	require.Equal(t, want, b.coverage(), "it does not begin later than it ends, and the way to PostgreSQL takes nothing back")
	require.Equal(t, 1, b.count(`SELECT count(*) FROM dakasync.coverage WHERE id = 'c' AND proven_until > now() - interval '100.9 seconds'`))
	require.Empty(t, b.prove(proof("a", 1000, 50, ""), proof("c", 1000, 500, attendance.ProofSilent)))
	require.Equal(t, want, b.coverage())
}

// When the database's clock was set back, what was proven of a time that is yet to
// come proves nothing, and a gap in it is open again: up to now, and not until a
// clock that was a year ahead is right.
func TestCoverageInTheFutureIsCut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.rows(`INSERT INTO dakasync.coverage VALUES ('ding1', 'old', 's', now() - interval '1 hour', now() + interval '1 hour'),
		('ding1', 'new', 's', now() + interval '1 hour', now() + interval '2 hours'), ('ding2', 'other', 's', now(), now() + interval '2 hours') RETURNING id`)
	b.rows(`INSERT INTO dakasync.gap (corp_id, began_at, ended_at, reason, swept_at) VALUES
		('ding1', now() - interval '1 minute', now() + interval '1 year', 'lost', now()), ('ding1', now() - interval '2 minutes', now() + interval '1 minute', 'lost', NULL),
		('ding1', now() - interval '9 minutes', now() - interval '8 minutes', 'lost', now()), ('ding1', now() + interval '2 years', now() + interval '3 years', 'lost', now())
		RETURNING corp_id`)
	b.prove(proof("a", 1, 1, ""))
	require.Equal(t, []string{"a", "new", "old"}, b.rows(`SELECT id FROM dakasync.coverage WHERE proven_until <= clock_timestamp() ORDER BY id`))
	require.Equal(t, 3, b.count(`SELECT count(*) FROM dakasync.gap WHERE swept_at IS NULL`))
	found, err := b.FindGaps(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Len(t, found, 2, "one is yet to come")
	began := []time.Time{found[0].Began, found[1].Began, {}}
	require.NoError(t, b.sql.QueryRow(t.Context(), `SELECT max(began_at) FROM dakasync.gap`).Scan(&began[2]))
	require.NoError(t, b.CloseGaps(t.Context(), began, attendance.Evidence{}, "w"))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM dakasync.gap WHERE swept_at IS NULL`), "it cannot be swept yet")
}

func TestGapsHaveReasons(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Empty(t, b.gaps(), "nothing was ever covered")
	b.prove(proof("a", 1000, 900, attendance.ProofSilent), proof("b", 800, 700, ""), proof("c", 650, 600, attendance.ProofNoStore), proof("d", 500, 400, ""))
	require.Equal(t, []string{"900-800 silent", "700-650 crashed", "600-500 no_store", "400-10 crashed"}, b.gaps(), "the last one goes on")
	blind, open, err := b.BlindTime(t.Context(), time.Now().Add(-850*time.Second))
	require.NoError(t, err)
	require.InDelta(t, 592, blind.Seconds(), 10)
	require.Equal(t, 4, open)
	b.prove(proof("e", 3, 1, ""))
	require.Len(t, b.gaps(), 4, "the end of what went on is too young to be certain")
	b.rows(`UPDATE dakasync.gap SET ended_at = ended_at - interval '60 seconds' WHERE began_at = (SELECT max(began_at) FROM dakasync.gap) RETURNING reason`)
	b.prove(proof("f", 9, 1, ""))
	found, err := b.FindGaps(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Len(t, found, 5, "the rest of the last one is a gap of its own")
	require.Equal(t, []string{"crashed", "crashed"}, b.rows(`SELECT reason FROM dakasync.gap ORDER BY began_at DESC LIMIT 2`))
}

// Who only looks sees what a sweep would find, and leaves no rows.
func TestOpenGaps(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.prove(proof("a", 1000, 900, attendance.ProofSilent), proof("b", 800, 700, ""), proof("c", 650, 600, attendance.ProofNoStore), proof("d", 500, 1, ""))
	open, err := b.OpenGaps(t.Context())
	require.NoError(t, err)
	require.Zero(t, b.count(`SELECT count(*) FROM dakasync.gap`))
	found, err := b.FindGaps(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Len(t, found, 3)
	require.Equal(t, found, open)
	require.NoError(t, b.CloseGaps(t.Context(), []time.Time{found[1].Began}, attendance.Evidence{}, "w"))
	open, err = b.OpenGaps(t.Context())
	require.NoError(t, err)
	require.Equal(t, []attendance.Gap{found[0], found[2]}, open)
}

func TestCloseGaps(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	b.prove(proof("a", 1000, 900, attendance.ProofLost), proof("b", 800, 700, attendance.ProofLost), proof("c", 600, 0, ""))
	found, err := b.FindGaps(ctx, time.Now())
	require.NoError(t, err)
	require.Len(t, found, 2)
	began := []time.Time{found[0].Began}
	require.NoError(t, b.CloseGaps(ctx, began, attendance.Evidence{Since: time.Now(), Refused: true}, "w1"))
	require.Len(t, b.gaps(), 2, "something was refused")
	for _, by := range []string{"w2", "w3"} {
		require.NoError(t, b.CloseGaps(ctx, began, attendance.Evidence{Since: at("09:00:00"), UserDays: 7}, by))
	}
	require.Len(t, b.gaps(), 1)
	require.Equal(t, []string{"w2 7"}, b.rows(`SELECT workflow_id || ' ' || (evidence ->> 'user_days') FROM dakasync.gap WHERE swept_at IS NOT NULL`))
	_, open, err := b.BlindTime(ctx, time.Time{})
	require.NoError(t, err)
	require.Equal(t, 1, open)
	b.prove(proof("late", 900, 850, ""))
	require.Len(t, b.gaps(), 1, "what is proven late opens no gap anew")
}

// Whatever is proven, in whatever order, how often and by how many at once: the
// gaps are exactly what no proof covers, and finding them again finds the same.
func TestGapsAreTheComplementOfTheCoverage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		_, err := b.sql.Exec(ctx, `TRUNCATE dakasync.coverage, dakasync.gap`)
		require.NoError(t, err)
		const length, second = 60, 1000 // steps of a thousand seconds, so that no delay matters
		covered := [length + 1]bool{}
		var proofs []attendance.Proof
		first := length
		for n := range rapid.IntRange(1, 8).Draw(t, "proofs") {
			from := rapid.IntRange(0, length-1).Draw(t, "from")
			to := rapid.IntRange(from, length).Draw(t, "to")
			first = min(first, from)
			for step := from; step < to; step++ {
				covered[step] = true
			}
			earlier := rapid.IntRange(from, to).Draw(t, "grew from")
			proofs = append(proofs, proof(fmt.Sprint(n), (length-from)*second, (length-earlier)*second, ""),
				proof(fmt.Sprint(n), (length-from)*second, (length-to)*second, ""))
		}
		order := append(rapid.Permutation(proofs).Draw(t, "order"), rapid.SliceOfN(rapid.SampledFrom(proofs), 0, 3).Draw(t, "again")...)
		for _, p := range order {
			broken, err := b.SaveCoverage(ctx, "s", []attendance.Proof{p})
			require.NoError(t, err)
			require.Empty(t, broken)
		}
		var group sync.WaitGroup
		answers := make([][]attendance.Gap, 3)
		before := time.Now().Add(-30 * time.Second)
		for i := range answers {
			group.Go(func() { answers[i], _ = b.FindGaps(ctx, before) })
		}
		group.Wait()
		now := time.Now()
		blind := [length + 1]bool{}
		for _, g := range answers[0] {
			from := length - int(now.Sub(g.Began).Seconds()+second/2)/second
			to := length - int(now.Sub(g.Ended).Seconds()+second/2)/second
			for step := from; step < to; step++ {
				blind[step] = true
			}
		}
		for step := first; step < length; step++ {
			require.NotEqual(t, covered[step], blind[step], "step %d of %v: %v", step, proofs, answers[0])
		}
		require.Equal(t, answers[0], answers[1])
		require.Equal(t, answers[0], answers[2])
	})
}

// Old stretches become one where no hole is between them, and nobody sees a difference: not in what is blind, nor in why.
func TestOldCoverageIsJoined(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	owned, err := ledger.Open(ctx, ledger.Options{URL: b.sql.Config().ConnString(), CorpID: corp, Location: shanghai, NowFunc: time.Now})
	require.NoError(t, err)
	defer owned.Close()
	const holes = `SELECT began_at || ' ' || ended_at || ' ' || coalesce((SELECT coalesce(min(c.ended), 'crashed') FROM dakasync.coverage c
			WHERE c.corp_id = h.corp_id AND c.proven_until = h.began_at), '?')
		FROM dakasync.blind_time h WHERE ended_at < now() ORDER BY began_at`
	rapid.Check(t, func(t *rapid.T) {
		_, err := b.sql.Exec(ctx, `TRUNCATE dakasync.coverage, dakasync.gap`)
		require.NoError(t, err)
		const days = 110 // of which ten are old
		for n := range rapid.IntRange(1, 12).Draw(t, "stretches") {
			began := rapid.IntRange(0, 15*4).Draw(t, "began")
			_, err := b.sql.Exec(ctx, `INSERT INTO dakasync.coverage SELECT 'ding1', $1, 's', at, at + $3::int * interval '6 hours', nullif($4, '')
				FROM (SELECT date_trunc('minute', now()) - interval '1 day' * $5::int + $2::int * interval '6 hours' AS at) s`,
				fmt.Sprint(n), began, rapid.IntRange(0, 12).Draw(t, "quarters"), rapid.SampledFrom([]string{"", "lost", "replaced"}).Draw(t, "ended"), days)
			require.NoError(t, err)
		}
		_, err = b.sql.Exec(ctx, `INSERT INTO dakasync.coverage SELECT 'ding2', id, starter, began_at, proven_until, ended FROM dakasync.coverage`)
		require.NoError(t, err)
		before := b.rows(holes)
		_, err = owned.Prune(ctx, map[string]time.Duration{ledger.KindCoverage: 100 * 24 * time.Hour}, false)
		require.NoError(t, err)
		require.Equal(t, before, b.rows(holes), "of both companies")

		const old = `proven_until < now() - interval '100 days'`
		require.Zero(t, b.count(`SELECT count(*) FROM dakasync.coverage a JOIN dakasync.coverage b USING (corp_id)
			WHERE corp_id = 'ding1' AND a.id < b.id AND a.began_at <= b.proven_until AND b.began_at <= a.proven_until AND a.`+old+` AND b.`+old))
		require.Zero(t, b.count(`SELECT count(*) FROM dakasync.coverage o WHERE corp_id = 'ding2' AND (o.`+old+`) IS FALSE
			AND NOT EXISTS (SELECT FROM dakasync.coverage c WHERE c.corp_id = 'ding1' AND c.id = o.id AND c.began_at = o.began_at AND c.proven_until = o.proven_until)`),
			"younger ones stay as they are")
	})
}

func TestListeners(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	list, err := b.Listeners(ctx)
	require.NoError(t, err)
	require.Empty(t, list)
	for id, starter := range map[string]string{"a": "one", "b": "one", "c": "two", "d": "two"} {
		_, err := b.SaveCoverage(ctx, starter, []attendance.Proof{{ID: id, BeganAgo: time.Hour}})
		require.NoError(t, err)
	}
	_, err = b.sql.Exec(ctx, `UPDATE dakasync.coverage SET ended = 'lost' WHERE id = 'b';
		INSERT INTO dakasync.coverage VALUES ('ding1', 'dead', 'three', now() - interval '2 days', now() - interval '1 day', NULL),
			('ding2', 'other', 'four', now() - interval '1 hour', now(), NULL)`)
	require.NoError(t, err)
	list, err = b.Listeners(ctx)
	require.NoError(t, err)
	for i, l := range list {
		require.WithinDuration(t, time.Now(), l.ProvenUntil, time.Minute)
		list[i].ProvenUntil = time.Time{}
	}
	require.Equal(t, []ledger.Listener{{Starter: "one", Connections: 1}, {Starter: "two", Connections: 2}}, list)
}
