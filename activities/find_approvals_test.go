package activities_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dingtalk"
	"dakasync/workflows"
)

func TestFindMakeUps(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.codes = []string{"P", "Q"}
	b.dingTalk.ids = make([]string, 21)
	got := must[workflows.Found](b, workflows.StepFindMakeUps, workflows.FindMakeUpsInput{UserIDs: []string{"u1"}})
	require.Len(t, got.Instances, 42)
	require.Equal(t, "Q", got.Instances[41].Code)
	require.Equal(t, 4, got.Calls, "two pages of each template")
	require.Equal(t, []string{"MakeUpCodes", "InstanceIDs P COMPLETED [u1]", "InstanceIDs Q COMPLETED [u1]"}, b.dingTalk.asked)
}

func TestFindApprovalsAsksAboutEveryTemplateOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.dingTalk.codes, b.dingTalk.leaves, b.book.templates = []string{"M"}, []string{"L", "M"}, []string{"T", "L", "gone", ""}
	b.dingTalk.ids = []string{"i"}
	b.dingTalk.idsErrs = map[string]error{"gone": &dingtalk.Error{Kind: dingtalk.KindInvalidRequest, Code: "invalidProcessCode"}}
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
	b.dingTalk.idsErrs = map[string]error{"gone": &dingtalk.Error{Kind: dingtalk.KindInvalidRequest, Code: "invalidProcessCode"}}
	b.book.spending.unlisted = []attendance.OpenApproval{{ID: "deleted", Code: "M"}}
	month := attendance.TimeRange{From: noon.AddDate(0, -1, 0), To: noon}
	got := must[workflows.Found](b, workflows.StepFindApprovals, workflows.FindMakeUpsInput{Started: month})
	require.Equal(t, []workflows.InstanceRef{{ID: "deleted", Code: "M"}}, got.Missing)
	require.Equal(t, []string{"UnlistedApprovals [M] 11:00:00 1 20"}, b.book.log)

	got = must[workflows.Found](b, workflows.StepFindApprovals, workflows.FindMakeUpsInput{Started: month, UserIDs: []string{"u1"}})
	require.Empty(t, got.Missing)
}

// approvals are those of one template as DingTalk has them.
type approvals struct {
	t       *testing.T
	all     []listedApproval
	ignores bool   // the status that is asked for
	refuses string // it
	asked   []string
}

type listedApproval struct {
	id, status string
	started    time.Time
}

func (a *approvals) list(_, status string, started attendance.TimeRange) ([]string, error) {
	a.asked = append(a.asked, fmt.Sprintf("%s %s", status, started.To.Sub(started.From).Round(time.Hour)))
	if status != "" && status == a.refuses {
		return nil, &dingtalk.Error{Kind: dingtalk.KindInvalidRequest, Code: "invalidStatuses"}
	}
	var ids []string
	for _, one := range a.all {
		fits := status == "" || a.ignores || one.status == status
		if fits && !one.started.Before(started.From) && one.started.Before(started.To) {
			ids = append(ids, one.id)
		}
	}
	return ids, nil
}

// night is what FindApprovals answers a sweep of the night.
type night struct {
	*bench

	approvals *approvals
	started   attendance.TimeRange
}

// newNight is a night of a template of which the ledger has read 50 of the last
// month, and that was searched whole three nights ago.
func newNight(t *testing.T) *night {
	t.Helper()
	n := &night{bench: newBench(t), approvals: &approvals{t: t}}
	n.started = attendance.TimeRange{From: noon.AddDate(0, 0, -32), To: noon}
	n.dingTalk.codes, n.dingTalk.listFunc = []string{"P"}, n.approvals.list
	for i := range 50 {
		id := fmt.Sprintf("done%02d", i)
		n.approvals.all = append(n.approvals.all, listedApproval{id, attendance.StatusCompleted, noon.AddDate(0, 0, -5)})
		n.book.search.read = append(n.book.search.read, id)
	}
	n.approvals.all = append(n.approvals.all,
		listedApproval{"runs", attendance.StatusRunning, noon.AddDate(0, 0, -20)},
		listedApproval{"new", attendance.StatusCompleted, noon.Add(-3 * time.Hour)},
		listedApproval{"lagged", attendance.StatusCompleted, noon.Add(-29 * time.Hour)},
		listedApproval{"runs since today", attendance.StatusRunning, noon.Add(-2 * time.Hour)},
		listedApproval{"late", attendance.StatusCompleted, noon.AddDate(0, 0, -10)},
	)
	n.book.search.templates = []attendance.TemplateSearch{{
		Code: "P", Finished: 50, ListedAt: noon.AddDate(0, 0, -1), WholeAt: noon.AddDate(0, 0, -3), WholeFrom: noon.AddDate(0, 0, -35), Running: true,
	}}
	n.book.search.seen = []string{"late", "runs"} // when they were running
	return n
}

