package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dakasync/budget"
	"dakasync/config"
	"dakasync/privacy"
	"dakasync/seal"
)

// environment sets exactly these variables of the ones that are read.
func environment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "DAKASYNC_") || strings.HasPrefix(name, "DINGTALK_") || strings.HasPrefix(name, "TEMPORAL_") || name == "DATABASE_URL" {
			t.Setenv(name, "") // restored by the test
			require.NoError(t, os.Unsetenv(name))
		}
	}
	t.Setenv("TEMPORAL_CONFIG_FILE", filepath.Join(t.TempDir(), "none.toml"))
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

func complete() map[string]string {
	return map[string]string{
		"DINGTALK_CLIENT_ID":     "dingapp",
		"DINGTALK_CLIENT_SECRET": "top secret",
		"DINGTALK_CORP_ID":       "dingcorp",
		"DATABASE_URL":           "postgres://u:hidden@db:5432/daka",
	}
}

func with(variables map[string]string, pairs ...string) map[string]string {
	for i := 0; i < len(pairs); i += 2 {
		variables[pairs[i]] = pairs[i+1]
	}
	return variables
}

// faults are the settings that an error names, in order.
func faults(t *testing.T, err error) []string {
	t.Helper()
	var all *config.FaultsError
	require.ErrorAs(t, err, &all)
	var names []string
	for _, f := range all.Faults {
		names = append(names, f.Setting)
	}
	return names
}

func TestDefaults(t *testing.T) {
	environment(t, complete())
	c, err := config.Load(config.ForWorker)
	require.NoError(t, err)

	require.Equal(t, "dingapp", c.App.ClientID)
	require.Equal(t, "top secret", c.App.ClientSecret.Reveal())
	require.EqualValues(t, "https://api.dingtalk.com", c.App.APIURL)
	require.EqualValues(t, "https://oapi.dingtalk.com", c.App.OAPIURL)
	require.Equal(t, 2, c.App.StreamConnections)
	require.Equal(t, "Asia/Shanghai", c.Company.Location().String())
	require.Equal(t, privacy.Minimal, c.Company.PII)
	require.True(t, c.Database.Migrate)
	require.Equal(t, "dakasync", c.Temporal.TaskQueue)
	require.Equal(t, "localhost:7233", c.Temporal.Options.HostPort)
	require.Equal(t, "default", c.Temporal.Options.Namespace)
	require.Equal(t, []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute}, []time.Duration(c.Sync.SettleDelays))
	require.Equal(t, time.Hour, c.Sync.DrainInterval)
	require.Equal(t, 20, c.Sync.QPS)
	require.Equal(t, budget.Budget{Edition: "standard", Calls: 5000, Pushes: 3000, Reserve: 500, Window: -1, Drain: time.Hour}, c.Sync.Budget())
	require.EqualValues(t, "127.0.0.1:8080", c.Process.HTTPAddr)

	c, err = config.Load(config.ForStarter)
	require.NoError(t, err)
	require.EqualValues(t, "127.0.0.1:8081", c.Process.HTTPAddr)
}

