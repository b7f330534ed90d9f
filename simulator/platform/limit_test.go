package platform_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

func TestTokensOfAllInvalidKinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fast())
	const old, modern = "/topapi/attendance/getupdatedata", "/v1.0/workflow/processes/managements/templates?userId=admin"
	require.Equal(t, "40000", w.send(t, http.MethodPost, old, "", nil).body["sub_code"])
	require.Equal(t, "40014", w.send(t, http.MethodPost, old+"?access_token=wrong", "", nil).body["sub_code"])
	require.InDelta(t, 88, w.send(t, http.MethodPost, old+"?access_token=wrong", "", nil).code(), 0)
	require.Equal(t, "AuthenticationFailed.MissingParameter", w.send(t, http.MethodGet, modern, "", nil).body["code"])
	require.Equal(t, "InvalidAuthentication", w.send(t, http.MethodGet, modern, "wrong", nil).body["code"])

	token := w.token(t)
	require.Equal(t, token, w.token(t), "the same token while it is valid")
	got := w.send(t, http.MethodGet, "/gettoken?appkey="+w.ClientID()+"&appsecret="+w.ClientSecret(), "", nil)
	require.Equal(t, token, got.body["access_token"], "one token for both generations")
	require.Equal(t, http.StatusOK, w.send(t, http.MethodGet, modern, token, nil).status)
	w.InvalidateToken()
	require.Equal(t, http.StatusBadRequest, w.send(t, http.MethodGet, modern, token, nil).status)
	require.NotEqual(t, token, w.token(t))

	require.InDelta(t, 40096, w.send(t, http.MethodGet, "/gettoken?appkey=x&appsecret=y", "", nil).code(), 0)
	require.InDelta(t, 40035, w.send(t, http.MethodGet, "/gettoken", "", nil).code(), 0)
	wrong := w.send(t, http.MethodPost, "/v1.0/oauth2/accessToken", "", map[string]any{"appKey": w.ClientID(), "appSecret": "x"})
	require.Equal(t, "invalidClientIdOrSecret", wrong.body["code"])
	refused := w.send(t, http.MethodPost, "/v1.0/gateway/connections/open", "", map[string]any{"clientId": w.ClientID(), "clientSecret": "x"})
	require.Equal(t, http.StatusUnauthorized, refused.status)
	require.Equal(t, "authFailed", refused.body["code"])
}

func TestTicketOpensOneConnectionInTime(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.TicketLife = 0
	w := newWorld(t, settings)
	require.Equal(t, http.StatusUnauthorized, w.send(t, http.MethodGet, "/connect?ticket=unknown", "", nil).status)
	got := w.send(t, http.MethodPost, "/v1.0/gateway/connections/open", "", map[string]any{
		"clientId": w.ClientID(), "clientSecret": w.ClientSecret(),
	})
	require.Equal(t, http.StatusUnauthorized, w.send(t, http.MethodGet, "/connect?ticket="+orEmpty(got.body["ticket"]), "", nil).status)
	w.Configure(func(s *platform.Settings) { s.TicketLife = time.Minute })
	got = w.send(t, http.MethodPost, "/v1.0/gateway/connections/open", "", map[string]any{
		"clientId": w.ClientID(), "clientSecret": w.ClientSecret(),
	})
	ticket := orEmpty(got.body["ticket"])
	require.NotEqual(t, http.StatusUnauthorized, w.send(t, http.MethodGet, "/connect?ticket="+ticket, "", nil).status, "good once")
	require.Equal(t, http.StatusUnauthorized, w.send(t, http.MethodGet, "/connect?ticket="+ticket, "", nil).status, "spent")
}

