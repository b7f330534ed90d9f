package compose

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	temporalconfig "go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	persistencesql "go.temporal.io/server/common/persistence/sql"
	_ "go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql" // The plugin that the settings name.
	"go.temporal.io/server/common/resolver"
	toolsql "go.temporal.io/server/tools/sql"

	"dakasync/dev/cluster/clustertest"
	"dakasync/postgres"
)

// toolVariable makes this test binary Temporal's schema tool, as the image has it.
const toolVariable = "DAKASYNC_TEST_SQL_TOOL"

func TestMain(m *testing.M) {
	if os.Getenv(toolVariable) == "" {
		os.Exit(m.Run())
	}
	if err := toolsql.RunTool(os.Args); err != nil {
		os.Exit(1)
	}
}

func TestTheSchemaJobMakesWhatTheServerWants(t *testing.T) {
	server, err := postgres.Start(t.Context(), postgres.Options{Dir: filepath.Join(clustertest.Dir(t), "postgres"), Volatile: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.WithoutCancel(t.Context()))) })
	project := everything(t)

	job := project.Services["temporal-schema"]
	for range 2 { // It runs at every start.
		script := exec.CommandContext(t.Context(), job.Entrypoint[0], append(job.Entrypoint[1:], job.Command...)...)
		script.Env = append(environment(job.Environment, server, "SQL_HOST", "SQL_PORT", "SQL_PASSWORD"), toolVariable+"=1", "PATH="+tools(t))
		output, err := script.CombinedOutput()
		require.NoError(t, err, string(output))
	}

	settings := serverSettings(t, environment(project.Services["temporal"].Environment, server, "POSTGRES_SEEDS", "DB_PORT", "POSTGRES_PWD"))
	require.NoError(t, persistencesql.VerifyCompatibleVersion(settings.Persistence, resolver.NewNoopResolver(), log.NewNoopLogger()))
	require.Equal(t, "/etc/temporal/dakasync.yaml", settings.DynamicConfigClient.Filepath)
	require.Equal(t, "0.0.0.0", settings.Services["frontend"].RPC.BindOnIP)
}

// environment is a service's, with the address and password of a server on this machine.
func environment(given map[string]*string, server *postgres.Server, host, port, password string) []string {
	replaced := map[string]string{host: "127.0.0.1", port: strconv.Itoa(server.Port()), password: server.Password()}
	var entries []string
	for name, value := range given {
		if with, ok := replaced[name]; ok {
			entries = append(entries, name+"="+with)
		} else if value != nil {
			entries = append(entries, name+"="+*value)
		}
	}
	return entries
}

// tools is a folder in which the image's tool is this test binary.
func tools(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.Symlink(self, filepath.Join(dir, "temporal-sql-tool")))
	return dir
}

// serverSettings is what the image's server makes of its environment.
func serverSettings(t *testing.T, environment []string) *temporalconfig.Config {
	t.Helper()
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	settings, err := temporalconfig.Load(temporalconfig.WithEmbedded())
	require.NoError(t, err)
	return settings
}

func TestTheDynamicConfigurationIsRead(t *testing.T) {
	done := make(chan any)
	defer close(done)
	client, err := dynamicconfig.NewFileBasedClient(&dynamicconfig.FileBasedClientConfig{
		Filepath: "temporal.yaml", PollInterval: time.Minute,
	}, log.NewNoopLogger(), done)
	require.NoError(t, err)
	settings := dynamicconfig.NewCollection(client, log.NewNoopLogger())
	partitions := dynamicconfig.MatchingNumTaskqueueReadPartitions.Get(settings)
	require.Equal(t, 1, partitions("default", "dakasync-dingtalk", 1))
	fair := dynamicconfig.MatchingEnableFairness.Get(settings)("default", "dakasync-dingtalk", 1)
	require.True(t, fair.Value(nil, time.Now()))
	require.Equal(t, 50, dynamicconfig.TransferProcessorMaxPollRPS.Get(settings)())
}
