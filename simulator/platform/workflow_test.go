package platform_test

import (
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// instanceIDs asks for the ids of a kind's instances; more is added to the request.
func (w *world) instanceIDs(t *testing.T, kind string, more map[string]any) ([]string, any) {
	t.Helper()
	body := map[string]any{
		"processCode": company.TemplateOf(kind).ProcessCode, "startTime": monday.UnixMilli(), "nextToken": 0, "maxResults": 20,
	}
	maps.Copy(body, more)
	got := w.modern(t, http.MethodPost, "/v1.0/workflow/processes/instanceIds/query", body)
	ids := []string{}
	list, _ := got.result()["list"].([]any)
	for _, id := range list {
		ids = append(ids, fmt.Sprint(id))
	}
	return ids, got.body["code"]
}

func TestInstanceIDsOfEveryTemplate(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS = 0
	w := newWorld(t, settings)
	at := func(hour int) time.Time { return monday.Add(time.Duration(hour) * time.Hour) }
	colleague, _ := w.company.Pick("office", 1)
	want := map[string]string{}
	note := func(a company.Approval, err error) {
		require.NoError(t, err)
		want[a.Kind] = a.ID
	}
	note(w.company.MakeUp(company.MakeUpRequest{User: w.user, At: at(9)}))
	note(w.company.Leave(company.LeaveRequest{User: w.user, Begin: at(14), End: at(16)}))
	note(w.company.Overtime(company.OvertimeRequest{User: w.user, Begin: at(19), End: at(21)}))
	note(w.company.Trip(company.TripRequest{User: w.user, Begin: at(24), End: at(48)}))
	note(w.company.Out(company.OutRequest{User: w.user, Begin: at(16), End: at(17)}))
	note(w.company.Other(company.OtherRequest{User: w.user}))
	for kind, id := range want {
		ids, _ := w.instanceIDs(t, kind, nil)
		require.Equal(t, []string{id}, ids, kind)
	}
	require.Len(t, want, len(company.Templates()))

	running, err := w.company.Leave(company.LeaveRequest{
		User: colleague.UserID, Begin: at(14), End: at(16), Flow: company.Flow{Decision: company.DecideLater},
	})
	require.NoError(t, err)
	ended, err := w.company.Leave(company.LeaveRequest{
		User: colleague.UserID, Begin: at(14), End: at(16), Flow: company.Flow{Decision: company.DecideTerminate},
	})
	require.NoError(t, err)
	for _, query := range []struct {
		more map[string]any
		want []string
	}{
		{map[string]any{"statuses": []string{"COMPLETED"}}, []string{want[company.KindLeave]}},
		{map[string]any{"statuses": []string{"RUNNING"}}, []string{running.ID}},
		{map[string]any{"statuses": []string{"RUNNING", "TERMINATED"}}, []string{running.ID, ended.ID}},
		{map[string]any{"userIds": []string{w.user}}, []string{want[company.KindLeave]}},
		{map[string]any{"userIds": []string{colleague.UserID}, "statuses": []string{"COMPLETED"}}, []string{}},
		{map[string]any{"userIds": nil}, []string{want[company.KindLeave], running.ID, ended.ID}},
		{map[string]any{"startTime": at(13).UnixMilli()}, []string{}},
		{map[string]any{"nextToken": "1", "maxResults": 1}, []string{running.ID}},
	} {
		ids, code := w.instanceIDs(t, company.KindLeave, query.more)
		require.Equal(t, query.want, ids, "%v: %v", query.more, code)
	}
	_, err = w.company.Delete(want[company.KindLeave])
	require.NoError(t, err)
	ids, _ := w.instanceIDs(t, company.KindLeave, nil)
	require.Equal(t, []string{running.ID, ended.ID}, ids, "a deleted one is gone")
}

func TestInstanceIDsReachBackAsFarAsIsDocumented(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS = 0
	w := newWorld(t, settings)
	now := w.company.Now()
	ago := func(days int) int64 { return now.AddDate(0, 0, -days).UnixMilli() }
	for _, query := range []struct {
		start, end int64
		code       any
	}{
		{ago(120), ago(0), nil},
		{ago(121), ago(0), "invalidEndTime"},
		{ago(365), ago(245), nil},
		{ago(366), ago(300), "invalidInstanceListIdsStartTime"},
		{ago(120), 0, nil},
		{ago(121), 0, "invalidInstanceListIdsStartTime"},
		{ago(1), ago(2), "invalidEndTime"},
		{0, ago(0), "invalidInstanceListIdsStartTime"},
	} {
		more := map[string]any{"startTime": query.start}
		if query.end != 0 {
			more["endTime"] = query.end
		}
		_, code := w.instanceIDs(t, company.KindOvertime, more)
		require.Equal(t, query.code, code, "%v to %v", time.UnixMilli(query.start), time.UnixMilli(query.end))
	}
}

func TestTemplatesTellMakeUpsAndLeavesApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fast())
	got := w.modern(t, http.MethodGet, "/v1.0/workflow/processes/managements/templates?userId="+company.AdminUserID, nil)
	types := map[string]int64{}
	for _, row := range rowsOf(got.body["result"]) {
		types[orEmpty(row["processCode"])] = whole(row["attendanceType"])
	}
	for kind, want := range map[string]int64{
		company.KindMakeUp: 1, company.KindLeave: 2, company.KindOvertime: 0, company.KindTrip: 0, company.KindOut: 0, company.KindOther: 0,
	} {
		require.Equal(t, want, types[company.TemplateOf(kind).ProcessCode], kind)
	}
	require.Len(t, types, 6)
}

