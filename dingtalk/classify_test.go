package dingtalk

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func now() time.Time { return time.Date(2026, 9, 3, 0, 0, 2, 0, beijing()) }

func wrapped88(code, message string) string {
	return `{"errcode":88,"sub_code":"` + code + `","sub_msg":"` + message +
		`","errmsg":"ding talk error[subcode=` + code + `,submsg=` + message + `]","request_id":"r1"}`
}

// good stands for no error.
const good Kind = ""

type verdict struct {
	status int
	body   string
	gen    generation
	kind   Kind
	code   string
	resume time.Duration // after now
	header string        // Retry-After
}

func verdicts() map[string]verdict {
	const maxQPS = "ding talk error[subcode=90002,submsg=请求被暂时限制了, apiPath(dingtalk.oapi.v2.department.listsub), " +
		"从 2026-09-03 00:01:02 到 2026-09-03 00:01:02 请求总次数超过 1200 次, 限制将在 2026-09-03 00:01:03 结束.]"
	all := map[string]verdict{
		// good
		"old ok":                   {200, `{"errcode":0,"errmsg":"ok"}`, oldAPI, good, "", 0, ""},
		"old ok as a text":         {200, `{"errcode":"0"}`, oldAPI, good, "", 0, ""},
		"old ok with success":      {200, `{"errcode":0,"success":true,"result":{}}`, oldAPI, good, "", 0, ""},
		"new ok":                   {200, `{"result":{}}`, newAPI, good, "", 0, ""},
		"new ok, success a text":   {200, `{"result":{},"success":"true"}`, newAPI, good, "", 0, ""},
		"new ok, created":          {201, `{}`, newAPI, good, "", 0, ""},
		"new with an old envelope": {200, `{"errcode":60121}`, newAPI, KindNotFound, "60121", 0, ""},
		"old, errcode 0, denied":   {200, `{"errcode":0,"success":false}`, oldAPI, KindTransient, "", 0, ""},
		"new 200, success false":   {200, `{"success":false,"code":"systemError"}`, newAPI, KindTransient, "systemError", 0, ""},

		// gateway and tokens (§1.1, §3)
		"gateway 401":     {401, `{"requestid":"ED","code":"authFailed","message":"鉴权失败"}`, newAPI, KindCredentials, "authFailed", 0, ""},
		"gateway 503":     {503, ``, newAPI, KindTransient, "", 0, ""},
		"plain to TLS":    {400, `<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>`, newAPI, KindMalformed, "", 0, ""},
		"wrong secret":    {400, `{"requestid":"01","code":"invalidClientIdOrSecret","message":"无效的clientId或者clientSecret"}`, newAPI, KindCredentials, "invalidClientIdOrSecret", 0, ""},
		"gettoken wrong":  {200, `{"errcode":40096,"errmsg":"不合法的appKey或appSecret"}`, oldAPI, KindCredentials, "40096", 0, ""},
		"gettoken docs":   {200, `{"errcode":40089,"errmsg":"x"}`, oldAPI, KindCredentials, "40089", 0, ""},
		"gettoken params": {200, `{"errcode":40035,"errmsg":"缺少参数 corpid or appkey"}`, oldAPI, KindInvalidRequest, "40035", 0, ""},
		"invalid.client":  {400, `{"code":"invalid.client"}`, newAPI, KindCredentials, "invalid.client", 0, ""},
		"unauthorized":    {401, `{"code":"unauthorized.client"}`, newAPI, KindCredentials, "unauthorized.client", 0, ""},
		"grant type":      {400, `{"code":"unsupported.grant.type"}`, newAPI, KindCredentials, "unsupported.grant.type", 0, ""},
		"unknown corp":    {500, `{"code":"unknownError","message":"未知错误"}`, newAPI, KindTransient, "unknownError", 0, ""},

		// invalid tokens (§3.5)
		"new token":         {400, `{"code":"InvalidAuthentication","requestid":"r1","message":"不合法的access_token"}`, newAPI, KindInvalidToken, "InvalidAuthentication", 0, ""},
		"new token missing": {400, `{"code":"AuthenticationFailed.MissingParameter"}`, newAPI, KindInvalidToken, "AuthenticationFailed.MissingParameter", 0, ""},
		"topapi token":      {200, wrapped88("40014", "不合法的access_token"), oldAPI, KindInvalidToken, "40014", 0, ""},
		"sub_code a number": {200, `{"errcode":88,"sub_code":40014}`, oldAPI, KindInvalidToken, "40014", 0, ""},
		"subcode":           {200, `{"errcode":88,"subcode":"42001"}`, oldAPI, KindInvalidToken, "42001", 0, ""},
		"only in errmsg":    {200, `{"errcode":88,"errmsg":"ding talk error[subcode=40014,submsg=x]"}`, oldAPI, KindInvalidToken, "40014", 0, ""},
		"token blank":       {200, wrapped88("40000", "access_token is blank"), oldAPI, KindInvalidToken, "40000", 0, ""},

		// attendance (§4) and approvals (§5)
		"too old":           {200, `{"errcode":850002,"errmsg":"禁止查询半年以前的数据"}`, oldAPI, KindTooOld, "850002", 0, ""},
		"too old, wrapped":  {200, wrapped88("850002", "x"), oldAPI, KindTooOld, "850002", 0, ""},
		"span":              {200, `{"errcode":41041,"errmsg":"时间跨度太大"}`, oldAPI, KindInvalidRequest, "41041", 0, ""},
		"report ids":        {200, `{"errcode":850015,"errmsg":"系统异常，请稍后重试"}`, oldAPI, KindInvalidRequest, "850015", 0, ""},
		"user gone":         {200, `{"errcode":60121,"errmsg":"找不到该用户"}`, oldAPI, KindNotFound, "60121", 0, ""},
		"user wrong":        {200, `{"errcode":"33012","errmsg":"无效的userId"}`, oldAPI, KindNotFound, "33012", 0, ""},
		"department gone":   {200, `{"errcode":60003,"errmsg":"未找到对应部门"}`, oldAPI, KindNotFound, "60003", 0, ""},
		"instance gone":     {400, `{"code":"processInstanceNotExist"}`, newAPI, KindNotFound, "processInstanceNotExist", 0, ""},
		"instance id":       {400, `{"code":"processInstanceIdError"}`, newAPI, KindNotFound, "processInstanceIdError", 0, ""},
		"needAuth":          {400, `{"code":"needAuth"}`, newAPI, KindPermissionMissing, "needAuth", 0, ""},
		"internalError":     {400, `{"code":"internalError"}`, newAPI, KindTransient, "internalError", 0, ""},
		"systemError":       {500, `{"code":"systemError"}`, newAPI, KindTransient, "systemError", 0, ""},
		"invalidParameter":  {400, `{"code":"invalidParameter"}`, newAPI, KindInvalidRequest, "invalidParameter", 0, ""},
		"next token":        {400, `{"code":"invalidNextToken"}`, newAPI, KindInvalidRequest, "invalidNextToken", 0, ""},
		"process code":      {400, `{"code":"invalidProcessCode"}`, newAPI, KindInvalidRequest, "invalidProcessCode", 0, ""},
		"end time":          {400, `{"code":"invalidEndTime"}`, newAPI, KindInvalidRequest, "invalidEndTime", 0, ""},
		"a code not known":  {400, `{"code":"somethingNew"}`, newAPI, KindInvalidRequest, "somethingNew", 0, ""},
		"5xx not known":     {502, `{"code":"somethingNew"}`, newAPI, KindTransient, "somethingNew", 0, ""},
		"401 not known":     {401, `{"code":"somethingNew"}`, newAPI, KindInvalidToken, "somethingNew", 0, ""},
		"old code unknown":  {200, `{"errcode":123456,"errmsg":"x"}`, oldAPI, KindInvalidRequest, "123456", 0, ""},
		"old 5xx unknown":   {500, `{"errcode":123456,"errmsg":"x"}`, oldAPI, KindTransient, "123456", 0, ""},
		"old, gateway says": {403, `{"code":"Forbidden.AccessDenied.QpsLimitForApi"}`, oldAPI, KindThrottled, "Forbidden.AccessDenied.QpsLimitForApi", time.Second, ""},

		// wrapping (§8.1)
		"permission":      {200, wrapped88("60011", "没有调用该接口的权限"), oldAPI, KindPermissionMissing, "60011", 0, ""},
		"out of scope":    {200, `{"errcode":50002,"errmsg":"企业员工不在授权范围"}`, oldAPI, KindPermissionMissing, "50002", 0, ""},
		"dept scope":      {200, `{"errcode":50004}`, oldAPI, KindPermissionMissing, "50004", 0, ""},
		"wrong path":      {200, `{"errcode":22,"sub_msg":"不合法ApiName","errmsg":"Invalid method[submsg=不合法ApiName]"}`, oldAPI, KindInvalidRequest, "22", 0, ""},
		"backend":         {200, `{"errcode":15,"sub_code":"isp.top-remote-connection-timeout","errmsg":"Remote service error[subcode=isp.top-remote-connection-timeout,submsg=x]"}`, oldAPI, KindTransient, "isp.top-remote-connection-timeout", 0, ""},
		"backend, errmsg": {200, `{"errcode":15,"errmsg":"Remote service error[subcode=isp.-1,submsg=服务不可用]"}`, oldAPI, KindTransient, "isp.-1", 0, ""},
		"88 empty":        {200, `{"errcode":88,"sub_code":"","errmsg":""}`, oldAPI, KindTransient, "88", 0, ""},
		"busy":            {200, `{"errcode":-1,"errmsg":"系统繁忙"}`, oldAPI, KindTransient, "-1", 0, ""},
		"new permission":  {403, `{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","requestid":"r1","message":"m","accessdenieddetail":{"requiredScopes":["Contact.User.Read"]}}`, newAPI, KindPermissionMissing, "Forbidden.AccessDenied.AccessTokenPermissionDenied", 0, ""},

		// throttling and quota (§8.3)
		"90018":           {200, wrapped88("90018", "接口次数过多"), oldAPI, KindThrottled, "90018", time.Second, ""},
		"90018 plain":     {200, `{"errcode":90018}`, oldAPI, KindThrottled, "90018", time.Second, ""},
		"90002 with end":  {200, `{"errcode":88,"errmsg":"` + maxQPS + `"}`, oldAPI, KindThrottled, "90002", 61 * time.Second, ""},
		"2018's wording":  {200, `{"errcode":90002,"errmsg":"处罚将在 2026-09-03 00:05:02 结束"}`, oldAPI, KindThrottled, "90002", 5 * time.Minute, ""},
		"end in the past": {200, `{"errcode":90002,"errmsg":"限制将在 2020-01-01 00:00:00 结束"}`, oldAPI, KindThrottled, "90002", time.Second, ""},
		"end far away":    {200, `{"errcode":90002,"errmsg":"限制将在 9999-01-01 00:00:00 结束"}`, oldAPI, KindThrottled, "90002", 24 * time.Hour, ""},
		"end impossible":  {200, `{"errcode":90002,"errmsg":"限制将在 2026-13-41 00:00:00 结束"}`, oldAPI, KindThrottled, "90002", time.Second, ""},
		"90001":           {200, `{"errcode":90001}`, oldAPI, KindThrottled, "90001", time.Minute, ""},
		"90017":           {200, `{"errcode":90017}`, oldAPI, KindThrottled, "90017", time.Minute, ""},
		"qps of the app":  {403, `{"code":"Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"}`, newAPI, KindThrottled, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", time.Second, ""},
		"qpm of the app":  {403, `{"code":"Forbidden.AccessDenied.QpmLimitForAppkeyAndApi"}`, newAPI, KindThrottled, "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", time.Minute, ""},
		"retry after":     {429, `{"code":"x"}`, newAPI, KindThrottled, "x", 7 * time.Second, "7"},
		"429, no body":    {429, ``, newAPI, KindThrottled, "", time.Minute, ""},
		"quota":           {200, wrapped88("90020", "调用次数超限"), oldAPI, KindQuotaSpent, "90020", time.Hour, ""},
		"quota plain":     {200, `{"errcode":90020}`, oldAPI, KindQuotaSpent, "90020", time.Hour, ""},
		"push quota":      {200, `{"errcode":20001}`, oldAPI, KindQuotaSpent, "20001", time.Hour, ""},
		"new quota":       {403, `{"code":"Forbidden.AccessDenied.ApiCountLimitForOrg"}`, newAPI, KindQuotaSpent, "Forbidden.AccessDenied.ApiCountLimitForOrg", time.Hour, ""},
		"white list":      {200, `{"errcode":60020}`, oldAPI, KindIPNotAllowed, "60020", 0, ""},
		"new white list":  {403, `{"code":"Forbidden.AccessDenied.IpNotInWhiteList"}`, newAPI, KindIPNotAllowed, "Forbidden.AccessDenied.IpNotInWhiteList", 0, ""},
		"ban page":        {200, "<!DOCTYPE html>\n<html>…</html>", oldAPI, KindThrottled, codeBanned, banPause, ""},
		"ban page 403":    {403, ` <html lang="zh">`, newAPI, KindThrottled, codeBanned, banPause, ""},
		"ban page 405":    {405, `<HTML>`, newAPI, KindThrottled, codeBanned, banPause, ""},
		"ban JSON":        {200, `{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"xxx"}`, oldAPI, KindThrottled, codeBanned, banPause, ""},
		"ban JSON, new":   {403, `{"status":"1111"}`, newAPI, KindThrottled, codeBanned, banPause, ""},

		// odd
		"502 page":       {502, `<html><title>502 Bad Gateway</title></html>`, newAPI, KindTransient, "", 0, ""},
		"504 empty":      {504, ``, oldAPI, KindTransient, "", 0, ""},
		"404 page":       {404, `<html>`, newAPI, KindMalformed, "", 0, ""},
		"redirection":    {302, ``, newAPI, KindMalformed, "", 0, ""},
		"empty":          {200, ``, oldAPI, KindMalformed, "", 0, ""},
		"blank":          {200, " \n", newAPI, KindMalformed, "", 0, ""},
		"no JSON":        {200, `ok`, oldAPI, KindMalformed, "", 0, ""},
		"cut":            {200, `{"errcode":0,"resu`, oldAPI, KindMalformed, "", 0, ""},
		"array":          {200, `[]`, newAPI, KindMalformed, "", 0, ""},
		"null":           {200, `null`, oldAPI, KindMalformed, "", 0, ""},
		"XML":            {200, `<?xml version="1.0"?><error/>`, newAPI, KindMalformed, "", 0, ""},
		"no errcode":     {200, `{"result":[]}`, oldAPI, KindMalformed, "", 0, ""},
		"errcode null":   {200, `{"errcode":null}`, oldAPI, KindMalformed, "", 0, ""},
		"old, bare 500":  {500, `{}`, oldAPI, KindTransient, "", 0, ""},
		"new, bare 403":  {403, `{}`, newAPI, KindPermissionMissing, "", 0, ""},
		"new, bare 408":  {408, `{}`, newAPI, KindTransient, "", 0, ""},
		"0 but HTTP 500": {500, `{"errcode":0}`, oldAPI, KindTransient, "", 0, ""},
	}
	for _, code := range []string{"40001", "40014", "41001", "42001"} {
		all["plain "+code] = verdict{200, `{"errcode":` + code + `,"errmsg":"x"}`, oldAPI, KindInvalidToken, code, 0, ""}
	}
	for _, code := range []string{"90003", "90005", "90010", "90014"} {
		all["throttle "+code] = verdict{200, wrapped88(code, "x"), oldAPI, KindThrottled, code, time.Minute, ""}
	}
	for _, code := range []string{"40068", "40069", "400002", "850012"} {
		all["parameter "+code] = verdict{200, `{"errcode":` + code + `}`, oldAPI, KindInvalidRequest, code, 0, ""}
	}
	return all
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for name, tt := range verdicts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			if tt.header != "" {
				header.Set("Retry-After", tt.header)
			}
			e := classify(tt.status, header, []byte(tt.body), tt.gen, now())
			if tt.kind == good {
				require.Nil(t, e)
				return
			}
			require.NotNil(t, e)
			require.Equal(t, tt.kind, e.Kind)
			require.Equal(t, tt.code, e.Code)
			if tt.resume == 0 {
				require.True(t, e.ResumeAt.IsZero())
			} else {
				require.Equal(t, tt.resume, e.ResumeAt.Sub(now()))
			}
			require.NotEmpty(t, e.Error())
		})
	}
}

