package stream

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ops"
)

const success, later = "SUCCESS", "LATER"

func TestEveryRecordOfAFrameGetsItsRun(t *testing.T) {
	b := newBench()
	require.Equal(t, success, b.answer(t, punches(7)))
	require.Equal(t, 7, b.temporal.count())
	require.Empty(t, b.postgres.stored(), "PostgreSQL is not asked while Temporal takes events")
	require.Contains(t, b.temporal.runs, "punch/dingcorp/u3/1762000000003")
}

func TestTemporalAwayGoesToPostgresBeforeTheAck(t *testing.T) {
	b := newBench()
	b.temporal.set(errAway)
	require.Equal(t, success, b.answer(t, punches(3)))
	require.Equal(t, map[attendance.Outcome]int{attendance.OutcomePending: 3}, b.postgres.stored())

	asked := b.temporal.questions()
	require.Equal(t, success, b.answer(t, punches(5)))
	require.Equal(t, asked, b.temporal.questions(), "the next frame does not wait for Temporal to fail again")
	require.Equal(t, map[attendance.Outcome]int{attendance.OutcomePending: 5}, b.postgres.stored())
	for _, row := range b.postgres.rows {
		require.NotContains(t, string(row.Payload), "secret street")
		require.NotContains(t, string(row.Payload), "30.28")
	}
}

func TestOnlyWhatTemporalLeftIsStored(t *testing.T) {
	b := newBench()
	b.temporal.refuse["punch/dingcorp/u1/1762000000001"] = errAway
	require.Equal(t, success, b.answer(t, punches(4)))
	require.Equal(t, 3, b.temporal.count())
	require.Equal(t, map[attendance.Outcome]int{attendance.OutcomePending: 1}, b.postgres.stored())
}

func TestNobodyTakesIt(t *testing.T) {
	b := newBench()
	b.temporal.set(errAway)
	b.postgres.set(errAway)
	require.Equal(t, later, b.answer(t, punches(2)))
	require.Equal(t, later, b.answer(t, punches(2)), "nor with the breaker open")

	b.temporal.set(nil) // Temporal is back before anybody looked
	require.Equal(t, success, b.answer(t, punches(2)))
	require.Equal(t, 2, b.temporal.count())
}

func TestPostgresAwayDoesNotMatterWhileTemporalTakesEvents(t *testing.T) {
	b := newBench()
	b.postgres.set(errAway)
	require.Equal(t, success, b.answer(t, punches(2)))
}

// Whatever the stores do, the answer comes in time, and it is SUCCESS only if
// one of them has the event.
func TestSlowStores(t *testing.T) {
	for name, test := range map[string]struct {
		temporal, postgres time.Duration
		stubborn           bool
		answer             string
	}{
		"Temporal slow":              {temporal: time.Hour, answer: success},
		"PostgreSQL slow":            {postgres: time.Hour, answer: success},
		"both a little slow":         {temporal: 1500 * time.Millisecond, postgres: time.Second, answer: success},
		"both slow":                  {temporal: time.Hour, postgres: time.Hour, answer: later},
		"both slow and unstoppable":  {temporal: time.Hour, postgres: time.Hour, stubborn: true, answer: later},
		"Temporal just quick enough": {temporal: 1100 * time.Millisecond, postgres: time.Hour, answer: success},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				b.temporal.delay, b.temporal.stubborn = test.temporal, test.stubborn
				b.postgres.delay, b.postgres.stubborn = test.postgres, test.stubborn
				began := time.Now()
				require.Equal(t, test.answer, b.answer(t, punches(3)))
				require.LessOrEqual(t, time.Since(began), AnswerTime)

				began = time.Now() // the same with the breaker as it is now
				require.LessOrEqual(t, time.Since(began), AnswerTime)
				b.answer(t, punches(150))
				require.LessOrEqual(t, time.Since(began), AnswerTime)
				ops.Sleep(t.Context(), 3*time.Hour) // the unstoppable end, too: synctest waits for every goroutine
			})
		})
	}
}

func TestABigFrameIsStoredAndRelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		require.Equal(t, success, b.answer(t, punches(10_000)))
		require.Equal(t, map[attendance.Outcome]int{attendance.OutcomePending: 10_000}, b.postgres.stored())
		require.Equal(t, 1, b.postgres.inserts, "by one statement")
		require.Zero(t, b.temporal.count())

		ctx, cancel := context.WithCancel(t.Context())
		go b.intake.Run(ctx)
		synctest.Wait()
		require.Equal(t, 10_000, b.temporal.count(), "the relay did not wait for its ticker")
		cancel()
	})
}

func TestABigFrameWithPostgresAway(t *testing.T) {
	b := newBench()
	b.postgres.set(errAway)
	require.Equal(t, success, b.answer(t, punches(150)))
	require.Equal(t, 150, b.temporal.count())
}

func TestRelayWhenTemporalIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.temporal.set(errAway)
		ctx, cancel := context.WithCancel(t.Context())
		go b.intake.Run(ctx)
		require.Equal(t, success, b.answer(t, punches(120)))
		require.Equal(t, success, b.answer(t, punches(300)))
		ops.Sleep(t.Context(), time.Hour)
		asked := b.temporal.questions()
		require.LessOrEqual(t, asked, 120, "while Temporal is away nothing is started")

		b.temporal.set(nil)
		ops.Sleep(t.Context(), 2*time.Second)
		synctest.Wait()
		require.Equal(t, 300, b.temporal.count())
		require.False(t, b.intake.breaker.open())
		cancel()
	})
}

// A server that says it is well but refuses every start is not asked in a hot loop.
func TestAServerThatIsWellAndRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.temporal.err = errors.New("no mapping defined for search attribute DakaUserId")
		ctx, cancel := context.WithCancel(t.Context())
		go b.intake.Run(ctx)
		for range 100 {
			require.Equal(t, success, b.answer(t, punches(1)))
			ops.Sleep(t.Context(), 100*time.Millisecond)
		}
		require.Less(t, b.temporal.questions(), 60, "10 s of it")
		cancel()
	})
}

func TestAnotherCorp(t *testing.T) {
	b := newBench()
	frame := punches(2)
	frame.Data = strings.ReplaceAll(frame.Data, `"corpId":"dingcorp"`, `"corpId":"dingother"`)
	require.Equal(t, success, b.answer(t, frame), "named by the record")
	require.Zero(t, b.temporal.count())
	require.Equal(t, map[attendance.Outcome]int{attendance.OutcomeRefused: 2}, b.postgres.stored())

	frame = frameOf("attendance_check_record", "dingother", `{"dataList":[{"userId":"u9","checkTime":1762000000000}]}`)
	require.Equal(t, success, b.answer(t, frame), "named by the header")
	require.Equal(t, map[attendance.Outcome]int{attendance.OutcomeRefused: 3}, b.postgres.stored())

	frame = frameOf("attendance_check_record", "dingother", `{"dataList":[{"userId":"u10","corpId":"dingcorp","checkTime":1762000000000}]}`)
	runs := b.temporal.count()
	require.Equal(t, success, b.answer(t, frame))
	require.Equal(t, map[attendance.Outcome]int{attendance.OutcomeRefused: 4}, b.postgres.stored(), "its header names another corp")
	require.Equal(t, runs, b.temporal.count())

	b.postgres.set(errAway)
	require.Equal(t, later, b.answer(t, frame), "it is not acknowledged before it is kept")
}

func TestUnreadable(t *testing.T) {
	b := newBench()
	frame := frameOf("attendance_check_record", corp, `{"dataList":[{"userId":"u1","latitude":30.2851,"address":"secret street","checkTime":`)
	require.Equal(t, success, b.answer(t, frame))
	require.Equal(t, success, b.answer(t, frame))
	require.Equal(t, map[attendance.Outcome]int{attendance.OutcomeUnreadable: 1}, b.postgres.stored(), "the same bytes are the same row")
	for _, row := range b.postgres.rows {
		require.Contains(t, string(row.Payload), "userId")
		require.NotContains(t, string(row.Payload), "30.2851")
		require.NotContains(t, string(row.Payload), "secret street")
	}
	b.postgres.set(errAway)
	require.Equal(t, later, b.answer(t, frame))
}

