package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
)

func (b bundle) events() []string {
	b.t.Helper()
	return b.rows(`SELECT origin || ' ' || deliveries || ' ' || outcome || CASE WHEN workflow_id IS NULL THEN ' unrelayed' ELSE '' END
		FROM dakasync.event ORDER BY event_key, origin`)
}

func TestRecordHintOfADay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := attendance.Hint{
		Kind: attendance.KindDay, CorpID: corp, EventType: "attend_user_daily_summary_refresh", EventID: "e1",
		Channel: attendance.ChannelStream, UserID: "u1", WorkDate: monday, ReceivedAt: at("10:00:00"),
	}
	require.False(t, b.record(h).Known)
	b.save(detail(monday, at("09:59:00")))
	require.False(t, b.record(h).Known, "asked before it happened")
	b.save(detail(monday, at("10:00:00")))
	require.Equal(t, attendance.Recall{Known: true, WorkDate: monday}, b.record(h))
	require.Equal(t, []string{"stream 1 pending"}, b.events())
}

// No sweep comes back to a settled day: an answer given right after the change was
// made may lack it, for reads lag, and would be the last one.
func TestRecordHintOfASettledDayBelievesNoHurriedAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := attendance.Hint{
		Kind: attendance.KindDay, CorpID: punchHint(at("09:00:00"), at("09:00:00")).CorpID, UserID: "u1", EventType: "attend_bossCheck_change",
		Channel: attendance.ChannelStream, WorkDate: monday, BornAt: at("09:00:00"), ReceivedAt: at("09:00:01"), EventID: "e",
	}
	b.save(detail(monday, at("09:00:02")))
	require.True(t, b.record(h).Known)
	require.NoError(t, b.SettleDay(t.Context(), monday, at("08:00:00")))
	require.False(t, b.record(h).Known, "asked two seconds after the change")
	b.save(detail(monday, at("09:01:00")))
	require.True(t, b.record(h).Known)
}

func TestRecordHintOfAPunchKnowsASweep(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := detail(monday, at("23:00:00"), result("USER", at("09:00:00"), at("08:59:00")))
	a.Source = attendance.SourceSweep
	b.save(a)
	require.True(t, b.record(punchHint(at("08:59:00"), at("08:59:01"))).Known)
	require.Equal(t, []string{"u1 02 08:59:00 on 02 sweep"}, b.punches())
	require.Equal(t, []string{"1 event"}, b.rows(`SELECT version || ' ' || trigger FROM dakasync.day_version`),
		"an event that only repeats what a sweep knows makes no version")
}

func TestRecordHintOfAnotherCompany(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := punchHint(at("09:00:00"), at("09:00:01"))
	h.CorpID = "ding2"
	_, err := b.RecordHint(t.Context(), h, nil, "")
	require.ErrorIs(t, err, ledger.ErrNotOurs)
	require.Empty(t, b.punches())
}

func TestFinishEventIsNeverTakenBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := punchHint(at("09:00:00"), at("09:00:01"))
	b.record(h)
	for _, step := range []struct{ say, is attendance.Outcome }{
		{attendance.OutcomePending, attendance.OutcomePending},
		{attendance.OutcomeUnexplained, attendance.OutcomeUnexplained},
		{attendance.OutcomePending, attendance.OutcomeUnexplained},
		{attendance.OutcomeDone, attendance.OutcomeDone},
		{attendance.OutcomeUnexplained, attendance.OutcomeDone},
	} {
		require.NoError(t, b.FinishEvent(t.Context(), h.Key(), step.say))
		require.Equal(t, []string{"stream 1 " + string(step.is)}, b.events())
	}
}

func TestRecordDeliveryAdoptsTheOutcome(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := punchHint(at("09:00:00"), at("09:00:01"))
	b.record(h)
	require.NoError(t, b.FinishEvent(t.Context(), h.Key(), attendance.OutcomeDone))
	for range 2 {
		require.NoError(t, b.RecordDelivery(t.Context(), h, []byte(`{}`), attendance.OutcomePending, h.Key()))
	}
	require.Equal(t, []string{"failed_push 2 done", "stream 1 done"}, b.events())
}

