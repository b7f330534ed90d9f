package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"dakasync/dingtalk"
	"dakasync/workflows"
)

const (
	// quotaPause is how often a spent quota is tried again: it may be bought.
	quotaPause = time.Hour
	// operatorPause is how often what an operator can mend is tried again.
	operatorPause = 10 * time.Minute
	// longestOperatorPause bounds that pause where a call was spent each time.
	longestOperatorPause = 2 * time.Hour
	// throttlePause follows a throttle that does not say when it ends: the
	// window is a second (how-to-process-api-throttling-on-the-dingtalk-server).
	throttlePause = 2 * time.Second
	// malformedAttempts is how often an answer that cannot be read is asked for.
	malformedAttempts = 5
)

// translate tells Temporal what a DingTalk error means: its kind as the type,
// whether a retry can succeed, and when. Other errors stay as they are, which
// Temporal retries.
func (s *DingTalkSteps) translate(ctx context.Context, err error) error {
	var refusal *dingtalk.Error
	if !errors.As(err, &refusal) {
		return err
	}
	attempt := activity.GetInfo(ctx).Attempt
	if refusal.Kind == dingtalk.KindQuotaSpent && !refusal.Local {
		s.noteSpent(ctx)
	}
	return temporal.NewApplicationErrorWithOptions(err.Error(), string(refusal.Kind), temporal.ApplicationErrorOptions{
		NonRetryable:   hopeless(refusal, attempt),
		NextRetryDelay: retryDelay(refusal, attempt, s.NowFunc()),
	})
}

// hopeless reports whether no further attempt can succeed. An answer that
// cannot be read may have been cut off on the way, so it is given a few.
func hopeless(err *dingtalk.Error, attempt int32) bool {
	if err.Kind == dingtalk.KindMalformed {
		return attempt >= malformedAttempts
	}
	return !err.Retryable()
}

// retryDelay is when to try again; zero leaves it to the retry policy.
func retryDelay(err *dingtalk.Error, attempt int32, now time.Time) time.Duration {
	switch err.Kind {
	case dingtalk.KindQuotaSpent:
		return until(err.ResumeAt, now, quotaPause, quotaPause)
	case dingtalk.KindThrottled:
		return until(err.ResumeAt, now, throttlePause, quotaPause)
	case dingtalk.KindPermissionMissing:
		if err.Local {
			return operatorPause // nothing was sent
		}
		return min(operatorPause*time.Duration(max(attempt, 1)), longestOperatorPause)
	case dingtalk.KindCredentials, dingtalk.KindIPNotAllowed, dingtalk.KindInvalidToken:
		return operatorPause
	case dingtalk.KindNotFound, dingtalk.KindTooOld, dingtalk.KindInvalidRequest, dingtalk.KindTransient,
		dingtalk.KindMalformed, dingtalk.KindNetwork:
		return 0
	default:
		return 0
	}
}

// final tells Temporal of an error with which the ledger refuses a write for good. It
// says so by a method, like errors of DingTalk, which are translated above.
func final(err error) error {
	if !refusedForGood(err) {
		return err
	}
	return temporal.NewNonRetryableApplicationError(err.Error(), workflows.ErrorRefused, err)
}

func refusedForGood(err error) bool {
	var says interface{ Retryable() bool }
	return errors.As(err, &says) && !says.Retryable()
}

// until is the time left to an instant, at least a second and at most longest;
// missing is for an instant that is not known.
func until(resumeAt, now time.Time, missing, longest time.Duration) time.Duration {
	if resumeAt.IsZero() {
		return missing
	}
	return min(max(resumeAt.Sub(now), time.Second), longest)
}
