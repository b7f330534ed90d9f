package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"dakasync/dingtalk/internal/loose"
)

const (
	// tokenLife is assumed where DingTalk does not say.
	tokenLife = 7200 * time.Second
	// renewAt is the part of its life after which a token is renewed. Asking
	// again within it prolongs the same token (obtain-the-access-token-of-an-internal-app).
	renewAt = 0.9
	// fetchPause is how long after a failure the failure is handed out instead
	// of asking again, so that many callers do not ask in a row.
	fetchPause = time.Second
	// credentialsPause is that pause when they are wrong.
	credentialsPause = 30 * time.Second
	// uselessPause is that pause after a fresh token was refused.
	uselessPause = 10 * time.Second
)

// token is a token and its times.
type token struct {
	value   string
	renew   time.Time
	expires time.Time
}

// tokenSource hands out one token to all callers. One of them at a time
// fetches; the others wait for it or, while the old token lives, do not.
type tokenSource struct {
	fetchFunc func(context.Context) (value string, life time.Duration, err error)
	nowFunc   func() time.Time
	fetching  chan struct{} // holds one; whoever has taken it fetches

	mu      sync.Mutex
	current token
	dropped string // the last token that was refused
	failure error
	until   time.Time // until then failure stands
}

func newTokenSource(fetch func(context.Context) (string, time.Duration, error), now func() time.Time) *tokenSource {
	s := &tokenSource{fetchFunc: fetch, nowFunc: now, fetching: make(chan struct{}, 1)}
	s.fetching <- struct{}{}
	return s
}

// get is a token that lives.
func (s *tokenSource) get(ctx context.Context) (string, error) {
	value, fresh, err := s.peek()
	if err != nil || fresh {
		return value, err
	}
	if value != "" { // due for renewal: by one caller, unless somebody is at it
		select {
		case <-s.fetching:
			return s.fetch(ctx, value)
		default:
			return value, nil
		}
	}
	select {
	case <-ctx.Done():
		return "", fmt.Errorf("wait for an access token: %w", ctx.Err())
	case <-s.fetching:
	}
	return s.fetch(ctx, "")
}

// peek is the token in hand, "" if there is none that lives. A failure that
// stands is an error only where there is no token.
func (s *tokenSource) peek() (value string, fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.nowFunc()
	standing := now.Before(s.until)
	switch {
	case s.current.value == "" || !now.Before(s.current.expires):
		if standing {
			return "", false, s.failure
		}
		return "", false, nil
	case now.Before(s.current.renew), standing:
		return s.current.value, true, nil
	default:
		return s.current.value, false, nil
	}
}

// fetch asks for a token; the caller has taken the turn. old is a token that
// still lives, for when that fails.
func (s *tokenSource) fetch(ctx context.Context, old string) (string, error) {
	defer func() { s.fetching <- struct{}{} }()
	if value, fresh, err := s.peek(); err != nil || fresh {
		return value, err // somebody fetched while we waited
	}
	value, life, err := s.fetchFunc(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.nowFunc()
	if err != nil {
		if ctx.Err() == nil { // a caller who gave up says nothing of the next one
			s.failure, s.until = err, now.Add(pauseAfter(err))
		}
		if old != "" {
			return old, nil
		}
		return "", err
	}
	s.current = token{value: value, expires: now.Add(life), renew: now.Add(time.Duration(float64(life) * renewAt))}
	return value, nil
}

// pauseAfter a failed fetch: wrong credentials do not mend themselves.
func pauseAfter(err error) time.Duration {
	if IsKind(err, KindCredentials) {
		return credentialsPause
	}
	return fetchPause
}

// drop forgets a token that DingTalk refused, if it is still the one in hand.
// When DingTalk hands out the very token that it refuses, asking on would be a
// storm: it is left alone for a while.
func (s *tokenSource) drop(value string, refusal *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.value != value {
		return
	}
	s.current = token{}
	if s.dropped == value {
		again := *refusal
		again.Local = true
		s.failure, s.until = &again, s.nowFunc().Add(uselessPause)
		s.dropped = ""
		return
	}
	s.dropped = value
}

// fetchToken asks for a token. It never goes through the gate, and is free.
func (c *Client) fetchToken(ctx context.Context) (string, time.Duration, error) {
	ep := accessTokenCall()
	if e := c.breaker.check(ep, false); e != nil {
		return "", 0, e
	}
	request, err := json.Marshal(map[string]string{"appKey": c.options.ClientID, "appSecret": c.options.ClientSecret.Reveal()})
	if err != nil {
		return "", 0, errors.New("dingtalk: the client id or secret cannot be encoded")
	}
	body, e := c.exchange(ctx, ep, "", question{request: request, attempt: 1})
	if e != nil {
		e.unsent = true // the question that the token was for
		return "", 0, e
	}
	o, _ := loose.ParseObject(body)
	value := o.String("accesstoken")
	if value == "" {
		return "", 0, &Error{Kind: KindTransient, API: ep.path, Message: "the answer holds no access token", unsent: true}
	}
	life := tokenLife
	if seconds, ok := o.Int("expirein", "expiresin"); ok && seconds > 0 && seconds < int64(tokenLife/time.Second)*100 {
		life = time.Duration(seconds) * time.Second
	}
	return value, life, nil
}
