package attendance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

func leave(id string, status, result string, readAt time.Time) attendance.Instance {
	return attendance.Instance{
		ProcessInstanceID: id, Kind: attendance.ApprovalLeave, OriginatorUserID: "u1", Status: status, Result: result,
		ReadAt: readAt, CreatedAt: at("08:00:00"), FinishedAt: at("08:30:00"),
		Spans: []attendance.Span{{UserIDs: []string{"u1"}, Begin: at("00:00:00"), End: at("12:00:00")}},
	}
}

func learned(words ...attendance.Instance) *attendance.ApprovalState {
	var s attendance.ApprovalState
	for _, w := range words {
		s.Learn(w)
	}
	return &s
}

func TestApprovalStateMergesEventAndRead(t *testing.T) {
	t.Parallel()
	event := attendance.Instance{
		ProcessInstanceID: "i1", ProcessCode: "PROC-1", Kind: attendance.ApprovalOther, OriginatorUserID: "boss",
		Status: attendance.StatusCompleted, CreatedAt: at("08:00:17").Add(123 * time.Millisecond),
		FinishedAt: at("08:30:44").Add(5 * time.Millisecond),
	}
	read := leave("i1", attendance.StatusCompleted, attendance.ResultAgree, at("08:31:00"))
	for _, s := range []*attendance.ApprovalState{learned(event, read), learned(read, event, read)} {
		i := s.Instance()
		require.Equal(t, "PROC-1", i.ProcessCode)
		require.Equal(t, attendance.ApprovalLeave, i.Kind)
		require.Equal(t, "u1", i.OriginatorUserID)
		require.True(t, i.Approved())
		require.True(t, i.FinishedAt.Equal(event.FinishedAt), "events know milliseconds, the API minutes")
		require.True(t, s.ReadToItsEnd())
		require.True(t, s.Effective())
	}
}

// A refusal that an event tells of is the end, and no search of a night pays to read it; unless somebody saw an agreement.
func TestApprovalStateRefusedIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	told := func(result string) attendance.Instance {
		return attendance.Instance{ProcessInstanceID: "i1", Status: attendance.StatusCompleted, Result: result}
	}
	require.True(t, learned(told(attendance.ResultRefuse)).ReadToItsEnd())
	require.False(t, learned(told("")).ReadToItsEnd(), "it may have been agreed")
	require.False(t, learned(told(attendance.ResultAgree)).ReadToItsEnd())
	require.False(t, learned(told(attendance.ResultRefuse), told(attendance.ResultAgree)).ReadToItsEnd())
	require.False(t, learned(told(attendance.ResultRefuse), leave("i1", attendance.StatusRunning, "", at("08:32:00"))).ReadToItsEnd(), "a read lags")
}

func TestApprovalStateLaggingReadDoesNotUnfinish(t *testing.T) {
	t.Parallel()
	done := leave("i1", attendance.StatusCompleted, attendance.ResultAgree, at("08:31:00"))
	stale := leave("i1", attendance.StatusRunning, "", at("08:32:00"))
	require.Equal(t, learned(done, stale), learned(stale, done))
	require.True(t, learned(done, stale).Effective())
	deleted := attendance.Instance{ProcessInstanceID: "i1", Status: attendance.StatusDeleted}
	s := learned(deleted, done)
	require.Equal(t, attendance.StatusDeleted, s.Instance().Status)
	require.True(t, attendance.StandingOf(s, nil).Void)
	require.False(t, attendance.StandingOf(s, nil).Revoked)
	require.Len(t, s.Instance().Spans, 1, "what it covered stays known")
}

func TestStandingOf(t *testing.T) {
	t.Parallel()
	main := leave("i1", attendance.StatusCompleted, attendance.ResultAgree, at("08:31:00"))
	attachedAt := func(id, action, result string, finished time.Time) attendance.Instance {
		i := leave(id, attendance.StatusCompleted, result, at("20:00:00"))
		i.BizAction, i.MainProcessInstanceID, i.FinishedAt = action, "i1", finished
		return i
	}
	modify := attachedAt("i2", attendance.ActionModify, attendance.ResultAgree, at("10:00:00"))
	again := attachedAt("i3", attendance.ActionModify, attendance.ResultAgree, at("11:00:00"))
	revoke := attachedAt("i4", attendance.ActionRevoke, attendance.ResultAgree, at("12:00:00"))
	refused := attachedAt("i5", attendance.ActionRevoke, attendance.ResultRefuse, at("12:00:00"))
	nameless := revoke
	nameless.MainProcessInstanceID = ""
	naming := main
	naming.AttachedIDs = []string{"i4"}

	standing := func(self attendance.Instance, relatives ...attendance.Instance) attendance.Standing {
		var states []*attendance.ApprovalState
		for _, r := range relatives {
			states = append(states, learned(r))
		}
		return attendance.StandingOf(learned(self), states)
	}
	require.Equal(t, attendance.Standing{}, standing(main))
	require.Equal(t, attendance.Standing{}, standing(main, refused))
	require.Equal(t, attendance.Standing{Void: true}, standing(main, modify))
	require.Equal(t, attendance.Standing{Revoked: true, Void: true}, standing(main, revoke))
	require.Equal(t, attendance.Standing{Revoked: true, Void: true}, standing(naming, nameless), "only the main one names the other")
	require.Equal(t, attendance.Standing{}, standing(modify, main))
	require.Equal(t, attendance.Standing{Void: true}, standing(modify, main, again), "changed again")
	require.Equal(t, attendance.Standing{}, standing(again, main, modify))
	require.Equal(t, attendance.Standing{Void: true}, standing(again, main, modify, revoke), "revoked after the change")
	require.False(t, learned(revoke).Effective(), "a revocation has no days of its own")
}

func TestInstanceDays(t *testing.T) {
	t.Parallel()
	i := attendance.Instance{
		MakeUps: []attendance.MakeUp{{UserID: "u2", At: at("00:40:00"), WorkDate: monday.AddDays(-1)}, {UserID: "u2", At: at("09:00:00")}},
		Spans:   []attendance.Span{{UserIDs: []string{"u1", "u1"}, Begin: at("13:00:00"), End: at("13:00:00").AddDate(0, 0, 2)}},
	}
	days := i.Days(shanghai)
	require.Len(t, days, 5)
	require.Equal(t, monday, days[0].WorkDate)
	require.True(t, days[0].End.Equal(monday.AddDays(1).In(shanghai)), "half-open at midnight")
	require.True(t, days[1].Begin.Equal(days[0].End))
	require.True(t, days[2].End.Equal(at("13:00:00").AddDate(0, 0, 2)))
	require.Equal(t, monday.AddDays(-1), days[3].WorkDate, "the form's work day")
	require.Equal(t, monday, days[4].WorkDate)

	midnight := attendance.Span{UserIDs: []string{"u1"}, Begin: monday.In(shanghai), End: monday.AddDays(1).In(shanghai)}
	require.Len(t, attendance.Instance{Spans: []attendance.Span{midnight}}.Days(shanghai), 1)
	backwards := attendance.Span{UserIDs: []string{"u1"}, Begin: at("13:00:00"), End: at("12:00:00")}
	require.Empty(t, attendance.Instance{Spans: []attendance.Span{backwards}}.Days(shanghai))
	endless := attendance.Span{UserIDs: []string{"u1"}, Begin: at("13:00:00"), End: at("13:00:00").AddDate(7000, 0, 0)}
	require.Len(t, attendance.Instance{Spans: []attendance.Span{endless}}.Days(shanghai), attendance.MaxSpanDays)
}
