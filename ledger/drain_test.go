package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

func page(elements ...attendance.FailedElement) attendance.DrainPage {
	for i := range elements {
		elements[i].Position = i
	}
	return attendance.DrainPage{AnsweredAt: at("12:00:00"), Elements: elements}
}

func (b bundle) drains() []string {
	b.t.Helper()
	return b.rows(`SELECT id || ' ' || state FROM dakasync.drain ORDER BY id`)
}

// A kill may fall between every two steps; whoever comes next repeats the step
// or goes on, and nothing is lost or read twice under one id.
func TestDrainSurvivesAKillBetweenItsSteps(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	require.NoError(t, b.OpenDrain(ctx, "d1"))
	require.ErrorIs(t, b.OpenDrain(ctx, "d1"), attendance.ErrDrainSpent, "killed before or after the read: nobody knows")
	require.Equal(t, []string{"d1 ambiguous"}, b.drains())

	require.NoError(t, b.OpenDrain(ctx, "d2"))
	stored := page(attendance.FailedElement{Tag: "x", Raw: "{}", Readable: true}, attendance.FailedElement{Raw: "?"})
	for range 2 { // killed after the commit
		require.NoError(t, b.StoreDrain(ctx, "d2", stored))
	}
	require.ErrorIs(t, b.OpenDrain(ctx, "d2"), attendance.ErrDrainSpent)
	require.Equal(t, []string{"d1 ambiguous", "d2 stored"}, b.drains())

	waiting, err := b.UndispatchedElements(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []attendance.FailedElement{{DrainID: "d2", Tag: "x", Raw: "{}", Readable: true}}, waiting)
	for range 2 {
		require.NoError(t, b.ElementDispatched(ctx, "d2", 0, ""))
	}
	waiting, err = b.UndispatchedElements(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, waiting)
	require.NoError(t, b.StoreDrain(ctx, "d2", stored), "an answer that comes again does not undo what was done")
	require.Equal(t, []string{"true", "false"}, b.rows(`SELECT (dispatched_at IS NOT NULL)::text FROM dakasync.failed_push ORDER BY position`))

	require.NoError(t, b.OpenDrain(ctx, "d3"))
	ids, err := b.AbandonDrains(ctx, time.Now().Add(-time.Hour))
	require.NoError(t, err)
	require.Equal(t, []string{"d1"}, ids, "d3 is young")
	ids, err = b.AbandonDrains(ctx, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, []string{"d1", "d3"}, ids)
	require.NoError(t, b.StoreDrain(ctx, "d3", page()), "the answer came late")
	require.NoError(t, b.ResolveDrains(ctx, ids))
	require.Equal(t, []string{"d1 resolved", "d2 stored", "d3 stored"}, b.drains())
}

func TestLostReads(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	open := func(id string, hoursAgo int) {
		require.NoError(t, b.OpenDrain(ctx, id))
		b.rows(`UPDATE dakasync.drain SET requested_at = date_trunc('hour', now()) - interval '1 hour' * $1 WHERE id = $2 RETURNING id`, hoursAgo, id)
	}
	lost := func(before time.Duration) []string {
		reads, err := b.LostReads(ctx, time.Now().Add(-before))
		require.NoError(t, err)
		words := make([]string, 0, len(reads))
		for _, r := range reads {
			words = append(words, fmt.Sprintf("%s %s", r.ID, r.Until.Sub(r.Since)))
		}
		return words
	}
	open("a", 1000)
	require.NoError(t, b.OpenDrain(ctx, "z"))
	require.Equal(t, []string{"a 168h0m0s"}, lost(time.Minute), "nobody knows since when; z is under way")
	require.NoError(t, b.ResolveDrains(ctx, []string{"a"}))
	require.NoError(t, b.StoreDrain(ctx, "z", page()))
	require.Empty(t, lost(0))

	open("b", 50)
	require.NoError(t, b.StoreDrain(ctx, "b", page()))
	open("c", 49)
	require.NoError(t, b.StoreDrain(ctx, "c", attendance.DrainPage{AnsweredAt: at("12:00:00"), Refused: true}))
	open("d", 48)
	unsplit := page()
	unsplit.Body = []byte("?")
	open("e", 47)
	require.NoError(t, b.StoreDrain(ctx, "e", unsplit))
	require.Equal(t, []string{"d 2h0m0s", "e 3h0m0s"}, lost(time.Minute), "since the last read that was answered and understood")
	require.NoError(t, b.ResolveDrains(ctx, []string{"d", "e", "b"}))
	require.Empty(t, lost(0))
	require.Equal(t, []string{"a resolved", "b stored", "c stored", "d resolved", "e stored", "z stored"}, b.drains())
}

func TestDrainKeepsHostileElements(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var elements []attendance.FailedElement
	for i := range 200 {
		elements = append(elements, attendance.FailedElement{
			Tag: "attendance_check_record", EventTime: at("09:00:00"), Raw: fmt.Sprintf(`{"n":%d}`, i), Readable: true,
		})
	}
	elements[3].Raw, elements[3].Tag = "\x00\xff{", "\x00"
	elements[4].Raw = strings.Repeat("x", 1<<20)
	elements[5].EventTime = time.Date(292277026, 1, 1, 0, 0, 0, 0, time.UTC)
	elements[6].EventTime = time.Time{}
	elements[7].Tag = strings.Repeat("t", 1<<16)
	stored := page(elements...)
	stored.Body = []byte("\x00\xff body")
	require.NoError(t, b.OpenDrain(t.Context(), "d1"))
	require.NoError(t, b.StoreDrain(t.Context(), "d1", stored))
	require.Equal(t, 200, b.count(`SELECT count(*) FROM dakasync.failed_push`))
	require.Equal(t, []string{"2 true"}, b.rows(`SELECT (SELECT count(*) FROM dakasync.failed_push WHERE event_time IS NULL) || ' ' || (body = '\x00ff20626f6479') FROM dakasync.drain`))
	for range 2 {
		require.NoError(t, b.ElementUnreadable(t.Context(), "d1", 3))
	}
	require.Equal(t, []string{"failed_push 1 unreadable unrelayed"}, b.events())
	waiting, err := b.UndispatchedElements(t.Context(), 1000)
	require.NoError(t, err)
	require.Len(t, waiting, 199)
	require.Equal(t, 4, waiting[3].Position)
}

func TestReadsInVain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	inVain := func() int {
		n, err := b.ReadsInVain(ctx)
		require.NoError(t, err)
		return n
	}
	lose := func(id string) {
		require.NoError(t, b.OpenDrain(ctx, id))
		_, err := b.AbandonDrains(ctx, time.Now().Add(time.Hour))
		require.NoError(t, err)
	}
	require.Zero(t, inVain())
	lose("d1")
	lose("d2")
	require.NoError(t, b.ResolveDrains(ctx, []string{"d1"}))
	require.NoError(t, b.OpenDrain(ctx, "d3"))
	require.Equal(t, 2, inVain(), "made good is not answered, and one that is under way may be")
	require.NoError(t, b.StoreDrain(ctx, "d3", attendance.DrainPage{AnsweredAt: time.Now()}))
	require.Zero(t, inVain())
	lose("d4")
	require.Equal(t, 1, inVain())
}
