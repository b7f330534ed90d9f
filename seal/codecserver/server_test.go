package codecserver

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"dakasync/privacy"
	"dakasync/seal"
)

const (
	ui     = "https://temporal.example.com"
	secret = privacy.Secret("a shared secret that is long enough")
	inside = "the content of a payload"
)

// bench is a codec server as a browser and the temporal command see it.
type bench struct {
	t      *testing.T
	url    string
	codec  *seal.Codec
	secret *Secret
	log    bytes.Buffer
}

func newBench(t *testing.T, guards ...Guard) *bench {
	t.Helper()
	ring, err := seal.ParseRing("a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=")
	require.NoError(t, err)
	b := &bench{t: t, codec: seal.NewCodec(ring, "dingcorp")}
	b.secret, err = NewSecret(secret)
	require.NoError(t, err)
	if guards == nil {
		guards = []Guard{b.secret}
	}
	started := httptest.NewServer(New(Options{
		Codec: b.codec, Guards: guards, Origins: []string{ui}, Log: slog.New(slog.NewTextHandler(&b.log, nil)),
	}))
	t.Cleanup(started.Close)
	b.url = started.URL
	return b
}

// sealed is the body of a request to open a payload.
func (b *bench) sealed() string {
	b.t.Helper()
	payloads, err := b.codec.DataConverter().ToPayloads(inside)
	require.NoError(b.t, err)
	body, err := json.Marshal(payloads)
	require.NoError(b.t, err)
	return string(body)
}

type header map[string]string

func (b *bench) do(method, path, body string, headers header) (*http.Response, string) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	require.NoError(b.t, err)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(b.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	return response, string(text)
}

func bearing(token privacy.Secret) header { return header{"Authorization": "Bearer " + token.Reveal()} }

func TestWhoHasTheSecretReads(t *testing.T) {
	b := newBench(t)
	response, text := b.do(http.MethodPost, "/decode?preserveStorageRefs=true", b.sealed(), bearing(secret))
	require.Equal(t, http.StatusOK, response.StatusCode, text)
	require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
	require.Contains(t, text, base64.StdEncoding.EncodeToString([]byte(`"`+inside+`"`)))

	require.Contains(t, b.log.String(), "the shared secret")
	require.NotContains(t, b.log.String(), secret.Reveal())
	require.NotContains(t, b.log.String(), inside)
}

// The temporal command and other SDKs speak to it as to any codec server.
func TestRemoteCodec(t *testing.T) {
	b := newBench(t)
	remote := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{Endpoint: b.url, ModifyRequest: func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+secret.Reveal())
		return nil
	}})
	plain, err := converter.GetDefaultDataConverter().ToPayload(inside)
	require.NoError(t, err)
	encoded, err := remote.Encode([]*commonpb.Payload{plain, plain})
	require.NoError(t, err)
	require.True(t, seal.Sealed(encoded[0]))
	decoded, err := remote.Decode([]*commonpb.Payload{encoded[0], plain})
	require.NoError(t, err)
	require.True(t, proto.Equal(plain, decoded[0]))
	require.True(t, proto.Equal(plain, decoded[1]), "what was never sealed is passed through")
}

func TestOthersDoNot(t *testing.T) {
	b := newBench(t)
	for name, headers := range map[string]header{
		"nothing":           nil,
		"another secret":    bearing(secret + "!"),
		"a part of it":      bearing(secret[:8]),
		"no scheme":         {"Authorization": secret.Reveal()},
		"another scheme":    {"Authorization": "Basic " + secret.Reveal()},
		"an empty token":    {"Authorization": "Bearer "},
		"a made-up cookie":  {"Cookie": cookieName + "=99999999999.AAAA"},
		"an unsigned one":   {"Cookie": cookieName + "=99999999999"},
		"one of yesterday":  {"Cookie": cookieName + "=" + b.secret.sign(time.Now().Add(-time.Second))},
		"of another secret": {"Cookie": cookieName + "=" + otherSecret(t).sign(time.Now().Add(time.Hour))},
	} {
		for _, path := range []string{"/decode", "/encode"} {
			response, text := b.do(http.MethodPost, path, b.sealed(), headers)
			require.Equal(t, http.StatusUnauthorized, response.StatusCode, name)
			require.Equal(t, "Bearer", response.Header.Get("WWW-Authenticate"))
			require.NotContains(t, text, secret.Reveal())
		}
	}
	require.NotContains(t, b.log.String(), secret.Reveal()[:8])
	response, _ := b.do(http.MethodGet, "/decode", "", bearing(secret))
	require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
	response, _ = b.do(http.MethodPost, "/elsewhere/decode", b.sealed(), bearing(secret))
	require.Equal(t, http.StatusNotFound, response.StatusCode)
	response, _ = b.do(http.MethodGet, "/healthz", "", nil)
	require.Equal(t, http.StatusOK, response.StatusCode)
}

