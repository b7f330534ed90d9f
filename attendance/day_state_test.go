package attendance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

var (
	shanghai = time.FixedZone("CST", 8*3600)
	monday   = attendance.NewDate(2026, time.November, 2)
)

// at is an instant on the Monday of the tests, in the company's zone.
func at(clock string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-11-02 "+clock, shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

func onDuty(source string, user time.Time) attendance.Result {
	return attendance.Result{
		CheckType: "OnDuty", PlanCheckTime: at("09:00:00"), UserCheckTime: user, PlanID: 7,
		TimeResult: "Normal", SourceType: source,
	}
}

func answer(source attendance.Source, askedAt time.Time, results ...attendance.Result) attendance.Answer {
	return attendance.Answer{UserID: "u1", WorkDate: monday, Source: source, AskedAt: askedAt, Results: results}
}

func TestDayStateEmptyAnswers(t *testing.T) {
	t.Parallel()
	full := answer(attendance.SourceDetail, at("10:00:00"), onDuty("USER", at("08:59:00")))
	yes, no := true, false
	for name, c := range map[string]struct {
		learn     func(d *attendance.DayState)
		results   int
		scheduled *bool
	}{
		"nothing is known":         {func(*attendance.DayState) {}, 0, nil},
		"one empty proves nothing": {func(d *attendance.DayState) { d.Learn(answer(attendance.SourceDetail, at("11:00:00"))) }, 0, nil},
		"a result":                 {func(d *attendance.DayState) { d.Learn(full) }, 1, &yes},
		"a later empty deletes nothing": {func(d *attendance.DayState) {
			d.Learn(full)
			d.Learn(answer(attendance.SourceDetail, at("11:00:00")))
		}, 1, &yes},
		"the same source twice is one source": {func(d *attendance.DayState) {
			d.Learn(full)
			d.Learn(answer(attendance.SourceDetail, at("11:00:00")))
			d.Learn(answer(attendance.SourceDetail, at("12:00:00")))
		}, 1, &yes},
		"the sweep confirms": {func(d *attendance.DayState) {
			d.Learn(full)
			d.Learn(answer(attendance.SourceDetail, at("11:00:00")))
			d.Learn(answer(attendance.SourceSweep, at("12:00:00")))
		}, 0, &no},
		"the schedule confirms": {func(d *attendance.DayState) {
			d.Learn(full)
			d.Learn(answer(attendance.SourceDetail, at("11:00:00")))
			d.LearnPlan(at("12:00:00"), []attendance.Planned{{Rest: true}})
		}, 0, &no},
		"the schedule has moved the slot": {func(d *attendance.DayState) {
			d.Learn(full)
			d.LearnPlan(at("12:00:00"), []attendance.Planned{{PlanID: 7, CheckType: "OnDuty", PlanCheckTime: at("10:00:00")}})
			d.Learn(answer(attendance.SourceDetail, at("11:00:00")))
		}, 0, &yes},
		"the schedule still has the slot": {func(d *attendance.DayState) {
			d.Learn(full)
			d.LearnPlan(at("12:00:00"), []attendance.Planned{{PlanID: 7, CheckType: "OnDuty", PlanCheckTime: at("09:00:00")}})
			d.Learn(answer(attendance.SourceDetail, at("11:00:00")))
		}, 1, &yes},
		"nobody can say whether the schedule has the slot": {func(d *attendance.DayState) {
			timeless := onDuty("USER", at("08:59:00"))
			timeless.PlanCheckTime = time.Time{}
			d.Learn(answer(attendance.SourceDetail, at("10:00:00"), timeless))
			d.LearnPlan(at("12:00:00"), []attendance.Planned{{PlanID: 7, CheckType: "OnDuty", PlanCheckTime: at("10:00:00")}})
			d.Learn(answer(attendance.SourceDetail, at("11:00:00")))
		}, 1, &yes},
		"the slot was moved, and no answer was empty": {func(d *attendance.DayState) {
			d.Learn(full)
			d.LearnPlan(at("12:00:00"), []attendance.Planned{{PlanID: 7, CheckType: "OnDuty", PlanCheckTime: at("10:00:00")}})
		}, 1, &yes},
		"a confirmation from before the results is none": {func(d *attendance.DayState) {
			d.LearnPlan(at("09:30:00"), nil)
			d.Learn(full)
			d.Learn(answer(attendance.SourceDetail, at("11:00:00")))
		}, 1, &yes},
		"results come back": {func(d *attendance.DayState) {
			d.Learn(full)
			d.Learn(answer(attendance.SourceDetail, at("11:00:00")))
			d.Learn(answer(attendance.SourceSweep, at("12:00:00")))
			d.Learn(answer(attendance.SourceSweep, at("13:00:00"), onDuty("USER", at("08:59:00"))))
		}, 1, &yes},
		"the schedule names a slot": {func(d *attendance.DayState) {
			d.LearnPlan(at("12:00:00"), []attendance.Planned{{PlanID: 7, PlanCheckTime: at("09:00:00")}})
		}, 0, &yes},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d attendance.DayState
			c.learn(&d)
			require.Len(t, d.Shown(), c.results)
			require.Equal(t, c.scheduled, d.Scheduled())
		})
	}
}

