package dingtalk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// question is one call's content.
type question struct {
	query url.Values
	body  any
	alone bool // on a connection of its own

	sentFunc func(at time.Time) // hears of each attempt, once it has had its turn; may be nil

	request []byte // body, encoded
	attempt int    // from 1 on
}

// ask sends a question and returns the body of a good answer. A refused token
// is replaced and the question repeated, once. On an error the body holds what
// had been read.
func (c *Client) ask(ctx context.Context, ep endpoint, q question) ([]byte, error) {
	if q.body != nil {
		var err error
		if q.request, err = json.Marshal(q.body); err != nil {
			return nil, &Error{Kind: KindInvalidRequest, API: ep.path, Message: "the request cannot be encoded", unsent: true}
		}
	}
	q.attempt = 1
	body, e, err := c.once(ctx, ep, q)
	if err == nil && e != nil && e.Kind == KindInvalidToken && !e.Local {
		q.attempt++
		body, e, err = c.once(ctx, ep, q)
	}
	if err != nil {
		return nil, err
	}
	if e != nil {
		return body, e
	}
	return body, nil
}

// Of a question in the midst of many, that was throttled.
const (
	midwayPause = 10 * time.Second // the longest that is waited for
	midwayTries = 5
)

// askFunc is ask or askMidway.
type askFunc func(context.Context, endpoint, question) ([]byte, error)

// askMidway asks as ask does a question that follows others: a short throttling is
// waited for here, for who comes back from the start asks, and pays for, all of them again.
func (c *Client) askMidway(ctx context.Context, ep endpoint, q question) ([]byte, error) {
	for tries := 1; ; tries++ {
		body, err := c.ask(ctx, ep, q)
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindThrottled || tries == midwayTries {
			return body, err
		}
		pause := e.ResumeAt.Sub(c.options.NowFunc())
		if pause > midwayPause || !c.options.SleepFunc(ctx, pause) {
			return body, err
		}
	}
}

// once goes the whole way of one call. The error of the gate or of the token
// comes apart from that of the call.
func (c *Client) once(ctx context.Context, ep endpoint, q question) ([]byte, *Error, error) {
	if e := c.breaker.check(ep, isProbe(ctx)); e != nil {
		return nil, e, nil
	}
	value, err := c.admit(ctx, ep)
	if err != nil {
		c.breaker.giveBack(ep)
		return nil, nil, err
	}
	if q.sentFunc != nil {
		q.sentFunc(c.instant())
	}
	body, e := c.exchange(ctx, ep, value, q)
	if e != nil && e.Kind == KindInvalidToken {
		c.tokens.drop(value, e)
	}
	return body, e, nil
}

// admit waits for the call's turn and for a token.
func (c *Client) admit(ctx context.Context, ep endpoint) (string, error) {
	if c.options.GateFunc != nil {
		if err := c.options.GateFunc(ctx, ep.path); err != nil {
			return "", fmt.Errorf("dingtalk %s: wait for its turn: %w", ep.path, err)
		}
	}
	return c.tokens.get(ctx)
}

// exchange sends one request, judges, counts and traces it.
func (c *Client) exchange(ctx context.Context, ep endpoint, token string, q question) ([]byte, *Error) {
	ctx, span := c.begin(ctx, ep, q.attempt)
	defer span.End()
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	began := c.options.NowFunc()
	body, e := c.send(ctx, ep, token, q)
	took := c.options.NowFunc().Sub(began)
	if e != nil {
		e.API = ep.path
		e.Message = c.redact(e.Message, token)
		if e.Kind == KindPermissionMissing && len(e.Scopes) == 0 && ep.scope != "" {
			e.Scopes = []string{ep.scope}
		}
	}
	c.breaker.note(ep, e)
	c.count(ep, e, took)
	became(span, e)
	return body, e
}