func otherSecret(t *testing.T) *Secret {
	t.Helper()
	other, err := NewSecret(secret + " of another server")
	require.NoError(t, err)
	return other
}

func TestOnlyTheUIsPagesMayAsk(t *testing.T) {
	b := newBench(t)
	headers := bearing(secret)
	headers["Origin"] = ui
	response, text := b.do(http.MethodPost, "/decode", b.sealed(), headers)
	require.Equal(t, http.StatusOK, response.StatusCode, text)
	require.Equal(t, ui, response.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "true", response.Header.Get("Access-Control-Allow-Credentials"))
	require.Equal(t, "Origin", response.Header.Get("Vary"))

	response, _ = b.do(http.MethodOptions, "/decode", "", header{
		"Origin": ui, "Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true",
	})
	require.Equal(t, http.StatusNoContent, response.StatusCode, "a browser asks without its credentials")
	require.Equal(t, ui, response.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "true", response.Header.Get("Access-Control-Allow-Private-Network"))
	for _, name := range []string{"Authorization", "Authorization-Extras", "X-Namespace", "Content-Type"} {
		require.Contains(t, response.Header.Get("Access-Control-Allow-Headers"), name)
	}

	// Signed in or not: another page gets nothing, also one under this server's own name.
	for _, origin := range []string{"https://evil.example.com", "null", ui + ".evil.example.com", "http://temporal.example.com", b.url} {
		headers["Origin"] = origin
		for _, method := range []string{http.MethodPost, http.MethodOptions} {
			response, text := b.do(method, "/decode", b.sealed(), headers)
			require.Equal(t, http.StatusForbidden, response.StatusCode, origin)
			require.Empty(t, response.Header.Get("Access-Control-Allow-Origin"))
			require.Contains(t, text, "--origin")
		}
	}
}

