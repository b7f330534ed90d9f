package activities_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
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