func TestGivenValues(t *testing.T) {
	environment(t, with(complete(),
		"DINGTALK_API_URL", "http://127.0.0.1:8765/",
		"DINGTALK_STREAM_CONNECTIONS", "4",
		"DAKASYNC_TIMEZONE", "Europe/Berlin",
		"DAKASYNC_PII", "full",
		"DAKASYNC_SETTLE_DELAYS", "", "DAKASYNC_DRAIN_INTERVAL", "1s", "DAKASYNC_RECOVERY_DELAY", "0s",
		"DAKASYNC_MAKE_UP_PROCESS_CODES", "PROC-1, PROC-2,",
		"DAKASYNC_DEPLOYMENT", "daka", "DAKASYNC_BUILD_ID", "1.0.0",
		"TEMPORAL_ADDRESS", "temporal:7233", "TEMPORAL_NAMESPACE", "hr",
		"DAKASYNC_HTTP_ADDR", ":9000", "DAKASYNC_LOG_LEVEL", "debug", "DAKASYNC_LOG_FORMAT", "json",
		"DAKASYNC_DEV_DIR", "/somewhere",
		"DAKASYNC_EDITION", "professional", "DAKASYNC_MONTHLY_CALLS", "0", "DAKASYNC_MONTHLY_PUSHES", "40000", "DAKASYNC_CALL_RESERVE", "0",
		"DAKASYNC_BATCH_WINDOW", "0s", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318",
	))
	c, err := config.Load(config.ForWorker)
	require.NoError(t, err)
	require.EqualValues(t, "http://127.0.0.1:8765", c.App.APIURL)
	require.Equal(t, 4, c.App.StreamConnections)
	require.Equal(t, "Europe/Berlin", c.Company.Location().String())
	require.Equal(t, privacy.Full, c.Company.PII)
	require.Empty(t, c.Sync.SettleDelays, "set and empty means none")
	require.Equal(t, time.Second, c.Sync.DrainInterval)
	require.Zero(t, c.Sync.RecoveryDelay, "as short as it can be")
	require.Equal(t, []string{"PROC-1", "PROC-2"}, []string(c.Sync.MakeUpProcessCodes))
	require.Equal(t, "1.0.0", c.Temporal.BuildID)
	require.Equal(t, "temporal:7233", c.Temporal.Options.HostPort)
	require.Equal(t, "hr", c.Temporal.Options.Namespace)
	require.EqualValues(t, ":9000", c.Process.HTTPAddr)
	require.Equal(t, budget.Budget{Edition: "professional", Pushes: 40_000, Drain: time.Second}, c.Sync.Budget(), "0 calls are no bound")
}

