package company_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
)

// results of a person's day by check type.
func results(c *company.Company, user string, date company.Date) map[string]company.Result {
	day, _ := c.Day(c.Moment(), user, date)
	byType := map[string]company.Result{}
	for _, result := range day.Results {
		byType[result.CheckType] = result
	}
	return byType
}

func at(c *company.Company, date company.Date, hours, minutes int) time.Time {
	return date.In(c.Location()).Add(time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
}

// worksOn finds the first day from Monday on which the person works such a shift.
func worksOn(t *testing.T, c *company.Company, group string, shiftOn int) (string, company.Date) {
	t.Helper()
	user := pick(t, c, group)
	for date := company.DateOf(monday); date < company.DateOf(monday)+30; date++ {
		if slots := c.Plan(c.Moment(), user, date); len(slots) > 0 && slots[0].Plan.Hour() == shiftOn {
			return user, date
		}
	}
	require.Fail(t, "no such day")
	return "", 0
}

func punched(t *testing.T, c *company.Company, user string, moment time.Time) company.PunchResult {
	t.Helper()
	c.Advance(moment)
	result, err := c.Punch(company.PunchRequest{User: user, At: moment})
	require.NoError(t, err)
	return result
}

func TestWorkDateIsNotTheCalendarDate(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	night, date := worksOn(t, c, "night", 22)
	early := punched(t, c, night, at(c, date, 19, 59))
	require.False(t, early.Valid, "more than two hours early")
	require.Equal(t, date, early.WorkDate)
	require.Equal(t, date, punched(t, c, night, at(c, date, 21, 50)).WorkDate)
	off := punched(t, c, night, at(c, date, 31, 20))
	require.Equal(t, date, off.WorkDate, "07:20 of the next day")
	require.Equal(t, company.OffDuty, off.CheckType)

	c = quiet(t)
	midnight, date := worksOn(t, c, "rotation", 0)
	on := punched(t, c, midnight, at(c, date, 0, -10))
	require.Equal(t, date, on.WorkDate, "23:50 of the day before")
	require.Equal(t, company.OnDuty, on.CheckType)

	c = quiet(t)
	free := pick(t, c, "free hours")
	date = company.DateOf(monday) + 1
	require.Equal(t, date-1, punched(t, c, free, at(c, date, 0, 40)).WorkDate)
	require.Equal(t, date-1, punched(t, c, free, at(c, date, 3, 59)).WorkDate)
	require.Equal(t, date, punched(t, c, free, at(c, date, 4, 0)).WorkDate)
}

func TestMissingPunchesAreStatedLate(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user, date := worksOn(t, c, "office", 9)
	c.Advance(at(c, date, 13, 29))
	require.Empty(t, results(c, user, date))
	c.Advance(at(c, date, 13, 30))
	require.Equal(t, company.TimeNotSigned, results(c, user, date)[company.OnDuty].TimeResult)
	c.Advance(at(c, date, 25, 29))
	require.NotContains(t, results(c, user, date), company.OffDuty)
	c.Advance(at(c, date, 25, 30))
	require.Contains(t, results(c, user, date), company.OffDuty, "01:30 before a workday")
	friday := company.DateOf(monday) + 4
	c.Advance(at(c, friday, 29, 59))
	require.NotContains(t, results(c, user, friday), company.OffDuty)
	c.Advance(at(c, friday, 30, 0))
	require.Contains(t, results(c, user, friday), company.OffDuty, "12 h later before a day off")
}

func TestFirstPunchCountsForOnDutyAndLastForOffDuty(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user, date := worksOn(t, c, "office", 9)
	for _, minute := range []int{8*60 + 40, 9*60 + 20, 18*60 + 5, 19 * 60} {
		punched(t, c, user, at(c, date, 0, minute))
	}
	got := results(c, user, date)
	require.Equal(t, at(c, date, 8, 40), got[company.OnDuty].At)
	require.Equal(t, at(c, date, 19, 0), got[company.OffDuty].At)
	for minutes, want := range map[int]string{0: "Normal", 30: "Late", 60: "SeriousLate", 61: "Absenteeism"} {
		c := quiet(t)
		punched(t, c, user, at(c, date, 9, minutes))
		require.Equal(t, want, results(c, user, date)[company.OnDuty].TimeResult, minutes)
	}
}

func TestOneEventAMinute(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user, date := worksOn(t, c, "office", 9)
	first := punched(t, c, user, at(c, date, 9, 0).Add(time.Second))
	second := punched(t, c, user, at(c, date, 9, 0).Add(59*time.Second))
	again := punched(t, c, user, at(c, date, 9, 0).Add(59*time.Second))
	third := punched(t, c, user, at(c, date, 9, 1))
	require.True(t, first.Pushed)
	require.False(t, second.Pushed)
	require.True(t, again.Repeated)
	require.True(t, third.Pushed)
	require.Len(t, c.Truth().Punches, 3)
}

func TestLaterOfMakeUpAndCorrectionWins(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user, date := worksOn(t, c, "office", 9)
	c.Advance(at(c, date, 20, 0))
	made, err := c.MakeUp(company.MakeUpRequest{User: user, At: at(c, date, 9, 0)})
	require.NoError(t, err)
	require.Equal(t, made.ID, results(c, user, date)[company.OnDuty].Instance)
	_, err = c.BossEdit(company.BossEditRequest{User: user, WorkDate: date, CheckType: company.OnDuty, TimeResult: company.TimeLate})
	require.NoError(t, err)
	require.Equal(t, company.SourceBoss, results(c, user, date)[company.OnDuty].Source)
	again, err := c.MakeUp(company.MakeUpRequest{User: user, At: at(c, date, 8, 55)})
	require.NoError(t, err)
	require.Equal(t, again.ID, results(c, user, date)[company.OnDuty].Instance)
	_, err = c.Revoke(company.RevokeRequest{Instance: again.ID})
	require.NoError(t, err)
	require.Equal(t, company.SourceBoss, results(c, user, date)[company.OnDuty].Source)
	punches := c.Truth().Punches
	require.Len(t, punches, 1, "the revoked one is gone")
	require.False(t, punches[0].APIShows, "a correction hides the first")
}

func TestLeaveExcusesAndRevocationTakesBack(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user, date := worksOn(t, c, "office", 9)
	c.Advance(at(c, date, 8, 0))
	leave, err := c.Leave(company.LeaveRequest{User: user, Begin: at(c, date, 0, 0), End: at(c, date+2, 0, 0)})
	require.NoError(t, err)
	require.Equal(t, company.UnitDay, leave.Unit)
	c.Advance(at(c, date, 20, 0))
	got := results(c, user, date)
	require.Equal(t, company.SourceApprove, got[company.OnDuty].Source)
	require.Equal(t, leave.ID, got[company.OffDuty].Instance)
	require.Empty(t, c.Truth().Punches, "a leave is no punch")

	longer, err := c.Modify(company.ModifyRequest{Instance: leave.ID, End: at(c, date+3, 0, 0)})
	require.NoError(t, err)
	require.Equal(t, leave.ID, longer.Main)
	require.Equal(t, longer.ID, results(c, user, date)[company.OnDuty].Instance)
	_, err = c.Modify(company.ModifyRequest{Instance: leave.ID})
	require.ErrorIs(t, err, company.ErrNotAllowed, "it is replaced")
	states := map[string]map[string]int{}
	for _, row := range c.Truth().ApprovalDays {
		if states[row.ProcessInstanceID] == nil {
			states[row.ProcessInstanceID] = map[string]int{}
		}
		states[row.ProcessInstanceID][row.State]++
	}
	require.Equal(t, map[string]int{"void": 2}, states[leave.ID])
	require.Equal(t, map[string]int{"synced": 1, "due": 2}, states[longer.ID])

	_, err = c.Revoke(company.RevokeRequest{Instance: longer.ID})
	require.NoError(t, err)
	require.Equal(t, company.TimeNotSigned, results(c, user, date)[company.OnDuty].TimeResult)
	require.True(t, c.Truth().Approvals[0].Revoked)
	require.Len(t, c.Truth().Approvals, 3)
}

func TestDeletedInstanceIsGone(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user, date := worksOn(t, c, "office", 9)
	c.Advance(at(c, date, 10, 0))
	trip, err := c.Trip(company.TripRequest{
		User: user, Companions: []string{pick(t, c, "night"), user}, Begin: at(c, date, 8, 0), End: at(c, date+1, 20, 0),
	})
	require.NoError(t, err)
	require.Len(t, trip.Users, 2)
	require.Len(t, c.Truth().ApprovalDays, 4)
	_, err = c.Delete(trip.ID)
	require.NoError(t, err)
	_, _, ok := c.Instance(c.Moment(), trip.ID)
	require.False(t, ok)
	require.Equal(t, company.StatusDeleted, c.Truth().Approvals[0].Status)
	for _, row := range c.Truth().ApprovalDays {
		require.Equal(t, company.StateVoid, row.State)
	}
}

func TestDeletedAttachmentGivesTheMainInstanceBack(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user, date := worksOn(t, c, "office", 9)
	c.Advance(at(c, date, 8, 0))
	leave, err := c.Leave(company.LeaveRequest{User: user, Begin: at(c, date, 0, 0), End: at(c, date+1, 0, 0)})
	require.NoError(t, err)
	c.Advance(at(c, date, 20, 0))
	state := func() string {
		for _, row := range c.Truth().ApprovalDays {
			if row.ProcessInstanceID == leave.ID {
				return row.State
			}
		}
		return ""
	}
	for range 2 {
		revocation, err := c.Revoke(company.RevokeRequest{Instance: leave.ID})
		require.NoError(t, err)
		require.True(t, c.Truth().Approvals[0].Revoked)
		require.Equal(t, company.StateVoid, state())
		require.Empty(t, results(c, user, date)[company.OnDuty].Instance)
		_, err = c.Delete(revocation.ID)
		require.NoError(t, err)
		require.False(t, c.Truth().Approvals[0].Revoked)
		require.Equal(t, company.StateSynced, state())
		require.Equal(t, leave.ID, results(c, user, date)[company.OnDuty].Instance)
		_, attached, ok := c.Instance(c.Moment(), leave.ID)
		require.True(t, ok)
		require.Empty(t, attached, "the main one names it no more")
	}
	changed, err := c.Modify(company.ModifyRequest{Instance: leave.ID, Begin: at(c, date, 12, 0)})
	require.NoError(t, err)
	_, err = c.Delete(leave.ID)
	require.NoError(t, err)
	for _, row := range c.Truth().ApprovalDays {
		require.Equal(t, company.StateVoid, row.State, "what is attached to a deleted one holds no more")
	}
	_, _, ok := c.Instance(c.Moment(), changed.ID)
	require.True(t, ok, "though it can be read")
	require.Empty(t, results(c, user, date)[company.OffDuty].Instance)
}

func TestFixedShiftsAreScheduledFifteenDaysAhead(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	office, night := pick(t, c, "office"), pick(t, c, "night")
	found := map[string]company.Date{}
	for date := company.DateOf(monday); date < company.DateOf(monday)+60; date++ {
		for _, user := range []string{office, night} {
			if len(c.Plan(c.Moment(), user, date)) > 0 {
				found[user] = date
			}
		}
	}
	require.LessOrEqual(t, found[office], company.DateOf(monday)+15)
	require.Greater(t, found[night], company.DateOf(monday)+50)
}

func TestReplayRepeatsPunchesOfARescheduledDay(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user, date := worksOn(t, c, "office", 9)
	punched(t, c, user, at(c, date, 9, 40))
	require.Equal(t, company.TimeSeriousLate, results(c, user, date)[company.OnDuty].TimeResult)
	var seen []company.Happening
	c.Subscribe(func(h company.Happening, _ company.Moment) { seen = append(seen, h) })
	got, err := c.Reschedule(company.RescheduleRequest{Users: []string{user}, WorkDate: date, Shift: company.ShiftShifted})
	require.NoError(t, err)
	require.Equal(t, 1, got.Replayed)
	require.Len(t, seen, 2)
	require.IsType(t, company.Replay{}, seen[1])
	require.Equal(t, company.TimeNormal, results(c, user, date)[company.OnDuty].TimeResult)
	_, err = c.Reschedule(company.RescheduleRequest{Users: []string{user}, WorkDate: date})
	require.ErrorIs(t, err, company.ErrNotAllowed)
}

func TestFutureAndStrangersAreRefused(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user := pick(t, c, "office")
	_, err := c.Punch(company.PunchRequest{User: user, At: monday.Add(time.Hour)})
	require.ErrorIs(t, err, company.ErrFuture)
	_, err = c.Trip(company.TripRequest{User: user, Companions: []string{"nobody"}, Begin: monday, End: monday.Add(time.Hour)})
	require.ErrorIs(t, err, company.ErrUnknownUser)
	_, err = c.Leave(company.LeaveRequest{User: user, Begin: monday, End: monday})
	require.ErrorIs(t, err, company.ErrNotAllowed)
	_, err = c.Refuse("nothing")
	require.ErrorIs(t, err, company.ErrUnknownInstance)
	_, err = c.Do("dance", nil)
	require.Error(t, err)
	forty, err := c.Leave(company.LeaveRequest{User: user, Begin: monday, End: monday.AddDate(40, 0, 0)})
	require.NoError(t, err)
	require.Len(t, c.Truth().ApprovalDays, int(forty.End.Sub(forty.Begin).Hours()/24))
}
