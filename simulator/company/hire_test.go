package company_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
)

func resigned(t *testing.T, c *company.Company, user string) {
	t.Helper()
	_, err := c.Resign(company.ResignRequest{User: user})
	require.NoError(t, err)
}

func hired(t *testing.T, c *company.Company, r company.HireRequest) string {
	t.Helper()
	employee, err := c.Hire(r)
	require.NoError(t, err)
	return employee.UserID
}

// rowsOf is what the truth has of a person's attendance: days, results and punches.
func rowsOf(c *company.Company, user string) (days, results, punches []string) {
	truth := c.Truth()
	for _, r := range truth.Days {
		if r.UserID == user {
			days = append(days, fmt.Sprint(r.WorkDate, " ", r.Scheduled))
		}
	}
	for _, r := range truth.Results {
		if r.UserID == user {
			results = append(results, fmt.Sprint(r.WorkDate, " ", r.PlanCheckTime.Format("15:04"), " ", r.TimeResult))
		}
	}
	for _, r := range truth.Punches {
		if r.UserID == user {
			punches = append(punches, fmt.Sprint(r.WorkDate, " ", r.CheckTime.Format("15:04")))
		}
	}
	return days, results, punches
}

func TestWhatPeopleDidStaysWhenTheyLeave(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user, date := worksOn(t, c, "office", 9)
	require.Equal(t, company.DateOf(monday), date)
	punched(t, c, user, at(c, date, 8, 50))
	c.Advance(at(c, date, 10, 0))
	before := c.Moment()
	resigned(t, c, user)
	c.Advance(at(c, date+5, 0, 0))

	days, results, punches := rowsOf(c, user)
	require.Equal(t, []string{date.String() + " true"}, days)
	require.Equal(t, []string{date.String() + " 09:00 Normal"}, results, "nobody states what is missing of one who left")
	require.Equal(t, []string{date.String() + " 08:50"}, punches)

	for _, present := range c.Employees() {
		require.NotEqual(t, user, present.UserID)
	}
	_, ok := c.Employee(user)
	require.False(t, ok)
	require.NotEqual(t, user, pick(t, c, "office"))
	require.NotEqual(t, user, c.Name(user))
	_, known := c.Day(c.Moment(), user, date)
	require.False(t, known)
	require.Len(t, c.PastDay(c.Moment(), user, date).Results, 1)
	require.Empty(t, c.Plan(c.Moment(), user, date))
	_, ok = c.Group(c.Moment(), user, date)
	require.False(t, ok)

	_, known = c.Day(before, user, date)
	require.True(t, known, "a read that lags has not heard of it")
	require.Len(t, c.Plan(before, user, date), 2)
	_, ok = c.Group(before, user, date)
	require.True(t, ok)
}

func TestPeopleWhoLeftDoNothing(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user, date := worksOn(t, c, "office", 9)
	early, ok := c.Pick("office", 1)
	require.True(t, ok)
	idle, ok := c.Pick("office", 2)
	require.True(t, ok)
	c.Advance(at(c, date, 6, 0))
	resigned(t, c, early.UserID)
	c.Advance(at(c, date, 10, 0))
	resigned(t, c, idle.UserID)
	c.Advance(at(c, date, 14, 0))
	resigned(t, c, user)
	c.Advance(at(c, date+2, 0, 0))
	for left, scheduled := range map[string]bool{early.UserID: false, idle.UserID: true} {
		days, results, _ := rowsOf(c, left)
		require.Equal(t, []string{fmt.Sprint(date, " ", scheduled)}, days)
		require.Empty(t, results, "nothing had been stated")
	}
	_, results, _ := rowsOf(c, user)
	require.Equal(t, []string{date.String() + " 09:00 NotSigned"}, results, "it was stated at 13:30")
	for name, err := range map[string]error{
		"punch":      second(c.Punch(company.PunchRequest{User: user})),
		"make-up":    second(c.MakeUp(company.MakeUpRequest{User: user, At: at(c, date, 9, 0)})),
		"leave":      second(c.Leave(company.LeaveRequest{User: user, Begin: monday, End: monday.Add(days(1))})),
		"boss edit":  second(c.BossEdit(company.BossEditRequest{User: user, WorkDate: date, CheckType: company.OnDuty})),
		"reschedule": second(c.Reschedule(company.RescheduleRequest{Users: []string{user}, WorkDate: date, Shift: company.ShiftShifted})),
		"resign":     second(c.Resign(company.ResignRequest{User: user})),
		"admin":      second(c.Resign(company.ResignRequest{User: company.AdminUserID})),
		"companion": second(c.Trip(company.TripRequest{
			User: pick(t, c, "office"), Companions: []string{user}, Begin: monday, End: monday.Add(days(1)),
		})),
		"hire one who is here": second(c.Hire(company.HireRequest{UserID: pick(t, c, "office"), Group: "office"})),
		"unknown group":        second(c.Hire(company.HireRequest{Group: "nowhere"})),
	} {
		require.ErrorIs(t, err, company.ErrNotAllowed, name)
	}
	require.ErrorIs(t, second(c.Hire(company.HireRequest{UserID: "nobody", Group: "office"})), company.ErrUnknownUser)
}

