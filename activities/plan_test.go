package activities_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/workflows"
)

func TestResolveRange(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	require.Equal(t, attendance.DateRange{From: day(11, 20), To: day(11, 23)},
		must[attendance.DateRange](b, workflows.StepResolveRange, workflows.RangeInput{From: "2026-11-20", To: "2026-12-31"}))
	_, err := step[attendance.DateRange](b, workflows.StepResolveRange, workflows.RangeInput{From: "2026-01-01", To: "2026-12-31"})
	app := appError(t, err)
	require.True(t, app.NonRetryable())
	require.Equal(t, workflows.ErrorBadRange, app.Type())
	require.Contains(t, app.Message(), "over 180 days back")
}

func TestPlanWalk(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.employees = make([]string, 60)
	chunks := attendance.DateRange{From: day(11, 1), To: day(11, 10)}.Chunk()

	everybody := must[workflows.WalkPlan](b, workflows.StepPlanWalk, workflows.WalkInput{Chunks: chunks})
	require.Equal(t, 600, everybody.Total)
	require.Equal(t, []string{"CountEmployees 2026-11-01 00:00:00"}, b.book.log, "those who left since are asked about")
	require.Len(t, everybody.Searches, 1, "52 days and a half: each search costs a call a template")
	require.Equal(t, time.Date(2026, 10, 2, 0, 0, 0, 0, shanghai), everybody.Searches[0].From, "a leave may be asked for a month before")
	require.Equal(t, noon, everybody.Searches[0].To)

	b.book.employees = make([]string, 1001)
	many := must[workflows.WalkPlan](b, workflows.StepPlanWalk, workflows.WalkInput{Chunks: chunks})
	require.Len(t, many.Searches, 8, "in weeks: what is found must fit the history")

	named := must[workflows.WalkPlan](b, workflows.StepPlanWalk, workflows.WalkInput{UserIDs: []string{"a", "b"}, Chunks: chunks})
	require.Equal(t, 20, named.Total)
	require.Len(t, named.Searches, 1)

	require.Equal(t, workflows.WalkPlan{}, must[workflows.WalkPlan](b, workflows.StepPlanWalk, workflows.WalkInput{}))
}

func TestPlanSweepTakesYesterdayAndWhatIsOpen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.unsettled = []attendance.Date{day(11, 10)}
	b.book.due = []attendance.UserDay{{UserID: "a", WorkDate: day(11, 10)}, {UserID: "b", WorkDate: day(11, 23)}}
	b.book.spending.loose = []attendance.UserDay{{UserID: "b", WorkDate: day(11, 23)}, {UserID: "c", WorkDate: day(11, 3)}}
	b.book.open, b.book.unread = []attendance.OpenApproval{{ID: "i", Key: "k"}}, []attendance.OpenApproval{{ID: "j"}}
	plan := must[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{})
	require.Equal(t, []attendance.Date{day(11, 10), day(11, 22)}, plan.Dates)
	require.Equal(t, []attendance.UserDay{{UserID: "b", WorkDate: day(11, 23)}, {UserID: "c", WorkDate: day(11, 3)}}, plan.Due, "each once; the others are swept anyway")
	require.Equal(t, slices.Concat(b.book.open, b.book.unread), plan.Approvals)
	require.Equal(t, []string{
		"UnsettledDates 2026-05-27 2026-11-22", "SettleAnswered 2026-11-10 2026-11-12 00:00:00",
		"UnsettledDates 2026-05-27 2026-11-22", "Unreconciled 2026-05-27 2026-11-21 14", "KeptSince 2026-11-10 00:00:00", "DueDays 2026-05-27 2026-11-23", "LooseDays 2026-05-27 2026-11-22",
	}, b.book.log[2:])
	require.Equal(t, noon, plan.At)

	b.book.spending.kept = true
	must[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{})
	require.Contains(t, b.book.log, "DueDays 2026-05-27 2026-11-22", "today's days are left to tomorrow where calls are spared")

	one := must[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{Date: "2026-11-01"})
	require.Equal(t, workflows.SweepPlan{Dates: []attendance.Date{day(11, 1)}, At: noon, Split: &workflows.Split{Anew: true, Brisk: true}}, one)

	for _, bad := range []string{"2026-02-30", "2026-11-24", "2026-01-01", "soon"} {
		_, err := step[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{Date: bad})
		require.True(t, appError(t, err).NonRetryable(), bad)
	}
}

func TestPlanSweepPaysForNothingTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.unsettled = []attendance.Date{day(11, 10), day(11, 11), day(11, 22)}
	b.book.answered = []attendance.Date{day(11, 10)} // by a backfill
	plan := must[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{})
	require.Equal(t, []attendance.Date{day(11, 11), day(11, 22)}, plan.Dates)
	require.NotContains(t, b.book.log, "SettleAnswered 2026-11-22 2026-11-24 00:00:00", "yesterday may still change")
}

