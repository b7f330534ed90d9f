package dingtalk_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dingtalk"
)

const (
	dayPath  = "/topapi/attendance/getupdatedata"
	emptyDay = `{"errcode":0,"success":true,"result":{"approve_list":[],"attendance_result_list":[],"check_record_list":[],"corpId":"c","userid":"u","work_date":"2026-11-01 00:00:00"}}`
	invalid  = `{"errcode":88,"sub_code":"40014","sub_msg":"不合法的access_token","errmsg":"ding talk error[subcode=40014,submsg=x]"}`
)

func (f *fake) askDay(c *dingtalk.Client) error {
	f.t.Helper()
	_, err := c.UserDay(context.Background(), "u", day(f.t, "2026-11-01"))
	return err
}

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := dingtalk.New(dingtalk.Options{ClientID: "a"})
	require.Error(t, err)
	for _, u := range []string{"api.dingtalk.com", "ftp://x", "https://", "https://x?a=b", "https://user:pass@x", ":"} {
		_, err = dingtalk.New(dingtalk.Options{ClientID: "a", ClientSecret: secret, APIURL: u})
		require.ErrorContains(t, err, "https://api.dingtalk.com", u)
		require.NotContains(t, err.Error(), "pass")
	}
	_, err = dingtalk.New(dingtalk.Options{ClientID: "a", ClientSecret: secret})
	require.NoError(t, err)
}

func TestTokenIsSharedRenewedAndReplaced(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says(dayPath, emptyDay)
	c := f.client()
	require.NoError(t, f.askDay(c))
	require.NoError(t, f.askDay(c))
	require.Equal(t, 1, f.tokenCalls())
	require.Equal(t, map[string]any{"appKey": "app", "appSecret": secret}, f.sent(tokenPath)[0].body)
	require.Equal(t, "token-1", f.sent(dayPath)[1].token)

	f.pass(7200*9/10*time.Second - time.Second)
	require.NoError(t, f.askDay(c))
	require.Equal(t, 1, f.tokenCalls(), "before nine tenths of its life it is left alone")
	f.pass(2 * time.Second)
	require.NoError(t, f.askDay(c))
	require.Equal(t, 2, f.tokenCalls())
	require.Equal(t, "token-2", f.sent(dayPath)[3].token)
}

func TestTokenThatCannotBeRenewedIsUsedToItsEnd(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says(dayPath, emptyDay)
	c := f.client()
	require.NoError(t, f.askDay(c))
	f.answers(tokenPath, answer{status: 500, body: `{"code":"systemError"}`})
	f.pass(6600 * time.Second)
	require.NoError(t, f.askDay(c))
	require.NoError(t, f.askDay(c))
	require.Equal(t, 2, f.tokenCalls(), "the failure stands for a moment")
	f.pass(700 * time.Second)
	requireKind(t, f.askDay(c), dingtalk.KindTransient)
}

func TestManyCallersFetchOneToken(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says(dayPath, emptyDay)
	c := f.client()
	together(t, 20, func() error { return f.askDay(c) })
	require.Equal(t, 1, f.tokenCalls())
}

func together(t *testing.T, n int, do func() error) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = do() })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
}

func TestEveryShapeOfARefusedTokenFetchesOnceMore(t *testing.T) {
	t.Parallel()
	for _, refusal := range []answer{
		{body: invalid},
		{body: `{"errcode":40014,"errmsg":"不合法的access_token"}`},
		{body: `{"errcode":88,"errmsg":"ding talk error[subcode=42001,submsg=access_token超时]"}`},
		{body: `{"errcode":"40001"}`},
		{status: 400, body: `{"code":"InvalidAuthentication","message":"不合法的access_token"}`},
	} {
		t.Run(refusal.body, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.answers(dayPath, refusal, answer{body: emptyDay})
			c := f.client()
			require.NoError(t, f.askDay(c))
			require.Equal(t, 2, f.tokenCalls())
			require.Equal(t, "token-2", f.sent(dayPath)[1].token)
			require.Equal(t, []string{"getupdatedata error true", "getupdatedata ok true"}, f.outcomes())
		})
	}
}