func TestClassifyKeepsWhatAPersonNeeds(t *testing.T) {
	t.Parallel()
	e := classify(403, nil, []byte(`{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","requestid":"r1","message":"没有调用该接口的权限",`+
		`"accessdenieddetail":{"requiredScopes":["Workflow.Instance.Read"]}}`), newAPI, now())
	e.API = "/v1.0/workflow/processInstances"
	require.Equal(t, []string{"Workflow.Instance.Read"}, e.Scopes)
	require.Equal(t, "r1", e.RequestID)
	require.ErrorContains(t, e, "tick Workflow.Instance.Read")
	require.ErrorContains(t, e, "publish a new version")
	require.ErrorContains(t, e, "r1")

	e = classify(200, nil, []byte(wrapped88("60011", "应用尚未开通所需的权限：[qyapi_get_attendance_data]")), oldAPI, now())
	require.Equal(t, []string{"qyapi_get_attendance_data"}, e.Scopes)
	require.True(t, e.Retryable(), "an operator can mend it")

	e = classify(200, nil, []byte(`{"errcode":90002,"errmsg":"限制将在 2026-09-03 00:01:03 结束"}`), oldAPI, now())
	require.ErrorContains(t, e, "2026-09-03 00:01:03 +08:00")

	e = classify(200, nil, []byte(`{"errcode":123456,"errmsg":"`+strings.Repeat("很", 5000)+`"}`), oldAPI, now())
	require.Less(t, len(e.Error()), 2000)
}