func TestBudget(t *testing.T) {
	for name, test := range map[string]struct {
		variables map[string]string
		want      budget.Budget
	}{
		"an edition": {map[string]string{"DAKASYNC_EDITION": "package"}, budget.Budget{Edition: "package", Calls: 5_005_000, Pushes: 503_000, Reserve: 500_500, Window: -1}},
		"none":       {map[string]string{"DAKASYNC_EDITION": "unlimited"}, budget.Budget{Edition: "unlimited", Window: -1}},
		"numbers of its own": {
			map[string]string{"DAKASYNC_MONTHLY_CALLS": "1999", "DAKASYNC_MONTHLY_PUSHES": "0", "DAKASYNC_CALL_RESERVE": "90", "DAKASYNC_BATCH_WINDOW": "90s"},
			budget.Budget{Edition: "standard", Calls: 1999, Reserve: 1799, Window: 90 * time.Second},
		},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, with(complete()))
			for variable, value := range test.variables {
				t.Setenv(variable, value)
			}
			c, err := config.Load(config.ForWorker)
			require.NoError(t, err)
			test.want.Drain = time.Hour
			require.Equal(t, test.want, c.Sync.Budget())
		})
	}
	for variable, values := range map[string][]string{
		"DAKASYNC_EDITION":        {"gold", "Standard"},
		"DAKASYNC_MONTHLY_CALLS":  {"-1", "many", "1e6", "1000000001"},
		"DAKASYNC_MONTHLY_PUSHES": {"-1", "1.5"},
		"DAKASYNC_CALL_RESERVE":   {"-1", "91", "10%"},
		"DAKASYNC_BATCH_WINDOW":   {"-1s", "1ns", "500ms", "999ms", "61m", "1h1s", "5", "always"},
	} {
		for _, value := range values {
			t.Run(variable+"="+value, func(t *testing.T) {
				environment(t, with(complete(), variable, value))
				_, err := config.Load(config.ForWorker)
				require.Equal(t, []string{variable}, faults(t, err))
			})
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	environment(t, map[string]string{
		"DINGTALK_CLIENT_SECRET":        "top secret",
		"DINGTALK_CLIENT_SECRET_FILE":   "/dev/null",
		"DATABASE_URL":                  "hidden:5432/daka",
		"DAKASYNC_QPS":                  "0",
		"DAKASYNC_TIMEZONE":             "Mars/Olympus",
		"DAKASYNC_PII":                  "some",
		"DAKASYNC_SETTLE_DELAYS":        "5s,soon",
		"DAKASYNC_DRAIN_INTERVAL":       "100ms",
		"DAKASYNC_RECOVERY_DELAY":       "61m",
		"DAKASYNC_MIGRATE":              "maybe",
		"DAKASYNC_BUILD_ID":             "1",
		"DAKASYNC_MAKE_UP_PROCESS_CODE": "PROC-1",
		"DINGTALK_API_URL":              "api.dingtalk.com",
		"DINGTALK_STREAM_CONNECTIONS":   "two",
		"DINGTALK_CORPID":               "dingcorp",
		"TEMPORAL_TLS":                  "sure",
		"TEMPORAL_ADDRESS":              "http://temporal:7233",
		"DAKASYNC_HTTP_ADDR":            "8080",
		"DAKASYNC_LOG_LEVEL":            "loud",
		"DAKASYNC_LOG_FORMAT":           "xml",
	})
	_, err := config.Load(config.ForWorker)
	require.ElementsMatch(t, []string{
		"DINGTALK_CLIENT_ID", "DINGTALK_CORP_ID", "DINGTALK_API_URL", "DINGTALK_STREAM_CONNECTIONS", "DATABASE_URL",
		"DAKASYNC_QPS", "DAKASYNC_TIMEZONE", "DAKASYNC_PII", "DAKASYNC_SETTLE_DELAYS", "DAKASYNC_DRAIN_INTERVAL", "DAKASYNC_RECOVERY_DELAY", "DAKASYNC_MIGRATE",
		"DINGTALK_CLIENT_SECRET", "DAKASYNC_DEPLOYMENT", "TEMPORAL_TLS", "TEMPORAL_ADDRESS", "DAKASYNC_MAKE_UP_PROCESS_CODE", "DINGTALK_CORPID",
		"DAKASYNC_HTTP_ADDR", "DAKASYNC_LOG_LEVEL", "DAKASYNC_LOG_FORMAT",
	}, faults(t, err))

	text := err.Error()
	require.Contains(t, text, "21 faults")
	require.Contains(t, text, "did you mean DAKASYNC_MAKE_UP_PROCESS_CODES?")
	require.Contains(t, text, `DAKASYNC_QPS is "0"; it takes a whole number from 1 to 1000`)
	require.NotContains(t, text, "hidden")
	require.NotContains(t, text, "top secret")
}

// Names that other programs put into the environment are not ours to refuse.
func TestNeighboursVariablesAreLeftAlone(t *testing.T) {
	environment(t, with(complete(),
		"DAKASYNC_PORT", "tcp://10.0.0.7:8080", "DAKASYNC_STARTER_SERVICE_HOST", "10.0.0.8", // by Kubernetes, of services of these names
		"DINGTALK_ROBOT_WEBHOOK_KEYS", "x", "DINGTALK_CORPID", "another program's",
	))
	_, err := config.Load(config.ForStarter)
	require.NoError(t, err)
}

func TestSecretFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte("from file\r\n"), 0o600))
	variables := with(complete(), "DINGTALK_CLIENT_SECRET", "", "DINGTALK_CLIENT_SECRET_FILE", path)
	environment(t, variables)
	c, err := config.Load(config.ForStarter)
	require.NoError(t, err)
	require.Equal(t, "from file", c.App.ClientSecret.Reveal())

	t.Setenv("DINGTALK_CLIENT_SECRET_FILE", path+".missing")
	_, err = config.Load(config.ForStarter)
	require.Equal(t, []string{"DINGTALK_CLIENT_SECRET_FILE"}, faults(t, err))

	require.ErrorContains(t, err, path+".missing")

	// The secret itself in the place of its file.
	t.Setenv("DINGTALK_CLIENT_SECRET_FILE", "kX3secret_-0")
	t.Setenv("DAKASYNC_PAYLOAD_KEYS_FILE", "2026a:AAAAAAAAAAAAAAAAAAAAAAAA/AAAAAAAAAAAAAAAAAE=")
	_, err = config.Load(config.ForStarter)
	require.Equal(t, []string{"DINGTALK_CLIENT_SECRET_FILE", "DAKASYNC_PAYLOAD_KEYS_FILE"}, faults(t, err))
	require.NotContains(t, err.Error(), "kX3secret_-0")
	require.NotContains(t, err.Error(), "AAAA")
	t.Setenv("DAKASYNC_PAYLOAD_KEYS_FILE", "")

	require.NoError(t, os.WriteFile(path, []byte("\n"), 0o600))
	t.Setenv("DINGTALK_CLIENT_SECRET_FILE", path)
	_, err = config.Load(config.ForStarter)
	require.Equal(t, []string{"DINGTALK_CLIENT_SECRET_FILE"}, faults(t, err))

	t.Setenv("DINGTALK_CLIENT_SECRET_FILE", "")
	_, err = config.Load(config.ForStarter)
	require.Equal(t, []string{"DINGTALK_CLIENT_SECRET"}, faults(t, err))
}

