package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"dakasync/activities"
	"dakasync/attendance"
	"dakasync/dingtalk"
	"dakasync/workflows"
)

// taskBench registers the steps within tasks, with as many lanes.
func taskBench(t *testing.T, lanes int, asks activities.DingTalk) *bench {
	t.Helper()
	b := newBench(t)
	if asks == nil {
		asks = b.dingTalk
	}
	calls := &activities.DingTalkSteps{Settings: settings(), DingTalk: asks, Ledger: b.book}
	activities.NewTaskSteps(calls, b.book, lanes).Register(registry{b.env, nil})
	return b
}

func askDay() workflows.AskDayInput {
	return workflows.AskDayInput{
		Day:  attendance.UserDay{UserID: "u1", WorkDate: day(11, 23)},
		Hint: attendance.Hint{Kind: attendance.KindPunch, CorpID: "ding1", UserID: "u1", CheckTime: noon}, Payload: []byte(`{"bizId":"b"}`),
	}
}

func TestAskDayWritesTheAnswer(t *testing.T) {
	t.Parallel()
	b := taskBench(t, 1, nil)
	b.dingTalk.answers = []attendance.Answer{{UserID: "u1", WorkDate: day(11, 23)}}
	asked := must[workflows.AskedDay](b, workflows.StepAskDay, askDay())
	require.True(t, asked.Written)
	require.Equal(t, b.dingTalk.answers[0], *asked.Answer)
	require.Equal(t, []string{"ConcludeHint " + askDay().Hint.Key() + " 1 pending"}, b.book.log, "it does not show the punch: the event stays open")
	require.JSONEq(t, `{"bizId":"b"}`, string(b.book.payload))

	b.dingTalk.answers[0].Records, b.book.log = []attendance.Record{{CheckTime: noon}}, nil
	require.True(t, must[workflows.AskedDay](b, workflows.StepAskDay, askDay()).Written)
	require.Equal(t, []string{"ConcludeHint " + askDay().Hint.Key() + " 1 done"}, b.book.log)
}

func TestAskDayKeepsWhatPostgreSQLDoesNotTake(t *testing.T) {
	t.Parallel()
	b := taskBench(t, 1, nil)
	b.dingTalk.answers, b.book.err = []attendance.Answer{{UserID: "u1", WorkDate: day(11, 23)}}, errAway
	asked := must[workflows.AskedDay](b, workflows.StepAskDay, askDay())
	require.False(t, asked.Written)
	require.NotNil(t, asked.Answer, "it is paid for")
}

func TestAskDayLeavesToTheQueueWhatHasToWait(t *testing.T) {
	t.Parallel()
	b := taskBench(t, 1, nil)
	b.dingTalk.err = &dingtalk.Error{Kind: dingtalk.KindThrottled}
	require.Nil(t, must[workflows.AskedDay](b, workflows.StepAskDay, askDay()).Answer)

	b.dingTalk.err = &dingtalk.Error{Kind: dingtalk.KindNotFound}
	_, err := step[workflows.AskedDay](b, workflows.StepAskDay, askDay())
	var refused *temporal.ApplicationError
	require.ErrorAs(t, err, &refused, "what is refused for good is not asked again")
	require.True(t, refused.NonRetryable())
}

// meanwhile does something while a call is under way.
type meanwhile struct {
	*dingTalk

	doFunc func()
}

func (m *meanwhile) UserDay(ctx context.Context, userID string, date attendance.Date) (attendance.Answer, error) {
	do := m.doFunc
	m.doFunc = func() {}
	do()
	return m.dingTalk.UserDay(ctx, userID, date)
}

func TestAskDayLeavesToTheQueueWhatFindsNoLane(t *testing.T) {
	t.Parallel()
	asks := &meanwhile{dingTalk: &dingTalk{answers: []attendance.Answer{{UserID: "u1", WorkDate: day(11, 23)}}}}
	b := taskBench(t, 1, asks)
	asks.doFunc = func() {
		require.Nil(t, must[workflows.AskedDay](b, workflows.StepAskDay, askDay()).Answer)
		require.Empty(t, asks.asked, "nothing was asked")
	}
	require.NotNil(t, must[workflows.AskedDay](b, workflows.StepAskDay, askDay()).Answer)
	require.NotNil(t, must[workflows.AskedDay](b, workflows.StepAskDay, askDay()).Answer, "the lane is free again")
}

// The task does not wait any longer for what DingTalk has just answered: it is paid for, and written all the same. Where PostgreSQL hangs the
// step ends while the task still waits: then the run keeps the answer.
func TestAskDayKeepsWhatIsPaidForInTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	asks := &meanwhile{dingTalk: b.dingTalk, doFunc: func() {}}
	b.dingTalk.answers = []attendance.Answer{{UserID: "u1", WorkDate: day(11, 23)}}
	steps := activities.NewTaskSteps(&activities.DingTalkSteps{Settings: settings(), DingTalk: asks, Ledger: b.book}, b.book, 1)
	register := func(name string, within func(context.Context) (context.Context, context.CancelFunc)) {
		b.env.RegisterActivityWithOptions(func(ctx context.Context, in workflows.AskDayInput) (workflows.AskedDay, error) {
			ctx, cancel := within(ctx)
			defer cancel()
			return steps.AskDay(ctx, in)
		}, activity.RegisterOptions{Name: name})
	}
	register("late", func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, asks.doFunc = context.WithCancel(ctx)
		return ctx, asks.doFunc
	})
	require.True(t, must[workflows.AskedDay](b, "late", askDay()).Written)

	ends := time.Now().Add(time.Minute)
	register("hanging", func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithDeadline(ctx, ends)
	})
	require.True(t, must[workflows.AskedDay](b, "hanging", askDay()).Written)
	require.True(t, b.book.until.Before(ends), "%s %s", b.book.until, ends)
	require.True(t, b.book.until.After(ends.Add(-2*time.Second)))
}
