package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

// A batch asks about the days of an approval while its event is pending, and while nobody has asked.
func TestDaysOfPendingApprovalsAreWanted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	wanted := func(through time.Time) []attendance.Want {
		wants, err := b.WantedByApprovals(ctx, through)
		require.NoError(t, err)
		return wants
	}
	unasked := func(since time.Time, days ...attendance.UserDay) []attendance.UserDay {
		open, err := b.Unasked(ctx, days, since)
		require.NoError(t, err)
		return open
	}
	evening := at("20:00:00")
	h := attendance.Hint{
		Kind: attendance.KindApproval, CorpID: corp, EventType: "bpms_instance_change", Channel: attendance.ChannelStream, UserID: "u1",
		BornAt: at("08:00:00"), ReceivedAt: at("08:00:01"),
		Approval: &attendance.ApprovalHint{ProcessInstanceID: "i/1", Type: attendance.TypeFinish, Result: attendance.ResultAgree},
	}
	days := b.instance(trip("i/1", at("13:00:00"), at("18:00:00").AddDate(0, 0, 1), "u1"))
	require.Equal(t, []attendance.UserDay{{UserID: "u1", WorkDate: monday}, {UserID: "u1", WorkDate: monday.AddDays(1)}}, days)
	require.Empty(t, wanted(evening), "no event waits for them: they are the nightly sweep's")
	b.record(h)
	require.Equal(t, []attendance.Want{attendance.WantDay("u1", monday.AddDays(1)), attendance.WantDay("u1", monday)}, wanted(evening.AddDate(0, 0, 1)), "the newest first")
	require.Equal(t, []attendance.Want{attendance.WantDay("u1", monday)}, wanted(evening), "the second has not begun")
	require.Empty(t, wanted(at("07:59:59")), "nor had it taken effect")

	require.Equal(t, days, unasked(h.BornAt, days...))
	b.save(detail(monday, at("07:59:59")))
	require.Equal(t, days, unasked(h.BornAt, days...), "it was asked before")
	b.save(detail(monday, at("08:00:02")))
	require.Equal(t, days[1:], unasked(h.BornAt, days...))
	require.Empty(t, wanted(evening))
	require.NoError(t, b.FinishEvent(ctx, h.Key(), attendance.OutcomeDone))
	require.Empty(t, wanted(evening.AddDate(0, 0, 1)), "its run is over")
	require.Empty(t, unasked(h.BornAt))
}
