package activities_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"dakasync/attendance"
	"dakasync/workflows"
)

func TestPlanRecovery(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.gaps = []attendance.Gap{{Began: noon.Add(-time.Hour), Ended: noon.Add(-time.Minute), Reason: attendance.ProofCrashed}}
	b.book.lost, b.book.inVain = []attendance.LostRead{{ID: "d"}}, 3
	wait := must[workflows.RecoveryPlan](b, workflows.StepPlanRecovery, workflows.RecoveryInput{})
	require.Equal(t, workflows.RecoveryPlan{Delay: time.Minute, InVain: 3}, wait)
	require.Empty(t, b.book.log, "a look too early would find a gap that is none")

	look := must[workflows.RecoveryPlan](b, workflows.StepPlanRecovery, workflows.RecoveryInput{Look: true})
	require.Equal(t, []string{"d"}, look.Drains)
	require.Len(t, look.Gaps, 1)
	require.Equal(t, attendance.ProofCrashed, look.Gaps[0].Reason)
	require.Equal(t, []string{"FindGaps", "LostReads 11:50:00"}, b.book.log)
}

func TestRequestRecovery(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	must[workflows.Nothing](b, workflows.StepRequestRecovery, workflows.RequestInput{Reason: workflows.ReasonAmbiguous})
	require.Equal(t, []string{"recover/ding1 recover {ambiguous} q"}, b.starts.signals)
	b.starts.errs["recover/ding1"] = errors.New("Temporal is away")
	_, err := step[workflows.Nothing](b, workflows.StepRequestRecovery, workflows.RequestInput{Reason: workflows.ReasonAmbiguous})
	require.ErrorContains(t, err, "Temporal is away")
	require.False(t, appError(t, err).NonRetryable())
}

func TestTriggerDrain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	must[workflows.Nothing](b, workflows.StepTriggerDrain, workflows.Nothing{})
	require.Equal(t, 1, b.drains.triggered)
	b.drains.err = errors.New("Temporal is away")
	_, err := step[workflows.Nothing](b, workflows.StepTriggerDrain, workflows.Nothing{})
	require.False(t, appError(t, err).NonRetryable())
	b.drains.err = serviceerror.NewNotFound("no such schedule")
	_, err = step[workflows.Nothing](b, workflows.StepTriggerDrain, workflows.Nothing{})
	require.True(t, appError(t, err).NonRetryable(), "the sweep must not wait for a schedule that somebody deleted")
}

func TestNamedApprovalsSaysThatThereAreMore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.named = []string{"a", "b", "c"}
	in := workflows.NamedInput{Dates: []attendance.Date{day(11, 20)}, Limit: 3}
	got := must[workflows.Unread](b, workflows.StepNamedApprovals, in)
	require.Equal(t, workflows.Unread{Instances: []workflows.InstanceRef{{ID: "a"}, {ID: "b"}, {ID: "c"}}}, got)
	in.Limit = 2
	got = must[workflows.Unread](b, workflows.StepNamedApprovals, in)
	require.Len(t, got.Instances, 2)
	require.True(t, got.More)
}

func TestKeepUnread(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := workflows.KeepUnreadInput{Instance: workflows.InstanceRef{ID: "i", Code: "P"}, From: day(11, 20), Reason: "Malformed"}
	must[workflows.Nothing](b, workflows.StepKeepUnread, in)
	require.Equal(t, []string{"SaveUnread i P 2026-11-20 Malformed"}, b.book.log)
	b.book.err = errors.New("PostgreSQL is away")
	_, err := step[workflows.Nothing](b, workflows.StepKeepUnread, in)
	require.ErrorContains(t, err, "keep the approval i as unread: PostgreSQL is away")
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := workflows.DifferencesInput{Dates: []attendance.Date{day(11, 20)}, Limit: 1}
	require.Zero(t, must[workflows.Differences](b, workflows.StepDifferences, in))
	require.Equal(t, []string{"Differing default-test-workflow-id [2026-11-20]"}, b.book.log, "nothing differs: nothing to look for")

	b.book.differing = 1
	b.book.effective = []attendance.OpenApproval{{ID: "i", Code: "P"}, {ID: "j"}}
	got := must[workflows.Differences](b, workflows.StepDifferences, in)
	require.Equal(t, workflows.Differences{
		Rows: 2, UserDays: 1, Effective: workflows.Unread{Instances: []workflows.InstanceRef{{ID: "i", Code: "P"}}, More: true},
	}, got)
	in.Since = time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	require.Zero(t, must[workflows.Differences](b, workflows.StepDifferences, in).Effective)
	require.Contains(t, b.book.log[len(b.book.log)-1], "EffectiveApprovals default-test-workflow-id [2026-11-20] before 03:00:00")
}