func TestBoundsOfTheReads(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS = 0
	w := newWorld(t, settings)
	users := strings.Split(strings.Repeat("u,", 51), ",")[:51]
	list := func(from, to string, users any, limit int) reading {
		return w.old(t, "/attendance/list", map[string]any{"workDateFrom": from, "workDateTo": to, "userIdList": users, "limit": limit})
	}
	plans := func(operator string, from, to time.Time) reading {
		return w.old(t, "/topapi/attendance/schedule/listbyusers", map[string]any{
			"op_user_id": operator, "userids": w.user, "from_date_time": from.UnixMilli(), "to_date_time": to.UnixMilli(),
		})
	}
	ids := func(change map[string]any) any {
		body := map[string]any{
			"processCode": company.TemplateOf(company.KindLeave).ProcessCode, "startTime": monday.UnixMilli(),
			"endTime": monday.Add(time.Hour).UnixMilli(), "maxResults": 20,
		}
		maps.Copy(body, change)
		return w.modern(t, http.MethodPost, "/v1.0/workflow/processes/instanceIds/query", body).body["code"]
	}
	for name, check := range map[string]struct{ want, got any }{
		"detail too old":       {850002.0, w.day(t, w.user, "2026-05-01").code()},
		"detail of a stranger": {60121.0, w.day(t, "nobody", "2026-11-02").code()},
		"detail, bad date":     {40035.0, w.day(t, w.user, "yesterday").code()},
		"list, eight days":     {41041.0, list("2026-11-02", "2026-11-09", []string{w.user}, 50).code()},
		"list, seven days":     {0.0, list("2026-11-02", "2026-11-08", []string{w.user}, 50).code()},
		"list, 51 users":       {40035.0, list("2026-11-02", "2026-11-02", users, 50).code()},
		"list, limit 51":       {40035.0, list("2026-11-02", "2026-11-02", []string{w.user}, 51).code()},
		"records, eight days": {41041.0, w.old(t, "/attendance/listRecord", map[string]any{
			"userIds": []string{w.user}, "checkDateFrom": "2026-11-01 00:00:00", "checkDateTo": "2026-11-09 00:00:00",
		}).code()},
		"plans without admin":     {400002.0, plans(w.user, monday, monday).code()},
		"plans, too long":         {41041.0, plans("admin", monday, monday.AddDate(0, 0, 9)).code()},
		"plans":                   {0.0, plans("admin", monday, monday.AddDate(0, 0, 6)).code()},
		"ids, unknown form":       {"invalidProcessCode", ids(map[string]any{"processCode": "PROC-X"})},
		"ids, 21 a page":          {"invalidMaxResults", ids(map[string]any{"maxResults": 21})},
		"ids, 11 people":          {"invalidUserIds", ids(map[string]any{"userIds": users[:11]})},
		"ids, 121 days":           {"invalidEndTime", ids(map[string]any{"startTime": monday.AddDate(0, 0, -121).UnixMilli()})},
		"ids, two years":          {"invalidInstanceListIdsStartTime", ids(map[string]any{"startTime": monday.AddDate(-2, 0, 0).UnixMilli()})},
		"ids, future":             {"invalidEndTime", ids(map[string]any{"endTime": time.Now().AddDate(0, 0, 99).UnixMilli()})},
		"ids":                     {nil, ids(nil)},
		"instance of nowhere":     {"processInstanceNotExist", w.modern(t, http.MethodGet, "/v1.0/workflow/processInstances?processInstanceId=x", nil).body["code"]},
		"templates without admin": {"invalidUserId", w.modern(t, http.MethodGet, "/v1.0/workflow/processes/managements/templates?userId="+w.user, nil).body["code"]},
		"department of nowhere":   {60003.0, w.old(t, "/topapi/v2/department/listsub", map[string]any{"dept_id": 99999}).code()},
		"unknown path":            {22.0, w.old(t, "/topapi/attendance/nothing", nil).code()},
	} {
		require.Equal(t, check.want, check.got, name)
	}
	require.Empty(t, w.old(t, "/attendance/list", map[string]any{
		"workDateFrom": "2026-11-02", "workDateTo": "2026-11-02", "userIdList": []string{w.user}, "limit": 50, "isI18n": true,
	}).body["recordresult"])
	w.Configure(func(s *platform.Settings) { s.UnknownUser = "empty" })
	require.InDelta(t, 0, w.day(t, "nobody", "2026-11-02").code(), 0)
}

func TestRateAndQuota(t *testing.T) {
	t.Parallel()
	settings := fast()
	settings.QPS, settings.CallQuota = 3, 5
	c := company.New(company.Options{Seed: 1, Start: monday, Quiet: true})
	now := monday
	p := platform.New(platform.Options{Company: c, Settings: &settings, Now: func() time.Time { return now }})
	require.NoError(t, p.Start(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	w := &world{Platform: p, company: c, user: "admin"}
	for range 3 {
		require.InDelta(t, 0, w.day(t, w.user, "2026-11-02").code(), 0)
	}
	require.Equal(t, "90018", w.day(t, w.user, "2026-11-02").body["sub_code"])
	require.Equal(t, 3, w.Billed(), "throttled calls are not billed")
	now = now.Add(time.Second)
	require.InDelta(t, 0, w.day(t, w.user, "2026-11-02").code(), 0)
	require.InDelta(t, 0, w.day(t, w.user, "2026-11-02").code(), 0)
	require.Equal(t, "90020", w.day(t, w.user, "2026-11-02").body["sub_code"])
	const path = "/v1.0/workflow/processes/managements/templates?userId=admin"
	require.Equal(t, "Forbidden.AccessDenied.ApiCountLimitForOrg", w.modern(t, http.MethodGet, path, nil).body["code"])
	for range 2 {
		w.modern(t, http.MethodGet, path, nil)
	}
	require.Equal(t, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", w.modern(t, http.MethodGet, path, nil).body["code"])
	require.InDelta(t, 0, w.old(t, "/topapi/v2/department/listsub", nil).code(), 0, "contacts cost nothing")
	calls := w.Calls()["/topapi/attendance/getupdatedata"]
	require.Equal(t, 7, calls.Calls)
	require.Equal(t, 5, calls.Billed)
	now = now.AddDate(0, 1, 0)
	require.InDelta(t, 0, w.day(t, w.user, "2026-11-02").code(), 0, "the next month begins afresh")
}
