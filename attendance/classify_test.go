package attendance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

func TestNeedsRead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		hint attendance.ApprovalHint
		want bool
	}{
		{attendance.ApprovalHint{Type: "start"}, false},
		{attendance.ApprovalHint{Type: "finish", Result: "agree"}, true},
		{attendance.ApprovalHint{Type: "finish"}, true}, // attendance_approve_status_change names no result
		{attendance.ApprovalHint{Type: "finish", Result: "refuse"}, false},
		{attendance.ApprovalHint{Type: "terminate"}, false},
		{attendance.ApprovalHint{Type: "delete"}, false},
		{attendance.ApprovalHint{Type: "something new"}, false},
	}
	for _, test := range tests {
		require.Equal(t, test.want, test.hint.NeedsRead(), "%+v", test.hint)
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	codes := []string{"PROC-MAKEUP"}
	tests := []struct {
		name     string
		instance attendance.Instance
		hint     attendance.ApprovalHint
		want     attendance.ApprovalKind
	}{
		{"the form speaks first", attendance.Instance{Kind: attendance.ApprovalLeave, ProcessCode: "PROC-MAKEUP"},
			attendance.ApprovalHint{ApproveType: "OUT"}, attendance.ApprovalLeave},
		{"a made-up time is a make-up", attendance.Instance{Kind: attendance.ApprovalOther, MakeUps: []attendance.MakeUp{{}}},
			attendance.ApprovalHint{}, attendance.ApprovalMakeUp},
		{"then the process code", attendance.Instance{Kind: attendance.ApprovalOther, ProcessCode: "PROC-MAKEUP"},
			attendance.ApprovalHint{BizCategoryID: "attendance.goout"}, attendance.ApprovalMakeUp},
		{"then the category", attendance.Instance{ProcessCode: "PROC-X"},
			attendance.ApprovalHint{BizCategoryID: "attendance.batchovertime", ApproveType: "LEAVE"}, attendance.ApprovalOvertime},
		{"supply", attendance.Instance{}, attendance.ApprovalHint{BizCategoryID: "attendance.supply"}, attendance.ApprovalMakeUp},
		{"goout", attendance.Instance{}, attendance.ApprovalHint{BizCategoryID: "attendance.goout"}, attendance.ApprovalOut},
		{"trip", attendance.Instance{}, attendance.ApprovalHint{BizCategoryID: "alitrip.business"}, attendance.ApprovalTrip},
		{"then the approve type", attendance.Instance{}, attendance.ApprovalHint{ApproveType: "LEAVE"}, attendance.ApprovalLeave},
		{"overtime", attendance.Instance{}, attendance.ApprovalHint{ApproveType: "overtime"}, attendance.ApprovalOvertime},
		{"TRAVEL", attendance.Instance{}, attendance.ApprovalHint{ApproveType: "TRAVEL"}, attendance.ApprovalTrip},
		{"OUT", attendance.Instance{}, attendance.ApprovalHint{ApproveType: "OUT"}, attendance.ApprovalOut},
		{"an empty code is nobody's", attendance.Instance{}, attendance.ApprovalHint{}, attendance.ApprovalOther},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, attendance.Classify(test.instance, test.hint, codes))
		})
	}
}

func TestInstanceFromHint(t *testing.T) {
	t.Parallel()
	hint := func(eventType, result string) attendance.Hint {
		return attendance.Hint{
			Kind: attendance.KindApproval, UserID: "asker",
			Approval: &attendance.ApprovalHint{
				ProcessInstanceID: "i", MainProcessInstanceID: "m", ProcessCode: "p", ApproveType: "LEAVE",
				Type: eventType, Result: result, CreatedAt: clock(11, 1, 9, 0), FinishedAt: clock(11, 2, 9, 0),
			},
		}
	}
	i := attendance.InstanceFromHint(hint("finish", "refuse"))
	require.Equal(t, attendance.Instance{
		ProcessInstanceID: "i", MainProcessInstanceID: "m", ProcessCode: "p", OriginatorUserID: "asker",
		Kind: attendance.ApprovalLeave, Status: attendance.StatusCompleted, Result: "refuse",
		CreatedAt: clock(11, 1, 9, 0), FinishedAt: clock(11, 2, 9, 0),
	}, i)
	require.True(t, i.ReadAt.IsZero(), "only an event spoke")
	for eventType, status := range map[string]string{
		"start": attendance.StatusRunning, "terminate": attendance.StatusTerminated,
		"delete": attendance.StatusDeleted, "comment": attendance.StatusRunning,
	} {
		require.Equal(t, status, attendance.InstanceFromHint(hint(eventType, "")).Status, eventType)
	}
}

func TestWithHintAddsWhatOnlyTheEventKnows(t *testing.T) {
	t.Parallel()
	read := attendance.Instance{OriginatorUserID: "asker", CreatedAt: clock(11, 1, 9, 0), FinishedAt: clock(11, 1, 10, 0)}
	exact := clock(11, 1, 10, 0).Add(24 * time.Second)
	got := read.WithHint(attendance.Hint{UserID: "other", Approval: &attendance.ApprovalHint{
		ProcessInstanceID: "i", ProcessCode: "p", FinishedAt: exact,
	}})
	require.Equal(t, attendance.Instance{
		ProcessInstanceID: "i", ProcessCode: "p", OriginatorUserID: "asker",
		CreatedAt: clock(11, 1, 9, 0), FinishedAt: exact,
	}, got)
}

func TestNewestInstances(t *testing.T) {
	t.Parallel()
	ids := []string{"odd", "a04431756109057", "b04431756109059", "", "c04431756109058", "-0000000001"}
	require.Equal(t, []string{"b04431756109059", "c04431756109058", "a04431756109057"}, attendance.NewestInstances(ids, 3))
	require.Len(t, attendance.NewestInstances(ids, 20), len(ids), "odd ids are kept")
	require.Equal(t, "odd", ids[0], "the caller's list stays as it was")
}

func FuzzNewestInstances(f *testing.F) {
	f.Add("a04431756109057", "odd", 1)
	f.Add("", "-999999999", 2)
	f.Fuzz(func(t *testing.T, a, b string, limit int) {
		if limit < 0 {
			limit = 0
		}
		got := attendance.NewestInstances([]string{a, b}, limit)
		require.Len(t, got, min(2, limit))
		require.Subset(t, []string{a, b}, got)
	})
}
