package attendance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

func observe(p *attendance.PunchState, seen ...attendance.Sighting) {
	for _, s := range seen {
		p.Observe(s.Bearer, s.Witness)
	}
}

func hintAt(t time.Time) attendance.Hint {
	return attendance.Hint{
		Kind: attendance.KindPunch, CorpID: "c", UserID: "u1", CheckTime: t.Add(345 * time.Millisecond),
		BornAt: t.Add(time.Minute), BizID: "biz", LocationResult: "Outside",
	}
}

func TestPunchStateRanksItsWitnesses(t *testing.T) {
	t.Parallel()
	eve := monday.AddDays(-1)
	no := false
	detail := attendance.Answer{
		Source: attendance.SourceDetail, AskedAt: at("10:00:00"), WorkDate: eve,
		Records: []attendance.Record{{CheckTime: at("00:40:00"), SourceType: "ATM", Valid: &no, RecordID: 5}},
	}
	sweep := attendance.Answer{
		Source: attendance.SourceSweep, AskedAt: at("11:00:00"), WorkDate: monday,
		Records: []attendance.Record{{CheckTime: at("00:40:00"), CheckType: "OffDuty", SourceType: "USER", BizID: "other"}},
	}
	var p attendance.PunchState
	require.Nil(t, p.Derive("u1", at("00:40:00"), nil))

	observe(&p, hintAt(at("00:40:00")).Sighting(shanghai))
	punch := p.Derive("u1", at("00:40:00"), nil)
	require.Equal(t, attendance.OriginEvent, punch.Origin)
	require.False(t, punch.Explained)
	require.Equal(t, monday, punch.WorkDate)
	require.True(t, punch.CheckTime.Equal(at("00:40:00")), "to the second")

	observe(&p, sweep.Sightings()...)
	require.Equal(t, attendance.OriginSweep, p.Derive("u1", at("00:40:00"), nil).Origin)

	p.Approve("i1", monday.AddDays(-2))
	punch = p.Derive("u1", at("00:40:00"), nil)
	require.Equal(t, attendance.OriginApproval, punch.Origin)
	require.Equal(t, monday, punch.WorkDate, "a record knows the work date better than a form")

	observe(&p, detail.Sightings()...)
	punch = p.Derive("u1", at("00:40:00"), nil)
	require.Equal(t, attendance.OriginDetail, punch.Origin)
	require.Equal(t, eve, punch.WorkDate)
	require.Equal(t, "ATM", punch.SourceType)
	require.Equal(t, "OffDuty", punch.CheckType, "only the sweep names it")
	require.Equal(t, "i1", punch.ProcessInstanceID)
	require.Equal(t, "other", punch.BizID)
	require.Equal(t, "Outside", punch.LocationResult, "only the event names it")
	require.Equal(t, &no, punch.Valid)
}

// Who is given the night shift after all has the morning's punch moved to the evening before: whichever question shows it, the newest
// result says for what the punch counts.
func TestPunchStateFollowsTheNewestResult(t *testing.T) {
	t.Parallel()
	for before, after := range map[attendance.Source]attendance.Source{
		attendance.SourceDetail: attendance.SourceSweep, attendance.SourceSweep: attendance.SourceDetail,
	} {
		moved := answer(after, at("20:00:00"), onDuty("USER", at("07:50:00")))
		moved.WorkDate, moved.Results[0].CheckType = monday.AddDays(-1), "OffDuty"
		var p attendance.PunchState
		observe(&p, moved.Sightings()...)
		observe(&p, answer(before, at("08:00:00"), onDuty("USER", at("07:50:00"))).Sightings()...)
		punch := p.Derive("u1", at("07:50:00"), nil)
		require.Equal(t, monday.AddDays(-1), punch.WorkDate, before)
		require.Equal(t, "OffDuty", punch.CheckType, before)
		require.Equal(t, attendance.OriginDetail, punch.Origin, "the best witness is another matter")
	}
}

