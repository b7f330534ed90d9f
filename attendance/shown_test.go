package attendance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

func offDuty(source string, user time.Time) attendance.Result {
	r := onDuty(source, user)
	r.CheckType, r.PlanCheckTime, r.PlanID = "OffDuty", at("18:00:00"), 8
	return r
}

func notSigned(r attendance.Result) attendance.Result {
	r.UserCheckTime, r.TimeResult, r.SourceType = r.PlanCheckTime, "NotSigned", "SYSTEM"
	return r
}

func learnt(answers ...attendance.Answer) *attendance.DayState {
	var d attendance.DayState
	for _, a := range answers {
		d.Learn(a)
	}
	return &d
}

// shownTimes are the slots' times, sources and origins.
func shownTimes(d *attendance.DayState) []string {
	var shown []string
	for _, s := range d.Shown() {
		clock := "--:--"
		if !s.UserCheckTime.IsZero() {
			clock = s.UserCheckTime.In(shanghai).Format("15:04")
		}
		shown = append(shown, s.CheckType+" "+clock+" "+s.SourceType+" "+string(s.Source))
	}
	return shown
}

func TestNewerRecordsLieOverTheDaysSlots(t *testing.T) {
	t.Parallel()
	const detail, sweep, listed = attendance.SourceDetail, attendance.SourceSweep, attendance.SourceRecords
	unsigned, nine := notSigned(onDuty("", time.Time{})), onDuty("USER", at("08:59:00"))
	boss := notSigned(onDuty("", time.Time{}))
	boss.SourceType = "BOSS"
	unplanned := onDuty("USER", at("12:00:00"))
	unplanned.PlanID, unplanned.PlanCheckTime = 0, time.Time{}
	for name, c := range map[string]struct {
		day   *attendance.DayState
		shown []string
	}{
		"records alone":                   {learnt(answer(listed, at("10:00:00"), nine)), []string{"OnDuty 08:59 USER sweep"}},
		"a slot that nobody had signed":   {learnt(answer(detail, at("10:00:00"), unsigned), answer(listed, at("11:00:00"), nine)), []string{"OnDuty 08:59 USER sweep"}},
		"one that was not there":          {learnt(answer(detail, at("10:00:00"), nine), answer(listed, at("19:00:00"), offDuty("ATM", at("18:01:00")))), []string{"OnDuty 08:59 USER detail", "OffDuty 18:01 ATM sweep"}},
		"one that comes before the other": {learnt(answer(sweep, at("10:00:00"), offDuty("ATM", at("18:01:00"))), answer(listed, at("19:00:00"), nine)), []string{"OnDuty 08:59 USER sweep", "OffDuty 18:01 ATM sweep"}},
		"a punch at another time": {
			learnt(answer(detail, at("10:00:00"), offDuty("USER", at("18:01:00"))), answer(listed, at("11:00:00"), offDuty("ATM", at("18:30:00")))),
			[]string{"OffDuty 18:30 ATM sweep"},
		},
		"the same punch stays as it was read":         {learnt(answer(detail, at("10:00:00"), nine), answer(listed, at("11:00:00"), onDuty("ATM", at("08:59:00")))), []string{"OnDuty 08:59 USER detail"}},
		"older records tell nothing":                  {learnt(answer(detail, at("10:00:00"), unsigned), answer(listed, at("09:30:00"), nine)), []string{"OnDuty --:-- SYSTEM detail"}},
		"nor do those of the same moment":             {learnt(answer(detail, at("10:00:00"), unsigned), answer(listed, at("10:00:00"), nine)), []string{"OnDuty --:-- SYSTEM detail"}},
		"the boss's edit stays":                       {learnt(answer(detail, at("10:00:00"), onDuty("BOSS", at("09:00:00"))), answer(listed, at("11:00:00"), nine)), []string{"OnDuty 09:00 BOSS detail"}},
		"also where it says that nobody came":         {learnt(answer(detail, at("10:00:00"), boss), answer(listed, at("11:00:00"), nine)), []string{"OnDuty --:-- BOSS detail"}},
		"an approval's edit stays":                    {learnt(answer(detail, at("10:00:00"), onDuty("APPROVE", at("09:00:00"))), answer(listed, at("11:00:00"), nine)), []string{"OnDuty 09:00 APPROVE detail"}},
		"the system's stays":                          {learnt(answer(detail, at("10:00:00"), onDuty("SYSTEM", at("09:00:00"))), answer(listed, at("11:00:00"), nine)), []string{"OnDuty 09:00 SYSTEM detail"}},
		"what counts for no slot is no slot":          {learnt(answer(detail, at("10:00:00"), nine), answer(listed, at("13:00:00"), unplanned)), []string{"OnDuty 08:59 USER detail"}},
		"nor is what nobody signed":                   {learnt(answer(listed, at("13:00:00"), unsigned)), nil},
		"two sources say later that there is nothing": {learnt(answer(listed, at("10:00:00"), nine), answer(detail, at("11:00:00")), answer(sweep, at("11:00:00"))), nil},
		"and then records do": {
			learnt(answer(detail, at("10:00:00"), unsigned), answer(detail, at("11:00:00")), answer(sweep, at("11:00:00")), answer(listed, at("12:00:00"), offDuty("ATM", at("11:30:00")))),
			[]string{"OffDuty 11:30 ATM sweep"},
		},
	} {
		require.Equal(t, c.shown, shownTimes(c.day), name)
	}
}

