package chart

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/config"
)

var update = flag.Bool("update", false, "write the settings' names into values.schema.json")

// ownSettings are what the chart says by values of its own.
var ownSettings = []string{"DAKASYNC_HTTP_ADDR", "DAKASYNC_MIGRATE", "DAKASYNC_DEPLOYMENT", "DAKASYNC_BUILD_ID"}

// secretName finds the settings whose values must not be read by everybody.
var secretName = regexp.MustCompile(`SECRET$|KEYS?$|TOKENS?$|PASSWORD$|^DATABASE_URL$`)

func isSecret(name string) bool { return secretName.MatchString(name) }

// known reports whether a process reads a variable, or it is nobody's but the extra ones of a case.
func known(name string) bool {
	switch {
	case name == "HTTPS_PROXY", strings.HasPrefix(name, "OTEL_"):
		return true
	case strings.HasPrefix(name, "TEMPORAL_"):
		return slices.Contains(temporalVariables, name)
	default:
		return slices.ContainsFunc(config.Settings(), func(s config.Setting) bool { return s.Name == name && !s.Dev })
	}
}

// temporalVariables are those of go.temporal.io/sdk/contrib/envconfig that the chart sets.
var temporalVariables = []string{
	"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_TLS", "TEMPORAL_TLS_SERVER_NAME",
	"TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH", "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
}

// sorted divides the settings by where a chart's user says them.
func divided() (plain, secret, file []string) {
	for _, s := range config.Settings() {
		switch {
		case s.Dev || slices.Contains(ownSettings, s.Name):
		case strings.HasSuffix(s.Name, "_FILE"):
			file = append(file, s.Name)
		case isSecret(s.Name):
			secret = append(secret, s.Name)
		default:
			plain = append(plain, s.Name)
		}
	}
	return plain, secret, file
}

func TestTheSchemaListsEverySetting(t *testing.T) {
	path := filepath.Join(chartPath, "values.schema.json")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	plain, secret, file := divided()
	for name, want := range map[string][]string{"plainSetting": plain, "secretSetting": secret, "fileSetting": file} {
		list := regexp.MustCompile(`(?s)("` + name + `": \{[^}]*?"enum": )\[[^\]]*\]`)
		if *update {
			names, err := json.MarshalIndent(want, "      ", "  ")
			require.NoError(t, err)
			require.True(t, list.Match(text))
			text = list.ReplaceAll(text, append([]byte("${1}"), names...))
			require.NoError(t, os.WriteFile(path, text, 0o600))
		}
		var schema struct {
			Definitions map[string]struct {
				Enum []string `json:"enum"`
			} `json:"definitions"`
		}
		require.NoError(t, json.Unmarshal(text, &schema))
		require.Equal(t, want, schema.Definitions[name].Enum, "go test ./dev/chart -run Schema -update")
	}
}

// TestEverySettingArrives sets each, and reads it where the processes do.
func TestEverySettingArrives(t *testing.T) {
	plain, secret, file := divided()
	given := values(t, "least", "versioning.deployment", "hr", "versioning.buildId", `"7"`, "secrets.DINGTALK_CLIENT_SECRET", "null")
	settings, secrets, files := map[string]any{}, given["secrets"].(map[string]any), map[string]any{}
	for _, name := range plain {
		settings[name] = "value of " + name
	}
	for _, name := range secret {
		if name != "DINGTALK_CLIENT_SECRET" {
			secrets[name] = map[string]any{"name": "secret", "key": name}
		}
	}
	for _, name := range file {
		files[name] = map[string]any{"name": "secret", "key": name}
	}
	given["settings"], given["secretFiles"] = settings, files
	made := rendered(t, given)
	require.Empty(t, made.faults())
	for _, program := range []string{"worker", "starter"} {
		got := made.environment(t, made.deployments(program)[0])
		for _, name := range plain {
			require.Equal(t, "value of "+name, got[name], program)
		}
		for _, name := range secret {
			if name != "DINGTALK_CLIENT_SECRET" {
				require.Equal(t, secretValue("secret", name), got[name], program)
			}
		}
		for _, name := range file {
			require.Regexp(t, `/`+name+`$`, got[name], program)
		}
		require.Equal(t, ":8080", got["DAKASYNC_HTTP_ADDR"])
		require.Equal(t, "false", got["DAKASYNC_MIGRATE"])
	}
	worker := made.environment(t, made.deployments("worker")[0])
	require.Equal(t, "hr", worker["DAKASYNC_DEPLOYMENT"])
	require.Equal(t, "7", worker["DAKASYNC_BUILD_ID"])
}

func TestTheSchemaIsWhatTheDefaultsNeed(t *testing.T) {
	plain, secret, file := divided()
	require.NotEmpty(t, plain)
	require.Contains(t, secret, "DATABASE_URL")
	require.Contains(t, secret, "DINGTALK_CLIENT_SECRET")
	require.Contains(t, file, "DINGTALK_CLIENT_SECRET_FILE")
	for _, name := range ownSettings {
		require.True(t, known(name), name)
	}
}
