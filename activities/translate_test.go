package activities_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dingtalk"
	"dakasync/workflows"
)

func TestDingTalkErrorsAreTranslated(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err   dingtalk.Error
		final bool
		delay time.Duration
	}{
		{dingtalk.Error{Kind: dingtalk.KindNotFound}, true, 0},
		{dingtalk.Error{Kind: dingtalk.KindTooOld}, true, 0},
		{dingtalk.Error{Kind: dingtalk.KindInvalidRequest}, true, 0},
		{dingtalk.Error{Kind: dingtalk.KindMalformed}, false, 0}, // may have been cut off: four more attempts
		{dingtalk.Error{Kind: dingtalk.KindTransient}, false, 0},
		{dingtalk.Error{Kind: dingtalk.KindNetwork}, false, 0},
		{dingtalk.Error{Kind: dingtalk.KindThrottled}, false, 2 * time.Second},
		{dingtalk.Error{Kind: dingtalk.KindThrottled, ResumeAt: noon.Add(5 * time.Minute)}, false, 5 * time.Minute},
		{dingtalk.Error{Kind: dingtalk.KindThrottled, ResumeAt: noon.Add(-time.Minute)}, false, time.Second},
		{dingtalk.Error{Kind: dingtalk.KindQuotaSpent}, false, time.Hour},
		{dingtalk.Error{Kind: dingtalk.KindQuotaSpent, ResumeAt: noon.AddDate(0, 0, 8)}, false, time.Hour},
		{dingtalk.Error{Kind: dingtalk.KindPermissionMissing}, false, 10 * time.Minute},
		{dingtalk.Error{Kind: dingtalk.KindCredentials}, false, 10 * time.Minute},
		{dingtalk.Error{Kind: dingtalk.KindIPNotAllowed}, false, 10 * time.Minute},
		{dingtalk.Error{Kind: dingtalk.KindInvalidToken}, false, 10 * time.Minute},
	}
	for _, test := range tests {
		t.Run(string(test.err.Kind), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.dingTalk.err = fmt.Errorf("asking: %w", &test.err)
			_, err := step[attendance.Answer](b, workflows.StepFetchDay, attendance.UserDay{})
			app := appError(t, err)
			require.Equal(t, string(test.err.Kind), app.Type())
			require.Equal(t, test.final, app.NonRetryable())
			require.Equal(t, test.delay, app.NextRetryDelay())
			require.Contains(t, app.Message(), test.err.Error(), "it speaks to the person")
		})
	}
}

func TestTypesThatRunsDecideByAreDingTalksKinds(t *testing.T) {
	t.Parallel()
	require.Equal(t, workflows.ErrorNotFound, string(dingtalk.KindNotFound))
	require.Equal(t, workflows.ErrorTooOld, string(dingtalk.KindTooOld))
}

// refusal is how the ledger says that it will never take a write.
type refusal struct{ error }

func (refusal) Retryable() bool { return false }

// What PostgreSQL refuses for good is not tried for ever: whoever waits for it, and the next sweep, would wait as long.
func TestWhatTheLedgerRefusesForGoodIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]any{
		workflows.StepPersist:      workflows.PersistInput{Answers: make([]attendance.Answer, 1)},
		workflows.StepSaveInstance: workflows.SaveInstanceInput{},
		workflows.StepSaveSchedule: workflows.SaveScheduleInput{},
		workflows.StepPlanPunch:    punch(noon),
	} {
		b := newBench(t)
		b.book.err = refusal{errors.New("PostgreSQL refused the row")}
		_, err := b.env.ExecuteActivity(name, in)
		app := appError(t, err)
		require.True(t, app.NonRetryable(), name)
		require.Equal(t, workflows.ErrorRefused, app.Type(), name)
		require.Contains(t, app.Message(), "PostgreSQL refused the row", name)
	}
}

func TestOtherErrorsAreRetried(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.err = errors.New("something else")
	_, err := step[attendance.Answer](b, workflows.StepFetchDay, attendance.UserDay{})
	require.False(t, appError(t, err).NonRetryable())
}
