package ledger_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dakasync/attendance"
	"dakasync/ledger"
)

// Answers that are saved together leave the rows that they leave one by one.
func TestAnswersTogetherAreTheSameAsOneByOne(t *testing.T) {
	t.Parallel()
	one, two := setup(t), setup(t)
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		for _, b := range []bundle{one, two} {
			_, err := b.sql.Exec(ctx, `TRUNCATE dakasync.event, dakasync.day, dakasync.approval, dakasync.punch_taken_back CASCADE`)
			require.NoError(t, err)
		}
		before := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) delivery {
			return rapid.SampledFrom([]func(*rapid.T) delivery{drawHint, drawAnswer, drawSchedule, drawInstance}).Draw(t, "kind")(t)
		}), 0, 6).Draw(t, "before")
		answers := rapid.SliceOfN(rapid.Custom(drawnAnswer), 2, 8).Draw(t, "answers")
		for _, b := range []bundle{one, two} {
			for _, d := range before {
				require.NoError(t, d.to(ctx, b.Store), d.name)
			}
		}
		for _, a := range answers {
			require.NoError(t, one.SaveAnswers(ctx, []attendance.Answer{a}, byEvent))
		}
		require.NoError(t, two.SaveAnswers(ctx, answers, byEvent))
		require.Equal(t, tables(t, ctx, one.sql), tables(t, ctx, two.sql))
	})
}

func manyAnswers(users int) []attendance.Answer {
	var answers []attendance.Answer
	for user := range users {
		a := detail(monday, at("19:00:00"), result("USER", at("09:00:00"), at("08:59:00")))
		a.UserID = fmt.Sprintf("u%03d", user)
		answers = append(answers, a)
	}
	return answers
}

func TestFiftyUserDaysAreOneTransaction(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(manyAnswers(120)...)
	require.Equal(t, []string{"50", "50", "20"}, b.rows(`SELECT count(*)::text FROM dakasync.day GROUP BY xmin::text::bigint ORDER BY xmin::text::bigint`))
	require.NoError(t, b.SaveSchedule(t.Context(), []string{"u000", "u001", "u002"}, monday, monday.AddDays(29), nil, at("19:00:00"), why))
	require.Equal(t, 3, b.count(`SELECT count(DISTINCT xmin::text) FROM dakasync.day WHERE user_id <= 'u002'`), "a user's schedule is one transaction")
	require.Equal(t, 90, b.count(`SELECT count(*) FROM dakasync.day WHERE scheduled IS NOT NULL AND user_id <= 'u002'`))
}

// What PostgreSQL refuses of one user is not missing of 119 others.
func TestARefusedAnswerCostsNoOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.sql.Exec(t.Context(), `ALTER TABLE dakasync.result ADD CHECK (check_type <> 'odd')`)
	require.NoError(t, err)
	answers := manyAnswers(120)
	answers[7].Results[0].CheckType, answers[80].UserID = "odd", ""
	err = b.SaveAnswers(t.Context(), answers, why)
	var refused *ledger.RefusedError
	require.ErrorAs(t, err, &refused)
	require.ErrorContains(t, err, "save the detail answer about user u007 on 2026-11-02")
	require.ErrorIs(t, err, ledger.ErrNoSubject)
	require.Equal(t, 118, b.count(`SELECT count(*) FROM dakasync.result`))
	require.Equal(t, 118, b.count(`SELECT count(*) FROM dakasync.day`))
}

// Two that write about the same people in opposite orders take turns.
func TestManyAnswersAtOnceNeverWaitForEachOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.sql.Exec(t.Context(), `SELECT pg_stat_reset()`)
	require.NoError(t, err)
	var deliveries []delivery
	for n := range 12 {
		answers := manyAnswers(50)
		for i := range answers {
			answers[i].AskedAt = answers[i].AskedAt.Add(time.Duration(n) * time.Second)
		}
		if n%2 == 0 {
			slices.Reverse(answers)
		}
		deliveries = append(deliveries, delivery{fmt.Sprint(n), func(ctx context.Context, s *ledger.Store) error {
			return s.SaveAnswers(ctx, answers, why)
		}})
	}
	atOnce(t, t.Context(), b.Store, deliveries)
	b.Close()
	require.Eventually(t, func() bool {
		return b.count(`SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()`) >= len(deliveries)
	}, 20*time.Second, 20*time.Millisecond)
	require.Zero(t, b.count(`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`))
	require.Equal(t, 50, b.count(`SELECT count(*) FROM dakasync.day WHERE synced_at = '2026-11-02 19:00:11+08' AND version = 1`))
}

// What answers an event and what became of it stand or fall together.
func TestConclude(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	h := punchHint(at("09:00:00"), at("09:00:01"))
	b.record(h)
	outcome := func() []string { t.Helper(); return b.rows(`SELECT outcome FROM dakasync.event`) }
	a := detail(monday, at("10:00:00"), result("USER", at("09:00:00"), at("09:00:00")))

	require.NoError(t, b.Conclude(ctx, nil, why, h.Key(), attendance.OutcomeUnexplained))
	require.Equal(t, []string{"unexplained"}, outcome(), "without an answer")
	require.NoError(t, b.Conclude(ctx, []attendance.Answer{a}, why, h.Key(), attendance.OutcomeDone))
	require.Equal(t, []string{"done"}, outcome())
	require.Equal(t, 1, b.count(`SELECT count(*) FROM dakasync.result`))
	require.Equal(t, 1, b.count(`SELECT count(DISTINCT xmin) FROM (
		SELECT xmin::text FROM dakasync.event UNION ALL SELECT xmin::text FROM dakasync.result) AS written`), "in one transaction")
	require.NoError(t, b.Conclude(ctx, []attendance.Answer{a}, why, h.Key(), attendance.OutcomeUnexplained))
	require.Equal(t, []string{"done"}, outcome(), "it is never taken back")

	require.ErrorIs(t, b.Conclude(ctx, []attendance.Answer{{}}, why, h.Key(), attendance.OutcomeDone), ledger.ErrNoSubject)
	require.NoError(t, b.Conclude(ctx, answersOf(60, 1, monday), why, h.Key(), attendance.OutcomeDone), "more than one transaction takes")
	require.Equal(t, 61, b.count(`SELECT count(*) FROM dakasync.day`))
}
