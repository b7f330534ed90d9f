package platform_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

func TestNobodyConnected(t *testing.T) {
	t.Parallel()
	for policy, state := range map[string]string{
		platform.NoConnectionDrop: platform.StateDropped, platform.NoConnectionFailed: platform.StateFailed,
		platform.NoConnectionRetry: platform.StateFailed,
	} {
		settings := fast()
		settings.NoConnection = policy
		w := newWorld(t, settings)
		w.punch(t)
		w.settled(t)
		require.Equal(t, state, w.Deliveries()[0].State, policy)
	}
}

// TestNobodyConnectedDealsEachEventALot lets events find nobody under the policy "mix": a third each is dropped, failed and retried.
func TestNobodyConnectedDealsEachEventALot(t *testing.T) {
	t.Parallel()
	deal := func(seed int) (string, map[string]int) {
		settings := fast()
		settings.NoConnection, settings.Seed, settings.InFlight = platform.NoConnectionMix, seed, 1
		settings.RetryDelays = []time.Duration{time.Millisecond}
		w := newWorld(t, settings)
		lots, counts := "", map[string]int{}
		for range 300 {
			w.PushEvent("x", "", json.RawMessage(`{}`))
			w.settled(t)
		}
		for _, delivery := range w.Deliveries() {
			lot := fmt.Sprint(delivery.State, len(delivery.Attempts))
			lots += lot
			counts[lot]++
		}
		return lots, counts
	}
	first, counts := deal(7)
	require.Len(t, counts, 3, "%v", counts)
	for _, lot := range []string{"dropped1", "failed1", "failed2"} {
		require.InDelta(t, 100, counts[lot], 40, "%v", counts)
	}
	again, _ := deal(7)
	require.Equal(t, first, again, "the same seed deals the same")
	other, _ := deal(8)
	require.NotEqual(t, first, other)
	unseeded, _ := deal(0)
	one, _ := deal(0)
	require.NotEqual(t, unseeded, one)
}

func TestRetryFindsAConnectionThatCameLater(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.RetryDelays = []time.Duration{time.Millisecond, time.Second}
	w := newWorld(t, settings)
	w.punch(t)
	require.Eventually(t, func() bool { return len(w.Deliveries()[0].Attempts) == 2 }, patience, time.Millisecond)
	l := listen(t, w, always)
	w.settled(t)
	require.Len(t, l.received(), 1)
}

func TestAckedEventsMayComeTwice(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.DuplicateChance = 1
	w := newWorld(t, settings)
	l := listen(t, w, always)
	w.punch(t)
	w.settled(t)
	frames := l.received()
	require.Len(t, frames, 2)
	require.Equal(t, frames[0].Headers["eventId"], frames[1].Headers["eventId"])
	require.Equal(t, platform.StateAcked, w.Deliveries()[0].State)
}

func TestDroppedEventsLeaveNoTrace(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.DropChance = 1
	w := newWorld(t, settings)
	l := listen(t, w, always)
	w.punch(t)
	w.settled(t)
	require.Empty(t, l.received())
	require.Zero(t, w.FailedCount())
	require.Equal(t, platform.StateDropped, w.Deliveries()[0].State)
}

func TestHalfOpenConnectionIsNotNoticed(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.AckDeadline = 50 * time.Millisecond
	w := newWorld(t, settings)
	l := listen(t, w, always)
	require.Equal(t, 1, w.Silence())
	w.punch(t)
	w.settled(t)
	require.Empty(t, l.received())
	require.Equal(t, platform.StateFailed, w.Deliveries()[0].State)
	require.Equal(t, "no ack in time", w.Deliveries()[0].Attempts[0].Outcome)
	require.Equal(t, 1, w.Connections(), "it is still there")
}

func TestDisconnectFrameEndsTheConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fast())
	listen(t, w, always)
	require.Equal(t, 1, w.Disconnect())
	require.Eventually(t, func() bool { return w.Connections() == 0 }, patience, time.Millisecond)
}

func TestConnectionsAreRecycled(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.RecycleAfter, settings.PingInterval = time.Second, 50*time.Millisecond
	w := newWorld(t, settings)
	listen(t, w, always)
	require.Eventually(t, func() bool { return w.Connections() == 0 }, patience, time.Millisecond)
}

func TestMalformedFramesAreWrittenAsTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fast())
	require.False(t, w.PushRaw([]byte("{")))
	l := listen(t, w, always)
	require.True(t, w.PushRaw([]byte("{broken")))
	id := w.PushEvent("attendance_check_record", "dingstranger", json.RawMessage(`{"dataList":[]}`))
	w.settled(t)
	frames := l.received()
	require.Len(t, frames, 1)
	require.Equal(t, id, frames[0].Headers["eventId"])
	require.Equal(t, "dingstranger", frames[0].Headers["eventCorpId"])
}

func TestFailedListForgetsWhatItAnswered(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.FailNext, settings.FailedShape, settings.QPS = 450, 1, 0
	w := newWorld(t, settings)
	for range 450 {
		w.PushEvent("attendance_check_record", "", json.RawMessage(`{"dataList":[]}`))
	}
	for _, want := range []struct {
		rows int
		more bool
	}{{200, true}, {200, true}, {50, false}, {0, false}} {
		got := w.drain(t)
		require.Len(t, rowsOf(got.body["failed_list"]), want.rows)
		require.Equal(t, want.more, got.body["has_more"])
	}
	w.FailRaw(json.RawMessage(`"not even an object"`))
	require.Contains(t, w.drain(t).text, "not even an object")
	require.Equal(t, 1, w.FailedCount(), "until the next call")
	w.Configure(func(s *platform.Settings) { s.ClearFailed = "immediately" })
	w.FailRaw(json.RawMessage(`{}`))
	w.drain(t)
	require.Zero(t, w.FailedCount())
}

