package attendance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
)

// clock is an instant of the tests' year, in the company's zone.
func clock(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, shanghai)
}

func day(month time.Month, day int) attendance.Date { return attendance.NewDate(2026, month, day) }

func TestExplainsToTheSecond(t *testing.T) {
	t.Parallel()
	punch := clock(11, 2, 9, 0)
	tests := []struct {
		name   string
		answer attendance.Answer
		want   bool
	}{
		{"nothing", attendance.Answer{}, false},
		{"a result", attendance.Answer{Results: []attendance.Result{{UserCheckTime: punch}}}, true},
		{"a record, valid or not", attendance.Answer{Records: []attendance.Record{{CheckTime: punch}}}, true},
		{"another zone's clock", attendance.Answer{Records: []attendance.Record{{CheckTime: punch.UTC()}}}, true},
		{"within the same second", attendance.Answer{Records: []attendance.Record{{CheckTime: punch.Add(400 * time.Millisecond)}}}, true},
		{"a second later", attendance.Answer{Records: []attendance.Record{{CheckTime: punch.Add(time.Second)}}}, false},
		{"a missing punch has no time", attendance.Answer{Results: []attendance.Result{{PlanCheckTime: punch, TimeResult: "NotSigned"}}}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, attendance.Explains(test.answer, punch))
		})
	}
}

func TestExplainsNoPunchWithoutATime(t *testing.T) {
	t.Parallel()
	require.False(t, attendance.Explains(attendance.Answer{Results: []attendance.Result{{}}}, time.Time{}))
}

func TestMakeUpExplains(t *testing.T) {
	t.Parallel()
	punch := clock(11, 2, 9, 0)
	agreed := attendance.Instance{
		Status: attendance.StatusCompleted, Result: attendance.ResultAgree,
		MakeUps: []attendance.MakeUp{{UserID: "a", At: punch, WorkDate: day(11, 1)}},
	}
	makeUp, ok := attendance.MakeUpExplains(agreed, "a", punch.Add(300*time.Millisecond))
	require.True(t, ok)
	require.Equal(t, day(11, 1), makeUp.WorkDate)

	_, ok = attendance.MakeUpExplains(agreed, "b", punch)
	require.False(t, ok, "somebody else's")
	_, ok = attendance.MakeUpExplains(agreed, "a", punch.Add(time.Minute))
	require.False(t, ok, "another time")

	for name, change := range map[string]func(*attendance.Instance){
		"running": func(i *attendance.Instance) { i.Status = attendance.StatusRunning },
		"refused": func(i *attendance.Instance) { i.Result = attendance.ResultRefuse },
		"revoked": func(i *attendance.Instance) { i.BizAction = attendance.ActionRevoke },
	} {
		changed := agreed
		change(&changed)
		_, ok = attendance.MakeUpExplains(changed, "a", punch)
		require.False(t, ok, name)
	}
}
