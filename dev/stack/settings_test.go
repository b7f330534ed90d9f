package stack

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func load(t *testing.T, file string) Settings {
	t.Helper()
	t.Setenv("DAKASYNC_DEV_DIR", "/data")
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, ".env"), []byte(file), 0o600))
	settings, err := LoadSettings(root)
	require.NoError(t, err)
	return settings
}

func TestWithoutCredentialsItIsSimulated(t *testing.T) {
	settings := load(t, "DINGTALK_CLIENT_ID=\nDINGTALK_CORP_ID=ding1\nDINGTALK_CLIENT_SECRET=x\n")
	require.True(t, settings.Simulated)
	require.Equal(t, "/data/simulated", settings.Dir)
	require.NotContains(t, settings.Environment, "DINGTALK_CLIENT_SECRET", "the simulator's come instead")
}

func TestACompanyHasAFolderOfItsOwn(t *testing.T) {
	settings := load(t, "DINGTALK_CLIENT_ID=app\nDINGTALK_CORP_ID=ding/../1\nDATABASE_URL=postgres://mine\nTEMPORAL_ADDRESS=else:7233\n")
	require.False(t, settings.Simulated)
	require.Equal(t, "/data/company-ding%2F..%2F1", settings.Dir)
	require.Equal(t, "postgres://mine", settings.DatabaseURL)
	require.Equal(t, "app", settings.Environment["DINGTALK_CLIENT_ID"])
	require.NotContains(t, settings.Environment, "TEMPORAL_ADDRESS")
}

func TestTheEnvironmentGoesBeforeTheFile(t *testing.T) {
	t.Setenv("DAKASYNC_QPS", "7")
	t.Setenv("DINGTALK_CLIENT_ID", "")
	settings := load(t, "DAKASYNC_QPS=9\nDINGTALK_CLIENT_ID=app\n")
	require.Equal(t, "7", settings.Environment["DAKASYNC_QPS"])
	require.False(t, settings.Simulated, "an empty variable counts as not set")
}
