package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"dakasync/attendance"
	"dakasync/dingtalk"
	"dakasync/dingtalk/event"
	"dakasync/workflows"
)

// storeAttempts is how often storing is tried before the history takes over.
const storeAttempts = 3

// ReadFailedPushes reads and thereby destroys the failed-push list. The intent
// is committed first, which also proves that PostgreSQL can be written. What
// was read is stored before anything else; should PostgreSQL fail in between,
// it is returned, and stands in the run's history until it is stored.
func (s *DingTalkSteps) ReadFailedPushes(ctx context.Context, in workflows.ReadDrainInput) (workflows.DrainRead, error) {
	defer beat(ctx)()
	if why := s.quiet(ctx, in.Run); why != "" {
		return workflows.DrainRead{Skipped: why}, nil
	}
	ctx, probe, err := s.admit(ctx)
	if err != nil {
		return workflows.DrainRead{Skipped: messageOf(err)}, nil
	}
	if recordsIntents {
		if err := s.Ledger.OpenDrain(ctx, in.DrainID); err != nil {
			return workflows.DrainRead{}, fmt.Errorf("record the intent to read the failed pushes: %w", err)
		}
	}
	body, err := s.DingTalk.FailedPushes(ctx)
	if probe {
		s.probed(ctx, err)
	}
	if err != nil {
		return workflows.DrainRead{}, s.refused(ctx, in.DrainID, err)
	}
	page, err := event.SplitFailedList(body, s.Policy)
	if err != nil {
		activity.GetLogger(ctx).Warn("the failed-push list cannot be split: its body is kept", "error", err)
	}
	page.AnsweredAt = s.NowFunc()
	return s.store(context.WithoutCancel(ctx), in.DrainID, page)
}

// quiet says why a read may be left out: its schedule is for more reads than the
// budget has calls for, the list was empty the last time, and nothing can have come
// onto it since. The next read of the schedule would be too late for a bound. A read
// that somebody asked for, a person or a recovery, is never left out, nor one of
// which anything is not known: to miss a failed push is worse than a call.
func (s *DingTalkSteps) quiet(ctx context.Context, run string) string {
	apart := s.Budget.QuietDrains()
	if apart == 0 || !scheduled(run, s.Budget.Drain) {
		return ""
	}
	since, err := s.Ledger.QuietSince(ctx)
	if err != nil {
		activity.GetLogger(ctx).Warn("it is not known whether a push can have failed: the list is read", "error", err)
		return ""
	}
	now := s.NowFunc()
	if since.IsZero() || now.Before(since) || now.Add(s.Budget.Drain).After(since.Add(apart)) {
		return ""
	}
	return fmt.Sprintf("the list was empty %s ago, somebody has listened all the time since, and a read every %s would take too many of the month's %d calls; it is read at least every %s",
		now.Sub(since).Round(time.Minute), s.Budget.Drain, s.Budget.Calls, apart)
}

// scheduled reports whether a run is one that its schedule started at its time:
// Temporal appends it to the ID, and times of an interval are multiples of it. Of a
// run that was triggered it is the instant at which somebody did so.
func scheduled(workflowID string, every time.Duration) bool {
	_, tail, found := strings.Cut(workflowID, workflows.ScheduleDrain+"-")
	at, err := time.Parse(time.RFC3339, tail)
	return found && err == nil && every >= time.Second && at.UnixNano()%int64(every) == 0
}

// refused closes the drain of a read that DingTalk turned away: nothing was
// destroyed. Where that is not certain, the intent stays open for the run to
// mark as ambiguous.
func (s *DingTalkSteps) refused(ctx context.Context, id string, cause error) error {
	var refusal *dingtalk.Error
	if !errors.As(cause, &refusal) || !refusal.TurnedAway() {
		return s.translate(ctx, cause)
	}
	if err := s.Ledger.StoreDrain(ctx, id, attendance.DrainPage{AnsweredAt: s.NowFunc(), Refused: true}); err != nil {
		return errors.Join(s.translate(ctx, cause), fmt.Errorf("close the drain %s: %w", id, err))
	}
	translated := s.translate(ctx, cause)
	return temporal.NewNonRetryableApplicationError(translated.Error(), "DrainRefused", cause)
}

// store keeps a page in PostgreSQL, or hands it over to the history. One that
// is too big for the history has nowhere else to go: it is tried on and on.
func (s *DingTalkSteps) store(ctx context.Context, id string, page attendance.DrainPage) (workflows.DrainRead, error) {
	read := workflows.DrainRead{Count: len(page.Elements), HasMore: page.HasMore}
	for attempt := 1; ; attempt++ {
		err := s.Ledger.StoreDrain(ctx, id, page)
		if err == nil {
			return read, nil
		}
		activity.GetLogger(ctx).Warn("failed pushes could not be stored", "drain", id, "error", err)
		if attempt >= storeAttempts && fits(page) == nil {
			read.Page = &page
			return read, nil
		}
		pause(ctx, cmp.Or(s.StorePause, time.Second))
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
