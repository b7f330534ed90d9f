package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/config"
	"dakasync/dakactl/payroll"
	"dakasync/dakactl/say"
)

const reference = "../docs/dakactl.md"

// helpBlock is a command's help as the reference shows it.
var helpBlock = regexp.MustCompile("(?s)<!-- help ([a-z]+) -->\n```\n(.*?)```\n<!-- end -->")

func readReference(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(reference)
	require.NoError(t, err)
	return string(text)
}

func helpOf(t *testing.T, command string) string {
	t.Helper()
	b := newBench(t, nil)
	require.NoError(t, b.run(t, command, "--help"))
	return b.out.String()
}

// documented are the commands that the reference must have.
func documented(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, c := range newRoot(newBench(t, nil).app).Commands() {
		if c.Name() != "help" && c.Name() != "completion" && !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return names
}

// The reference has every command's help as it is, and none that is not there.
func TestTheReferenceHasEveryCommand(t *testing.T) {
	text := readReference(t)
	if *update {
		text = helpBlock.ReplaceAllStringFunc(text, func(block string) string {
			name := helpBlock.FindStringSubmatch(block)[1]
			return "<!-- help " + name + " -->\n```\n" + helpOf(t, name) + "```\n<!-- end -->"
		})
		require.NoError(t, os.WriteFile(reference, []byte(text), 0o600))
	}
	var found []string
	for _, block := range helpBlock.FindAllStringSubmatch(text, -1) {
		require.Equal(t, helpOf(t, block[1]), block[2], "go test ./dakactl -run Reference -update writes %s anew", reference)
		require.Contains(t, text, "\n## dakactl "+block[1]+"\n")
		found = append(found, block[1])
	}
	slices.Sort(found)
	require.Equal(t, documented(t), found)
}

// Every example in the reference and the READMEs is one that dakactl takes.
func TestEveryExampleIsTaken(t *testing.T) {
	whole := regexp.MustCompile(`(?m)^ *(?:bin/)?dakactl [a-z].*$`)
	spoken := regexp.MustCompile("`bin/dakactl [a-z][^`]*`")
	for name, least := range map[string]int{reference: 15, "../README.md": 5, "../README.zh-CN.md": 4} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		tried := 0
		for _, example := range append(whole.FindAllString(string(text), -1), spoken.FindAllString(string(text), -1)...) {
			example = strings.TrimPrefix(strings.Trim(example, "` "), "bin/")
			if strings.ContainsAny(example, "…[<|") || strings.Contains(example, " USER") {
				continue // a pattern, and no call
			}
			example, _, _ = strings.Cut(example, "  #")
			example, _, _ = strings.Cut(example, " > ")
			words := split(example)
			root := newRoot(newBench(t, nil).app)
			c, rest, err := root.Find(words[1:])
			require.NoError(t, err, "%s: %s", name, example)
			require.NotEqual(t, root, c, "%s: %s", name, example)
			require.NoError(t, c.ParseFlags(rest), "%s: %s", name, example)
			if len(rest) > 0 && c.Name() != "completion" {
				require.NoError(t, c.ValidateArgs(c.Flags().Args()), "%s: %s", name, example)
			}
			tried++
		}
		require.GreaterOrEqual(t, tried, least, name)
	}
}

// split is a line as a shell splits it, but for what only shells know.
func split(line string) []string {
	var words []string
	for _, m := range regexp.MustCompile(`'([^']*)'|"([^"]*)"|(\S+)`).FindAllStringSubmatch(line, -1) {
		words = append(words, m[1]+m[2]+m[3])
	}
	return words
}

// The reference explains every column of both tables in both languages, and the
// variables that choose the language.
func TestTheReferenceHasEveryColumn(t *testing.T) {
	text := readReference(t)
	table := payroll.Table{}
	columns := append(table.DayHeader(), (&payroll.Months{Table: table}).Header()...)
	for _, column := range columns {
		require.Contains(t, text, "\n| `"+column+"` | "+say.Chinese.Text(column)+" |", column)
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(text, -1) {
		require.Contains(t, columns, m[1])
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		require.Contains(t, text, "`"+name+"`")
	}
	require.Contains(t, text, fmt.Sprintf("at most %d days at once", mostExported))
	known := map[string]bool{}
	for _, s := range config.Settings() {
		known[s.Name] = true
	}
	for _, name := range regexp.MustCompile(`\b(?:DAKASYNC|DINGTALK)_[A-Z_]*[A-Z]\b`).FindAllString(text, -1) {
		require.True(t, known[name], name)
	}
	for _, name := range withoutAnswer() {
		require.Contains(t, text, "`"+name+"`", "the commands without --json are named")
	}
}

// What the READMEs say of costs is what `dakactl plan` answers.
func TestTheCostsAreThePlans(t *testing.T) {
	for name, language := range map[string]say.Printer{"../README.md": say.English, "../README.zh-CN.md": say.Chinese} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		rows := regexp.MustCompile(`(?m)^\| ([\d,]+) \| ([^|]+) \| ([\d,]+) \| ([\d,]+) \| (\w+) \| ([\d,]+) \|$`).FindAllStringSubmatch(string(text), -1)
		require.Len(t, rows, 5, name)
		for _, row := range rows {
			b := newBench(t, nil)
			b.app.words = language
			require.NoError(t, b.run(t, "plan", "--employees", strings.ReplaceAll(row[1], ",", "")))
			want := regexp.QuoteMeta(row[2]) + ` .* ` + row[3] + ` +` + row[4] + ` +.* ` + row[5] + ` +` + row[6] + `\n`
			require.Regexp(t, want, b.out.String(), "%s: %s", name, row[0])
		}
	}
}
