package compose

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"dakasync/config"
	"dakasync/dev/dotenv"
)

const root = "../.."

// load reads the file as `docker compose --env-file … --profile …` does.
func load(t *testing.T, environment []string, profiles ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")},
		cli.WithWorkingDirectory(root), cli.WithEnv(environment), cli.WithProfiles(profiles))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	return project
}

func credentials() []string {
	return []string{"DINGTALK_CLIENT_ID=app", "DINGTALK_CLIENT_SECRET=secret", "DINGTALK_CORP_ID=corp", "POSTGRES_PASSWORD=pass"}
}

// everything is the project with all its profiles.
func everything(t *testing.T) *types.Project {
	t.Helper()
	return load(t, credentials(), "simulator", "tools")
}

func TestServicesOfEachProfile(t *testing.T) {
	usual := []string{"postgres", "starter", "temporal", "temporal-namespace", "temporal-schema", "temporal-ui", "worker"}
	require.Equal(t, usual, sorted(load(t, credentials()).Services))
	require.ElementsMatch(t, append(usual, "simulator"), sorted(load(t, credentials(), "simulator").Services))
	require.ElementsMatch(t, append(usual, "dakactl"), sorted(load(t, credentials(), "tools").Services))
}

func TestWithoutCredentialsNothingIsStarted(t *testing.T) {
	for _, left := range credentials() {
		rest := slices.DeleteFunc(credentials(), func(entry string) bool { return entry == left })
		options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")}, cli.WithWorkingDirectory(root), cli.WithEnv(rest))
		require.NoError(t, err)
		_, err = options.LoadProject(t.Context())
		name, _, _ := strings.Cut(left, "=")
		require.ErrorContains(t, err, name)
	}
}

func TestImagesArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^[a-z0-9/-]+:\d+(\.\d+)+([.-][a-z0-9]+)*$`)
	for name, service := range everything(t).Services {
		if service.Build != nil {
			require.Equal(t, "dakasync:local", service.Image, name)
			continue
		}
		require.Regexp(t, pinned, service.Image, name)
	}
}

func TestPortsArePublishedOnThisMachineOnly(t *testing.T) {
	taken := map[string]string{}
	for name, service := range everything(t).Services {
		for _, port := range service.Ports {
			require.Equal(t, "127.0.0.1", port.HostIP, name)
			require.Empty(t, taken[port.Published], "%s: port %s", name, port.Published)
			taken[port.Published] = name
		}
	}
	require.Len(t, taken, 6)
}

func TestServicesAreConfined(t *testing.T) {
	for name, service := range everything(t).Services {
		require.True(t, service.ReadOnly, name)
		require.Contains(t, service.SecurityOpt, "no-new-privileges:true", name)
		require.False(t, service.Privileged, name)
		require.NotEmpty(t, service.Restart, name)
		if name != "postgres" { // Its image begins as root, to own its folder, and steps down.
			require.Equal(t, []string{"ALL"}, service.CapDrop, name)
		}
		// Compose cannot put these into a read-only container unless they are files.
		require.Empty(t, service.Configs, name)
		require.Empty(t, service.Secrets, name)
	}
}

func TestServicesThatStayHaveHealthChecks(t *testing.T) {
	project := everything(t)
	for name, service := range project.Services {
		if runsOnce(project, name) {
			require.NotEqual(t, "unless-stopped", service.Restart, name)
			continue
		}
		require.NotNil(t, service.HealthCheck, name)
		require.Equal(t, "CMD", service.HealthCheck.Test[0], "%s: no shell in between", name)
		require.NotZero(t, service.HealthCheck.StartPeriod, name)
	}
}

// runsOnce: somebody waits for its end, or a person runs it.
func runsOnce(project *types.Project, name string) bool {
	if name == "dakactl" {
		return true
	}
	for _, service := range project.Services {
		if service.DependsOn[name].Condition == types.ServiceConditionCompletedSuccessfully {
			return true
		}
	}
	return false
}

func TestWhatIsWaitedForCanHappen(t *testing.T) {
	project := everything(t)
	for name, service := range project.Services {
		for other, dependency := range service.DependsOn {
			target, ok := project.Services[other]
			require.True(t, ok, "%s waits for %s", name, other)
			require.True(t, dependency.Required)
			switch dependency.Condition {
			case types.ServiceConditionHealthy:
				require.NotNil(t, target.HealthCheck, "%s waits for the health of %s", name, other)
			case types.ServiceConditionCompletedSuccessfully:
				require.True(t, strings.HasPrefix(target.Restart, "on-failure"), "%s waits for the end of %s", name, other)
			default:
				t.Errorf("%s waits for %s without a condition", name, other)
			}
			require.Empty(t, target.Profiles, "%s waits for %s, which a profile may leave out", name, other)
		}
	}
}

func TestEverySettingIsPassedOn(t *testing.T) {
	// The secret itself is required: its file would be one too many, and starts nothing. A file of keys that was not passed on would
	// leave everything in the clear without a word.
	left := []string{"DINGTALK_CLIENT_SECRET_FILE"}
	all := credentials()
	for _, setting := range config.Settings() {
		if !setting.Dev && !slices.Contains([]string{"DATABASE_URL", "DAKASYNC_HTTP_ADDR"}, setting.Name) {
			all = append(all, setting.Name+"=set")
		}
	}
	project := load(t, all, "tools")
	for _, name := range []string{"worker", "starter", "dakactl"} {
		passed := project.Services[name].Environment
		for _, setting := range config.Settings() {
			if setting.Dev || slices.Contains(left, setting.Name) || name == "dakactl" && setting.Name == "DAKASYNC_HTTP_ADDR" {
				continue
			}
			require.Contains(t, passed, setting.Name, name)
			require.NotNil(t, passed[setting.Name], "%s: %s", name, setting.Name)
		}
	}
}

// Traces are asked for by OpenTelemetry's own variables, and are off without.
func TestTracesCanBeAskedFor(t *testing.T) {
	all := append(credentials(), "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318", "OTEL_TRACES_SAMPLER_ARG=0.05")
	for _, name := range []string{"worker", "starter"} {
		passed := load(t, all).Services[name].Environment
		require.Equal(t, "http://collector:4318", *passed["OTEL_EXPORTER_OTLP_ENDPOINT"])
		require.Equal(t, "0.05", *passed["OTEL_TRACES_SAMPLER_ARG"])
		page, err := os.ReadFile(filepath.Join(root, "docs", "tracing.md"))
		require.NoError(t, err)
		_, list, _ := strings.Cut(string(page), "go into `.env`:")
		list, _, _ = strings.Cut(list, ".")
		var named []string
		for _, match := range regexp.MustCompile("`(OTEL_[A-Z_]+)`").FindAllStringSubmatch(list, -1) {
			named = append(named, match[1])
		}
		without := load(t, credentials()).Services[name].Environment
		var passable []string
		for variable, value := range without {
			if strings.HasPrefix(variable, "OTEL_") {
				require.Nil(t, value, "%s is not set by itself", variable)
				passable = append(passable, variable)
			}
		}
		require.ElementsMatch(t, named, passable, "as docs/tracing.md says")
	}
}

func TestEveryPassedSettingIsKnown(t *testing.T) {
	project := everything(t)
	for _, name := range []string{"worker", "starter", "dakactl"} {
		for variable, value := range project.Services[name].Environment {
			require.True(t, known(variable), "%s: %s", name, variable)
			if value == nil {
				continue // Left to its default.
			}
			require.NotEmpty(t, *value, "%s: %s", name, variable)
		}
		require.Equal(t, "postgres://dakasync:pass@postgres:5432/dakasync?sslmode=disable", *project.Services[name].Environment["DATABASE_URL"])
	}
}

func known(variable string) bool {
	return variable == "TEMPORAL_ADDRESS" || variable == "TEMPORAL_NAMESPACE" || strings.HasPrefix(variable, "OTEL_") ||
		slices.ContainsFunc(config.Settings(), func(setting config.Setting) bool { return setting.Name == variable && !setting.Dev })
}

func TestTheSimulatorIsWhatTheProductIsToldOf(t *testing.T) {
	environment := settingsIn(t, filepath.Join(root, "dev", "compose", "simulator.env"))
	require.Equal(t, "simulator", environment["COMPOSE_PROFILES"])
	entries := make([]string, 0, len(environment))
	for name, value := range environment {
		entries = append(entries, name+"="+value)
	}
	project := load(t, entries, "simulator")
	simulator, worker := project.Services["simulator"], project.Services["worker"].Environment
	for _, flag := range []string{
		"-corp=" + *worker["DINGTALK_CORP_ID"], "-client-id=" + *worker["DINGTALK_CLIENT_ID"],
		"-client-secret=" + *worker["DINGTALK_CLIENT_SECRET"], "-addr=0.0.0.0:8765",
	} {
		require.Contains(t, []string(simulator.Command), flag)
	}
	require.Equal(t, "http://simulator:8765", *worker["DINGTALK_API_URL"])
	require.Equal(t, "http://simulator:8765", *worker["DINGTALK_OAPI_URL"])
}

func TestTheExampleNamesKnownSettings(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, ".env.example"))
	require.NoError(t, err)
	names := regexp.MustCompile(`(?m)^#?([A-Z][A-Z0-9_]+)=`).FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, names)
	for _, match := range names {
		ok := match[1] == "POSTGRES_PASSWORD" || match[1] == "DAKASYNC_DEV_DIR" || known(match[1])
		require.True(t, ok, match[1])
	}
	for _, entry := range credentials() {
		name, _, _ := strings.Cut(entry, "=")
		require.Contains(t, string(text), "\n"+name+"=\n", "it is there to be filled in")
	}
}

func settingsIn(t *testing.T, path string) map[string]string {
	t.Helper()
	settings, err := dotenv.Read(path)
	require.NoError(t, err)
	return settings
}

func sorted(services types.Services) []string { return slices.Sorted(maps.Keys(services)) }

// Compose's services know their own PostgreSQL and Temporal, and start them: another address in .env changes nothing. So the page on
// deployment sends who has these to the image.
func TestStoresOfYourOwnAreNotComposes(t *testing.T) {
	project := load(t, append(credentials(), "DATABASE_URL=postgres://elsewhere/daka", "TEMPORAL_ADDRESS=elsewhere:7233"))
	page, err := os.ReadFile(filepath.Join(root, "docs", "deployment.md"))
	require.NoError(t, err)
	for _, name := range []string{"worker", "starter"} {
		service := project.Services[name]
		require.Contains(t, *service.Environment["DATABASE_URL"], "@postgres:5432/")
		require.Equal(t, "temporal:7233", *service.Environment["TEMPORAL_ADDRESS"])
		require.Contains(t, service.DependsOn, "postgres")
		require.Contains(t, string(page), service.Entrypoint[0])
	}
	require.Contains(t, string(page), "--entrypoint /bin/worker "+project.Services["worker"].Image)
}
