package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

func TestUnlistedApprovals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	started := attendance.TimeRange{From: at("08:00:00"), To: at("10:00:00")}
	save := func(id, code string, createdAt time.Time, change func(*attendance.Instance)) {
		i := makeUp(id, at("09:00:00"), monday)
		i.ProcessCode, i.CreatedAt = code, createdAt
		if change != nil {
			change(&i)
		}
		b.instance(i)
	}
	save("listed", "M", at("09:00:00"), nil)
	save("older", "M", at("08:00:00"), nil)
	save("newer", "L", at("10:00:00"), nil)
	save("before", "M", at("07:59:59"), nil)
	save("after", "M", at("10:00:01"), nil)
	save("another template", "T", at("09:00:00"), nil)
	save("refused", "M", at("09:00:00"), func(i *attendance.Instance) { i.Result = "refuse" })
	save("running", "M", at("09:00:00"), func(i *attendance.Instance) { i.Status, i.Result = attendance.StatusRunning, "" })
	save("deleted", "M", at("09:00:00"), func(i *attendance.Instance) { i.Status = attendance.StatusDeleted })

	list, err := b.UnlistedApprovals(t.Context(), []string{"M", "L"}, started, []string{"listed", "x"}, 10)
	require.NoError(t, err)
	require.Equal(t, []attendance.OpenApproval{{ID: "newer", Code: "L"}, {ID: "older", Code: "M"}}, list)
	list, err = b.UnlistedApprovals(t.Context(), []string{"M", "L"}, started, nil, 1)
	require.NoError(t, err)
	require.Len(t, list, 1)
	list, err = b.UnlistedApprovals(t.Context(), nil, started, nil, 1)
	require.NoError(t, err)
	require.Empty(t, list)
}

// An event that could not be explained when it came is done when another run, or a
// sweep, has read its approval.
func TestEventsOfApprovalsAreJudgedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	since := time.Now().Add(-time.Hour)
	for _, id := range []string{"read/1", "unread"} {
		h := attendance.Hint{
			Kind: attendance.KindApproval, CorpID: corp, EventType: "bpms_instance_change", Channel: attendance.ChannelStream, ReceivedAt: at("09:00:00"),
			Approval: &attendance.ApprovalHint{ProcessInstanceID: id, Type: attendance.TypeFinish, Result: "agree"},
		}
		b.record(h)
		require.NoError(t, b.FinishEvent(ctx, h.Key(), attendance.OutcomeUnexplained))
	}
	outcomes := func() []string { return b.rows(`SELECT outcome FROM dakasync.event ORDER BY event_key`) }
	require.NoError(t, b.JudgeApprovals(ctx, since))
	require.Equal(t, []string{"unexplained", "unexplained"}, outcomes())
	b.instance(makeUp("read/1", at("09:00:00"), monday))
	require.NoError(t, b.JudgeApprovals(ctx, time.Now().Add(time.Hour)))
	require.Equal(t, []string{"unexplained", "unexplained"}, outcomes(), "written too long ago")
	require.NoError(t, b.JudgeApprovals(ctx, since))
	require.Equal(t, []string{"done", "unexplained"}, outcomes())
}
