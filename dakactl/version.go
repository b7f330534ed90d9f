package main

import (
	"cmp"
	"runtime/debug"
	"strings"
)

// version says which source this program was built from, and by which Go.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dakactl, built without build information"
	}
	return describeBuild(info)
}

func describeBuild(info *debug.BuildInfo) string {
	values := map[string]string{}
	for _, setting := range info.Settings {
		values[setting.Key] = setting.Value
	}
	words := []string{"dakactl", cmp.Or(info.Main.Version, "(devel)")}
	if revision := values["vcs.revision"]; revision != "" {
		words = append(words, "revision", revision)
		if values["vcs.modified"] == "true" {
			words = append(words, "with local changes")
		}
	}
	if at := values["vcs.time"]; at != "" {
		words = append(words, "of", at)
	}
	return strings.Join(append(words, "built with", info.GoVersion), " ")
}