func TestABrowserSignsIn(t *testing.T) {
	b := newBench(t)
	form := header{"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
	_, text := b.do(http.MethodGet, "/login", "", nil)
	require.Contains(t, text, `type="password"`)
	response, _ := b.do(http.MethodPost, "/login", "secret=wrong", form)
	require.Equal(t, http.StatusUnauthorized, response.StatusCode)
	require.Empty(t, response.Cookies())
	require.Contains(t, b.log.String(), "status=401", "who guesses is seen")
	response, _ = b.do(http.MethodPost, "/login", "secret="+url.QueryEscape(secret.Reveal()), header{
		"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site",
	})
	require.Equal(t, http.StatusForbidden, response.StatusCode, "another page signs nobody in")

	response, text = b.do(http.MethodPost, "/login", "secret="+url.QueryEscape(secret.Reveal()), form)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NotContains(t, text, secret.Reveal())
	require.Contains(t, b.log.String(), "signed in")
	require.NotContains(t, b.log.String(), secret.Reveal())
	require.Len(t, response.Cookies(), 1)
	cookie := response.Cookies()[0]
	require.True(t, cookie.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
	require.NotContains(t, cookie.Value, secret.Reveal())

	response, _ = b.do(http.MethodPost, "/decode", b.sealed(), header{"Origin": ui, "Cookie": cookie.Name + "=" + cookie.Value})
	require.Equal(t, http.StatusOK, response.StatusCode)
	b.secret.nowFunc = func() time.Time { return time.Now().Add(cookieLife + time.Minute) }
	response, _ = b.do(http.MethodPost, "/decode", b.sealed(), header{"Origin": ui, "Cookie": cookie.Name + "=" + cookie.Value})
	require.Equal(t, http.StatusUnauthorized, response.StatusCode)
}

func TestBadRequests(t *testing.T) {
	b := newBench(t)
	response, text := b.do(http.MethodPost, "/decode", `{"payloads":[{"data":"`+strings.Repeat("A", maxBody)+`"}]}`, bearing(secret))
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	require.Contains(t, text, "too large")
	response, _ = b.do(http.MethodPost, "/decode", "no JSON", bearing(secret))
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	unknown := strings.Replace(b.sealed(), base64.StdEncoding.EncodeToString([]byte("a")), base64.StdEncoding.EncodeToString([]byte("z")), 1)
	response, text = b.do(http.MethodPost, "/decode", unknown, bearing(secret))
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	require.Contains(t, text, `sealed with the key "z"`)
	require.Contains(t, b.log.String(), "status=400")
}

func TestShortSecretsAreRefused(t *testing.T) {
	_, err := NewSecret("guess me")
	require.ErrorContains(t, err, "openssl rand")
	require.NotContains(t, err.Error(), "guess me")
}

// provider is an identity provider with one key.
type provider struct {
	*httptest.Server

	key *rsa.PrivateKey
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	p := &provider{key: key}
	encode := base64.RawURLEncoding.EncodeToString
	mux := http.NewServeMux()
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig", "n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": p.URL, "jwks_uri": p.URL + "/keys", "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token",
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) token(t *testing.T, change map[string]any) string {
	t.Helper()
	claims := map[string]any{
		"iss": p.URL, "aud": "temporal-ui", "sub": "u-17", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(),
		"groups": []string{"hr", "ops"},
	}
	maps.Copy(claims, change)
	part := func(v any) string {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := part(map[string]string{"alg": "RS256", "kid": "1"}) + "." + part(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestOIDC(t *testing.T) {
	p, stranger := newProvider(t), newProvider(t)
	options := OIDCOptions{Issuer: p.URL, Audience: "temporal-ui", Require: map[string]string{"groups": "hr"}}
	for name, keys := range map[string]string{"by discovery": "", "by the keys' address": p.URL + "/keys"} {
		t.Run(name, func(t *testing.T) {
			options.JWKSURL = keys
			guard, err := NewOIDC(t.Context(), options)
			require.NoError(t, err)
			b := newBench(t, guard)
			good := p.token(t, nil)
			for name, headers := range map[string]header{
				"access token":            {"Authorization": "Bearer " + good},
				"id token":                {"Authorization-Extras": good},
				"opaque and the id token": {"Authorization": "Bearer opaque", "Authorization-Extras": good},
				"one group as text":       {"Authorization": "Bearer " + p.token(t, map[string]any{"groups": "hr"})},
			} {
				response, text := b.do(http.MethodPost, "/decode", b.sealed(), headers)
				require.Equal(t, http.StatusOK, response.StatusCode, "%s: %s", name, text)
			}
			require.Contains(t, b.log.String(), "who=u-17")

			parts := strings.Split(good, ".")
			for name, token := range map[string]string{
				"another issuer":   stranger.token(t, nil),
				"forged issuer":    stranger.token(t, map[string]any{"iss": p.URL}),
				"another audience": p.token(t, map[string]any{"aud": "another"}),
				"expired":          p.token(t, map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}),
				"another group":    p.token(t, map[string]any{"groups": []string{"sales"}}),
				"no group":         p.token(t, map[string]any{"groups": nil}),
				"changed":          parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"root"}`)) + "." + parts[2],
				"unsigned":         base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".",
				"no token":         "opaque",
				"nothing":          "",
			} {
				response, text := b.do(http.MethodPost, "/decode", b.sealed(), header{"Authorization": "Bearer " + token})
				require.Equal(t, http.StatusUnauthorized, response.StatusCode, name)
				if token != "" {
					require.NotContains(t, text+b.log.String(), token)
				}
			}
			response, _ := b.do(http.MethodGet, "/login", "", nil)
			require.Equal(t, http.StatusNotFound, response.StatusCode, "there is no secret to sign in with")
		})
	}
	options.Require = map[string]string{"department": "881234567"} // DingTalk's departments are numbers
	byNumber, err := NewOIDC(t.Context(), options)
	require.NoError(t, err)
	for department, want := range map[int]int{881234567: http.StatusOK, 881234568: http.StatusUnauthorized} {
		b := newBench(t, byNumber)
		response, text := b.do(http.MethodPost, "/decode", b.sealed(), header{"Authorization": "Bearer " + p.token(t, map[string]any{"department": []int{1, department}})})
		require.Equal(t, want, response.StatusCode, text)
	}
	_, err = NewOIDC(t.Context(), OIDCOptions{Issuer: p.URL})
	require.ErrorContains(t, err, "audience")
	stranger.Close()
	_, err = NewOIDC(t.Context(), OIDCOptions{Issuer: stranger.URL, Audience: "temporal-ui"})
	require.ErrorContains(t, err, "discovery document")
}

// Either guard lets in: whoever has the secret needs no token.
func TestGuardsAddUp(t *testing.T) {
	p := newProvider(t)
	guard, err := NewOIDC(t.Context(), OIDCOptions{Issuer: p.URL, Audience: "temporal-ui"})
	require.NoError(t, err)
	known, err := NewSecret(secret)
	require.NoError(t, err)
	b := newBench(t, guard, known)
	for _, token := range []string{p.token(t, nil), secret.Reveal()} {
		response, _ := b.do(http.MethodPost, "/decode", b.sealed(), header{"Authorization": "Bearer " + token})
		require.Equal(t, http.StatusOK, response.StatusCode)
	}
	response, text := b.do(http.MethodPost, "/decode", b.sealed(), nil)
	require.Equal(t, http.StatusUnauthorized, response.StatusCode)
	require.Contains(t, text, "identity provider")
	require.Contains(t, text, "shared secret")
}
