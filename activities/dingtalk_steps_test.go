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

func TestFindMakeUps(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.codes = []string{"P", "Q"}
	b.dingTalk.ids = make([]string, 21)
	got := must[workflows.Found](b, workflows.StepFindMakeUps, workflows.FindMakeUpsInput{UserIDs: []string{"u1"}})
	require.Len(t, got.Instances, 42)
	require.Equal(t, "Q", got.Instances[41].Code)
	require.Equal(t, 4, got.Calls, "two pages of each template")
	require.Equal(t, []string{"MakeUpCodes", "InstanceIDs P [u1]", "InstanceIDs Q [u1]"}, b.dingTalk.asked)
}

func TestFindApprovalsAsksAboutEveryTemplateOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.codes, b.dingTalk.leaves, b.book.templates = []string{"M"}, []string{"L", "M"}, []string{"T", "L", "gone", ""}
	b.dingTalk.ids = []string{"i"}
	b.dingTalk.idsErrs = map[string]error{"gone": &dingtalk.Error{Kind: dingtalk.KindInvalidRequest}}
	got := must[workflows.Found](b, workflows.StepFindApprovals, workflows.FindMakeUpsInput{})
	require.Equal(t, []workflows.InstanceRef{{ID: "i", Code: "L"}, {ID: "i", Code: "M"}, {ID: "i", Code: "T"}}, got.Instances)
	require.Equal(t, 4, got.Calls)

	for code, kind := range map[string]dingtalk.Kind{
		"L": dingtalk.KindInvalidRequest, // a template that is there: something else is wrong
		"T": dingtalk.KindTransient,      // it may be there
	} {
		b.dingTalk.idsErrs = map[string]error{code: &dingtalk.Error{Kind: kind}}
		_, err := step[workflows.Found](b, workflows.StepFindApprovals, workflows.FindMakeUpsInput{})
		require.Equal(t, string(kind), appError(t, err).Type())
	}
	b.dingTalk.idsErrs, b.book.err = nil, errAway
	_, err := step[workflows.Found](b, workflows.StepFindApprovals, workflows.FindMakeUpsInput{})
	require.False(t, appError(t, err).NonRetryable(), "PostgreSQL comes back")
}

// What was agreed and is not listed any more may have been deleted; only a search
// for everybody's can tell, and not of what was started just now.
func TestFindApprovalsNamesThoseThatAreNotListed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.codes, b.dingTalk.ids, b.book.templates = []string{"M"}, []string{"i"}, []string{"gone"}
	b.dingTalk.idsErrs = map[string]error{"gone": &dingtalk.Error{Kind: dingtalk.KindInvalidRequest}}
	b.book.spending.unlisted = []attendance.OpenApproval{{ID: "deleted", Code: "M"}}
	month := attendance.TimeRange{From: noon.AddDate(0, -1, 0), To: noon}
	got := must[workflows.Found](b, workflows.StepFindApprovals, workflows.FindMakeUpsInput{Started: month})
	require.Equal(t, []workflows.InstanceRef{{ID: "deleted", Code: "M"}}, got.Missing)
	require.Equal(t, []string{"UnlistedApprovals [M] 11:00:00 1 20"}, b.book.log)

	got = must[workflows.Found](b, workflows.StepFindApprovals, workflows.FindMakeUpsInput{Started: month, UserIDs: []string{"u1"}})
	require.Empty(t, got.Missing)
}

func TestRefreshEmployees(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.employees = []string{"b", "a"}
	require.Equal(t, 2, must[int](b, workflows.StepRefreshEmployees, workflows.Nothing{}))
	require.Equal(t, []string{"a", "b"}, b.book.employees)
}
