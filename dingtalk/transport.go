package dingtalk

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// callTimeout bounds a call; DingTalk's own limit inside is 3 s.
	callTimeout = 10 * time.Second
	// maxBody bounds what is read of an answer. The largest legitimate ones are
	// a tenth of it.
	maxBody = 8 << 20
	// maxIdle is how many connections to a host are kept.
	maxIdle = 20

	dialTimeout = 5 * time.Second
	idleTimeout = 60 * time.Second
)

// httpClients are the client for all calls and the one for the read that
// destroys what it reads. That one opens a connection for each call: on a kept
// one Go's transport silently repeats a GET that was cut off before the answer.
func httpClients(given *http.Client) (kept, fresh *http.Client) {
	base := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: maxIdle,
		IdleConnTimeout:     idleTimeout,
	}
	var round http.RoundTripper = base
	if given != nil && given.Transport != nil {
		round = given.Transport
		if t, ok := given.Transport.(*http.Transport); ok {
			base = t
		}
	}
	alone := base.Clone()
	alone.DisableKeepAlives = true
	alone.ForceAttemptHTTP2 = false
	alone.Protocols = new(http.Protocols)
	alone.Protocols.SetHTTP1(true)
	return &http.Client{Transport: round, CheckRedirect: stay}, &http.Client{Transport: alone, CheckRedirect: stay}
}

// stay follows no redirection: the token would go along.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// ErrTooLong says that an answer has more bytes than are read of any.
var ErrTooLong = fmt.Errorf("the answer is longer than %d bytes", maxBody)

// readBody reads an answer through the limit. What was read before an error
// comes with it.
func readBody(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if len(body) > maxBody {
		return body[:maxBody], ErrTooLong
	}
	if err != nil {
		return body, fmt.Errorf("the answer broke off after %d bytes: %w", len(body), err)
	}
	return body, nil
}

// withoutURL takes the URL out of a transport's error: its query holds the
// token.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// unsent reports whether a transport's error came before anything was sent.
func unsent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
