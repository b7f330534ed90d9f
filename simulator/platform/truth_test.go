package platform_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// TestAPIsAndTruthTellTheSame holds every API against the truth, in both directions, over three scripted weeks.
func TestAPIsAndTruthTellTheSame(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS = 0
	c := company.New(company.Options{Seed: 5, Start: monday, Employees: 40})
	c.Advance(monday.Add(21*24*time.Hour + 3*time.Hour))
	p := platform.New(platform.Options{Company: c, Settings: &settings})
	require.NoError(t, p.Start(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	w := &world{Platform: p, company: c}
	truth := c.Truth()
	first, last := c.FirstDay()-1, company.DateOf(c.Now())+1

	wantResults, wantRecords := expected(truth)
	gotResults, gotRecords := readDays(t, w, first, last)
	require.Equal(t, wantResults, gotResults, "getupdatedata's results")
	require.Equal(t, wantRecords, gotRecords, "getupdatedata's records")
	var users []string
	for _, employee := range c.Employees() {
		users = append(users, employee.UserID)
	}
	listed, recorded := readBatches(t, w, users, first, last)
	require.Equal(t, wantResults, listed, "attendance/list")
	require.Equal(t, wantRecords, recorded, "attendance/listRecord")
	require.NotEmpty(t, wantResults)
	require.NotEmpty(t, wantRecords)
	require.Equal(t, instances(truth), readInstances(t, w))
}

// expected spells out the truth's results and records.
func expected(truth company.Truth) (results, records []string) {
	for _, r := range truth.Results {
		at := r.PlanCheckTime
		if r.UserCheckTime != nil {
			at = r.UserCheckTime
		}
		results = append(results, fmt.Sprint(r.UserID, " ", r.WorkDate, " ", r.CheckType, " ", r.PlanCheckTime.Unix(), " ", at.Unix(), " ",
			r.TimeResult, " ", r.SourceType, " ", r.PlanID, " ", r.ProcessInstanceID))
	}
	for _, r := range truth.Punches {
		if r.Valid != nil {
			records = append(records, fmt.Sprint(r.UserID, " ", r.WorkDate, " ", r.CheckTime.Unix(), " ", *r.Valid, " ", r.SourceType))
		}
	}
	slices.Sort(results)
	slices.Sort(records)
	return results, records
}

func readDays(t *testing.T, w *world, first, last company.Date) (results, records []string) {
	t.Helper()
	unix := func(v any) int64 {
		at, err := time.ParseInLocation(time.DateTime, fmt.Sprint(v), w.company.Location())
		require.NoError(t, err)
		return at.Unix()
	}
	for _, employee := range w.company.Employees() {
		for date := first; date <= last; date++ {
			got := w.day(t, employee.UserID, date.String()).result()
			for _, r := range rowsOf(got["attendance_result_list"]) {
				results = append(results, fmt.Sprint(employee.UserID, " ", date, " ", r["check_type"], " ", unix(r["plan_check_time"]), " ",
					unix(r["user_check_time"]), " ", r["time_result"], " ", r["source_type"], " ", whole(r["plan_id"]), " ", orEmpty(r["procInst_id"])))
			}
			for _, r := range rowsOf(got["check_record_list"]) {
				records = append(records, fmt.Sprint(employee.UserID, " ", date, " ", unix(r["user_check_time"]), " ", r["valid_matched"], " ", r["source_type"]))
			}
		}
	}
	slices.Sort(results)
	slices.Sort(records)
	return results, records
}

func readBatches(t *testing.T, w *world, users []string, first, last company.Date) (results, records []string) {
	t.Helper()
	date := func(v any) company.Date { return company.DateOf(time.UnixMilli(whole(v)).In(w.company.Location())) }
	for begin := first; begin <= last; begin += 7 {
		end := min(begin+6, last)
		for offset, more := 0, true; more; offset += 50 {
			got := w.old(t, "/attendance/list", map[string]any{
				"workDateFrom": begin.String() + " 00:00:00", "workDateTo": end.String() + " 00:00:00", "userIdList": users,
				"offset": offset, "limit": 50,
			})
			more, _ = got.body["hasMore"].(bool)
			for _, r := range rowsOf(got.body["recordresult"]) {
				results = append(results, fmt.Sprint(r["userId"], " ", date(r["workDate"]), " ", r["checkType"], " ", whole(r["baseCheckTime"])/1000, " ",
					whole(r["userCheckTime"])/1000, " ", r["timeResult"], " ", r["sourceType"], " ", whole(r["planId"]), " ", orEmpty(r["procInstId"])))
			}
		}
		got := w.old(t, "/attendance/listRecord", map[string]any{
			"checkDateFrom": begin.String() + " 00:00:00", "checkDateTo": end.String() + " 23:59:59", "userIds": users,
		})
		for _, r := range rowsOf(got.body["recordresult"]) {
			if r["sourceType"] == company.SourceApprove {
				continue
			}
			records = append(records, fmt.Sprint(r["userId"], " ", date(r["workDate"]), " ", whole(r["userCheckTime"])/1000, " ", r["invalidRecordType"] == nil, " ", r["sourceType"]))
		}
	}
	slices.Sort(results)
	slices.Sort(records)
	return results, records
}

func whole(v any) int64 {
	number, _ := v.(float64)
	return int64(number)
}

func orEmpty(v any) string {
	text, _ := v.(string)
	return text
}

// instances are those that still exist.
func instances(truth company.Truth) []string {
	list := []string{}
	for _, a := range truth.Approvals {
		if a.Status != company.StatusDeleted {
			list = append(list, fmt.Sprint(a.ProcessInstanceID, " ", a.ProcessCode, " ", a.Status, " ", a.Result, " ", a.BizAction, " ", a.MainProcessInstanceID))
		}
	}
	slices.Sort(list)
	return list
}

func readInstances(t *testing.T, w *world) []string {
	t.Helper()
	list := []string{}
	for _, template := range company.Templates() {
		for token := "0"; token != ""; {
			got := w.modern(t, http.MethodPost, "/v1.0/workflow/processes/instanceIds/query", map[string]any{
				"processCode": template.ProcessCode, "startTime": monday.UnixMilli(), "endTime": w.company.Now().UnixMilli(),
				"nextToken": token, "maxResults": 20,
			}).result()
			ids, _ := got["list"].([]any)
			for _, id := range ids {
				a := w.modern(t, http.MethodGet, "/v1.0/workflow/processInstances?processInstanceId="+fmt.Sprint(id), nil).result()
				list = append(list, fmt.Sprint(id, " ", template.ProcessCode, " ", a["status"], " ", a["result"], " ", a["bizAction"], " ", orEmpty(a["mainProcessInstanceId"])))
			}
			token = orEmpty(got["nextToken"])
		}
	}
	slices.Sort(list)
	return list
}
