package activities_test

import (
	"cmp"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/budget"
	"dakasync/dingtalk"
	"dakasync/workflows"
)

const twoElements = `{"errcode":0,"has_more":true,"failed_list":[
	{"call_back_tag":"user_add_org","event_time":1606126433000,"user_add_org":{"userid":["a"],"corpid":"ding1"}},
	{"odd":1}]}`

func read(b *bench) (workflows.DrainRead, error) {
	return step[workflows.DrainRead](b, workflows.StepReadFailedPushes, workflows.ReadDrainInput{DrainID: "d/0"})
}

func TestDrainRecordsItsIntentBeforeItDestroys(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.body = []byte(twoElements)
	b.dingTalk.onFailed = func() { require.Equal(t, []string{"OpenDrain d/0"}, b.book.log) }
	got, err := read(b)
	require.NoError(t, err)
	require.Equal(t, workflows.DrainRead{Count: 2, HasMore: true}, got)
	require.Equal(t, []string{"OpenDrain d/0", "StoreDrain d/0 2"}, b.book.log)
	require.Equal(t, noon, b.book.pages["d/0"].AnsweredAt)
	require.JSONEq(t, twoElements, string(b.book.pages["d/0"].Body), "kept because nobody can read the second element")
}

func TestDrainCallsNothingWhereStorageFails(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.err = errAway
	_, err := read(b)
	require.ErrorContains(t, err, "record the intent")
	require.Empty(t, b.dingTalk.asked)
}

func TestDrainKeepsABodyThatCannotBeSplit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.body = []byte(`{"failed_list": [ {"call_back_tag":"x"}, `)
	got, err := read(b)
	require.NoError(t, err)
	require.Equal(t, 1, got.Count)
	require.Equal(t, b.dingTalk.body, b.book.pages["d/0"].Body)
}

func TestDrainHandsOverToTheHistoryWhatPostgresDoesNotTake(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.body = []byte(twoElements)
	b.book.storeErrs = []error{errAway, errAway, errAway}
	got, err := read(b)
	require.NoError(t, err)
	require.Equal(t, 2, got.Count)
	require.Len(t, got.Page.Elements, 2)
	require.Len(t, b.dingTalk.asked, 1, "it is never read twice")
}

func TestDrainStoresAtTheSecondAttempt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.body = []byte(twoElements)
	b.book.storeErrs = []error{errAway}
	got, err := read(b)
	require.NoError(t, err)
	require.Nil(t, got.Page)
	require.Len(t, b.book.pages["d/0"].Elements, 2)
}

func TestDrainTriesOnWithWhatNothingElseCanHold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.body = []byte(`{"failed_list":["` + strings.Repeat("x", 1_600_000) + `"]}`)
	b.book.storeErrs = []error{errAway, errAway, errAway, errAway, nil}
	got, err := read(b)
	require.NoError(t, err)
	require.Nil(t, got.Page)
	require.Len(t, b.book.pages["d/0"].Elements, 1)
}

func TestDrainThatDingTalkTurnedAwayIsClosed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.err = &dingtalk.Error{Kind: dingtalk.KindPermissionMissing, Scopes: []string{"qyapi_base"}}
	_, err := read(b)
	app := appError(t, err)
	require.True(t, app.NonRetryable(), "the schedule tries again")
	require.Contains(t, app.Message(), "qyapi_base")
	require.Equal(t, attendance.DrainPage{Refused: true, AnsweredAt: noon}, b.book.pages["d/0"], "nothing was destroyed")
}

func TestDrainWithoutAnAnswerStaysOpen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.err = &dingtalk.Error{Kind: dingtalk.KindNetwork}
	_, err := read(b)
	require.False(t, appError(t, err).NonRetryable())
	require.Equal(t, []string{"OpenDrain d/0"}, b.book.log, "the run marks it as ambiguous")
}

// A read of the schedule is left out where it is one too many for the budget and
// the list was empty, and only while nothing can have come onto it.
func TestDrainIsLeftOutWhileNothingCanHaveFailed(t *testing.T) {
	t.Parallel()
	const onTime = "drain-failed-pushes-2026-11-23T04:00:00Z"
	for name, test := range map[string]struct {
		run     string
		since   time.Time
		calls   int
		drain   time.Duration
		err     error
		leftOut bool
	}{
		"quiet":                           {run: onTime, since: noon.Add(-time.Hour), leftOut: true},
		"the next would be in time":       {run: onTime, since: noon.Add(-3 * time.Hour), leftOut: true},
		"the next would be too late":      {run: onTime, since: noon.Add(-3*time.Hour - time.Second)},
		"something may have failed":       {run: onTime},
		"it is not known":                 {run: onTime, since: noon.Add(-time.Hour), err: errAway},
		"the clock was set back":          {run: onTime, since: noon.Add(time.Second)},
		"there are calls enough":          {run: onTime, since: noon.Add(-time.Hour), calls: 200_000},
		"there is no bound":               {run: onTime, since: noon.Add(-time.Hour), calls: -1},
		"somebody asked for it":           {run: "drain-failed-pushes-2026-11-23T04:00:01Z", since: noon.Add(-time.Hour)},
		"by another interval":             {run: onTime, since: noon.Add(-time.Minute), drain: 7 * time.Minute},
		"it is not of the schedule":       {run: "drained by hand", since: noon.Add(-time.Hour)},
		"it is not the first of its run":  {since: noon.Add(-time.Hour)},
		"a time without the schedule":     {run: "2026-11-23T04:00:00Z", since: noon.Add(-time.Hour)},
		"every ten minutes, and in time":  {run: onTime, since: noon.Add(-3*time.Hour - 50*time.Minute), drain: 10 * time.Minute, leftOut: true},
		"every ten minutes, and too late": {run: onTime, since: noon.Add(-3*time.Hour - 51*time.Minute), drain: 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := settings()
			settings.Budget = budget.Budget{Calls: cmp.Or(max(0, test.calls), 5000), Drain: cmp.Or(test.drain, time.Hour)}
			if test.calls < 0 {
				settings.Budget.Calls = 0
			}
			b := newBenchWith(t, settings)
			b.dingTalk.body, b.book.quietSince, b.book.quietErr = []byte(`{"errcode":0,"failed_list":[]}`), test.since, test.err
			got := must[workflows.DrainRead](b, workflows.StepReadFailedPushes, workflows.ReadDrainInput{DrainID: "d/0", Run: test.run})
			require.Equal(t, !test.leftOut, len(b.dingTalk.asked) == 1)
			require.Equal(t, test.leftOut, got.Skipped != "")
			if test.leftOut {
				require.Empty(t, b.book.log, "no intent without a read")
				require.Contains(t, got.Skipped, "it is read at least every 4h0m0s")
			}
		})
	}
}

// drains are read when they are triggered.
type drains struct {
	triggered int
	err       error
}

func (d *drains) Trigger(context.Context) error {
	d.triggered++
	return d.err
}