func (c *Client) send(ctx context.Context, ep endpoint, token string, q question) ([]byte, *Error) {
	client := c.http
	if q.alone {
		client = c.fresh
	}
	req, err := c.request(ctx, ep, token, q.query, q.request)
	if err != nil {
		return nil, &Error{Kind: KindInvalidRequest, Message: "the request cannot be made", unsent: true}
	}
	res, err := client.Do(req)
	if err != nil {
		cause := withoutURL(err)
		return nil, &Error{Kind: KindNetwork, Message: cause.Error(), cause: cause, unsent: unsent(err)}
	}
	body, err := readBody(res.Body)
	closeErr := res.Body.Close()
	switch {
	case errors.Is(err, ErrTooLong):
		return body, &Error{Kind: KindMalformed, Message: err.Error(), cause: err}
	case err != nil:
		return body, &Error{Kind: KindNetwork, Message: err.Error(), cause: err}
	case closeErr != nil:
		c.options.Logger.DebugContext(ctx, "an answer's connection did not close well", "api", ep.path, "error", closeErr)
	}
	return body, classify(res.StatusCode, res.Header, body, ep.gen, c.options.NowFunc())
}

// request builds the request. The old API takes the token in the query only,
// the new one in the header only.
func (c *Client) request(ctx context.Context, ep endpoint, token string, query url.Values, body []byte) (*http.Request, error) {
	base := c.options.APIURL
	values := url.Values{}
	maps.Copy(values, query)
	if ep.gen == oldAPI {
		base = c.options.OAPIURL
		values.Set("access_token", token)
	}
	target := base + ep.path
	if len(values) > 0 {
		target += "?" + values.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, ep.method, target, bytes.NewReader(body))
	if err != nil {
		return nil, withoutURL(err)
	}
	req.Header.Set("Accept", "application/json")
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if ep.gen == newAPI && token != "" {
		req.Header.Set("X-Acs-Dingtalk-Access-Token", token)
	}
	return req, nil
}

// redact takes the secrets out of a message, should DingTalk or a library
// repeat them.
func (c *Client) redact(message, token string) string {
	for _, secret := range []string{token, c.options.ClientSecret.Reveal()} {
		if secret != "" {
			message = strings.ReplaceAll(message, secret, c.options.ClientSecret.String())
		}
	}
	return message
}

func (c *Client) count(ep endpoint, e *Error, took time.Duration) {
	if c.options.CountFunc == nil || e != nil && (e.Local || e.unsent && e.Kind == KindInvalidRequest) {
		return
	}
	call := Call{API: ep.path, Outcome: outcomeOf(e), At: c.options.NowFunc(), Took: took}
	call.Billed = ep.billed && (call.Outcome == OutcomeOK || call.Outcome == OutcomeError)
	c.options.CountFunc(call)
}

func outcomeOf(e *Error) Outcome {
	switch {
	case e == nil:
		return OutcomeOK
	case e.Kind == KindThrottled:
		return OutcomeThrottled
	case e.Kind == KindQuotaSpent:
		return OutcomeQuota
	case e.Kind == KindNetwork:
		return OutcomeNetwork
	default:
		return OutcomeError
	}
}

// malformed is an answer that DingTalk called good and that cannot be read.
func malformed(ep endpoint, why string) *Error {
	return &Error{Kind: KindMalformed, API: ep.path, Message: why}
}

// invalid is a question that is not sent, because DingTalk would refuse it.
func invalid(ep endpoint, why string) *Error {
	return &Error{Kind: KindInvalidRequest, API: ep.path, Message: why, unsent: true}
}

// skipped logs rows of an answer that could not be read.
func (c *Client) skipped(ctx context.Context, ep endpoint, rows int, why error) {
	if rows > 0 {
		c.options.Logger.WarnContext(ctx, "rows of an answer could not be read and are left out",
			slogAPI, ep.path, "rows", rows, "first", why)
	}
}

const (
	slogAPI   = "api"
	askedUser = "userid" // the old API's field
)

// instant is when a question is asked, to the millisecond.
func (c *Client) instant() time.Time { return c.options.NowFunc().Truncate(time.Millisecond) }
