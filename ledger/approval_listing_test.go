package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/ledger"
)

// started is the interval of starts that the tests look at.
var started = attendance.TimeRange{From: at("08:00:00"), To: at("10:00:00")}

func (b bundle) approve(id, code string, createdAt time.Time, change func(*attendance.Instance)) {
	b.t.Helper()
	i := makeUp(id, at("09:00:00"), monday)
	i.ProcessCode, i.CreatedAt = code, createdAt
	if change != nil {
		change(&i)
	}
	b.instance(i)
}

func runs(i *attendance.Instance) { i.Status, i.Result = attendance.StatusRunning, "" }

func (b bundle) list(code string, ids ...string) []string {
	b.t.Helper()
	unended, err := b.ListApprovals(b.t.Context(), code, ids)
	require.NoError(b.t, err)
	return unended
}

func (b bundle) ended(code string, running ...string) []string {
	b.t.Helper()
	ids, err := b.EndedApprovals(b.t.Context(), code, running, started, 100)
	require.NoError(b.t, err)
	return ids
}

func (b bundle) watched() []string {
	return b.rows(`SELECT process_instance_id || ' ' || process_code FROM dakasync.listed_approval ORDER BY 1`)
}

// What was seen before it was over is over when it is not listed as running any
// more, until it is read.
func TestEndedApprovals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	b.approve("read", "P", at("09:00:00"), nil)
	require.Equal(t, []string{"runs", "unheard"}, b.list("P", "unheard", "read", "runs", "unheard"))
	require.Empty(t, b.ended("P", "unheard", "runs"))
	require.Equal(t, []string{"unheard"}, b.ended("P", "runs"))
	require.Empty(t, b.ended("Q"), "of another template")

	b.approve("told", "P", at("09:00:00"), func(i *attendance.Instance) { runs(i); i.ReadAt = time.Time{} })
	b.approve("told too early", "P", at("07:59:59"), runs)
	b.approve("told just now", "P", at("10:00:00"), runs)
	require.Equal(t, []string{"told", "unheard"}, b.ended("P", "runs"), "an event told that it began")

	b.instance(attendance.Instance{ProcessInstanceID: "runs", ProcessCode: "P", Status: attendance.StatusTerminated})
	b.approve("unheard", "P", at("09:00:00"), nil)
	require.Equal(t, []string{"told"}, b.ended("P"), "withdrawn by its event, and read")
	require.NoError(t, b.SaveUnread(ctx, "told", "P", monday, "NotFound"))
	require.Equal(t, []string{"told"}, b.ended("P"), "reads lag")
	_, err := b.sql.Exec(ctx, `UPDATE dakasync.unread_approval SET found_at = now() - interval '25 hours'`)
	require.NoError(t, err)
	require.Empty(t, b.ended("P"), "it was there for nobody for a day")
	require.NoError(t, b.SaveUnread(ctx, "told", "P", monday, "Malformed"))
	require.Empty(t, b.ended("P"), "it has a turn of its own")

	b.list("P", "a", "b")
	limited, err := b.EndedApprovals(ctx, "P", nil, started, 1)
	require.NoError(t, err)
	require.Len(t, limited, 1)
	require.NoError(t, b.SaveApprovalSearches(ctx, at("02:10:00"), nil))
	require.Equal(t, []string{"a P", "b P"}, b.watched(), "the others need no watching")
	_, err = b.sql.Exec(ctx, `UPDATE dakasync.listed_approval SET listed_at = now() - interval '41 days' WHERE process_instance_id = 'a'`)
	require.NoError(t, err)
	require.NoError(t, b.SaveApprovalSearches(ctx, at("02:10:00"), nil))
	require.Equal(t, []string{"b P"}, b.watched())
}

// A long approval that leaves the time that is searched is read once more, and then
// no more every night.
func TestApprovalThatRunsLongerThanIsSearched(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.list("P", "long")
	require.Equal(t, []string{"long"}, b.ended("P"))
	b.approve("long", "P", at("07:59:00"), runs)
	require.Empty(t, b.ended("P"))
}

// An approval that was read by its id alone gets its template from a list, for good.
func TestListNamesTheTemplate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.approve("nameless", "", at("09:00:00"), nil)
	b.approve("named", "Q", at("09:00:00"), nil)
	b.instance(attendance.Instance{ProcessInstanceID: "told", Status: attendance.StatusCompleted, Result: attendance.ResultAgree})
	codes := func() []string {
		return b.rows(`SELECT process_instance_id || ' ' || coalesce(process_code, '-') FROM dakasync.approval ORDER BY 1`)
	}
	require.Equal(t, []string{"told"}, b.list("P", "nameless", "named", "told"))
	require.Equal(t, []string{"named Q", "nameless P", "told -"}, codes())
	b.instance(attendance.Instance{ProcessInstanceID: "nameless", Status: attendance.StatusDeleted})
	require.Equal(t, []string{"named Q", "nameless P", "told -"}, codes(), "what is learnt later does not take it back")
}

func TestApprovalSearches(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	b.approve("1", "P", at("08:00:00"), nil)
	b.approve("2", "P", at("09:00:00"), nil)
	b.approve("before", "P", at("07:59:59"), nil)
	b.approve("runs", "P", at("09:00:00"), runs)
	b.approve("deleted", "P", at("09:00:00"), func(i *attendance.Instance) { i.Status = attendance.StatusDeleted })
	b.approve("expense", "E", at("09:00:00"), func(i *attendance.Instance) { i.Kind, i.MakeUps = attendance.ApprovalOther, nil })
	searches := func() []attendance.TemplateSearch {
		list, err := b.ApprovalSearches(ctx, started.From)
		require.NoError(t, err)
		return list
	}
	require.Equal(t, []attendance.TemplateSearch{{Code: "P", Finished: 2}}, searches())

	first, second := at("02:10:00").UTC(), at("02:10:00").AddDate(0, 0, 1).UTC()
	from := first.AddDate(0, 0, -32)
	require.NoError(t, b.SaveApprovalSearches(ctx, first, []attendance.SearchedTemplate{{Code: "P", Whole: true, From: from, Running: true}, {Code: "L", Whole: true, From: from}}))
	want := []attendance.TemplateSearch{
		{Code: "L", ListedAt: first, WholeAt: first, WholeFrom: from},
		{Code: "P", Finished: 2, ListedAt: first, WholeAt: first, WholeFrom: from, Running: true},
	}
	require.Equal(t, want, searches())
	require.NoError(t, b.SaveApprovalSearches(ctx, second, []attendance.SearchedTemplate{{Code: "P", Running: true}, {Code: "P", Running: true}}))
	want[1].ListedAt = second
	require.Equal(t, want, searches())
	require.NoError(t, b.SaveApprovalSearches(ctx, first, []attendance.SearchedTemplate{{Code: "P"}}))
	require.Equal(t, want, searches(), "told of again, and late")
	require.ErrorIs(t, b.SaveApprovalSearches(ctx, time.Time{}, nil), ledger.ErrNoSubject)
}
