package dingtalk

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/dingtalk/event"
)

// What docs/console-setup says is read here: its permissions are those that the calls want, and its events those that are read.

func consolePages() []string {
	return []string{"../docs/console-setup.zh-CN.md", "../docs/console-setup.md"}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

var (
	declared  = regexp.MustCompile(`(?m)^func \w+\(\) endpoint \{`)
	returned  = regexp.MustCompile(`return (?:post|get)\("([^"]+)", \w+, \w+, (\w+|"")\)`)
	scoped    = regexp.MustCompile(`(?m)^\t(scope\w+) += "([^"]+)"$`)
	apiRow    = regexp.MustCompile("(?m)^\\| ([^|`]+) \\| `([A-Za-z_.]+)` \\| (`/[^|]+) \\|")
	eventRow  = regexp.MustCompile("(?m)^\\| ([^|`]+) \\| `([a-zA-Z_]+)` \\| [^`|]")
	backticks = regexp.MustCompile("`([^`]+)`")
)

// wanted is of each call's path the permission, as endpoint.go has it.
func wanted(t *testing.T) map[string]string {
	t.Helper()
	source := readFile(t, "endpoint.go")
	scopes := map[string]string{}
	for _, s := range scoped.FindAllStringSubmatch(source, -1) {
		scopes[s[1]] = s[2]
	}
	calls := returned.FindAllStringSubmatch(source, -1)
	require.Len(t, calls, len(declared.FindAllString(source, -1)), "every call is found")
	all := map[string]string{}
	for _, call := range calls {
		if call[2] == `""` {
			continue
		}
		require.Contains(t, scopes, call[2])
		all[call[1]] = scopes[call[2]]
	}
	require.Greater(t, len(all), 10)
	for _, scope := range scopes {
		require.Contains(t, strings.Join(values(all), " "), scope, "a permission that no call wants")
	}
	return all
}

func values(m map[string]string) []string {
	var all []string
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

func TestConsolePageNamesThePermissionOfEveryCall(t *testing.T) {
	var names [][]string
	for _, page := range consolePages() {
		said := map[string]string{}
		var rows []string
		for _, row := range apiRow.FindAllStringSubmatch(readFile(t, page), -1) {
			rows = append(rows, row[1]+" "+row[2])
			for _, path := range backticks.FindAllStringSubmatch(row[3], -1) {
				said[path[1]] = row[2]
			}
		}
		require.Equal(t, wanted(t), said, page)
		names = append(names, rows)
	}
	require.Equal(t, names[0], names[1], "both pages name the permissions alike")
	for _, readme := range []string{"../README.md", "../README.zh-CN.md"} {
		for _, name := range names[0] {
			_, code, _ := strings.Cut(name, " ")
			require.Contains(t, readFile(t, readme), "`"+code+"`", readme)
		}
	}
}

func TestConsolePageNamesEveryEvent(t *testing.T) {
	for _, page := range append(consolePages(), "../README.md", "../README.zh-CN.md") {
		text := readFile(t, page)
		if strings.Contains(page, "README") {
			for _, eventType := range event.Types() {
				require.Contains(t, text, "`"+eventType+"`", page)
			}
			continue
		}
		var said []string
		for _, row := range eventRow.FindAllStringSubmatch(text, -1) {
			said = append(said, row[2])
		}
		require.Equal(t, event.Types(), said, page)
		for _, eventType := range said {
			require.True(t, event.Known(eventType), eventType)
		}
	}
}
