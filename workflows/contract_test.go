package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"dakasync/attendance"
	"dakasync/workflows"
)

// Users' scripts and dashboards rely on these.
func TestNamesAreFixed(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		"PunchEvent", "DayEvent", "ApprovalEvent", "DrainFailedPushes", "ReconcileDay", "Resync", "Backfill", "RecoverBlindTime",
		"FetchBatch", "Govern",
	}, workflows.Types())
	require.Equal(t, []string{"DakaUserId", "DakaWorkDate", "DakaEventType", "DakaOutcome"}, workflows.SearchAttributes())
	require.Equal(t, "drain-failed-pushes", workflows.ScheduleDrain)
	require.Equal(t, "reconcile-day", workflows.ScheduleReconcile)
	require.Equal(t, "resync", workflows.SignalResync)
	require.Equal(t, "progress", workflows.QueryProgress)
	require.Equal(t, "resync/ding%2F1", workflows.ResyncID("ding/1"))
	require.Equal(t, "recover/ding%2F1", workflows.RecoverID("ding/1"))
	require.Equal(t, "batch/ding%2F1/2026-11-23T04:05:00Z", workflows.BatchID("ding/1", clock(11, 23, 12, 5)))
	require.Equal(t, "govern", workflows.ScheduleGovern)
	require.Equal(t, "recover", workflows.SignalRecover)
	require.Equal(t, "dakasync-dingtalk", workflows.DingTalkQueue("dakasync"))
	require.Equal(t, "dakasync-background", workflows.BackgroundQueue("dakasync"))
}

func TestStartOptions(t *testing.T) {
	t.Parallel()
	h := punchHint(clock(11, 23, 9, 0))
	o := workflows.StartOptions("dakasync", h)
	require.Equal(t, "punch/ding1/u1/1795395600000", o.ID)
	require.Equal(t, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY, o.WorkflowIDReusePolicy)
	require.True(t, o.WorkflowExecutionErrorWhenAlreadyStarted)
	outcome, _ := o.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword("DakaOutcome"))
	require.Equal(t, "pending", outcome)
	user, _ := o.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword("DakaUserId"))
	require.Equal(t, "u1", user)
	require.Equal(t, workflows.PriorityLive, o.Priority.PriorityKey)

	day := workflows.StartOptions("dakasync", dayHint())
	require.Equal(t, "day/ding1/u1/2026-11-20/e1", day.ID)
	date, _ := day.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword("DakaWorkDate"))
	require.Equal(t, "2026-11-20", date)

	approval := workflows.StartOptions("dakasync", approvalHint("finish", "agree"))
	require.Equal(t, "approval/ding1/i1/finish", approval.ID)
	require.Equal(t, workflows.PriorityApproval, approval.Priority.PriorityKey)
}

// What a person waits for goes before what a machine does by itself; what has the
// same priority but another key has its turns.
func TestPrioritiesAndFairness(t *testing.T) {
	t.Parallel()
	backfill := func(from, to string) temporal.Priority {
		return workflows.BackfillOptions("q", "ding1", workflows.BackfillInput{From: from, To: to}).Priority
	}
	require.Equal(t, []temporal.Priority{
		{PriorityKey: 1, FairnessKey: "punch"}, {PriorityKey: 1, FairnessKey: "day"},
		{PriorityKey: 2, FairnessKey: "resync"}, {PriorityKey: 2, FairnessKey: "reconcile/2026-11-20"},
		{PriorityKey: 3, FairnessKey: "approval"}, {PriorityKey: 4}, {PriorityKey: 5, FairnessKey: "backfill/2026-06-01/2026-11-20"},
	}, []temporal.Priority{
		workflows.StartOptions("q", punchHint(clock(11, 23, 9, 0))).Priority, workflows.StartOptions("q", dayHint()).Priority,
		workflows.ResyncOptions("q", "ding1").Priority, workflows.ReconcileOptions("q", "ding1", "2026-11-20").Priority,
		workflows.StartOptions("q", approvalHint("finish", "agree")).Priority, workflows.RecoverOptions("q", "ding1").Priority,
		backfill("2026-06-01", "2026-11-20"),
	})
	require.NotEqual(t, backfill("2026-06-01", "2026-11-20"), backfill("2026-05-01", "2026-06-01"))
	require.Len(t, backfill(strings.Repeat("x", 100), "").FairnessKey, 64, "Temporal refuses longer ones")
}

func TestLongUserIDsFitTheSearchAttribute(t *testing.T) {
	t.Parallel()
	h := punchHint(clock(11, 23, 9, 0))
	h.UserID = strings.Repeat("号", 100)
	user, _ := workflows.StartOptions("q", h).TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword("DakaUserId"))
	require.LessOrEqual(t, len(user), 255)
	require.True(t, utf8.ValidString(user))
}

type starter struct {
	client.WorkflowRun

	err  error
	args []any
}

func (s *starter) ExecuteWorkflow(_ context.Context, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	s.args = args
	return s, s.err
}

func (s *starter) GetRunID() string { return "run" }

func TestStart(t *testing.T) {
	t.Parallel()
	h := punchHint(clock(11, 23, 9, 0))
	s := &starter{}
	runID, started, err := workflows.Start(t.Context(), s, "q", h, []byte(`{"a":1}`))
	require.NoError(t, err)
	require.True(t, started)
	require.Equal(t, "run", runID)
	require.Equal(t, []any{workflows.EventInput{Hint: h, Payload: []byte(`{"a":1}`)}}, s.args)

	s.err = serviceerror.NewWorkflowExecutionAlreadyStarted("there", "request", "earlier")
	runID, started, err = workflows.Start(t.Context(), s, "q", h, nil)
	require.NoError(t, err, "a duplicate is success")
	require.False(t, started)
	require.Equal(t, "earlier", runID)

	s.err = errors.New("Temporal is away")
	_, _, err = workflows.Start(t.Context(), s, "q", h, nil)
	require.ErrorContains(t, err, h.Key())
}

// Temporal refuses inputs of 2 MB: such an element of the failed-push list would
// have kept every later drain waiting.
func TestStartLeavesABigPayloadBehind(t *testing.T) {
	t.Parallel()
	s := &starter{}
	payload := []byte(`{"a":"` + strings.Repeat("<", 1_000_000) + `"}`)
	_, started, err := workflows.Start(t.Context(), s, "q", punchHint(clock(11, 23, 9, 0)), payload)
	require.NoError(t, err)
	require.True(t, started)
	input, err := json.Marshal(s.args)
	require.NoError(t, err)
	require.Less(t, len(input), 2_000_000)
	require.Contains(t, string(input), `"user_id":"u1"`)
}

func TestEveryKindHasAWorkflow(t *testing.T) {
	t.Parallel()
	for _, kind := range []attendance.Kind{attendance.KindPunch, attendance.KindDay, attendance.KindApproval} {
		require.Contains(t, workflows.Types(), workflows.TypeOf(kind))
	}
	require.Panics(t, func() { workflows.TypeOf("unknown") })
}