func TestRefusedTokensAreNoStorm(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.sameOne = true // DingTalk hands out the very token that it refuses
	f.says(dayPath, invalid)
	c := f.client()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 5 {
				_ = f.askDay(c)
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, f.tokenCalls(), 3)
	requireKind(t, f.askDay(c), dingtalk.KindInvalidToken)
	f.says(dayPath, emptyDay)
	f.pass(11 * time.Second)
	require.NoError(t, f.askDay(c))
}

func TestOneRefusalDropsTheTokenForManyCallersOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := f.client()
	f.answers(dayPath, answer{do: func(w http.ResponseWriter, r *http.Request) {
		body := emptyDay
		if r.URL.Query().Get("access_token") == "token-1" {
			body = invalid
		}
		_, _ = w.Write([]byte(body))
	}})
	together(t, 20, func() error { return f.askDay(c) })
	require.Equal(t, 2, f.tokenCalls())
}

func TestWrongSecret(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answers(tokenPath, answer{status: 400, body: `{"requestid":"01","code":"invalidClientIdOrSecret","message":"无效的clientId或者clientSecret"}`})
	c := f.client()
	for range 5 {
		e := requireKind(t, f.askDay(c), dingtalk.KindCredentials)
		require.ErrorContains(t, e, "DINGTALK_CLIENT_ID")
		require.NotContains(t, e.Error(), secret)
		require.True(t, e.TurnedAway())
	}
	require.Equal(t, 1, f.tokenCalls(), "wrong credentials are no hot loop")
	require.Empty(t, f.sent(dayPath))
}

func TestThrottledAPIIsLeftAloneUntilItsEnd(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says(dayPath, `{"errcode":88,"errmsg":"ding talk error[subcode=90002,submsg=限制将在 2026-11-20 12:00:30 结束]"}`, emptyDay)
	f.says("/topapi/v2/user/get", `{"errcode":0,"result":{"userid":"u"}}`)
	c := f.client()
	e := requireKind(t, f.askDay(c), dingtalk.KindThrottled)
	require.False(t, e.Local)
	e = requireKind(t, f.askDay(c), dingtalk.KindThrottled)
	require.True(t, e.Local)
	require.Equal(t, f.clock().Add(30*time.Second).Unix(), e.ResumeAt.Unix())
	_, err := c.User(context.Background(), "u")
	require.NoError(t, err, "another API is not throttled")
	f.pass(30 * time.Second)
	require.NoError(t, f.askDay(c))
	require.Len(t, f.sent(dayPath), 2)
	require.Equal(t, []string{"getupdatedata throttled false", "get ok false", "getupdatedata ok true"}, f.outcomes())
}

func TestSpentQuotaIsProbedOnceAnHour(t *testing.T) {
	t.Parallel()
	const spent = `{"errcode":88,"sub_code":"90020","sub_msg":"x"}`
	f := newFake(t)
	f.says(dayPath, spent)
	f.says("/topapi/v2/user/get", `{"errcode":0,"result":{"userid":"u"}}`)
	c := f.client()
	requireKind(t, f.askDay(c), dingtalk.KindQuotaSpent)
	for range 3 {
		require.True(t, requireKind(t, f.askDay(c), dingtalk.KindQuotaSpent).Local)
	}
	_, err := c.Instance(context.Background(), "p", "")
	require.True(t, requireKind(t, err, dingtalk.KindQuotaSpent).Local, "every billed API is refused")
	_, err = c.User(context.Background(), "u")
	require.NoError(t, err, "contacts are free")

	f.pass(time.Hour)
	require.False(t, requireKind(t, f.askDay(c), dingtalk.KindQuotaSpent).Local)
	require.True(t, requireKind(t, f.askDay(c), dingtalk.KindQuotaSpent).Local)
	require.Len(t, f.sent(dayPath), 2)

	f.pass(time.Hour)
	f.answers(dayPath, answer{status: 500, body: `{"errcode":-1}`}, answer{body: emptyDay})
	requireKind(t, f.askDay(c), dingtalk.KindTransient)
	require.NoError(t, f.askDay(c), "a probe that said nothing of the quota is given back")
	require.NoError(t, f.askDay(c))
	require.Contains(t, f.outcomes(), "getupdatedata quota false")
}

