package dingtalk_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dingtalk"
	"dakasync/privacy"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// simulated is three weeks of a company, and a client of its platform.
func simulated(t *testing.T) (*company.Company, company.Truth, *dingtalk.Client) {
	t.Helper()
	loc := time.FixedZone("Asia/Shanghai", 8*3600)
	start := time.Date(2026, time.November, 2, 0, 0, 0, 0, loc)
	c := company.New(company.Options{Seed: 7, Employees: 30, Start: start, Location: loc})
	c.Advance(start.AddDate(0, 0, 21))
	settings := platform.Defaults()
	settings.QPS = 0
	p := platform.New(platform.Options{Company: c, Settings: &settings})
	require.NoError(t, p.Start(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	client, err := dingtalk.New(dingtalk.Options{
		ClientID: p.ClientID(), ClientSecret: privacy.Secret(p.ClientSecret()), APIURL: p.URL(), OAPIURL: p.URL(), Location: loc,
		OperatorUserID: company.AdminUserID, NowFunc: func() time.Time { return c.Now() },
	})
	require.NoError(t, err)
	return c, c.Truth(), client
}

func TestSimulatedApprovalsAreReadAsTheyWereMade(t *testing.T) {
	t.Parallel()
	c, truth, client := simulated(t)
	want := map[string][]string{}
	for _, d := range truth.ApprovalDays {
		at := d.MadeUpTime
		if at == nil {
			at = d.BeginTime
		}
		want[d.ProcessInstanceID] = append(want[d.ProcessInstanceID], fmt.Sprint(d.UserID, " ", d.WorkDate, " ", at.Unix(), " ", unix(d.EndTime)))
	}
	kinds := map[string]int{}
	for _, a := range truth.Approvals {
		if a.Status == "DELETED" {
			continue
		}
		i, err := client.Instance(context.Background(), a.ProcessInstanceID, a.ProcessCode)
		require.NoError(t, err)
		require.Equal(t, a.Kind, string(i.Kind))
		require.Equal(t, a.Status, i.Status)
		require.Equal(t, a.Result, i.Result)
		require.Equal(t, a.OriginatorUserID, i.OriginatorUserID)
		require.Equal(t, a.CreatedAt.Truncate(time.Minute).Unix(), i.CreatedAt.Unix())
		require.Equal(t, a.MainProcessInstanceID, i.MainProcessInstanceID)
		kinds[a.Kind]++
		if expected := want[a.ProcessInstanceID]; len(expected) > 0 {
			slices.Sort(expected)
			require.Equal(t, expected, daysOf(i, c.Location()), "%s %s", a.Kind, a.ProcessInstanceID)
		}
	}
	require.GreaterOrEqual(t, len(kinds), 5, "the simulated weeks had every kind: %v", kinds)
}

func unix(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.Unix()
}

func daysOf(i attendance.Instance, loc *time.Location) []string {
	var days []string
	for _, d := range i.Days(loc) {
		at, end := d.MadeUpAt, int64(0)
		if at.IsZero() {
			at, end = d.Begin, d.End.Unix()
		}
		days = append(days, fmt.Sprint(d.UserID, " ", d.WorkDate, " ", at.Unix(), " ", end))
	}
	slices.Sort(days)
	return days
}

func TestSimulatedDaysReadTheSameBothWays(t *testing.T) {
	t.Parallel()
	_, truth, client := simulated(t)
	users, err := client.UserIDs(context.Background())
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(users), 30)
	users = users[:min(len(users), attendance.WindowUsers)]
	from := attendance.NewDate(2026, time.November, 9)
	to := from.AddDays(6)
	answers, err := client.Window(context.Background(), users, from, to)
	require.NoError(t, err)
	require.Len(t, answers, len(users)*7)
	records := 0
	for _, sweep := range answers {
		detail, err := client.UserDay(context.Background(), sweep.UserID, sweep.WorkDate)
		require.NoError(t, err)
		require.Equal(t, slots(detail), slots(sweep), "%s %s", sweep.UserID, sweep.WorkDate)
		require.Subset(t, clockIns(sweep), clockIns(detail), "%s %s", sweep.UserID, sweep.WorkDate)
		records += len(detail.Records)
	}
	require.Positive(t, records)
	require.NotEmpty(t, truth.Punches)

	planned, err := client.Schedule(context.Background(), users, from, to)
	require.NoError(t, err)
	require.NotEmpty(t, planned)
	codes, err := client.MakeUpCodes(context.Background())
	require.NoError(t, err)
	require.NotEmpty(t, codes)
	ids, err := client.InstanceIDs(context.Background(), codes[0], attendance.StatusCompleted, users, from.AddDays(-7).In(time.UTC), to.In(time.UTC))
	require.NoError(t, err)
	require.NotEmpty(t, ids)
	_, err = client.Holidays(context.Background(), users, from, to)
	require.NoError(t, err)
	_, err = client.User(context.Background(), users[0])
	require.NoError(t, err)
	_, err = client.User(context.Background(), "nobody")
	requireKind(t, err, dingtalk.KindNotFound)
	_, err = client.FailedPushes(context.Background())
	require.NoError(t, err)
}

func slots(a attendance.Answer) []string {
	var list []string
	for _, r := range a.Results {
		list = append(list, fmt.Sprint(r.CheckType, r.PlanCheckTime.Unix(), r.UserCheckTime.Unix(), r.TimeResult, r.SourceType, r.ProcessInstanceID))
	}
	slices.Sort(list)
	return list
}

func clockIns(a attendance.Answer) []int64 {
	var list []int64
	for _, r := range a.Records {
		list = append(list, r.CheckTime.Unix())
	}
	slices.SortFunc(list, cmp.Compare[int64])
	return list
}
