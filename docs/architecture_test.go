package docs

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/stream"
	"dakasync/workflows"
)

// What docs/architecture.md says is read here: its list of packages is the tree's, and its names are there.

const (
	module = "dakasync/"
	page   = "architecture.md"
)

// helpers are packages for tests only, and what belongs to no program.
func helpers() []string {
	return []string{"docs", "ops/processtest", "postgres/pgtest", "simulator/interop"}
}

// imports are of each package of the product's module the packages of ours that it imports, its tests aside.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(filepath.ToSlash(path), "../")
		folder := filepath.ToSlash(filepath.Dir(name))
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (slices.Contains([]string{"dev", "tools", "bin", ".git"}, name) || entry.Name() == "testdata"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || slices.Contains(helpers(), folder):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		seen := all[folder]
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if ours, ok := strings.CutPrefix(imported, module); ok && !slices.Contains(seen, ours) {
				seen = append(seen, ours)
			}
		}
		all[folder] = seen
		return nil
	}))
	return all
}

// listing is how the page writes them.
func listing(all map[string][]string) string {
	var folders []string
	for folder := range all {
		folders = append(folders, folder)
	}
	slices.Sort(folders)
	var lines strings.Builder
	for _, folder := range folders {
		slices.Sort(all[folder])
		lines.WriteString(strings.TrimRight(fmt.Sprintf("%-24s %s", folder, strings.Join(all[folder], " ")), " ") + "\n")
	}
	return lines.String()
}

func TestArchitectureListsThePackages(t *testing.T) {
	all := imports(t)
	require.Greater(t, len(all), 15)
	want := listing(all)
	is := regexp.MustCompile("(?s)```\n(activities .*?)```\n").FindStringSubmatch(text(t, page))
	require.NotNil(t, is)
	require.Equal(t, want, is[1], "the list of packages should read:\n%s", want)
}

// What the page says in words about directions.
func TestArchitecturesDirections(t *testing.T) {
	all := imports(t)
	apart := []string{"dingtalk", "ledger", "workflows"}
	wiring := []string{"starter", "worker", "dakactl"}
	require.Empty(t, all["attendance"])
	for folder, ours := range all {
		top, _, _ := strings.Cut(folder, "/")
		for _, imported := range ours {
			target, _, _ := strings.Cut(imported, "/")
			require.False(t, slices.Contains(apart, top) && slices.Contains(apart, target) && top != target, "%s imports %s", folder, imported)
			require.False(t, top == "simulator" && target != "simulator", "%s imports %s", folder, imported)
			require.False(t, slices.Contains([]string{"ledger", "config"}, target) && !slices.Contains(wiring, top), "%s wires %s", folder, imported)
		}
	}
	rules := names(`(?m)^        ([a-z-]+):$`, text(t, "../.golangci.yml"))
	for _, name := range append(apart, "attendance", "budget", "activities", "stream", "simulator") {
		require.True(t, rules[name], "depguard has no rule for %s", name)
	}
}

// The names in backticks are packages, tables, views, runs, or words of DingTalk's.
func TestArchitecturesNamesAreThere(t *testing.T) {
	known := names(`(?m)^CREATE (?:UNLOGGED )?(?:TABLE|VIEW) dakasync\.([a-z_]+)`, sources(t, ".sql"))
	for folder := range imports(t) {
		known[folder] = true
	}
	for _, name := range append(workflows.Types(), "dakasync_payroll", "completeness", "statuses", "attendance/listRecord") {
		known[name] = true
	}
	require.Regexp(t, `FUNCTION dakasync\.completeness\(`, sources(t, ".sql"))
	all := everything(t)
	prose := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(text(t, page), "")
	found := strings.Split(codes(prose), "\n")
	require.Greater(t, len(found), 30)
	for _, name := range found {
		target, isTarget := strings.CutPrefix(name, "make ")
		_, err := os.Stat("../" + strings.TrimPrefix(name, "GOWORK=off go test ./"))
		require.True(t, known[name] || isTarget && all["target"].known[target] || all["test"].known[name] || err == nil, "%s names %s", page, name)
	}
	for _, part := range []string{"starter", "worker", "dakactl", "attendance", "dingtalk", "ledger"} { // of the picture
		require.Regexp(t, `(?s)^.*?\x60\x60\x60.*?`+part+`.*?\x60\x60\x60`, text(t, page))
		require.DirExists(t, "../"+part)
	}
	for _, run := range []string{workflows.TypeRecoverBlindTime, workflows.TypeReconcileDay, workflows.TypeFetchBatch, workflows.TypeGovern, workflows.TypePunchEvent} {
		require.Contains(t, text(t, page), run)
	}
	require.Contains(t, text(t, page), fmt.Sprintf("never later than %g seconds", stream.AnswerTime.Seconds()))
	require.Contains(t, text(t, "../temporal/schedule.go"), "governInterval = 10 * time.Minute", "the page says: every ten minutes")
	require.Contains(t, text(t, page), "asks it every ten minutes")
}
