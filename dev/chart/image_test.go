package chart

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// programs are what the image has; TestTheImageIsWhatTheChartExpects reads them there.
var programs = []string{"/bin/starter", "/bin/worker", "/bin/dakactl", "/bin/simulator"}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	return string(text)
}

func TestTheImageIsWhatTheChartExpects(t *testing.T) {
	dockerfile := read(t, "Dockerfile")
	require.Contains(t, dockerfile, "\nUSER "+strconv.Itoa(imageUser)+":"+strconv.Itoa(imageUser)+"\n")
	require.Contains(t, dockerfile, "/bin/wget", "the notes use it")
	for _, program := range programs {
		require.Contains(t, dockerfile, " ./"+strings.TrimPrefix(program, "/bin/"))
	}
}

func TestTheChartNamesItsVersions(t *testing.T) {
	var chart struct {
		APIVersion  string   `json:"apiVersion"`
		Name        string   `json:"name"`
		Description string   `json:"description"`
		Type        string   `json:"type"`
		Version     string   `json:"version"`
		AppVersion  string   `json:"appVersion"`
		KubeVersion string   `json:"kubeVersion"`
		Keywords    []string `json:"keywords"`
	}
	require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, "deploy/helm/dakasync/Chart.yaml")), &chart))
	require.Regexp(t, `^\d+\.\d+\.\d+$`, chart.Version)
	require.Equal(t, chart.Version, chart.AppVersion, "chart and image are released together")
}