func TestPayloadKeys(t *testing.T) {
	const first, second = "new:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=", "old:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI="
	path := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(path, []byte(first+"\n"+second+"\n"), 0o600))
	const direct, file = "DAKASYNC_PAYLOAD_KEYS", "DAKASYNC_PAYLOAD_KEYS_FILE"
	for _, use := range []config.Use{config.ForWorker, config.ForStarter, config.ForRequest, config.ForTemporal, config.ForStatus} {
		for name, variables := range map[string][]string{"direct": {direct, first + "," + second}, "file": {file, path}} {
			t.Run(name, func(t *testing.T) {
				environment(t, with(complete(), variables...))
				c, err := config.Load(use)
				require.NoError(t, err)
				require.Equal(t, "new", c.Temporal.Ring.Sealer())
				sealed, err := c.PayloadCodec().DataConverter().ToPayload("x")
				require.NoError(t, err)
				require.True(t, seal.Sealed(sealed))
			})
		}
	}
	t.Run("off", func(t *testing.T) {
		environment(t, complete())
		c, err := config.Load(config.ForWorker)
		require.NoError(t, err)
		require.False(t, c.Temporal.Ring.Seals())
	})
	for name, variables := range map[string][]string{
		"both":             {direct, first, file, path},
		"too short":        {direct, "new:c2VjcmV0IQ=="},
		"no id":            {direct, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE="},
		"no such file":     {file, path + ".missing"},
		"a file of no key": {file, os.DevNull},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, with(complete(), variables...))
			_, err := config.Load(config.ForWorker)
			require.Equal(t, []string{variables[0]}, faults(t, err))
			require.NotContains(t, err.Error(), "c2VjcmV0IQ")
			require.NotContains(t, err.Error(), "AAAAAAAAE=")
		})
	}
}

