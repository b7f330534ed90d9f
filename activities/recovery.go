package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"dakasync/attendance"
	"dakasync/workflows"
)

// coverageSlack is how much longer than the record of coverage may lag a look for
// gaps waits: who asked for it did so a moment before the gap's end was proven.
const coverageSlack = 2 * time.Second

// PlanRecovery says how long to wait before a look for what was missed, or looks.
func (s *LedgerSteps) PlanRecovery(ctx context.Context, in workflows.RecoveryInput) (workflows.RecoveryPlan, error) {
	if !in.Look {
		n, err := s.Ledger.ReadsInVain(ctx)
		if err != nil {
			return workflows.RecoveryPlan{}, fmt.Errorf("count reads of failed pushes without an answer: %w", err)
		}
		return workflows.RecoveryPlan{Delay: max(s.RecoveryDelay, attendance.CoverageLag+coverageSlack), InVain: n}, nil
	}
	gaps, lost, err := s.missed(ctx)
	return workflows.RecoveryPlan{Gaps: gaps, Drains: idsOf(lost)}, err
}

// RequestRecovery asks for a recovery.
func (s *LedgerSteps) RequestRecovery(ctx context.Context, in workflows.RequestInput) error {
	return workflows.RequestRecovery(ctx, s.Starter, s.TaskQueue, s.CorpID, in.Reason) // It says what was asked for.
}

// TriggerDrain has the failed pushes read once more.
func (s *LedgerSteps) TriggerDrain(ctx context.Context, _ workflows.Nothing) error {
	err := s.Drains.Trigger(ctx)
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		return temporal.NewNonRetryableApplicationError(err.Error(), workflows.ErrorNotFound, err)
	}
	return err // It names the schedule.
}

// missed are the gaps that are over, and the reads of failed pushes of which
// nobody knows what they destroyed.
func (s *LedgerSteps) missed(ctx context.Context) ([]attendance.Gap, []attendance.LostRead, error) {
	gaps, err := s.Ledger.FindGaps(ctx, time.Time{}) // by the clock that dates the coverage
	if err != nil {
		return nil, nil, fmt.Errorf("look for gaps in the coverage: %w", err)
	}
	lost, err := s.Ledger.LostReads(ctx, s.NowFunc().Add(-attendance.DrainAtWork))
	if err != nil {
		return nil, nil, fmt.Errorf("list the drains that may have lost something: %w", err)
	}
	return gaps, lost, nil
}

// concerned are gaps and lost reads as intervals in which what they cost us
// happened.
func concerned(gaps []attendance.Gap, lost []attendance.LostRead) []attendance.LostRead {
	all := make([]attendance.LostRead, 0, len(gaps)+len(lost))
	for _, g := range gaps {
		all = append(all, attendance.LostRead{Since: g.Began.Add(-attendance.BlindMargin), Until: g.Ended})
	}
	return append(all, lost...)
}

func idsOf(lost []attendance.LostRead) []string {
	ids := make([]string, 0, len(lost))
	for _, read := range lost {
		ids = append(ids, read.ID)
	}
	return ids
}

// NamedApprovals are approvals that results, punches or tags of the dates name
// and that nobody has read to their end.
func (s *LedgerSteps) NamedApprovals(ctx context.Context, in workflows.NamedInput) (workflows.Unread, error) {
	ids, err := s.Ledger.NamedApprovals(ctx, in.Dates, in.Limit+1)
	if err != nil {
		return workflows.Unread{}, fmt.Errorf("list approvals that %d dates name: %w", len(in.Dates), err)
	}
	refs := make([]workflows.InstanceRef, 0, len(ids))
	for _, id := range ids {
		refs = append(refs, workflows.InstanceRef{ID: id})
	}
	return upTo(in.Limit, refs), nil
}

// KeepUnread keeps an approval that cannot be read.
func (s *LedgerSteps) KeepUnread(ctx context.Context, in workflows.KeepUnreadInput) error {
	if err := s.Ledger.SaveUnread(ctx, in.Instance.ID, in.Instance.Code, in.From, in.Reason); err != nil {
		return fmt.Errorf("keep the approval %s as unread: %w", in.Instance.ID, err)
	}
	return nil
}

// Differences counts what this run's writes have changed on the dates, and lists
// the approvals that count there: one of them may have been withdrawn.
func (s *LedgerSteps) Differences(ctx context.Context, in workflows.DifferencesInput) (workflows.Differences, error) {
	userDays, rows, err := s.Ledger.Differing(ctx, workflowID(ctx), in.Dates)
	if err != nil {
		return workflows.Differences{}, fmt.Errorf("count what differed on %d dates: %w", len(in.Dates), err)
	}
	differences := workflows.Differences{Rows: rows, UserDays: userDays}
	if userDays == 0 || in.Limit <= 0 {
		return differences, nil
	}
	effective, err := s.Ledger.EffectiveApprovals(ctx, workflowID(ctx), in.Dates, in.Since, in.Limit+1)
	if err != nil {
		return workflows.Differences{}, fmt.Errorf("list the approvals of %d user-days: %w", userDays, err)
	}
	refs := make([]workflows.InstanceRef, 0, len(effective))
	for _, a := range effective {
		refs = append(refs, workflows.InstanceRef{ID: a.ID, Code: a.Code})
	}
	differences.Effective = upTo(in.Limit, refs)
	return differences, nil
}

func upTo(limit int, refs []workflows.InstanceRef) workflows.Unread {
	if len(refs) > limit {
		return workflows.Unread{Instances: refs[:limit], More: true}
	}
	return workflows.Unread{Instances: refs}
}