func TestPunchStateDormantResults(t *testing.T) {
	t.Parallel()
	dormant := []attendance.Dormant{{
		Source: attendance.SourceDetail, WorkDate: monday, Result: onDuty("APPROVE", at("09:00:00")),
	}}
	var p attendance.PunchState
	require.Nil(t, p.Derive("u1", at("09:00:00"), dormant), "an edit of a slot is no punch")
	p.Approve("i1", attendance.Date{})
	punch := p.Derive("u1", at("09:00:00"), dormant)
	require.Equal(t, attendance.OriginDetail, punch.Origin, "the detail shows the made-up punch")
	require.Equal(t, "OnDuty", punch.CheckType)
	require.Equal(t, monday, punch.WorkDate)
	p.Withdraw("i1")
	require.Nil(t, p.Derive("u1", at("09:00:00"), dormant))
}

func TestPunchStateTakenBackMakeUpTakesItsEventAlong(t *testing.T) {
	t.Parallel()
	nine := at("09:00:00")
	var p attendance.PunchState
	require.True(t, p.Blank())
	p.TakeBack("i1")
	require.False(t, p.Blank(), "the event may still come")
	require.Nil(t, p.Derive("u1", nine, nil))
	observe(&p, hintAt(nine).Sighting(shanghai))
	require.Nil(t, p.Derive("u1", nine, nil), "the make-up pushed it")
	listed := attendance.Answer{UserID: "u1", WorkDate: monday, AskedAt: at("10:00:00"), Source: attendance.SourceSweep,
		Records: []attendance.Record{{CheckTime: nine, SourceType: "APPROVE"}}}
	observe(&p, listed.Sightings()...)
	require.Nil(t, p.Derive("u1", nine, []attendance.Dormant{{Source: attendance.SourceDetail, Result: onDuty("APPROVE", nine)}}),
		"what was read while it held only repeats it")

	p.Approve("i2", monday)
	require.Equal(t, attendance.OriginApproval, p.Derive("u1", nine, nil).Origin, "another one makes it up again")
	p.Withdraw("i2")
	observe(&p, answer(attendance.SourceDetail, at("11:00:00"), onDuty("USER", nine)).Sightings()...)
	require.Equal(t, attendance.OriginDetail, p.Derive("u1", nine, nil).Origin, "somebody was there in that second all the same")
}

func TestPunchStateKeepsThePunchUnderABossEdit(t *testing.T) {
	t.Parallel()
	var p attendance.PunchState
	observe(&p, answer(attendance.SourceDetail, at("10:00:00"), onDuty("USER", at("09:20:00"))).Sightings()...)
	edited := answer(attendance.SourceDetail, at("11:00:00"), onDuty("BOSS", at("09:00:00")))
	require.Empty(t, edited.Sightings())
	observe(&p, edited.Sightings()...)
	require.NotNil(t, p.Derive("u1", at("09:20:00"), nil))
}

func TestPunchStateTwoRecordsOfOneSecond(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	records := []attendance.Record{
		{CheckTime: at("09:00:00"), Valid: &no, RecordID: 9},
		{CheckTime: at("09:00:00"), Valid: &yes, RecordID: 1},
	}
	for range 2 {
		var p attendance.PunchState
		observe(&p, attendance.Answer{Source: attendance.SourceDetail, AskedAt: at("10:00:00"), Records: records}.Sightings()...)
		require.EqualValues(t, 1, p.Derive("u1", at("09:00:00"), nil).RecordID, "the valid one counts")
		records[0], records[1] = records[1], records[0]
	}
}

func TestResultPunched(t *testing.T) {
	t.Parallel()
	for source, punched := range map[string]bool{
		"USER": true, "ATM": true, "BEACON": true, "DING_ATM": true, "AUTO_CHECK": true,
		"BOSS": false, "APPROVE": false, "SYSTEM": false, "": false, "NEW_KIND": false,
	} {
		require.Equal(t, punched, onDuty(source, at("09:00:00")).Punched(), source)
		require.False(t, onDuty(source, time.Time{}).Punched(), source)
	}
}