// Every form that PostgreSQL's own clients take is taken, and nothing that would
// only fail when it is used.
func TestFormsOfTheDatabase(t *testing.T) {
	for value, good := range map[string]bool{
		"postgres://u:hidden@db:5432/daka":                  true,
		"postgresql://u:hidden@db/daka?sslmode=disable":     true,
		"postgres://u:hidden@one:5432,two:5433/daka":        true,
		"postgres:///daka?host=/run/postgresql":             true,
		"postgresql://u@%2Frun%2Fpostgresql/daka":           true,
		"host=/run/postgresql dbname=daka":                  true,
		"host=db port=5433 user=u password='hid den'":       true,
		"hidden:5432/daka":                                  false,
		"mysql://u:hidden@db/daka":                          false,
		"postgres://u:hidden@db/daka?sslmode=hidden":        false,
		"postgres://u:hidden@db:port/daka":                  false,
		"postgres://u:hidden@db/daka?pool_max_conns=hidden": false,
	} {
		t.Run(value, func(t *testing.T) {
			environment(t, with(complete(), "DATABASE_URL", value))
			c, err := config.Load(config.ForWorker)
			if good {
				require.NoError(t, err)
				require.Equal(t, value, c.Database.URL.Reveal())
				return
			}
			require.Equal(t, []string{"DATABASE_URL"}, faults(t, err))
			require.NotContains(t, err.Error(), "hidden")
		})
	}
}

func TestEachUseNeedsOnlyItsOwn(t *testing.T) {
	for name, test := range map[string]struct {
		use   config.Use
		needs []string
	}{
		"plan":     {config.ForPlan, nil},
		"migrate":  {config.ForMigrate, []string{"DATABASE_URL"}},
		"temporal": {config.ForTemporal, []string{"DINGTALK_CORP_ID"}},
		"request":  {config.ForRequest, []string{"DINGTALK_CORP_ID"}},
		"status":   {config.ForStatus, []string{"DINGTALK_CORP_ID", "DATABASE_URL"}},
		"export":   {config.ForExport, []string{"DINGTALK_CORP_ID", "DATABASE_URL"}},
		"doctor":   {config.ForDoctor, []string{"DINGTALK_CLIENT_ID", "DINGTALK_CORP_ID", "DATABASE_URL", "DINGTALK_CLIENT_SECRET"}},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, nil)
			_, err := config.Load(test.use)
			if test.needs == nil {
				require.NoError(t, err)
				return
			}
			require.ElementsMatch(t, test.needs, faults(t, err))

			given := map[string]string{}
			for _, need := range test.needs {
				given[need] = complete()[need]
			}
			environment(t, given)
			_, err = config.Load(test.use)
			require.NoError(t, err)
		})
	}
}

// What was spent is known where a database is set; a request goes without.
func TestARequestUsesTheDatabaseIfThereIsOne(t *testing.T) {
	environment(t, map[string]string{"DINGTALK_CORP_ID": "dingcorp", "DAKASYNC_EDITION": "package", "DAKASYNC_QPS": "none of its business"})
	c, err := config.Load(config.ForRequest)
	require.NoError(t, err)
	require.Empty(t, c.Database.URL.Reveal())
	require.Equal(t, 5_005_000, c.Sync.Budget().Calls)

	t.Setenv("DATABASE_URL", complete()["DATABASE_URL"])
	c, err = config.Load(config.ForRequest)
	require.NoError(t, err)
	require.Equal(t, complete()["DATABASE_URL"], c.Database.URL.Reveal())

	t.Setenv("DATABASE_URL", "mysql://db")
	_, err = config.Load(config.ForRequest)
	require.Equal(t, []string{"DATABASE_URL"}, faults(t, err))
}

func TestAnEmptyVariableIsNotSet(t *testing.T) {
	variables := complete()
	for _, s := range config.Settings() {
		if _, given := variables[s.Name]; !given && s.Name != "DAKASYNC_SETTLE_DELAYS" {
			variables[s.Name] = ""
		}
	}
	environment(t, with(variables, "TEMPORAL_TLS_SERVER_NAME", "", "TEMPORAL_API_KEY", "", "DAKASYNC_UNKNOWN", ""))
	c, err := config.Load(config.ForWorker)
	require.NoError(t, err)
	require.Equal(t, 20, c.Sync.QPS)
	require.Equal(t, "Asia/Shanghai", c.Company.Location().String())
	require.Nil(t, c.Temporal.Options.ConnectionOptions.TLS, "an empty TEMPORAL_TLS_* does not turn TLS on")
}
