package observe_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"dakasync/config"
	"dakasync/dev/observe"
	"dakasync/workflows"
)

// What docs/operations.md says is read here, but for its release, which dev/e2e carries out.
const runbookPage = "../../docs/operations.md"

// chapter is a heading of the page, and what stands under it up to the next one of its level or above.
type chapter struct{ title, text string }

func runbook(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(runbookPage)
	require.NoError(t, err)
	return string(text)
}

// chapters are those of a level: 2 or 3.
func chapters(text string, level int) (list []chapter) {
	mark := strings.Repeat("#", level) + " "
	for part := range strings.SplitSeq("\n"+text, "\n"+mark) {
		title, body, _ := strings.Cut(part, "\n")
		if above := regexp.MustCompile(`(?m)^#{1,` + string(rune('0'+level-1)) + `} `).FindStringIndex(body); above != nil {
			body = body[:above[0]]
		}
		list = append(list, chapter{title, body})
	}
	return list[1:]
}

// anchor is what a heading is linked by.
func anchor(title string) string {
	kept := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(title), "")
	return strings.ReplaceAll(kept, " ", "-")
}

// coded are the words of the page that are set as code: between backticks, and indented lines.
func coded(text string) (words []string) {
	for _, match := range regexp.MustCompile("(?m)`([^`\n]+)`|^    (\\S.*)$").FindAllStringSubmatch(text, -1) {
		words = append(words, match[1]+match[2])
	}
	return words
}

func TestEveryAlertHasItsChapter(t *testing.T) {
	all, _ := rules(t)
	var alerts, titles []string
	for _, r := range all {
		if r.Alert != "" {
			alerts = append(alerts, r.Alert)
			require.Equal(t, "docs/operations.md#"+anchor(r.Alert), r.Annotations["runbook_url"], r.Alert)
		}
	}
	parts := chapters(runbook(t), 2)
	i := slices.IndexFunc(parts, func(c chapter) bool { return c.title == "Alerts" })
	require.GreaterOrEqual(t, i, 0)
	for _, c := range chapters(parts[i].text, 3) {
		titles = append(titles, c.title)
		require.Greater(t, len(c.text), 60, c.title)
	}
	require.Equal(t, alerts, titles, "a chapter for each alert, in the order of the rules")
}

func TestTheRunbooksLinksLead(t *testing.T) {
	text := runbook(t)
	anchors := map[string]bool{}
	for _, c := range slices.Concat(chapters(text, 2), chapters(text, 3)) {
		require.False(t, anchors[anchor(c.title)], "%s is there twice", c.title)
		anchors[anchor(c.title)] = true
	}
	links := regexp.MustCompile(`\]\(([^)]*)\)`).FindAllStringSubmatch(text, -1)
	require.Greater(t, len(links), 10)
	for _, link := range links {
		file, fragment, _ := strings.Cut(link[1], "#")
		if file == "" {
			require.True(t, anchors[fragment], link[1])
			continue
		}
		_, err := os.Stat(filepath.Join(filepath.Dir(runbookPage), file))
		require.NoError(t, err)
	}
}

func TestTheRunbookNamesWhatThereIs(t *testing.T) {
	text := runbook(t)
	metrics := listed(t)
	settings := map[string]bool{}
	for _, s := range config.Settings() {
		settings[s.Name] = true
	}
	seen := map[string]int{}
	for _, code := range coded(text) {
		for _, name := range regexp.MustCompile(`\b(?:`+observe.Ours+`|`+observe.Temporals+`)[a-z0-9_]+`).FindAllString(code, -1) {
			require.NotEmpty(t, metrics[name].Name, name)
			seen["metric"]++
		}
		for _, name := range regexp.MustCompile(`\b(?:DAKASYNC|DINGTALK)_[A-Z_]+|DATABASE_URL`).FindAllString(code, -1) {
			require.True(t, settings[name], name)
			seen["setting"]++
		}
		for _, name := range regexp.MustCompile(`\bDaka[A-Z][A-Za-z]+`).FindAllString(code, -1) {
			require.Contains(t, workflows.SearchAttributes(), name)
			seen["attribute"]++
		}
	}
	for _, kind := range []string{"metric", "setting", "attribute"} {
		require.GreaterOrEqual(t, seen[kind], 5, kind)
	}
	for _, id := range []string{workflows.ScheduleDrain, workflows.ScheduleReconcile} {
		require.Contains(t, text, "`"+id+"`")
	}
	relay, err := os.ReadFile("../../stream/relay.go")
	require.NoError(t, err)
	require.Contains(t, text, "`stored events could not be relayed yet`")
	require.Contains(t, string(relay), `stored events could not be relayed yet`)
}

// TestTheRunbooksCommandsAreThere: each of dakactl's with its flags.
func TestTheRunbooksCommandsAreThere(t *testing.T) {
	files, err := filepath.Glob("../../dakactl/*.go")
	require.NoError(t, err)
	usages := map[string]string{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, use := range regexp.MustCompile(`Use:\s+"(\w+)([^"]*)"`).FindAllStringSubmatch(string(source), -1) {
			usages[use[1]] = use[2]
		}
	}
	found := 0
	for _, code := range coded(runbook(t)) {
		words := strings.Fields(code)
		if words[0] != "dakactl" {
			continue
		}
		found++
		usage, ok := usages[words[1]]
		require.True(t, ok, code)
		for _, w := range words[2:] {
			if strings.HasPrefix(w, "--") {
				require.Contains(t, usage, w, code)
			}
		}
	}
	require.Greater(t, found, 15)
}

// behaviors takes down how the worker registers each workflow.
type behaviors map[string]workflow.VersioningBehavior

func (b behaviors) RegisterWorkflow(any) {}
func (b behaviors) RegisterWorkflowWithOptions(_ any, o workflow.RegisterOptions) {
	b[o.Name] = o.VersioningBehavior
}
func (b behaviors) RegisterDynamicWorkflow(any, workflow.DynamicRegisterOptions) {}

// TestThePageKnowsWhatIsPinned: its table is what the worker registers.
func TestThePageKnowsWhatIsPinned(t *testing.T) {
	registered, said := behaviors{}, behaviors{}
	workflows.Register(registered)
	require.Len(t, registered, len(workflows.Types()))
	words := map[string]workflow.VersioningBehavior{"pinned": workflow.VersioningBehaviorPinned, "auto-upgrade": workflow.VersioningBehaviorAutoUpgrade}
	for _, row := range regexp.MustCompile(`(?m)^\| (.*) \| \*([a-z-]+)\*:.*\|$`).FindAllStringSubmatch(runbook(t), -1) {
		for _, name := range coded(row[1]) {
			said[name] = words[row[2]]
		}
	}
	require.Equal(t, registered, said)
}