func (n *night) find(mode attendance.SearchMode) workflows.Found {
	n.t.Helper()
	return must[workflows.Found](n.bench, workflows.StepFindApprovals, workflows.FindMakeUpsInput{Started: n.started, Mode: mode})
}

func refs(ids ...string) []workflows.InstanceRef {
	list := make([]workflows.InstanceRef, 0, len(ids))
	for _, id := range ids {
		list = append(list, workflows.InstanceRef{ID: id, Code: "P"})
	}
	return list
}

// What finished is found whether it was started lately or long ago, for one call for
// what runs and one for what is new.
func TestNightSearchesInParts(t *testing.T) {
	t.Parallel()
	n := newNight(t)
	got := n.find(attendance.SearchParts)
	require.Equal(t, []string{"RUNNING 768h0m0s", "COMPLETED 30h0m0s"}, n.approvals.asked, "what runs first: it may end in between")
	require.Equal(t, refs("lagged", "late", "new"), got.Instances)
	require.Equal(t, []attendance.SearchedTemplate{{Code: "P", Running: true}}, got.Searched)
	require.Equal(t, 2, got.Calls)
	require.Contains(t, n.book.search.seen, "runs since today", "it is watched from now on")
	require.Contains(t, n.book.log, "UnlistedApprovals [P] 11:00:00 2 20")
}

// The answer is right whatever DingTalk makes of the status.
func TestNightSearchesRightlyWithoutStatuses(t *testing.T) {
	t.Parallel()
	everything := refs("lagged", "late", "new", "runs", "runs since today")
	for name, test := range map[string]struct {
		ignores bool
		refuses string
		found   []workflows.InstanceRef
		asked   []string
		proof   attendance.SearchedTemplate
	}{
		"ignored": {ignores: true, found: everything, asked: []string{"RUNNING 768h0m0s"}, proof: attendance.SearchedTemplate{Whole: true, Running: true}},
		"running refused": {
			refuses: attendance.StatusRunning, found: refs("lagged", "late", "new"),
			asked: []string{"RUNNING 768h0m0s", "COMPLETED 768h0m0s"}, proof: attendance.SearchedTemplate{Whole: true},
		},
		"finished refused": {
			refuses: attendance.StatusCompleted, found: refs("lagged", "late", "new"),
			asked: []string{"RUNNING 768h0m0s", "COMPLETED 30h0m0s", " 30h0m0s"}, proof: attendance.SearchedTemplate{Running: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t)
			n.approvals.ignores, n.approvals.refuses = test.ignores, test.refuses
			got := n.find(attendance.SearchParts)
			require.Equal(t, test.found, got.Instances)
			require.Equal(t, test.asked, n.approvals.asked)
			test.proof.Code = "P"
			require.Len(t, got.Searched, 1)
			require.Equal(t, test.proof.Whole, !got.Searched[0].From.IsZero())
			got.Searched[0].From = time.Time{}
			require.Equal(t, []attendance.SearchedTemplate{test.proof}, got.Searched)
		})
	}
}

func TestNightSearchesWhole(t *testing.T) {
	t.Parallel()
	whole := []string{"RUNNING 768h0m0s", "COMPLETED 768h0m0s"}
	for name, test := range map[string]struct {
		mode   attendance.SearchMode
		change func(*attendance.TemplateSearch)
		asked  []string
		runs   bool
	}{
		"once a week":      {attendance.SearchWhole, func(*attendance.TemplateSearch) {}, whole, true},
		"a week is over":   {attendance.SearchParts, func(s *attendance.TemplateSearch) { s.WholeAt = noon.AddDate(0, 0, -7) }, whole, true},
		"never searched":   {attendance.SearchParts, func(s *attendance.TemplateSearch) { *s = attendance.TemplateSearch{Code: "P", Finished: 61} }, whole, true},
		"few of them":      {attendance.SearchParts, func(s *attendance.TemplateSearch) { s.Finished = 40 }, whole[1:], false},
		"few on its night": {attendance.SearchWhole, func(s *attendance.TemplateSearch) { s.Finished = 40 }, whole[1:], false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t)
			test.change(&n.book.search.templates[0])
			got := n.find(test.mode)
			require.Equal(t, refs("lagged", "late", "new"), got.Instances)
			require.Equal(t, test.asked, n.approvals.asked)
			require.Len(t, got.Searched, 1)
			require.True(t, got.Searched[0].Whole)
			require.Equal(t, test.runs, got.Searched[0].Running)
			require.True(t, got.Searched[0].From.Equal(n.started.From))
			require.Contains(t, n.book.log, "UnlistedApprovals [P] 11:00:00 53 20")
		})
	}
}

