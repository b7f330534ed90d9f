package platform_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

// rowsAbout counts what each attendance API answers about a person and the world's Monday.
func (w *world) rowsAbout(t *testing.T, user string) map[string]any {
	t.Helper()
	midnight := monday.UnixMilli()
	batch := func(path string, body map[string]any) int {
		got := w.old(t, path, body)
		require.InDelta(t, 0, got.code(), 0, got.text)
		return len(rowsOf(got.body["recordresult"])) + len(rowsOf(got.body["result"]))
	}
	day := w.day(t, user, "2026-11-02")
	return map[string]any{
		"day code": day.code(), "results": len(rowsOf(day.result()["attendance_result_list"])),
		"list": batch("/attendance/list", map[string]any{
			"workDateFrom": "2026-11-02", "workDateTo": "2026-11-02", "userIdList": []string{user}, "limit": 50,
		}),
		"records": batch("/attendance/listRecord", map[string]any{
			"userIds": []string{user}, "checkDateFrom": "2026-11-02 00:00:00", "checkDateTo": "2026-11-02 23:59:59",
		}),
		"plans": batch("/topapi/attendance/schedule/listbyusers", map[string]any{
			"op_user_id": company.AdminUserID, "userids": user, "from_date_time": midnight, "to_date_time": midnight + 6*86_400_000,
		}),
	}
}

// contacts are those whom the departments list, and whether the person is among them and can be read.
func (w *world) contacts(t *testing.T, user string) (count int, listed, read bool) {
	t.Helper()
	for _, department := range []int64{1, 37, 38, 39, 40, 41} {
		ids, _ := w.old(t, "/topapi/user/listid", map[string]any{"dept_id": department}).result()["userid_list"].([]any)
		count += len(ids)
		for _, id := range ids {
			listed = listed || id == user
		}
	}
	return count, listed, w.old(t, "/topapi/v2/user/get", map[string]any{"userid": user}).code() == 0.0
}

func TestPeopleWhoLeftAreUnknown(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS = 0
	w := newWorld(t, settings)
	w.punch(t)
	count, listed, read := w.contacts(t, w.user)
	require.True(t, listed && read)
	require.Equal(t, map[string]any{"day code": 0.0, "results": 1, "list": 1, "records": 1, "plans": 12}, w.rowsAbout(t, w.user))

	w.company.Advance(w.company.Now().Add(time.Minute))
	require.Equal(t, http.StatusOK, w.send(t, http.MethodPost, "/control/resign", "", map[string]string{"user": w.user}).status)
	after, listed, read := w.contacts(t, w.user)
	require.Equal(t, count-1, after)
	require.False(t, listed || read)
	require.Equal(t, map[string]any{"day code": 60121.0, "results": 0, "list": 0, "records": 0, "plans": 0}, w.rowsAbout(t, w.user))
	w.Configure(func(s *platform.Settings) { s.UnknownUser, s.LeftUsers = "empty", "shown" })
	require.Equal(t, map[string]any{"day code": 0.0, "results": 0, "list": 1, "records": 1, "plans": 0}, w.rowsAbout(t, w.user))

	again := w.send(t, http.MethodPost, "/control/hire", "", map[string]string{"group": "office", "user_id": w.user})
	require.Equal(t, w.user, again.body["user_id"], again.text)
	require.Equal(t, map[string]any{"day code": 0.0, "results": 1, "list": 1, "records": 1, "plans": 12}, w.rowsAbout(t, w.user))
	newcomer := w.send(t, http.MethodPost, "/control/hire", "", map[string]string{"group": "night"})
	after, listed, read = w.contacts(t, orEmpty(newcomer.body["user_id"]))
	require.Equal(t, count+1, after)
	require.True(t, listed && read)
}

func TestLaggingReadsLearnOfALeaving(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS, settings.Lag = 0, 300*time.Millisecond
	w := newWorld(t, settings)
	_, err := w.company.Resign(company.ResignRequest{User: w.user})
	require.NoError(t, err)
	require.InDelta(t, 0, w.day(t, w.user, "2026-11-02").code(), 0)
	require.Eventually(t, func() bool { return w.day(t, w.user, "2026-11-02").code() == 60121.0 }, patience, 10*time.Millisecond)
}

// TestBatchesShowWhatPeopleDidBeforeTheyLeft holds the batch reads against the truth of a company in which people come and go.
func TestBatchesShowWhatPeopleDidBeforeTheyLeft(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS, settings.LeftUsers = 0, "shown"
	c := company.New(company.Options{Seed: 6, Start: monday, Employees: 20})
	users := []string{}
	for _, employee := range c.Employees() {
		users = append(users, employee.UserID)
	}
	for day, user := range users[1:12] {
		c.Advance(monday.Add(time.Duration(day)*29*time.Hour + 10*time.Hour))
		_, err := c.Resign(company.ResignRequest{User: user})
		require.NoError(t, err)
		newcomer, err := c.Hire(company.HireRequest{Group: "rotation"})
		require.NoError(t, err)
		users = append(users, newcomer.UserID)
		if day%3 == 2 {
			_, err = c.Hire(company.HireRequest{Group: "office", UserID: users[day]})
			require.NoError(t, err)
		}
	}
	c.Advance(monday.Add(17 * 24 * time.Hour))
	p := platform.New(platform.Options{Company: c, Settings: &settings})
	require.NoError(t, p.Start(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	w := &world{Platform: p, company: c}
	wantResults, wantRecords := expected(c.Truth())
	listed, recorded := readBatches(t, w, users, c.FirstDay()-1, company.DateOf(c.Now())+1)
	require.NotEmpty(t, wantResults)
	require.Equal(t, wantResults, listed)
	require.Equal(t, wantRecords, recorded)
}
