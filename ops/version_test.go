package ops

import (
	"bytes"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatABuildSaysOfItself(t *testing.T) {
	found := &debug.BuildInfo{
		GoVersion: "go1.26.8", Main: debug.Module{Version: "v1.2.3"},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}, {Key: "vcs.time", Value: "2026-11-01T00:00:00Z"},
			{Key: "GOOS", Value: "linux"}, {Key: "GOARCH", Value: "arm64"},
		},
	}
	require.Equal(t, "worker v1.2.3 revision abc with local changes of 2026-11-01T00:00:00Z built with go1.26.8 for linux/arm64",
		describeBuild("worker", found, "", ""))
	require.Equal(t, "worker v1.2.4 revision def built with go1.26.8",
		describeBuild("worker", &debug.BuildInfo{GoVersion: "go1.26.8"}, "v1.2.4", "def"), "what the linker was told")
	require.Equal(t, "worker (devel) built with go1.26.8", describeBuild("worker", &debug.BuildInfo{GoVersion: "go1.26.8"}, "", ""))
	require.Contains(t, Version("worker"), "worker ")
}

func TestArguments(t *testing.T) {
	for name, test := range map[string]struct {
		arguments   []string
		status      int
		done        bool
		out, errOut string
	}{
		"none":    {nil, 0, false, "", ""},
		"version": {[]string{"--version"}, 0, true, "worker ", ""},
		"help":    {[]string{"-h"}, 0, true, "from the environment", ""},
		"another": {[]string{"--versions"}, 2, true, "", `"--versions" is not an argument`},
		"a word":  {[]string{"start"}, 2, true, "", "only --version"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			status, done := Arguments("worker", test.arguments, &out, &errOut)
			require.Equal(t, test.status, status)
			require.Equal(t, test.done, done)
			require.Contains(t, out.String(), test.out)
			require.Contains(t, errOut.String(), test.errOut)
			require.Equal(t, test.out == "", out.Len() == 0)
			require.Equal(t, test.errOut == "", errOut.Len() == 0)
		})
	}
}
