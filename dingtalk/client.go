package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"dakasync/ops"
	"dakasync/privacy"
)

// DingTalk's public hosts.
const (
	PublicAPIURL  = "https://api.dingtalk.com"
	PublicOAPIURL = "https://oapi.dingtalk.com"
)

// Options are what a Client needs to know.
type Options struct {
	ClientID       string         // the app's AppKey
	ClientSecret   privacy.Secret // the app's AppSecret
	APIURL         string         // PublicAPIURL unless set
	OAPIURL        string         // PublicOAPIURL unless set
	Location       *time.Location // the company's zone, in which DingTalk writes times without one; Beijing's unless set
	OperatorUserID string         // an administrator's user id; some calls are done without if it is empty
	MakeUpCodes    []string       // process codes of 补卡 templates; found through the API if empty
	Policy         privacy.Policy // whether a row's personal data is handed on

	HTTPClient *http.Client                              // one of its own, with timeouts, unless set
	NowFunc    func() time.Time                          // time.Now unless set
	SleepFunc  func(context.Context, time.Duration) bool // waits, and tells whether ctx still lives; ops.Sleep unless set
	Logger     *slog.Logger                              // discards unless set
	Tracer     trace.Tracer                              // makes a span of each call; none unless set

	// GateFunc is called before every call but those for tokens, and may wait:
	// it is the rate limiter. Its error is returned as it is.
	GateFunc func(ctx context.Context, api string) error
	// CountFunc is told of every call that was sent, tokens included. It must
	// not block.
	CountFunc func(Call)
}

// Outcome of a call that was sent; it is api_call.outcome.
type Outcome string

// The outcomes of a call.
const (
	OutcomeOK        Outcome = "ok"
	OutcomeError     Outcome = "error"
	OutcomeThrottled Outcome = "throttled"
	OutcomeQuota     Outcome = "quota"
	OutcomeNetwork   Outcome = "network"
)

// Call is one call that was sent.
type Call struct {
	API     string // the URL's path
	Outcome Outcome
	Billed  bool // whether it counts toward the month's quota: throttled, refused and unanswered ones do not
	At      time.Time
	Took    time.Duration // from the request to its answer, or to giving up
}

// Client asks DingTalk. It is safe for use by many goroutines.
type Client struct {
	options   Options
	http      *http.Client
	fresh     *http.Client // a connection for each call, and no silent repetition
	tokens    *tokenSource
	breaker   *breaker
	templates *templateCache
}

// New checks the options and makes a Client. It sends nothing.
func New(o Options) (*Client, error) {
	if o.ClientID == "" || o.ClientSecret.Reveal() == "" {
		return nil, errors.New("dingtalk: a client id and a client secret are needed")
	}
	var err error
	if o.APIURL, err = baseURL(o.APIURL, PublicAPIURL); err != nil {
		return nil, fmt.Errorf("dingtalk: the API's URL: %w", err)
	}
	if o.OAPIURL, err = baseURL(o.OAPIURL, PublicOAPIURL); err != nil {
		return nil, fmt.Errorf("dingtalk: the old API's URL: %w", err)
	}
	if o.Location == nil {
		o.Location = beijing()
	}
	if o.NowFunc == nil {
		o.NowFunc = time.Now
	}
	if o.SleepFunc == nil {
		o.SleepFunc = ops.Sleep
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Tracer == nil {
		o.Tracer = noop.NewTracerProvider().Tracer("")
	}
	c := &Client{options: o, breaker: newBreaker(o.NowFunc), templates: newTemplateCache()}
	c.http, c.fresh = httpClients(o.HTTPClient)
	c.tokens = newTokenSource(c.fetchToken, o.NowFunc)
	return c, nil
}

func baseURL(s, standard string) (string, error) {
	if s == "" {
		return standard, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.User != nil {
		return "", errors.New("it must be like " + standard)
	}
	return strings.TrimRight(s, "/"), nil
}
