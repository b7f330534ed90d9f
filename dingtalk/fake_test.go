package dingtalk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dingtalk"
)

const (
	secret    = "s3cr3t-of-the-app"
	tokenPath = "/v1.0/oauth2/accessToken"
)

// activitiesPort is what the steps ask for, in their words.
type activitiesPort interface {
	UserDay(ctx context.Context, userID string, date attendance.Date) (attendance.Answer, error)
	Window(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error)
	Records(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error)
	Results(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Answer, error)
	Schedule(ctx context.Context, userIDs []string, from, to attendance.Date) ([]attendance.Planned, error)
	Instance(ctx context.Context, id, code string) (attendance.Instance, error)
	InstanceIDs(ctx context.Context, processCode, status string, userIDs []string, from, to time.Time) ([]string, error)
	MakeUpCodes(ctx context.Context) ([]string, error)
	FailedPushes(ctx context.Context) ([]byte, error)
	UserIDs(ctx context.Context) ([]string, error)
}

var _ activitiesPort = (*dingtalk.Client)(nil)

// request is a call as the fake got it.
type request struct {
	path, token string
	query       map[string][]string
	body        map[string]any
}

// fake is a DingTalk that answers by path from a script, and with its last
// answer when that is over.
type fake struct {
	t      *testing.T
	server *httptest.Server
	log    bytes.Buffer

	mu       sync.Mutex
	now      time.Time
	script   map[string][]answer
	requests []request
	calls    []dingtalk.Call
	tokens   int
	sameOne  bool // hand out one token for ever
}

type answer struct {
	status int
	body   string
	do     func(http.ResponseWriter, *http.Request)
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{t: t, now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.FixedZone("", 8*3600)), script: map[string][]answer{}}
	f.server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.server.Close)
	return f
}

func (f *fake) client(change ...func(*dingtalk.Options)) *dingtalk.Client {
	f.t.Helper()
	loc, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(f.t, err)
	o := dingtalk.Options{
		ClientID: "app", ClientSecret: secret, APIURL: f.server.URL, OAPIURL: f.server.URL + "/", Location: loc,
		OperatorUserID: "boss", NowFunc: f.clock, Logger: slog.New(slog.NewTextHandler(&f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		CountFunc: func(c dingtalk.Call) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.calls = append(f.calls, c)
		},
	}
	for _, c := range change {
		c(&o)
	}
	c, err := dingtalk.New(o)
	require.NoError(f.t, err)
	return c
}

func (f *fake) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fake) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func (f *fake) answers(path string, list ...answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script[path] = list
}

func (f *fake) says(path string, bodies ...string) {
	var list []answer
	for _, b := range bodies {
		list = append(list, answer{body: b})
	}
	f.answers(path, list...)
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	got := request{path: r.URL.Path, query: r.URL.Query(), token: r.Header.Get("X-Acs-Dingtalk-Access-Token") + r.URL.Query().Get("access_token")}
	if len(raw) > 0 && json.Unmarshal(raw, &got.body) != nil {
		panic("not JSON: " + string(raw))
	}
	a := f.next(got)
	switch {
	case a.do != nil:
		a.do(w, r)
		return
	case a.status != 0:
		w.WriteHeader(a.status)
	}
	_, _ = io.WriteString(w, a.body)
}

func (f *fake) next(got request) answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, got)
	list := f.script[got.path]
	if got.path == tokenPath && len(list) == 0 {
		if !f.sameOne || f.tokens == 0 {
			f.tokens++
		}
		return answer{body: fmt.Sprintf(`{"accessToken":"token-%d","expireIn":7200}`, f.tokens)}
	}
	if len(list) == 0 {
		return answer{status: 404, body: `{"code":"InvalidAction.NotFound"}`}
	}
	if len(list) > 1 {
		f.script[got.path] = list[1:]
	}
	return list[0]
}

// sent are the requests of a path.
func (f *fake) sent(path string) []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []request
	for _, r := range f.requests {
		if r.path == path {
			list = append(list, r)
		}
	}
	return list
}

// outcomes are what CountFunc was told, tokens aside.
func (f *fake) outcomes() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, c := range f.calls {
		if c.API != tokenPath {
			list = append(list, fmt.Sprintf("%s %s %v", c.API[strings.LastIndex(c.API, "/")+1:], c.Outcome, c.Billed))
		}
	}
	return list
}

func (f *fake) tokenCalls() int { return len(f.sent(tokenPath)) }

func day(t testing.TB, s string) attendance.Date {
	t.Helper()
	d, err := attendance.ParseDate(s)
	require.NoError(t, err)
	return d
}

func requireKind(t *testing.T, err error, kind dingtalk.Kind) *dingtalk.Error {
	t.Helper()
	var e *dingtalk.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, kind, e.Kind, "%v", err)
	return e
}