// Every waiting run asks again: a permission that the whole app lacks must not
// cost each of them a call.
func TestMissingPermissionIsProbedNowAndThen(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says(dayPath, `{"errcode":88,"sub_code":"60011","sub_msg":"没有调用该接口的权限"}`)
	f.says("/attendance/list", `{"errcode":0,"recordresult":[]}`)
	f.says("/attendance/listRecord", `{"errcode":0,"recordresult":[]}`)
	c := f.client()
	for range 10 {
		require.Equal(t, []string{"qyapi_get_attendance_data"}, requireKind(t, f.askDay(c), dingtalk.KindPermissionMissing).Scopes)
	}
	require.Len(t, f.sent(dayPath), 1)
	_, err := c.Window(context.Background(), []string{"u"}, day(t, "2026-11-01"), day(t, "2026-11-01"))
	require.NoError(t, err, "another API has its own permission")

	f.pass(5 * time.Minute)
	for range 10 {
		requireKind(t, f.askDay(c), dingtalk.KindPermissionMissing)
	}
	require.Len(t, f.sent(dayPath), 2, "one call sees whether it was granted")
	f.says(dayPath, emptyDay)
	f.pass(5 * time.Minute)
	for range 3 {
		require.NoError(t, f.askDay(c))
	}
}

// That one user lies outside the app's range says nothing of the others.
func TestUserOutsideTheRangeStopsNobodyElse(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says(dayPath, `{"errcode":50002,"errmsg":"企业员工不在授权范围"}`, emptyDay)
	c := f.client()
	requireKind(t, f.askDay(c), dingtalk.KindPermissionMissing)
	require.NoError(t, f.askDay(c))
}

func TestAddressNotOnTheWhiteListIsProbedNowAndThen(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says(dayPath, `{"errcode":60020,"errmsg":"访问ip不在白名单之中"}`)
	c := f.client()
	for range 10 {
		requireKind(t, f.askDay(c), dingtalk.KindIPNotAllowed)
	}
	require.Len(t, f.sent(dayPath), 1)
}

func TestBanStopsEveryCall(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says(dayPath, `{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"x"}`, emptyDay)
	c := f.client()
	requireKind(t, f.askDay(c), dingtalk.KindThrottled)
	_, err := c.User(context.Background(), "u")
	require.True(t, requireKind(t, err, dingtalk.KindThrottled).Local)
	f.pass(5 * time.Minute)
	require.NoError(t, f.askDay(c))
}

func TestGate(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says(dayPath, emptyDay)
	var asked []string
	closed := errors.New("closed")
	c := f.client(func(o *dingtalk.Options) {
		o.GateFunc = func(_ context.Context, api string) error {
			asked = append(asked, api)
			if len(asked) > 1 {
				return closed
			}
			return nil
		}
	})
	require.NoError(t, f.askDay(c))
	require.ErrorIs(t, f.askDay(c), closed)
	require.Equal(t, []string{dayPath, dayPath}, asked, "tokens do not go through the gate")
	require.Len(t, f.sent(dayPath), 1)
}

// An answer is as old as its question, and not as the wait for the question's turn: else it would lose to an older one.
func TestAnswersAreDatedWhenTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.says(dayPath, emptyDay)
	f.says("/attendance/list", `{"errcode":0,"hasMore":true,"recordresult":[{"userId":"u","workDate":1793462400000}]}`, `{"errcode":0,"recordresult":[]}`)
	f.says("/attendance/listRecord", `{"errcode":0,"recordresult":[]}`)
	began, wait := f.clock(), 3*time.Hour
	c := f.client(func(o *dingtalk.Options) {
		o.GateFunc = func(context.Context, string) error { f.pass(wait); return nil }
	})
	a, err := c.UserDay(context.Background(), "u", day(t, "2026-11-01"))
	require.NoError(t, err)
	require.Equal(t, began.Add(wait), a.AskedAt)
	list, err := c.Window(context.Background(), []string{"u"}, day(t, "2026-11-01"), day(t, "2026-11-02"))
	require.NoError(t, err)
	require.Equal(t, began.Add(2*wait), list[1].AskedAt, "the first of the questions counts")
}