func TestDayStateFillsWhatASweepLacks(t *testing.T) {
	t.Parallel()
	detail := onDuty("USER", at("08:59:00"))
	detail.ClassID, detail.LocationResult = 3, "Normal"
	var d attendance.DayState
	d.Learn(answer(attendance.SourceDetail, at("10:00:00"), detail))
	d.Learn(answer(attendance.SourceSweep, at("11:00:00"), onDuty("USER", at("08:59:00"))))
	shown := d.Shown()[0]
	require.Equal(t, attendance.SourceSweep, shown.Source)
	require.EqualValues(t, 3, shown.ClassID)
	require.Equal(t, "Normal", shown.LocationResult)

	d.Learn(answer(attendance.SourceSweep, at("12:00:00"), onDuty("BOSS", at("09:00:00"))))
	shown = d.Shown()[0]
	require.EqualValues(t, 3, shown.ClassID, "the class belongs to the slot")
	require.Empty(t, shown.LocationResult, "the place belongs to the punch, and this is another one")
}

// What excuses a punch is named beside it until it is taken back; an approval's
// own row is the approval's, whether or not an answer says so.
func TestDayStateForgetsAnExcuseThatIsGone(t *testing.T) {
	t.Parallel()
	for source, kept := range map[string]string{"USER": "", "APPROVE": "approval"} {
		before, after := onDuty(source, at("09:30:00")), onDuty(source, at("09:30:00"))
		before.ProcessInstanceID = "approval"
		var d attendance.DayState
		d.Learn(answer(attendance.SourceSweep, at("11:00:00"), before))
		d.Learn(answer(attendance.SourceDetail, at("12:00:00"), after))
		require.Equal(t, kept, d.Shown()[0].ProcessInstanceID, source)
	}
}

// attendance/list names no shift: the schedule does, for each planned slot.
// Who is given another shift keeps the plan's id: a row of before knows another
// shift and group.
func TestDayStateFillsNoShiftOfAnotherPlan(t *testing.T) {
	t.Parallel()
	before, after := onDuty("", time.Time{}), onDuty("", time.Time{})
	before.ClassID, before.GroupID, after.PlanCheckTime = 3, 5, at("10:00:00").UTC()
	var d attendance.DayState
	d.Learn(answer(attendance.SourceDetail, at("10:00:00"), before))
	d.LearnPlan(at("10:00:00"), []attendance.Planned{{PlanID: 7, PlanCheckTime: at("09:00:00"), ClassID: 3, GroupID: 5}})
	d.Learn(answer(attendance.SourceSweep, at("12:00:00"), after))
	require.Equal(t, []attendance.ShownResult{{Result: after, Source: attendance.SourceSweep}}, d.Shown(), "nothing is known of the new shift")
	d.LearnPlan(at("13:00:00"), []attendance.Planned{{PlanID: 7, PlanCheckTime: at("10:00:00"), ClassID: 4, GroupID: 6}})
	after.ClassID, after.GroupID = 4, 6
	require.Equal(t, []attendance.ShownResult{{Result: after, Source: attendance.SourceSweep}}, d.Shown())
}