func TestFailedElementsHaveAllShapes(t *testing.T) {
	t.Parallel()
	texts := map[int]string{}
	for shape := 1; shape <= 6; shape++ {
		settings := fast()
		settings.FailNext, settings.FailedShape = 1, shape
		w := newWorld(t, settings)
		w.punch(t)
		w.settled(t)
		rows := rowsOf(w.drain(t).body["failed_list"])
		require.Len(t, rows, 1)
		require.Equal(t, "attendance_check_record", rows[0]["call_back_tag"])
		text, err := json.Marshal(rows[0]["attendance_check_record"])
		require.NoError(t, err)
		texts[shape] = string(text)
		require.NotContains(t, texts[shape], "eventId")
		require.Contains(t, texts[shape], w.user)
	}
	require.Contains(t, texts[1], `"callbackData":{"dataList":[`)
	require.Contains(t, texts[2], `"DataList":[`)
	require.Contains(t, texts[3], `"data":{"dataList":[`)
	require.Contains(t, texts[4], `{"corpid":"`)
	require.Contains(t, texts[5], `"callbackData":"{`)
	require.Equal(t, byte('"'), texts[6][0])
}

func TestReadsLagBehind(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.Lag = 300 * time.Millisecond
	w := newWorld(t, settings)
	before := time.Now()
	w.punch(t)
	seen := func() bool {
		return len(rowsOf(w.day(t, w.user, "2026-11-02").result()["check_record_list"])) == 1
	}
	w.Configure(func(s *platform.Settings) { s.QPS = 0 })
	require.False(t, seen())
	require.Eventually(t, seen, patience, 10*time.Millisecond)
	require.GreaterOrEqual(t, time.Since(before), 300*time.Millisecond)

	stated := func() string { return w.day(t, w.user, "2026-11-02").text }
	require.NotContains(t, stated(), company.TimeNotSigned)
	w.company.Advance(time.Date(2026, time.November, 3, 2, 0, 0, 0, w.company.Location()))
	require.Contains(t, stated(), company.TimeNotSigned, "the clock states it, though nothing happens")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS = 0
	w := newWorld(t, settings)
	const path = "/topapi/attendance/getupdatedata"
	detail := func() (reading, error) {
		return w.try(t, http.MethodPost, path+"?access_token="+w.token(t), "", map[string]any{"userid": w.user, "work_date": "2026-11-02"})
	}
	until := time.Date(2026, time.November, 2, 12, 0, 5, 0, w.company.Location())
	for _, fault := range []struct {
		platform.Fault
		wants string
	}{
		{platform.Banned(path, 1), "<html>"},
		{platform.Punished("/topapi/*", 1), `"status":1111`},
		{platform.GloballyThrottled(path, until), "限制将在 2026-11-02 12:00:05 结束"},
		{platform.Fault{Path: path, Times: 1, EmptyOK: true}, `{"errcode":0,"errmsg":"ok"}`},
		{platform.Fault{Path: path, Times: 1, Status: 503, Body: "busy"}, "busy"},
		{platform.Fault{Path: path, Times: 1, Delay: time.Millisecond}, "attendance_result_list"},
	} {
		w.AddFault(fault.Fault)
		got, err := detail()
		require.NoError(t, err)
		require.Contains(t, got.text, fault.wants)
	}
	for _, fault := range []platform.Fault{{Path: path, CutConnection: true}, {Path: path, TruncateBody: true}} {
		w.AddFault(fault)
		_, err := detail()
		require.Error(t, err)
		w.ClearFaults(path)
	}
	got, err := detail()
	require.NoError(t, err)
	require.InDelta(t, 0, got.code(), 0, "no fault is left")
}

func TestPersonalDataIsThereToBeDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fast())
	l := listen(t, w, always)
	w.punch(t)
	w.settled(t)
	got := w.day(t, w.user, "2026-11-02").text
	records := w.old(t, "/attendance/listRecord", map[string]any{
		"userIds": []string{w.user}, "checkDateFrom": "2026-11-02 00:00:00", "checkDateTo": "2026-11-02 23:59:59",
	}).text
	for _, text := range []string{got, records, l.received()[0].Data} {
		found := 0
		for _, value := range platform.PersonalValues() {
			if len(value) > 0 && contains(text, value) {
				found++
			}
		}
		require.GreaterOrEqual(t, found, 2, text)
	}
}

func TestMakeUpsWithoutScheduleAreSilent(t *testing.T) {
	t.Parallel()
	saturday := company.Date(0)
	require.NoError(t, saturday.UnmarshalText([]byte("2026-11-07")))
	holiday := saturday
	w := newWorld(t, fast())
	for ; ; holiday++ {
		if _, ok := w.company.Holiday(holiday); ok {
			break
		}
	}
	w.company.Advance((holiday + 1).In(w.company.Location()))
	for _, date := range []company.Date{saturday, holiday} {
		before := len(w.Deliveries())
		made, err := w.company.MakeUp(company.MakeUpRequest{User: w.user, At: date.In(w.company.Location()).Add(9 * time.Hour)})
		require.NoError(t, err)
		require.True(t, made.Agreed())
		for _, delivery := range w.Deliveries()[before:] {
			require.Equal(t, "bpms_instance_change", delivery.EventType)
		}
		got := w.day(t, w.user, date.String()).result()
		require.Empty(t, got["attendance_result_list"])
		require.Empty(t, got["check_record_list"])
	}
	hidden := 0
	for _, punch := range w.company.Truth().Punches {
		if !punch.APIShows {
			hidden++
		}
	}
	require.Equal(t, 2, hidden)
}
