package config

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the READMEs say about settings and folders is read here.

func readme(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../" + name)
	require.NoError(t, err)
	return string(b)
}

// defaultCell is how the table writes a setting's default.
func defaultCell(s Setting) string {
	switch {
	case s.required:
		return "required"
	case s.Default == "":
		return "none"
	default:
		return "`" + s.Default + "`"
	}
}

func TestReadmeSettingsTableIsTheCodes(t *testing.T) {
	var rows []string
	for _, s := range Settings() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |", s.Name, defaultCell(s), s.Accepts, s.Meaning))
	}
	want := strings.Join(rows, "\n")
	require.Contains(t, readme(t, "README.md"), want, "the settings table should read:\n%s", want)
}

func TestChineseReadmeNamesEverySettingAndDefault(t *testing.T) {
	text := readme(t, "README.zh-CN.md")
	cell := strings.NewReplacer("required", "必填", "none", "无")
	for _, s := range Settings() {
		require.Contains(t, text, fmt.Sprintf("| `%s` | %s |", s.Name, cell.Replace(defaultCell(s))))
	}
}

func TestReadmesNameNoSettingThatIsNotThere(t *testing.T) {
	known := settingsByName()
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		for _, setting := range regexp.MustCompile(`\b(?:DAKASYNC|DINGTALK)_[A-Z_]*[A-Z]\b`).FindAllString(readme(t, name), -1) {
			require.Contains(t, known, setting, name)
		}
	}
}

func TestReadmeTreeIsTheTree(t *testing.T) {
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	var want []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && e.Name() != "bin" {
			want = append(want, e.Name())
		}
	}
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		var got []string
		for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+)/` \\|").FindAllStringSubmatch(readme(t, name), -1) {
			got = append(got, m[1])
		}
		slices.Sort(got)
		require.Equal(t, want, got, name)
	}
}