func second[T any](_ T, err error) error { return err }

func TestNewPeopleHaveNoRowsBeforeTheyJoin(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	count := len(c.Employees())
	c.Advance(at(c, company.DateOf(monday), 10, 0))
	user, date := hired(t, c, company.HireRequest{Group: "office", Name: "新人"}), company.DateOf(monday)
	require.Len(t, c.Employees(), count+1)
	newcomer, ok := c.Employee(user)
	require.True(t, ok)
	require.Equal(t, "新人", newcomer.Name)
	require.Equal(t, "office", newcomer.GroupName)
	require.Equal(t, at(c, date, 10, 0), newcomer.Joined)
	require.NotEqual(t, user, hired(t, c, company.HireRequest{Group: "office"}))
	require.ErrorIs(t, second(c.Punch(company.PunchRequest{User: user, At: at(c, date, 9, 59)})), company.ErrNotAllowed)
	require.ErrorIs(t, second(c.MakeUp(company.MakeUpRequest{User: user, At: at(c, date, 9, 0)})), company.ErrNotAllowed)
	punched(t, c, user, at(c, date, 18, 5))
	c.Advance(at(c, date+1, 14, 0))
	days, results, punches := rowsOf(c, user)
	require.Equal(t, []string{date.String() + " true", (date + 1).String() + " true"}, days)
	require.Equal(t, []string{date.String() + " 18:00 Normal", (date + 1).String() + " 09:00 NotSigned"}, results)
	require.Equal(t, []string{date.String() + " 18:05"}, punches)
	_, ok = c.Group(c.Moment(), user, date-1)
	require.False(t, ok)
}

func TestRehiredUnderTheSameID(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user, date := worksOn(t, c, "office", 9)
	punched(t, c, user, at(c, date, 8, 50))
	c.Advance(at(c, date, 10, 0))
	resigned(t, c, user)
	left := c.Moment()
	c.Advance(at(c, date+3, 13, 0))
	require.Equal(t, user, hired(t, c, company.HireRequest{Group: "workshop", UserID: user}))
	returned := c.Moment()
	c.Advance(at(c, date+4, 1, 0))

	days, results, punches := rowsOf(c, user)
	require.Equal(t, []string{date.String() + " true", (date + 3).String() + " true", (date + 4).String() + " true"}, days)
	require.Equal(t, []string{
		date.String() + " 09:00 Normal", (date + 3).String() + " 13:30 NotSigned", (date + 3).String() + " 17:30 NotSigned",
	}, results, "as they stood, and the new group's from the return on")
	require.Equal(t, []string{date.String() + " 08:50"}, punches)
	_, known := c.Day(left, user, date)
	require.False(t, known)
	day, known := c.Day(returned, user, date)
	require.True(t, known)
	require.Len(t, day.Results, 1)
	require.Empty(t, c.Plan(returned, user, date+1), "not employed")
	require.Len(t, c.Plan(returned, user, date+3), 2)
	group, _ := c.Group(returned, user, date)
	require.Equal(t, "office", group.Name, "then")
	require.ErrorIs(t, second(c.Punch(company.PunchRequest{User: user, At: at(c, date, 18, 0)})), company.ErrNotAllowed)
	require.ErrorIs(t, second(c.BossEdit(company.BossEditRequest{User: user, WorkDate: date, CheckType: company.OnDuty})), company.ErrNotAllowed)
	require.ErrorIs(t, second(c.Reschedule(company.RescheduleRequest{Users: []string{user}, WorkDate: date + 1})), company.ErrNotAllowed)
	require.NoError(t, second(c.Reschedule(company.RescheduleRequest{Users: []string{user}, WorkDate: date + 7})))
}

