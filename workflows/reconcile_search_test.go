package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/workflows"
)

// weeks are three searches that follow each other.
func weeks() []attendance.TimeRange {
	from := clock(11, 1, 0, 0)
	return attendance.TimeRange{From: from, To: clock(11, 21, 12, 0)}.Pieces(7 * 24 * time.Hour)
}

func searcher(t *testing.T, mode attendance.SearchMode) *world {
	t.Helper()
	w := newWorld(t)
	w.employees, w.unsettled, w.search, w.searches = []string{"u1"}, []attendance.Date{day(11, 22)}, mode, weeks()
	return w
}

// A search in parts is one; what it has listed is kept when the sweep is proven.
func TestSweepSearchesInParts(t *testing.T) {
	t.Parallel()
	for _, hurried := range []bool{false, true} {
		w := searcher(t, attendance.SearchParts)
		var asked []workflows.FindMakeUpsInput
		w.searchFunc = func(in workflows.FindMakeUpsInput) error { asked = append(asked, in); return nil }
		listed := []attendance.SearchedTemplate{{Code: "P", Running: true}}
		w.foundFunc = func(f *workflows.Found) { f.Searched = listed }
		w.found, w.instances["late"] = []workflows.InstanceRef{{ID: "late", Code: "P"}}, []attendance.Instance{leave("late")}
		sweep(w, workflows.ReconcileInput{}, hurried)
		require.Len(t, asked, 1)
		require.Equal(t, attendance.SearchParts, asked[0].Mode)
		require.True(t, asked[0].Started.From.Equal(weeks()[0].From))
		require.True(t, asked[0].Started.To.Equal(weeks()[2].To))
		require.Equal(t, []string{attendance.StatusCompleted}, w.savedAs("late"))
		require.Equal(t, listed, w.searched)
	}
}

// A search of all is cut, and has listed what each of its parts has.
func TestSweepSearchesWhole(t *testing.T) {
	t.Parallel()
	for _, hurried := range []bool{false, true} {
		w := searcher(t, attendance.SearchWhole)
		w.foundFunc = func(f *workflows.Found) {
			n := w.count(workflows.StepFindApprovals)
			f.Searched = []attendance.SearchedTemplate{
				{Code: "P", Whole: true, From: weeks()[n-1].From, Running: true},
				{Code: "Q", Whole: true, From: weeks()[n-1].From, Running: n != 2},
			}
			if n > 1 {
				f.Searched = append(f.Searched, attendance.SearchedTemplate{Code: "new", Whole: true})
			}
		}
		sweep(w, workflows.ReconcileInput{}, hurried)
		require.Equal(t, 3, w.count(workflows.StepFindApprovals))
		require.Len(t, w.searched, 2, "a template that is known since the second part was not searched in the first")
		for i, s := range w.searched {
			require.True(t, s.Whole)
			require.Equal(t, i == 0, s.Running)
			require.True(t, s.From.Equal(weeks()[0].From))
		}
	}
}

// What was not all read, or not all listed, is no proof for the nights to come.
func TestSweepThatIsNotProvenKeepsNoSearch(t *testing.T) {
	t.Parallel()
	for name, break_ := range map[string]func(w *world){
		"days": func(w *world) { w.windowFunc = func(attendance.Window) error { return final("Malformed", "no JSON") } },
		"too big": func(w *world) {
			w.searchFunc = func(workflows.FindMakeUpsInput) error { return final(workflows.ErrorTooBig, "too big") }
		},
		"more":      func(w *world) { w.foundFunc = func(f *workflows.Found) { f.More = true } },
		"by a date": func(w *world) { w.search = attendance.SearchPlain },
	} {
		w := searcher(t, attendance.SearchParts)
		w.foundFunc = func(f *workflows.Found) { f.Searched = []attendance.SearchedTemplate{{Code: "P", Running: true}} }
		break_(w)
		_, _ = sweep(w, workflows.ReconcileInput{}, true)
		require.Empty(t, w.searched, name)
		require.Equal(t, name != "by a date", w.proof.Refused, name)
	}
}