// What a lost read of failed pushes told of is asked about, today included.
func TestPlanSweepTakesWhatLostReadsMayHaveToldOf(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.lost = []attendance.LostRead{
		{ID: "a", Since: noon.AddDate(0, 0, -4), Until: noon.AddDate(0, 0, -3)},
		{ID: "b", Since: noon.Add(-2 * time.Hour), Until: noon.Add(-time.Hour)},
		{ID: "c", Since: noon.AddDate(-1, 0, 0), Until: noon.AddDate(0, 0, -180)},
	}
	plan := must[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{})
	require.Equal(t, []attendance.Date{day(5, 27), day(11, 18), day(11, 19), day(11, 20), day(11, 22), day(11, 23)}, plan.Dates)
	require.Equal(t, []string{"a", "b", "c"}, plan.Drains)

	must[[]attendance.Date](b, workflows.StepSettleDays, workflows.SettleInput{Drains: plan.Drains})
	require.Equal(t, "ResolveDrains [a b c]", b.book.log[len(b.book.log)-1])
}

// A gap concerns the days of its time, the one before for night shifts, and what
// was born before it and would have been told again in it.
func TestPlanSweepTakesWhatGapsConcern(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	midnight := time.Date(2026, 11, 20, 0, 0, 0, 0, shanghai)
	b.book.gaps = []attendance.Gap{{Began: midnight.Add(4 * time.Minute), Ended: midnight.Add(5 * time.Minute)}}
	b.book.lost = []attendance.LostRead{{ID: "a", Since: noon.Add(-2 * time.Hour), Until: noon.Add(-time.Hour)}}
	b.book.unsettled, b.book.unreconciled = []attendance.Date{day(11, 10)}, []attendance.Date{day(11, 12)}
	b.book.due, b.book.open = []attendance.UserDay{{UserID: "a", WorkDate: day(11, 9)}}, []attendance.OpenApproval{{ID: "i"}}

	blind := must[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{Blind: true})
	require.Equal(t, workflows.SweepPlan{
		Dates: []attendance.Date{day(11, 18), day(11, 19), day(11, 20), day(11, 22), day(11, 23)},
		Gaps:  blind.Gaps, Drains: []string{"a"}, At: noon,
	}, blind, "and nothing else")
	require.True(t, blind.Gaps[0].Began.Equal(b.book.gaps[0].Began))
	require.Equal(t, []string{"FindGaps", "LostReads 11:50:00"}, b.book.log)

	all := must[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{})
	require.Equal(t, append([]attendance.Date{day(11, 10), day(11, 12)}, blind.Dates...), all.Dates)
	require.Len(t, all.Gaps, 1)

	one := must[workflows.SweepPlan](b, workflows.StepPlanSweep, workflows.SweepInput{Date: "2026-11-20"})
	require.Empty(t, one.Gaps, "a date is not all that a gap concerns")
}

// What a sweep shows is written when it was final as the sweep began, and only if
// nothing was refused.
func TestSettleDaysJudgesApprovalsAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	must[[]attendance.Date](b, workflows.StepSettleDays, workflows.SettleInput{})
	require.Equal(t, []string{"2026-11-16"}, b.book.spending.judged)
}

func TestSettleDaysProvesWhatWasAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	final := time.Date(2026, 11, 22, 0, 0, 0, 0, shanghai) // of the 20th
	in := workflows.SettleInput{
		Dates: []attendance.Date{day(11, 20), day(11, 21)}, Gaps: []time.Time{noon},
		Evidence: &attendance.Evidence{Since: final, UserDays: 7},
	}
	require.Equal(t, in.Dates, must[[]attendance.Date](b, workflows.StepSettleDays, in), "settled by the answers' own times")
	require.Equal(t, []string{"CloseGaps 1 7 default-test-workflow-id", "SaveReconciled [2026-11-20]"}, b.book.log[2:])

	for name, evidence := range map[string]*attendance.Evidence{
		"refused": {Since: noon, Refused: true},
		"unknown": nil,
	} {
		b.book.log, in.Evidence = nil, evidence
		must[[]attendance.Date](b, workflows.StepSettleDays, in)
		require.Len(t, b.book.log, 2, name)
	}

	b.book.log, in.Gaps, in.Evidence = nil, nil, &attendance.Evidence{Since: final.Add(-time.Second)}
	must[[]attendance.Date](b, workflows.StepSettleDays, in)
	require.Len(t, b.book.log, 2, "no date was final when the sweep began")
}

func TestSettleDaysOnlyWhatIsFinal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := workflows.SettleInput{Dates: []attendance.Date{day(11, 21), day(11, 22), day(11, 23)}}
	require.Equal(t, []attendance.Date{day(11, 21)}, must[[]attendance.Date](b, workflows.StepSettleDays, in))
	require.Equal(t, []string{"SettleDay 2026-11-21 2026-11-23 00:00:00"}, b.book.log,
		"a night shift may end at noon of the next day, and is judged for twelve hours more")
}
