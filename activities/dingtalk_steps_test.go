package activities_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dingtalk"
	"dakasync/workflows"
)

func TestFetchDay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.answers = []attendance.Answer{{UserID: "u1", WorkDate: day(11, 22)}}
	got := must[attendance.Answer](b, workflows.StepFetchDay, attendance.UserDay{UserID: "u1", WorkDate: day(11, 22)})
	require.Equal(t, b.dingTalk.answers[0], got)
	require.Equal(t, []string{"UserDay u1 2026-11-22"}, b.dingTalk.asked)
}

func TestFetchWindowRefusesWhatTheHistoryDoesNotTake(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := attendance.Window{UserIDs: []string{"u1"}, Days: attendance.DateRange{From: day(11, 1), To: day(11, 7)}}
	b.dingTalk.answers = []attendance.Answer{{UserID: "u1"}}
	require.Len(t, must[[]attendance.Answer](b, workflows.StepFetchWindow, w), 1)

	b.dingTalk.answers[0].Records = []attendance.Record{{InvalidMessage: strings.Repeat("x", 1_600_000)}}
	_, err := step[[]attendance.Answer](b, workflows.StepFetchWindow, w)
	app := appError(t, err)
	require.Equal(t, workflows.ErrorTooBig, app.Type())
	require.True(t, app.NonRetryable())
}

func TestFetchScheduleWithoutAnOperator(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.planned = []attendance.Planned{{UserID: "u1"}}
	got := must[workflows.ScheduleAnswer](b, workflows.StepFetchSchedule, attendance.Window{})
	require.Equal(t, workflows.ScheduleAnswer{Planned: b.dingTalk.planned, AskedAt: noon}, got)

	b.dingTalk.err = dingtalk.ErrNoOperator
	require.Equal(t, workflows.ScheduleAnswer{NoOperator: true},
		must[workflows.ScheduleAnswer](b, workflows.StepFetchSchedule, attendance.Window{}))
}

func TestReadInstanceAsksForCodesOnlyWhereTheFormIsSilent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.codes = []string{"P"}
	ref := workflows.InstanceRef{ID: "i", Code: "P"}

	b.dingTalk.instance = attendance.Instance{Kind: attendance.ApprovalLeave}
	require.Empty(t, must[workflows.Reading](b, workflows.StepReadInstance, ref).MakeUpCodes)
	require.NotContains(t, b.dingTalk.asked, "MakeUpCodes")

	b.dingTalk.instance.Kind = attendance.ApprovalOther
	require.Equal(t, []string{"P"}, must[workflows.Reading](b, workflows.StepReadInstance, ref).MakeUpCodes)

	b.dingTalk.codesErr = &dingtalk.Error{Kind: dingtalk.KindPermissionMissing}
	got := must[workflows.Reading](b, workflows.StepReadInstance, ref)
	require.Equal(t, b.dingTalk.instance, got.Instance, "the templates are not worth the approval")
}

func TestRefreshEmployees(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.employees = []string{"b", "a"}
	require.Equal(t, 2, must[int](b, workflows.StepRefreshEmployees, workflows.Nothing{}))
	require.Equal(t, []string{"a", "b"}, b.book.employees)
}