func TestDayStateFillsTheShiftFromTheSchedule(t *testing.T) {
	t.Parallel()
	slots := []attendance.Planned{
		{CheckType: "OnDuty", PlanCheckTime: at("09:00:00"), PlanID: 7, ClassID: 3, GroupID: 4},
		{CheckType: "OffDuty", PlanCheckTime: at("18:00:00"), PlanID: 8, ClassID: 5, GroupID: 6}, {ClassID: 9},
	}
	unplanned := onDuty("USER", at("12:00:00"))
	unplanned.PlanID = 0
	named := onDuty("USER", at("18:00:00"))
	named.PlanCheckTime, named.PlanID, named.ClassID = at("18:00:00"), 8, 1
	sweep := answer(attendance.SourceSweep, at("20:00:00"), onDuty("USER", at("08:59:00")), unplanned, named)
	detail := answer(attendance.SourceDetail, at("20:00:00"), onDuty("USER", at("08:59:00")), unplanned, named)
	detail.Results[0].ClassID, detail.Results[0].GroupID, detail.Results[2].GroupID = 3, 4, 6
	for name, learn := range map[string]func(d *attendance.DayState){
		"plan first":  func(d *attendance.DayState) { d.LearnPlan(at("07:00:00"), slots); d.Learn(sweep) },
		"sweep first": func(d *attendance.DayState) { d.Learn(sweep); d.LearnPlan(at("21:00:00"), slots) },
		"detail":      func(d *attendance.DayState) { d.Learn(detail) },
	} {
		var d attendance.DayState
		learn(&d)
		var ids [][3]int64
		for _, r := range d.Shown() {
			ids = append(ids, [3]int64{r.PlanID, r.ClassID, r.GroupID})
		}
		require.Equal(t, [][3]int64{{7, 3, 4}, {0, 0, 0}, {8, 1, 6}}, ids, name)
	}
	var d attendance.DayState
	d.Learn(sweep)
	d.LearnPlan(at("07:00:00"), slots)
	d.LearnPlan(at("08:00:00"), nil)
	require.Zero(t, d.Shown()[0].ClassID, "the schedule's newest word is that nothing is planned")
	require.Zero(t, d.Sweep.Results[0].ClassID, "what was said stays as it was said")
}

// On a day off a detail shows nothing but the leave; when it is revoked, nothing at all.
func TestDayStateForgetsTagsThatAreGone(t *testing.T) {
	t.Parallel()
	tagged := answer(attendance.SourceDetail, at("10:00:00"))
	tagged.Approvals = []attendance.Tag{{ProcessInstanceID: "leave"}}
	empty := func(source attendance.Source, clock string) func(*attendance.DayState) {
		return func(d *attendance.DayState) { d.Learn(answer(source, at(clock))) }
	}
	plan := func(clock string, slots ...attendance.Planned) func(*attendance.DayState) {
		return func(d *attendance.DayState) { d.LearnPlan(at(clock), slots) }
	}
	for name, c := range map[string]struct {
		learn []func(*attendance.DayState)
		tags  int
	}{
		"one empty detail":           {[]func(*attendance.DayState){empty(attendance.SourceDetail, "11:00:00")}, 1},
		"a sweep shows no tags":      {[]func(*attendance.DayState){empty(attendance.SourceSweep, "11:00:00"), plan("11:00:00")}, 1},
		"the sweep confirms":         {[]func(*attendance.DayState){empty(attendance.SourceDetail, "11:00:00"), empty(attendance.SourceSweep, "10:30:00")}, 0},
		"the schedule confirms":      {[]func(*attendance.DayState){plan("12:00:00"), empty(attendance.SourceDetail, "11:00:00")}, 0},
		"a workday":                  {[]func(*attendance.DayState){plan("12:00:00", attendance.Planned{PlanID: 7}), empty(attendance.SourceDetail, "11:00:00")}, 1},
		"a confirmation from before": {[]func(*attendance.DayState){empty(attendance.SourceDetail, "11:00:00"), plan("09:00:00"), empty(attendance.SourceSweep, "09:00:00")}, 1},
	} {
		var d attendance.DayState
		for _, learn := range c.learn {
			learn(&d)
		}
		d.Learn(tagged)
		require.Len(t, d.Tags(), c.tags, name)
	}
}

func TestDayStateNotSignedHasNoTime(t *testing.T) {
	t.Parallel()
	r := onDuty("SYSTEM", at("09:00:00"))
	r.TimeResult = "NotSigned"
	var d attendance.DayState
	a := answer(attendance.SourceDetail, at("14:00:00"), r)
	d.Learn(a)
	require.True(t, d.Shown()[0].UserCheckTime.IsZero())
	require.Empty(t, a.Sightings())
}

func TestDayStatePlanTimes(t *testing.T) {
	t.Parallel()
	var d attendance.DayState
	d.Learn(answer(attendance.SourceDetail, at("10:00:00"), onDuty("USER", at("08:59:00"))))
	d.LearnPlan(at("10:00:00"), []attendance.Planned{{PlanCheckTime: at("18:00:00")}, {PlanCheckTime: at("09:00:00")}})
	times := d.PlanTimes()
	require.Len(t, times, 2)
	require.True(t, times[1].Equal(at("18:00:00")))
	require.True(t, d.SyncedAt().Equal(at("10:00:00")))
}