// TestRowsNameTheirInstance looks for the instances behind results and records, under the name that each API has for them.
func TestRowsNameTheirInstance(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS = 0
	w := newWorld(t, settings)
	made, err := w.company.MakeUp(company.MakeUpRequest{User: w.user, At: monday.Add(9 * time.Hour)})
	require.NoError(t, err)
	leave, err := w.company.Leave(company.LeaveRequest{User: w.user, Begin: monday.Add(14 * time.Hour), End: monday.Add(18 * time.Hour)})
	require.NoError(t, err)
	w.company.Advance(monday.Add(19 * time.Hour))
	want := map[string]string{"OnDuty": made.ID, "OffDuty": leave.ID}
	named := func(rows []map[string]any, checkType, instance string) map[string]string {
		found := map[string]string{}
		for _, row := range rows {
			found[orEmpty(row[checkType])] = orEmpty(row[instance])
		}
		return found
	}
	day := w.day(t, w.user, "2026-11-02").result()
	require.Equal(t, want, named(rowsOf(day["attendance_result_list"]), "check_type", "procInst_id"))
	require.Equal(t, leave.ID, rowsOf(day["approve_list"])[0]["procInst_id"])
	listed := w.old(t, "/attendance/list", map[string]any{
		"workDateFrom": "2026-11-02", "workDateTo": "2026-11-02", "userIdList": []string{w.user}, "limit": 50,
	})
	require.Equal(t, want, named(rowsOf(listed.body["recordresult"]), "checkType", "procInstId"))
	recorded := w.old(t, "/attendance/listRecord", map[string]any{
		"userIds": []string{w.user}, "checkDateFrom": "2026-11-02 00:00:00", "checkDateTo": "2026-11-02 23:59:59",
	})
	require.Equal(t, map[string]string{"OnDuty": made.ID}, named(rowsOf(recorded.body["recordresult"]), "checkType", "procInstId"))
}

// The page promises the filter; nobody has shown that it is heeded.
func TestInstanceIDsByStatus(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS = 0
	w := newWorld(t, settings)
	request := company.LeaveRequest{User: w.user, Begin: monday.Add(14 * time.Hour), End: monday.Add(16 * time.Hour)}
	finished, err := w.company.Leave(request)
	require.NoError(t, err)
	request.Flow = company.Flow{Decision: company.DecideLater}
	running, err := w.company.Leave(request)
	require.NoError(t, err)
	list := func(more map[string]any) ([]string, any) { return w.instanceIDs(t, company.KindLeave, more) }
	status := func(s string) map[string]any { return map[string]any{"statuses": []string{s}} }

	ids, _ := list(status(company.StatusRunning))
	require.Equal(t, []string{running.ID}, ids)
	ids, _ = list(status(company.StatusCompleted))
	require.Equal(t, []string{finished.ID}, ids)
	w.Configure(func(s *platform.Settings) { s.Statuses = "ignored" })
	ids, _ = list(status(company.StatusRunning))
	require.Equal(t, []string{finished.ID, running.ID}, ids)
	w.Configure(func(s *platform.Settings) { s.Statuses = "refused" })
	_, code := list(status(company.StatusRunning))
	require.Equal(t, "invalidParameter", code)
	ids, code = list(nil)
	require.Nil(t, code)
	require.Len(t, ids, 2)
}