func TestRecordDeliveryOfARunThatTheDrainStarted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := punchHint(at("09:00:00"), at("09:00:01"))
	h.Channel = attendance.ChannelFailedPush
	b.record(h) // the run is quicker than the drain
	require.NoError(t, b.RecordDelivery(t.Context(), h, nil, attendance.OutcomePending, h.Key()))
	require.Equal(t, []string{"failed_push 1 pending"}, b.events())
	require.NoError(t, b.FinishEvent(t.Context(), h.Key(), attendance.OutcomeUnexplained))
	require.NoError(t, b.RecordDelivery(t.Context(), h, nil, attendance.OutcomePending, h.Key()))
	require.Equal(t, []string{"failed_push 2 unexplained"}, b.events())
}

func TestInsertEventsMeetsTheRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := punchHint(at("09:00:00"), at("09:00:01"))
	e := ledger.EventRow{Hint: h, Payload: []byte(`{"a":1}`)}
	require.NoError(t, b.InsertEvents(t.Context(), []ledger.EventRow{e, e}))
	require.NoError(t, b.InsertEvents(t.Context(), []ledger.EventRow{e}))
	require.Equal(t, []string{"stream 3 pending unrelayed"}, b.events())
	b.record(h)
	require.Equal(t, []string{"stream 3 pending"}, b.events())
	require.NoError(t, b.CountDelivery(t.Context(), h))
	require.Equal(t, []string{"stream 4 pending"}, b.events())
	other := punchHint(at("10:00:00"), at("10:00:01"))
	require.NoError(t, b.CountDelivery(t.Context(), other))
	b.record(other)
	require.Equal(t, []string{"stream 4 pending", "stream 2 pending"}, b.events())
	require.NoError(t, b.InsertEvents(t.Context(), nil))
}

func TestInsertEventsTakesHostileBytes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	payloads := []string{
		`{"a":"\u0000"}`, `{"\u0000":1}`, `"\ud800"`, `1e999999`, `{"a":-1E+99999999999999999999}`, "{\"a\":\"\x00\"}", "\xff\xfe", "", "not json", `{"a":`,
		strings.Repeat("[", 5000) + strings.Repeat("]", 5000), `{"dup":1,"dup":2}`, `[` + strings.Repeat("9", 200000) + `]`, "null", `"\u4e2d"`,
	}
	var events []ledger.EventRow
	for i, p := range payloads {
		h := punchHint(at("09:00:00"), at("09:00:01"))
		h.UserID = fmt.Sprintf("u%d\x00\xff", i)
		h.BizID, h.EventID = "\x00", "\xff"
		events = append(events, ledger.EventRow{Hint: h, Payload: []byte(p)})
	}
	long := punchHint(at("09:00:00"), time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC))
	long.EventType, long.ReceivedAt = strings.Repeat("t", 5000), time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)
	events = append(events,
		ledger.EventRow{Key: "unreadable/" + strings.Repeat("k\x00中", 5000), Hint: long, Payload: []byte("\x00"), Outcome: attendance.OutcomeUnreadable},
		ledger.EventRow{Key: "refused/1", Hint: attendance.Hint{CorpID: "ding2", EventType: "x"}, Outcome: attendance.OutcomeRefused})
	require.NoError(t, b.InsertEvents(t.Context(), events))
	require.Equal(t, len(events), b.count(`SELECT count(*) FROM dakasync.event`))
	for _, e := range events[:len(payloads)] {
		_, err := b.RecordHint(t.Context(), e.Hint, e.Payload, "w\x00")
		require.NoError(t, err)
	}
	require.Equal(t, len(payloads), b.count(`SELECT count(*) FROM dakasync.event WHERE workflow_id IS NOT NULL`), "the run meets its row")
	require.Equal(t, len(payloads), b.count(`SELECT count(*) FROM dakasync.punch`))
}

func TestRelayEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var events []ledger.EventRow
	for i := range 40 {
		events = append(events, ledger.EventRow{Hint: punchHint(at("09:00:00").Add(time.Duration(i)*time.Second), at("10:00:00"))})
	}
	events = append(events, ledger.EventRow{Key: "x", Hint: attendance.Hint{EventType: "x"}, Outcome: attendance.OutcomeUnreadable})
	require.NoError(t, b.InsertEvents(t.Context(), events))
	n, err := b.Backlog(t.Context())
	require.NoError(t, err)
	require.Equal(t, 40, n)

	var mu sync.Mutex
	started := map[string]int{}
	start := func(_ context.Context, e ledger.EventRow) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		started[e.Hint.Key()]++
		return e.Key, nil
	}
	var group sync.WaitGroup
	for range 2 { // two starters at once
		group.Go(func() {
			for {
				n, err := b.RelayEvents(t.Context(), 7, start)
				if err != nil || n == 0 {
					return
				}
			}
		})
	}
	group.Wait()
	n, err = b.RelayEvents(t.Context(), 100, start)
	require.NoError(t, err)
	require.Zero(t, n)
	require.Len(t, started, 40)
	for key, times := range started {
		require.Equal(t, 1, times, key)
	}
}

func TestRelayEventsLocksNoRowWhileRunsStart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.InsertEvents(t.Context(), []ledger.EventRow{{Hint: punchHint(at("09:00:00"), at("09:00:01"))}}))
	n, err := b.RelayEvents(t.Context(), 10, func(ctx context.Context, e ledger.EventRow) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		_, err := b.RecordHint(ctx, e.Hint, e.Payload, e.Key) // what the run does first
		return e.Key, err
	})
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestRelayEventsAdoptsWhatIsOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := punchHint(at("09:00:00"), at("09:00:01"))
	require.NoError(t, b.InsertEvents(t.Context(), []ledger.EventRow{{Hint: h}}))
	drained := h
	drained.Channel = attendance.ChannelFailedPush
	b.record(drained)
	require.NoError(t, b.RecordDelivery(t.Context(), drained, nil, attendance.OutcomePending, h.Key()))
	_, err := b.sql.Exec(t.Context(), `UPDATE dakasync.event SET outcome = 'done' WHERE origin = 'failed_push'`)
	require.NoError(t, err)
	n, err := b.RelayEvents(t.Context(), 10, func(_ context.Context, e ledger.EventRow) (string, error) { return e.Key, nil })
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{"failed_push 1 done", "stream 1 done"}, b.events())
}

// A day that an event calls changed is there to be swept, although nobody asked yet.
func TestRecordHintOfADayMakesItsRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.record(dayHint(monday, at("10:00:00")))
	require.Equal(t, []string{"u1 02"}, b.asked())
	require.Zero(t, b.count(`SELECT count(*) FROM dakasync.day_version`), "nothing is known but the date")
}

func TestRelayEventsPutsAFailureBehind(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 3 {
		h := punchHint(at("09:00:00").Add(time.Duration(i)*time.Second), at("10:00:00").Add(time.Duration(i)*time.Second))
		require.NoError(t, b.InsertEvents(t.Context(), []ledger.EventRow{{Hint: h}}))
	}
	down := errors.New("down")
	calls := 0
	n, err := b.RelayEvents(t.Context(), 10, func(context.Context, ledger.EventRow) (string, error) { calls++; return "", down })
	require.ErrorIs(t, err, down)
	require.Zero(t, n)
	require.Equal(t, 2, calls, "Temporal is away: no need to try them all")
	n, err = b.RelayEvents(t.Context(), 10, func(_ context.Context, e ledger.EventRow) (string, error) { return e.Key, nil })
	require.NoError(t, err)
	require.Equal(t, 1, n, "the third goes at once, the others after a pause")
	require.Equal(t, 2, b.count(`SELECT count(*) FROM dakasync.event WHERE relay_after > now() AND relay_tries = 1`))
}