func TestRetryableAndTurnedAway(t *testing.T) {
	t.Parallel()
	for kind, want := range map[Kind]struct{ retryable, turnedAway bool }{
		KindInvalidToken: {true, true}, KindCredentials: {true, true}, KindThrottled: {true, true}, KindQuotaSpent: {true, true},
		KindPermissionMissing: {true, true}, KindIPNotAllowed: {true, true}, KindNotFound: {false, true}, KindTooOld: {false, true},
		KindInvalidRequest: {false, true}, KindTransient: {true, false}, KindMalformed: {false, false}, KindNetwork: {true, false},
	} {
		e := &Error{Kind: kind}
		require.Equal(t, want.retryable, e.Retryable(), kind)
		require.Equal(t, want.turnedAway, e.TurnedAway(), kind)
		require.True(t, (&Error{Kind: kind, unsent: true}).TurnedAway())
		require.NotContains(t, e.Error(), "it failed", "every kind has words")
	}
}

func FuzzClassify(f *testing.F) {
	for _, v := range verdicts() {
		f.Add(v.status, []byte(v.body), v.gen == newAPI)
	}
	f.Fuzz(func(t *testing.T, status int, body []byte, isNew bool) {
		gen := oldAPI
		if isNew {
			gen = newAPI
		}
		e := classify(status, nil, body, gen, now())
		if e == nil {
			require.Equal(t, 2, status/100, "only 2xx is good")
			return
		}
		require.NotEmpty(t, e.Kind)
		require.Less(t, len([]rune(e.Message)), 400)
		if e.Kind == KindThrottled || e.Kind == KindQuotaSpent {
			require.True(t, e.ResumeAt.After(now()))
		}
	})
}