func TestLeavingAndReturningOnOneDay(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user, date := worksOn(t, c, "office", 9)
	punched(t, c, user, at(c, date, 8, 50))
	punched(t, c, user, at(c, date, 13, 50))
	c.Advance(at(c, date, 14, 0))
	resigned(t, c, user)
	c.Advance(at(c, date, 15, 0))
	hired(t, c, company.HireRequest{Group: "office", UserID: user})
	require.Equal(t, company.OffDuty, punched(t, c, user, at(c, date, 18, 5)).CheckType)
	_, stated, _ := rowsOf(c, user)
	require.Equal(t, []string{date.String() + " 09:00 Normal", date.String() + " 18:00 Early", date.String() + " 18:00 Normal"}, stated)
	made, err := c.MakeUp(company.MakeUpRequest{User: user, At: at(c, date, 18, 30)})
	require.NoError(t, err)
	got := results(c, user, date)
	require.Equal(t, company.TimeNormal, got[company.OnDuty].TimeResult)
	require.Equal(t, made.ID, got[company.OffDuty].Instance)
	day, _ := c.Day(c.Moment(), user, date)
	require.Len(t, day.Results, 3)
	require.Len(t, c.Plan(c.Moment(), user, date), 2)
	plans := map[int64]bool{}
	for _, result := range day.Results {
		plans[result.PlanID] = true
	}
	require.Len(t, plans, len(day.Results))
}

func TestApprovalsOfPeopleWhoLeft(t *testing.T) {
	t.Parallel()
	c := quiet(t)
	user, date := worksOn(t, c, "office", 9)
	other, ok := c.Pick("office", 1)
	require.True(t, ok)
	c.Advance(at(c, date, 8, 0))
	waiting, err := c.Leave(company.LeaveRequest{
		User: user, Begin: at(c, date, 0, 0), End: at(c, date+1, 0, 0), Flow: company.Flow{Decision: company.DecideLater},
	})
	require.NoError(t, err)
	trip, err := c.Trip(company.TripRequest{
		User: other.UserID, Companions: []string{user}, Begin: at(c, date, 8, 0), End: at(c, date+3, 20, 0),
	})
	require.NoError(t, err)
	c.Advance(at(c, date, 12, 0))
	var seen []company.Happening
	c.Subscribe(func(h company.Happening, _ company.Moment) {
		seen = append(seen, h)
		require.NotEmpty(t, c.Name(user), "a listener may ask about people")
	})
	resigned(t, c, user)
	require.Len(t, seen, 2)
	require.Equal(t, company.PeopleChanged{At: c.Now(), User: user, Left: true}, seen[1])
	terminated, _ := seen[0].(company.ApprovalChanged)
	require.Equal(t, waiting.ID, terminated.Approval.ID)
	require.Equal(t, company.ChangeTerminate, terminated.Change)
	c.Advance(at(c, date+2, 12, 0))
	states := func() map[string]string {
		found := map[string]string{}
		for _, row := range c.Truth().ApprovalDays {
			if row.ProcessInstanceID == trip.ID {
				name := map[string]string{user: "left", other.UserID: "other"}[row.UserID]
				found[name] += row.State + " "
			}
		}
		return found
	}
	require.Equal(t, map[string]string{"left": "synced due due due ", "other": "synced synced synced due "}, states())

	changed, err := c.Modify(company.ModifyRequest{Instance: trip.ID, End: at(c, date+1, 20, 0)})
	require.NoError(t, err, "though a companion has left")
	_, results, _ := rowsOf(c, user)
	require.Equal(t, []string{date.String() + " 09:00 Normal"}, results)
	seen = nil
	_, err = c.Delete(changed.ID)
	require.NoError(t, err)
	require.Equal(t, "synced synced synced due ", states()["other"], "the main one holds again")
	_, err = c.Delete(trip.ID)
	require.NoError(t, err)
	for _, happening := range seen {
		if summary, ok := happening.(company.DaySummary); ok {
			require.Equal(t, other.UserID, summary.User, "nothing is computed for one who left")
		}
	}
	require.Equal(t, map[string]string{"left": "void void void void ", "other": "void void void void "}, states())
	_, results, _ = rowsOf(c, user)
	require.Equal(t, []string{date.String() + " 09:00 Normal"}, results, "as it stood")
	past := c.PastDay(c.Moment(), user, date)
	require.Equal(t, trip.ID, past.Results[0].Instance)
	require.Len(t, past.Approvals, 1)
	require.Empty(t, c.PastDay(c.Moment(), user, date+1).Approvals)
}
