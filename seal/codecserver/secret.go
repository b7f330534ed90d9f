package codecserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"dakasync/privacy"
)

const (
	minSecret  = 32 // characters: too many to be tried out
	cookieName = "dakasync_codec"
	cookieLife = 12 * time.Hour
	maxForm    = 4 << 10
)

// Secret is the guard that lets in who knows a shared secret: as bearer token, or
// by the cookie that a browser gets for it on /login. The Temporal UI, which
// knows no bearer token of ours, sends the cookie along when it is set to include
// credentials and lives on the same site (host names under one domain, any port).
type Secret struct {
	digest  [sha256.Size]byte // so that lengths do not show in the time that comparing takes
	key     []byte            // signs cookies
	nowFunc func() time.Time
}

// NewSecret makes the guard. It refuses a secret that could be guessed.
func NewSecret(secret privacy.Secret) (*Secret, error) {
	text := secret.Reveal()
	if len(text) < minSecret {
		return nil, fmt.Errorf("the shared secret has %d characters and needs at least %d: openssl rand -base64 32", len(text), minSecret)
	}
	mac := hmac.New(sha256.New, []byte(text))
	mac.Write([]byte("dakasync codec server cookie"))
	return &Secret{digest: sha256.Sum256([]byte(text)), key: mac.Sum(nil), nowFunc: time.Now}, nil
}

// Allow implements Guard.
func (s *Secret) Allow(r *http.Request) (string, error) {
	if token, ok := bearer(r); ok && s.is(token) {
		return "the shared secret", nil
	}
	if cookie, err := r.Cookie(cookieName); err == nil && s.valid(cookie.Value) {
		return "a browser that is signed in", nil
	}
	return "", errors.New("the shared secret is not there or wrong (a browser signs in on /login)")
}

func (s *Secret) is(text string) bool {
	digest := sha256.Sum256([]byte(text))
	return subtle.ConstantTimeCompare(digest[:], s.digest[:]) == 1
}

// ServeHTTP is the page on which a browser signs in.
func (s *Secret) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'")
	w.Header().Set("Cache-Control", "no-store")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		page(w, http.StatusOK, "")
	case http.MethodPost:
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if !s.is(r.PostFormValue("secret")) {
			page(w, http.StatusUnauthorized, "That is not the secret.")
			return
		}
		http.SetCookie(w, &http.Cookie{ //nolint:gosec // On loopback the page is plain http.
			Name: cookieName, Value: s.sign(s.nowFunc().Add(cookieLife)), Path: "/", MaxAge: int(cookieLife.Seconds()),
			HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
		})
		page(w, http.StatusOK, "Signed in for 12 hours. The Temporal UI shows runs in clear now.")
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func page(w http.ResponseWriter, status int, says string) {
	w.WriteHeader(status)
	// Nobody is left to tell when the browser is gone; says is one of ours.
	_, _ = fmt.Fprintf(w, `<!doctype html><title>dakasync codec server</title><p>%s</p>
<form method="post"><label>Shared secret <input type="password" name="secret" autofocus></label> <button>Sign in</button></form>
`, says)
}

// sign makes a cookie's value: until when it counts, and a signature.
func (s *Secret) sign(until time.Time) string {
	text := strconv.FormatInt(until.Unix(), 10)
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Secret) valid(value string) bool {
	text, _, _ := strings.Cut(value, ".")
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return false
	}
	until := time.Unix(seconds, 0)
	return hmac.Equal([]byte(value), []byte(s.sign(until))) && s.nowFunc().Before(until)
}

// bearer is the token of the header Authorization.
func bearer(r *http.Request) (string, bool) {
	scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), found && strings.EqualFold(scheme, "Bearer") && token != ""
}