func TestRecordsAreFilledFromOtherWords(t *testing.T) {
	t.Parallel()
	unsigned := notSigned(onDuty("", time.Time{}))
	unsigned.GroupID = 5
	d := learnt(answer(attendance.SourceDetail, at("10:00:00"), unsigned), answer(attendance.SourceRecords, at("11:00:00"), onDuty("USER", at("08:59:00"))))
	d.LearnPlan(at("07:00:00"), []attendance.Planned{{PlanID: 7, PlanCheckTime: at("09:00:00"), ClassID: 3}})
	shown := d.Shown()
	require.Len(t, shown, 1)
	require.Equal(t, [2]int64{5, 3}, [2]int64{shown[0].GroupID, shown[0].ClassID})

	placed := onDuty("USER", at("08:59:00"))
	placed.LocationResult = "Outside"
	d = learnt(answer(attendance.SourceRecords, at("10:00:00"), placed), answer(attendance.SourceSweep, at("11:00:00"), onDuty("USER", at("08:59:00"))))
	shown = d.Shown()
	require.Equal(t, attendance.SourceSweep, shown[0].Source)
	require.Equal(t, "Outside", shown[0].LocationResult, "the list names no place, the records of the same punch do")
}

// Who is absent has no record: that there is none proves nothing.
func TestRecordsMoveTheirOwnTime(t *testing.T) {
	t.Parallel()
	yes := true
	d := learnt(answer(attendance.SourceDetail, at("10:00:00"), onDuty("USER", at("08:59:00"))), answer(attendance.SourceRecords, at("12:00:00")))
	require.True(t, d.SyncedAt().Equal(at("10:00:00")))
	require.True(t, d.ListedAt.Equal(at("12:00:00")))
	require.Len(t, d.Shown(), 1)
	d.Learn(answer(attendance.SourceDetail, at("13:00:00")))
	d.Learn(answer(attendance.SourceRecords, at("14:00:00")))
	require.Len(t, d.Shown(), 1, "one source that says so is not two")
	require.Equal(t, &yes, d.Scheduled())

	d = learnt(answer(attendance.SourceRecords, at("12:00:00")))
	require.Nil(t, d.Scheduled())
	d.Learn(answer(attendance.SourceRecords, at("11:00:00"), onDuty("USER", at("08:59:00"))))
	require.Equal(t, &yes, d.Scheduled(), "a planned record is of a plan")
	require.True(t, d.ListedAt.Equal(at("12:00:00")))
	require.Len(t, d.PlanTimes(), 1)
	require.True(t, d.SyncedAt().IsZero())
}

func TestRecordsBearWitnessAsASweepDoes(t *testing.T) {
	t.Parallel()
	a := answer(attendance.SourceRecords, at("12:00:00"), onDuty("USER", at("08:59:00")))
	a.Records = []attendance.Record{{CheckTime: at("08:59:00"), SourceType: "USER"}, {CheckTime: at("11:59:00"), SourceType: "USER"}}
	var bearers []attendance.Bearer
	for _, s := range a.Sightings() {
		bearers = append(bearers, s.Bearer)
	}
	require.Equal(t, []attendance.Bearer{attendance.BearerSweepResult, attendance.BearerSweepRecord, attendance.BearerSweepRecord}, bearers)
}
