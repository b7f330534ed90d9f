package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
)

func TestUnreadApprovals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	unread := func(limit int) []attendance.OpenApproval {
		list, err := b.UnreadApprovals(ctx, limit)
		require.NoError(t, err)
		return list
	}
	rows := func() []string {
		return b.rows(`SELECT process_instance_id || ' ' || coalesce(process_code, '-') || ' ' || work_date || ' ' || reason
			FROM dakasync.unread_approval ORDER BY 1`)
	}
	require.NoError(t, b.SaveUnread(ctx, "i1", "", monday, "Malformed"))
	require.NoError(t, b.SaveUnread(ctx, "i2", "P", monday, "NotTried"))
	require.NoError(t, b.SaveUnread(ctx, "i1", "P", monday.AddDays(1), "TooBig"))
	require.NoError(t, b.SaveUnread(ctx, "i2", "", monday.AddDays(-1), "Malformed"))
	require.Equal(t, []string{"i1 P " + monday.String() + " TooBig", "i2 P " + monday.AddDays(-1).String() + " Malformed"}, rows(),
		"the first date of all, and the last reason")
	require.Equal(t, []attendance.OpenApproval{{ID: "i1", Code: "P"}, {ID: "i2", Code: "P"}}, unread(10))

	require.NoError(t, b.SaveUnread(ctx, "i1", "", monday, "Malformed"))
	require.Equal(t, "i2", unread(1)[0].ID, "each has its turn")
	b.instance(makeUp("i2", at("09:00:00"), monday))
	require.Equal(t, "i1", unread(1)[0].ID, "i2 was read")
	require.NoError(t, b.SaveUnread(ctx, "i1", "", monday, "NotFound"))
	require.Empty(t, unread(10))

	require.ErrorIs(t, b.SaveUnread(ctx, "", "P", monday, "Malformed"), ledger.ErrNoSubject)
	require.ErrorIs(t, b.SaveUnread(ctx, "i", "P", attendance.Date{}, "Malformed"), ledger.ErrNoSubject)
}

// What DingTalk does not know is asked for again on another day, and then no more.
func TestNamedApprovalThatIsNowhereToBeFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	_, err := b.sql.Exec(ctx, `INSERT INTO dakasync.day (corp_id, user_id, work_date, last_trigger, approvals)
		VALUES ('ding1', 'u1', $1, 'event', '[{"process_instance_id": "lost"}, {"process_instance_id": "odd"}]')`, monday.String())
	require.NoError(t, err)
	named := func() []string {
		ids, err := b.NamedApprovals(ctx, []attendance.Date{monday}, 10)
		require.NoError(t, err)
		return ids
	}
	require.NoError(t, b.SaveUnread(ctx, "lost", "", monday, "NotFound"))
	require.NoError(t, b.SaveUnread(ctx, "odd", "", monday, "Malformed"))
	require.Equal(t, []string{"lost", "odd"}, named(), "it may not have been there yet")
	_, err = b.sql.Exec(ctx, `UPDATE dakasync.unread_approval SET found_at = now() - interval '25 hours'`)
	require.NoError(t, err)
	require.Equal(t, []string{"odd"}, named())
}
