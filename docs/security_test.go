package docs

import (
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	temporalenv "go.temporal.io/sdk/contrib/envconfig"

	"dakasync/config"
	"dakasync/ops"
)

// What docs/security.md says is read here, besides its names (pages_test.go).

// Each row of the page's tables names a setting and a test.
func TestSecurityTiesEachClaimToASettingAndATest(t *testing.T) {
	rows := regexp.MustCompile(`(?m)^\| (.+) \| (.+) \| (.+) \|$`).FindAllStringSubmatch(text(t, "security.md"), -1)
	claims := 0
	for _, row := range rows {
		if row[1] == "what" {
			continue
		}
		claims++
		require.Regexp(t, "^`[A-Z_]+`(, `[A-Z_]+`)*$", row[2], row[1])
		require.Regexp(t, "^`Test[A-Za-z]+`(, `Test[A-Za-z]+`)*$", row[3], row[1])
	}
	lines := regexp.MustCompile(`(?m)^\| .*$`).FindAllString(text(t, "security.md"), -1)
	require.Equal(t, len(lines)-strings.Count(text(t, "security.md"), "\n| what |"), claims, "a row lacks its setting or its test")
	require.Greater(t, claims, 10)
}

func TestSecurityNamesTheDefaults(t *testing.T) {
	said := text(t, "security.md")
	for _, s := range config.Settings() {
		switch s.Name {
		case "DAKASYNC_HTTP_ADDR":
			require.Equal(t, "worker 127.0.0.1:8080, starter 127.0.0.1:8081", s.Default)
			require.Contains(t, said, "(worker `127.0.0.1:8080`, starter `127.0.0.1:8081`)")
		case "DINGTALK_API_URL", "DINGTALK_OAPI_URL":
			require.True(t, strings.HasPrefix(s.Default, "https://"), s.Name)
		case "DAKASYNC_PII":
			require.Equal(t, "minimal", s.Default)
		}
	}
	require.Contains(t, text(t, "../dakactl/codec.go"), `"listen", "127.0.0.1:8082"`)
	require.Contains(t, said, "(`127.0.0.1:8082`)")
	require.Contains(t, text(t, "../.golangci.yml"), "\n  default: all\n")
	disabled, _, _ := strings.Cut(text(t, "../.golangci.yml"), "\n  settings:")
	require.NotContains(t, disabled, "gosec")
	for _, tool := range []string{"golangci-lint/v2/cmd/golangci-lint", "golang.org/x/vuln/cmd/govulncheck"} {
		require.Contains(t, text(t, "../tools/go.mod"), tool)
	}
	for _, quiet := range regexp.MustCompile(`//nolint:[a-z,]*gosec.*`).FindAllString(sources(t, ".go"), -1) {
		require.Regexp(t, `^//nolint:[a-z,]+ // \S+`, quiet, "say why gosec is told to be quiet")
	}
	require.Regexp(t, `(?m)^lint: .*\n.*golangci-lint run`, text(t, "../Makefile"))
	require.Regexp(t, `(?m)^test: .*\blint\b`, text(t, "../Makefile"))
}

// Each of Temporal's variables is one that its reader takes: alone in the environment it makes a difference.
func TestSecurityNamesTemporalsVariables(t *testing.T) {
	read := func(env variables) temporalenv.ClientConfigProfile {
		profile, err := temporalenv.LoadClientConfigProfile(temporalenv.LoadClientConfigProfileOptions{
			DisableFile: true, EnvLookup: env,
		})
		require.NoError(t, err)
		return profile
	}
	found := names(`\b(TEMPORAL_[A-Z_]*[A-Z])\b`, codes(text(t, "security.md")))
	require.Greater(t, len(found), 4)
	for name := range found {
		require.NotEqual(t, read(variables{}), read(variables{name: "/somewhere"}), name)
	}
	require.Equal(t, read(variables{}), read(variables{"TEMPORAL_TLS_CLIENT_CERTIFICATE": "/somewhere"}))
}

// variables are an environment for Temporal's reader.
type variables map[string]string

func (v variables) Environ() []string {
	var all []string
	for name, value := range v {
		all = append(all, name+"="+value)
	}
	return all
}

func (v variables) LookupEnv(name string) (string, bool) {
	value, ok := v[name]
	return value, ok
}

func TestHealthPagesChangeNothing(t *testing.T) {
	server := ops.NewServer(slog.New(slog.DiscardHandler))
	require.NoError(t, server.Start(t.Context(), "127.0.0.1:0"))
	defer func() { require.NoError(t, server.Stop(t.Context())) }()
	ask := func(method, path string) int {
		request, err := http.NewRequestWithContext(t.Context(), method, "http://"+server.Addr()+path, strings.NewReader("{}"))
		require.NoError(t, err)
		response, err := http.DefaultTransport.RoundTrip(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		require.Equal(t, http.StatusOK, ask(http.MethodGet, path))
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			require.Equal(t, http.StatusMethodNotAllowed, ask(method, path), method)
		}
	}
	for _, path := range []string{"/", "/debug/pprof/", "/resync"} {
		require.Equal(t, http.StatusNotFound, ask(http.MethodGet, path))
		require.Equal(t, http.StatusNotFound, ask(http.MethodPost, path))
	}
}
