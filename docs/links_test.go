package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// everyPage are all pages that a reader may come to, from this folder.
func everyPage(t *testing.T) []string {
	t.Helper()
	here, err := filepath.Glob("*.md")
	require.NoError(t, err)
	require.Greater(t, len(here), 12)
	return append(here, "../README.md", "../README.zh-CN.md", "../CHANGELOG.md")
}

// anchors are what a page's headings are linked by: as the usual renderers of Markdown make them, one that is there twice with a number.
func anchors(page string) []string {
	var all []string
	for _, heading := range regexp.MustCompile(`(?m)^#{1,6} +(.+)$`).FindAllStringSubmatch(withoutFences(page), -1) {
		kept := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		anchor := strings.ReplaceAll(kept, " ", "-")
		for n := 1; slices.Contains(all, anchor); n++ {
			anchor = strings.ReplaceAll(kept, " ", "-") + "-" + strconv.Itoa(n)
		}
		all = append(all, anchor)
	}
	return all
}

func withoutFences(page string) string {
	return regexp.MustCompile("(?s)\n```.*?\n```").ReplaceAllString(page, "")
}

// Every link of every page leads to a file that is there, and where it names a heading, to one of that file's.
func TestEveryLinkLeads(t *testing.T) {
	followed := 0
	for _, page := range everyPage(t) {
		for link := range names(`\]\(([^)]+)\)`, withoutFences(text(t, page))) {
			if strings.Contains(link, "://") {
				continue
			}
			followed++
			file, heading, _ := strings.Cut(link, "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			_, err := os.Stat(target)
			require.NoError(t, err, "%s leads to %s", page, link)
			if heading != "" {
				require.Contains(t, anchors(text(t, target)), heading, "%s leads to %s", page, link)
			}
		}
	}
	require.Greater(t, followed, 60)
}