func TestNoSecretInErrorsAndLogs(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	hijack := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	f.answers(dayPath,
		answer{do: hijack}, answer{do: hijack}, answer{do: hijack},
		answer{body: `{"errcode":40078,"errmsg":"token-1 is bad, and so is ` + secret + `"}`},
		answer{status: 302, do: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere?"+r.URL.RawQuery, http.StatusFound)
		}},
		answer{body: strings.Repeat("x", 9<<20)},
	)
	c := f.client()
	for _, kind := range []dingtalk.Kind{
		dingtalk.KindNetwork, dingtalk.KindNetwork, dingtalk.KindNetwork, dingtalk.KindInvalidRequest, dingtalk.KindMalformed, dingtalk.KindMalformed,
	} {
		err := f.askDay(c)
		e := requireKind(t, err, kind)
		for _, form := range []string{"%v", "%+v", "%s", "%q"} {
			text := fmt.Sprintf(form, err)
			require.NotContains(t, text, "token-1")
			require.NotContains(t, text, secret)
			require.NotContains(t, text, "access_token=")
		}
		require.Equal(t, dayPath, e.API)
	}
	require.Empty(t, f.sent("/elsewhere"), "no redirection is followed")
	require.ErrorContains(t, f.askDay(c), "8388608 bytes")
	require.NotContains(t, f.log.String(), "token-1")
	require.NotContains(t, f.log.String(), secret)
	require.Contains(t, f.outcomes(), "getupdatedata network false")
}

func TestCancelledCallIsOne(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(leave) })
	f.answers(dayPath, answer{do: func(http.ResponseWriter, *http.Request) { close(entered); <-leave }})
	c := f.client()
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-entered; cancel() }()
	_, err := c.UserDay(ctx, "u", day(t, "2026-11-01"))
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, requireKind(t, err, dingtalk.KindNetwork).TurnedAway())
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := f.client()
	f.server.Close()
	e := requireKind(t, f.askDay(c), dingtalk.KindNetwork)
	require.True(t, e.TurnedAway(), "no token, no question")
	require.True(t, e.Retryable())
}

// Who bought calls and asks for days again does not wait for the hour to end.
func TestAProbeIsSentThoughTheQuotaIsSpent(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answers(dayPath, answer{body: `{"errcode":90020}`}, answer{body: `{"errcode":90020}`}, answer{body: emptyDay})
	c := f.client()
	requireKind(t, f.askDay(c), dingtalk.KindQuotaSpent)
	require.True(t, requireKind(t, f.askDay(c), dingtalk.KindQuotaSpent).Local)
	probe := func() error {
		_, err := c.UserDay(dingtalk.AsProbe(t.Context()), "u", attendance.NewDate(2026, 11, 1))
		return err
	}
	require.False(t, requireKind(t, probe(), dingtalk.KindQuotaSpent).Local)
	require.True(t, requireKind(t, f.askDay(c), dingtalk.KindQuotaSpent).Local, "the others go on waiting")
	require.NoError(t, probe())
	require.NoError(t, f.askDay(c), "there are calls again")
}

func TestOnlyOneCallProbesTheQuota(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	f.answers(dayPath, answer{body: `{"errcode":90020}`}, answer{do: func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = w.Write([]byte(emptyDay))
	}}, answer{body: emptyDay})
	c := f.client()
	requireKind(t, f.askDay(c), dingtalk.KindQuotaSpent)
	f.pass(time.Hour)
	probe := make(chan error)
	go func() { probe <- f.askDay(c) }()
	<-entered
	require.True(t, requireKind(t, f.askDay(c), dingtalk.KindQuotaSpent).Local, "while the probe is out the others wait")
	close(leave)
	require.NoError(t, <-probe)
	require.NoError(t, f.askDay(c))
}