// More than a sweep reads is not handed to it; what is left proves nothing.
func TestNightSearchIsBounded(t *testing.T) {
	t.Parallel()
	n := newNight(t)
	for i := range 3000 {
		n.approvals.all = append(n.approvals.all, listedApproval{fmt.Sprintf("x%04d", i), attendance.StatusCompleted, noon.Add(-time.Hour)})
	}
	got := n.find(attendance.SearchParts)
	require.Len(t, got.Instances, 2000)
	require.True(t, got.More)
	require.Equal(t, 1+151, got.Calls)
}

// Something that may have been missed, or dates further back, want everything listed.
func TestPlanSweepSaysHowToSearch(t *testing.T) {
	t.Parallel()
	mode := func(change func(b *book)) attendance.SearchMode {
		n := newNight(t)
		n.book.search.templates[0].WholeFrom = noon.AddDate(0, 0, -33)
		change(n.book)
		return must[workflows.SweepPlan](n.bench, workflows.StepPlanSweep, workflows.SweepInput{}).Search
	}
	require.Equal(t, attendance.SearchParts, mode(func(*book) {}))
	require.Equal(t, attendance.SearchWhole, mode(func(b *book) { b.gaps = []attendance.Gap{{Began: noon.Add(-time.Hour), Ended: noon}} }))
	require.Equal(t, attendance.SearchWhole, mode(func(b *book) { b.lost = []attendance.LostRead{{ID: "a", Since: noon, Until: noon}} }))
	require.Equal(t, attendance.SearchWhole, mode(func(b *book) { b.unsettled = []attendance.Date{day(11, 19)} }), "30 days before that date")
	require.Equal(t, attendance.SearchParts, mode(func(b *book) { b.unsettled = []attendance.Date{day(11, 21)} }))
	require.Equal(t, attendance.SearchWhole, mode(func(b *book) { b.search.templates[0].WholeAt = noon.AddDate(0, 0, -7) }))

	n := newNight(t)
	for _, in := range []workflows.SweepInput{{Date: "2026-11-20"}, {Blind: true}} {
		require.Equal(t, attendance.SearchPlain, must[workflows.SweepPlan](n.bench, workflows.StepPlanSweep, in).Search)
	}
}

func TestSettleDaysKeepsWhatAProvenSweepHasListed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := workflows.SettleInput{
		Evidence: &attendance.Evidence{Since: noon, Refused: true}, Searched: []attendance.SearchedTemplate{{Code: "P", Running: true}},
	}
	must[[]attendance.Date](b, workflows.StepSettleDays, in)
	require.Empty(t, b.book.log)
	in.Evidence.Refused = false
	must[[]attendance.Date](b, workflows.StepSettleDays, in)
	require.Len(t, b.book.log, 1)
	require.Contains(t, b.book.log[0], "SaveApprovalSearches 12:00:00")
}

func (b *book) ApprovalSearches(context.Context, time.Time) ([]attendance.TemplateSearch, error) {
	return b.search.templates, b.err
}

func (b *book) ListApprovals(_ context.Context, code string, ids []string) ([]string, error) {
	unended := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(b.search.read, id) })
	slices.Sort(unended)
	b.search.seen = append(b.search.seen, unended...)
	return unended, b.note("ListApprovals %s %d", code, len(ids))
}

func (b *book) EndedApprovals(_ context.Context, code string, running []string, started attendance.TimeRange, limit int) ([]string, error) {
	ended := slices.DeleteFunc(slices.Clone(b.search.seen), func(id string) bool { return slices.Contains(running, id) })
	return ended[:min(limit, len(ended))], b.note("EndedApprovals %s %s", code, started.To.Format(time.TimeOnly))
}

func (b *book) SaveApprovalSearches(_ context.Context, at time.Time, searched []attendance.SearchedTemplate) error {
	return b.note("SaveApprovalSearches %s %v", at.Format(time.TimeOnly), searched)
}

// searching is what the book knows of searches for approvals.
type searching struct {
	templates []attendance.TemplateSearch
	read      []string // to their end
	seen      []string // before
}
