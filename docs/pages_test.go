// Package docs holds pages, and the tests that read them: what a page names is there.
package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/config"
)

// pages are those whose every code in backticks is looked up here.
func pages() []string {
	return []string{
		"../README.md", "../README.zh-CN.md", "architecture.md", "console-setup.md", "console-setup.zh-CN.md", "dakactl.md", "deployment.md",
		"doctor.md", "faq.md", "faq.zh-CN.md", "operations.md", "reliability.md", "security.md", "tracing.md",
	}
}

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

// sources are the files of the repository whose names end so, as one text.
func sources(t *testing.T, suffix string) string {
	t.Helper()
	var all strings.Builder
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "bin" || entry.Name() == ".git" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case strings.HasSuffix(path, suffix):
			all.WriteString(text(t, path))
			all.WriteByte('\n')
		}
		return nil
	}))
	return all.String()
}

// names are the matches of a pattern's first group.
func names(pattern, in string) map[string]bool {
	all := map[string]bool{}
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(in, -1) {
		all[match[1]] = true
	}
	return all
}

// there is what a page may name, by the shape of the name.
type there struct {
	shape string // of a name, of which the first group is looked up
	known map[string]bool
}

func everything(t *testing.T) map[string]there {
	t.Helper()
	settings := map[string]bool{}
	for _, s := range config.Settings() {
		settings[s.Name] = true
	}
	dakactl := names(`Use: +"([a-z]+)`, sources(t, ".go"))
	dakactl["completion"] = true // Cobra's own
	return map[string]there{
		"test":    {`\b(Test[A-Z]\w+)`, names(`(?m)^func (Test[A-Z]\w+)\(`, sources(t, "_test.go"))},
		"setting": {`\b((?:DAKASYNC|DINGTALK)_[A-Z_]*[A-Z]|DATABASE_URL)\b`, settings},
		"table":   {`\bdakasync\.([a-z_]+)`, names(`(?m)^CREATE (?:UNLOGGED )?(?:TABLE|VIEW) dakasync\.([a-z_]+)`, sources(t, ".sql"))},
		"command": {`\bdakactl ([a-z]+)`, dakactl},
		"target":  {`\bmake ([a-z0-9-]+)`, names(`(?m)^([a-z0-9-]+):.*## `, text(t, "../Makefile"))},
	}
}

// codes are what stands in backticks.
func codes(page string) string {
	var all []string
	for _, match := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(page, -1) {
		all = append(all, match[1])
	}
	return strings.Join(all, "\n")
}

func TestPagesNameWhatIsThere(t *testing.T) {
	for kind, thing := range everything(t) {
		require.NotEmpty(t, thing.known, kind)
		found := 0
		for _, page := range pages() {
			for name := range names(thing.shape, codes(text(t, page))) {
				require.True(t, thing.known[name], "%s names the %s %s", page, kind, name)
				found++
			}
		}
		require.Positive(t, found, kind)
	}
}

// Every path in backticks leads somewhere (links: TestEveryLinkLeads), and from the READMEs to every page.
func TestPagesNamePathsThatAreThere(t *testing.T) {
	for _, page := range pages() {
		for path := range names(`(?m)^((?:docs|dev|deploy|ledger|dingtalk|config|tools|workflows)/[\w./-]+)$`, codes(text(t, page))) {
			_, err := os.Stat(filepath.Join("..", path))
			require.NoError(t, err, page)
		}
	}
	readmes := text(t, "../README.md") + text(t, "../README.zh-CN.md")
	entries, err := filepath.Glob("*.md")
	require.NoError(t, err)
	for _, page := range entries {
		require.Contains(t, readmes, "(docs/"+page+")", "no README leads to %s", page)
	}
}

// evidence is of each question what shows its answer, in the page's order.
func evidence(t *testing.T, page, mark string) []string {
	t.Helper()
	var all []string
	for _, question := range strings.Split(text(t, page), "\n### ")[1:] {
		title, _, _ := strings.Cut(question, "\n")
		_, shown, ok := strings.Cut(question, "\n"+mark)
		require.True(t, ok, "%s: nothing shows %q", page, title)
		shown, _, _ = strings.Cut(shown, "\n")
		require.Contains(t, shown, "`Test", "%s: no test shows %q", page, title)
		all = append(all, codes(shown))
	}
	return all
}

// Every answer of the FAQ is shown by a test, and by the same things in both languages.
func TestFAQShowsItsAnswers(t *testing.T) {
	english, chinese := evidence(t, "faq.md", "Shown by: "), evidence(t, "faq.zh-CN.md", "依据：")
	require.Greater(t, len(english), 20)
	require.Equal(t, english, chinese)
}

// What a run waits for may be mended, and it asks again only after a while: the pages promise no shorter one than the program takes.
func TestPagesSayHowLongAMendedRunWaits(t *testing.T) {
	program := text(t, "../activities/translate.go")
	for _, pause := range []string{"operatorPause = 10 * time.Minute", "quotaPause = time.Hour", "longestOperatorPause = 2 * time.Hour"} {
		require.Contains(t, program, pause)
	}
	for page, words := range map[string]string{
		"../README.md":           "within 10 minutes, an hour for a spent quota, or two hours for a missing permission",
		"../README.zh-CN.md":     "10 分钟内（额度用完则一小时内，缺权限则两小时内）",
		"console-setup.md":       "within two hours",
		"console-setup.zh-CN.md": "最晚两小时内",
		"operations.md":          "within ten minutes, or two hours for a missing permission",
	} {
		require.Contains(t, text(t, page), words, page)
	}
}

// When the sweep comes, and when a day's results are final, decide from when on there is something to pay by.
func TestPagesSayWhenTheSweepComes(t *testing.T) {
	require.Contains(t, text(t, "../temporal/schedule.go"), "sweepHour, sweepMinute = 2, 10")
	require.Contains(t, text(t, "../activities/plan.go"), "finalAfter = 48 * time.Hour")
	require.Contains(t, text(t, "../README.md"), "runs at 02:10, company's time. The first date is complete two or three days after the start")
	require.Contains(t, text(t, "../README.zh-CN.md"), "夜间核对在企业时区 02:10 进行")
}

// A release may bring tables: whoever gave the processes roles of their own must be told on the page that walks through one.
func TestTheReleaseKeepsTheRoles(t *testing.T) {
	_, releasing, _ := strings.Cut(text(t, "operations.md"), "\n## Releasing\n")
	releasing, _, _ = strings.Cut(releasing, "\n## ")
	require.Contains(t, releasing, "`deploy/postgres/roles.sql`, run that file again")
	require.Contains(t, text(t, "../deploy/postgres/roles.sql"), "after every\n-- upgrade")
}

// The Chinese pages have one word for one thing, and Chinese marks between Chinese words.
func TestChinesePagesUseOneWordForOneThing(t *testing.T) {
	for _, page := range []string{"../README.zh-CN.md", "console-setup.zh-CN.md", "faq.zh-CN.md"} {
		said := text(t, page)
		for other, word := range map[string]string{"盲区": "空窗", "未能解释": "无法解释", "日程": "定时"} {
			require.NotContains(t, said, other, "%s: say %s", page, word)
		}
		require.NotRegexp(t, "\\p{Han}[,:;?!][\\p{Han}`]|`[,:;?!]\\p{Han}", said, page)
	}
}
