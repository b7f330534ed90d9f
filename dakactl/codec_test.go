package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const payloadKeys = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE="

// said is what a command that goes on has said so far.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

// certificate is one for 127.0.0.1, and the client that trusts it.
func certificate(t *testing.T) (certFile, keyFile string, client *http.Client) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	keyBytes, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return write(t, "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		write(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyBytes})),
		&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}, Timeout: time.Minute}
}

func TestCodecServes(t *testing.T) {
	secretFile := write(t, "secret", []byte("a shared secret that is long enough\n"))
	certFile, keyFile, trusting := certificate(t)
	for scheme, test := range map[string]struct {
		client *http.Client
		args   []string
	}{
		"http":  {&http.Client{Timeout: time.Minute}, nil},
		"https": {trusting, []string{"--tls-cert", certFile, "--tls-key", keyFile}},
	} {
		t.Run(scheme, func(t *testing.T) {
			b := newBench(t, map[string]string{"DINGTALK_CORP_ID": "dingcorp", "DAKASYNC_PAYLOAD_KEYS": payloadKeys})
			out := &said{}
			b.app.out, b.app.errOut = out, out
			root := newRoot(b.app)
			root.SetArgs(append([]string{"codec", "--listen", "127.0.0.1:0", "--origin", "https://ui.example.com/", "--secret-file", secretFile}, test.args...))
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- root.ExecuteContext(ctx) }()
			var url []string
			require.Eventually(t, func() bool {
				url = regexp.MustCompile(scheme + `://127\.0\.0\.1:\d+`).FindStringSubmatch(out.String())
				return url != nil
			}, time.Minute, time.Millisecond)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url[0]+"/decode", bytes.NewBufferString(`{"payloads":[{"data":"eA=="}]}`))
			require.NoError(t, err)
			request.Header.Set("Authorization", "Bearer a shared secret that is long enough")
			request.Header.Set("Origin", "https://ui.example.com")
			response, err := test.client.Do(request)
			require.NoError(t, err)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, http.StatusOK, response.StatusCode, "%s", body)
			stop()
			require.NoError(t, <-ended)
		})
	}
}

func TestCodecDoesNotServeEverybody(t *testing.T) {
	short := write(t, "short", []byte("short\n"))
	for name, test := range map[string]struct {
		keys string
		args []string
		says string
	}{
		"no keys":          {"", []string{"--secret-file", short}, "DAKASYNC_PAYLOAD_KEYS is not set"},
		"no guard":         {payloadKeys, nil, "--secret-file"},
		"short secret":     {payloadKeys, []string{"--secret-file", short}, "at least 32"},
		"no file":          {payloadKeys, []string{"--secret-file", short + ".missing"}, "--secret-file"},
		"no audience":      {payloadKeys, []string{"--oidc-issuer", "https://id.example.com"}, "audience"},
		"claim, no issuer": {payloadKeys, []string{"--oidc-require", "groups=hr", "--secret-file", short}, "issuer"},
		"half of TLS": {
			payloadKeys, []string{"--secret-file", write(t, "long", bytes.Repeat([]byte("x"), 32)), "--tls-cert", short}, "--tls-key",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, map[string]string{"DINGTALK_CORP_ID": "dingcorp", "DAKASYNC_PAYLOAD_KEYS": test.keys})
			err := b.run(t, append([]string{"codec", "--listen", "127.0.0.1:0"}, test.args...)...)
			requireExit(t, 1, err)
			require.ErrorContains(t, err, "was not started")
			require.ErrorContains(t, err, test.says)
		})
	}
}