func TestAReadableRecordBesideAnUnreadableOne(t *testing.T) {
	b := newBench()
	require.Equal(t, success, b.answer(t, frameOf("attendance_check_record", corp,
		`{"dataList":[{"userId":"u1","checkTime":1762000000000},{"checkTime":1762000000000}]}`)))
	require.Equal(t, 1, b.temporal.count())
	require.Equal(t, map[attendance.Outcome]int{attendance.OutcomeUnreadable: 1}, b.postgres.stored())
}

func TestNothingFollowsFromThese(t *testing.T) {
	b := newBench()
	b.temporal.set(errAway)
	b.postgres.set(errAway)
	require.Equal(t, success, b.answer(t, frameOf("user_add_org", corp, `{"userId":["u1"]}`)), "another type")
	require.Equal(t, success, b.answer(t, frameOf("", "", "")), "no type")
	require.Equal(t, success, b.answer(t, frameOf("attendance_check_record", corp, `{"dataList":[]}`)), "an empty list")
	require.Equal(t, later, b.answer(t, nil), "no frame at all")
}

// Over the month's pushes DingTalk sends events without their content: they are
// acked, for they will not be told again, counted, and no event is made of them.
func TestEventsWithoutTheirContent(t *testing.T) {
	b := newBench()
	var seen []string
	b.intake.Pushes = pushesFunc(func(eventType string, content Content, at time.Time) {
		require.False(t, at.IsZero())
		seen = append(seen, eventType+" "+string(content))
	})
	b.temporal.set(errAway)
	b.postgres.set(errAway)
	const muted = `{"errCode":20001,"errMsg":"used up"}`
	require.Equal(t, success, b.answer(t, frameOf("attendance_check_record", corp, muted)), "it says nothing else, and is not told again")
	require.Equal(t, success, b.answer(t, frameOf("user_add_org", corp, muted)), "another type")
	require.Equal(t, later, b.answer(t, punches(1)), "one with its content, that nobody took")
	require.Equal(t, success, b.answer(t, frameOf("user_add_org", corp, `{"userId":["u1"]}`)), "which costs no push")
	require.Empty(t, b.postgres.stored())
	b.temporal.set(nil)
	require.Equal(t, success, b.answer(t, punches(1)))
	require.Equal(t, []string{
		"attendance_check_record muted", "other muted", "attendance_check_record unknown", "other unknown", "attendance_check_record whole",
	}, seen)
}

type pushesFunc func(eventType string, content Content, at time.Time)

func (f pushesFunc) Count(eventType string, content Content, at time.Time) { f(eventType, content, at) }

func TestRepeatedDeliveriesAreAckedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		ctx, cancel := context.WithCancel(t.Context())
		go b.intake.Run(ctx)
		for range 3 {
			require.Equal(t, success, b.answer(t, punches(2)))
		}
		synctest.Wait()
		require.Equal(t, 2, b.temporal.count())
		require.Equal(t, 4, b.postgres.deliveriesCounted())
		cancel()
	})
}

func TestAPanicIsLater(t *testing.T) {
	b := newBench()
	b.intake.Starter = nil
	b.intake.Inbox = nil
	b.intake.breaker.trip(time.Now())
	require.Equal(t, later, b.answer(t, punches(1)))
}

func FuzzOnFrame(f *testing.F) {
	f.Add("attendance_check_record", corp, "1762000000000", `{"dataList":[{"userId":"u","checkTime":1762000000000}]}`)
	f.Add("bpms_instance_change", "other", "x", `{"processInstanceId":"p","type":"finish","result":"agree"}`)
	f.Add("attend_bossCheck_change", "", "-1", "{\"userId\":\"\x00\"}")
	f.Add("attendance_check_record", "\xff", "99999999999999999999", "[]")
	f.Add("attendance_approve_status_change", corp, "", "\"{}\"")
	f.Fuzz(func(t *testing.T, eventType, corpID, born, data string) {
		b := newBench()
		frame := frameOf(eventType, corpID, data)
		frame.Headers["eventBornTime"] = born
		require.Equal(t, success, b.answer(t, frame), "with both stores up every frame has a place")
		b.temporal.set(errAway)
		b.postgres.set(errAway)
		b.answer(t, frame)
		b.answer(t, &payload.DataFrame{Data: data})
	})
}
