package ops

import (
	"cmp"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

// release and revision are set where a build has no repository to look into, as in the image:
//
//	go build -ldflags "-X dakasync/ops.release=v1.2.3 -X dakasync/ops.revision=…"
var release, revision string

// Version says which source the program was built from, and by which Go.
func Version(program string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: "an unknown Go"}
	}
	return describeBuild(program, info, release, revision)
}

// describeBuild prefers what the linker was told to what Go found by itself.
func describeBuild(program string, info *debug.BuildInfo, release, revision string) string {
	values := map[string]string{}
	for _, setting := range info.Settings {
		values[setting.Key] = setting.Value
	}
	words := []string{program, cmp.Or(release, info.Main.Version, "(devel)")}
	if revision := cmp.Or(revision, values["vcs.revision"]); revision != "" {
		words = append(words, "revision", revision)
		if values["vcs.modified"] == "true" {
			words = append(words, "with local changes")
		}
	}
	if at := values["vcs.time"]; at != "" {
		words = append(words, "of", at)
	}
	words = append(words, "built with", info.GoVersion)
	if system, machine := values["GOOS"], values["GOARCH"]; system != "" && machine != "" {
		words = append(words, "for", system+"/"+machine)
	}
	return strings.Join(words, " ")
}

// statusUsage is the exit status for what a program was told wrongly, as for its settings.
const statusUsage = 2

// Arguments answers for a program that takes all its settings from the environment: --version, --help, and that it takes
// nothing else. done says that the process shall end with status.
func Arguments(program string, arguments []string, out, errOut io.Writer) (status int, done bool) {
	if len(arguments) == 0 {
		return 0, false
	}
	// Nobody is left to tell when an output is gone.
	switch arguments[0] {
	case "--version", "-version":
		_, _ = fmt.Fprintln(out, Version(program))
		return 0, true
	case "--help", "-help", "-h":
		_, _ = fmt.Fprintf(out, "%s takes its settings from the environment (see the README) and no arguments but --version.\n", program)
		return 0, true
	default:
		_, _ = fmt.Fprintf(errOut, "%s: %q is not an argument: settings come from the environment, and only --version and --help are taken\n", program, arguments[0])
		return statusUsage, true
	}
}
