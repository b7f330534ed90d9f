package tracing

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// named are the first groups of all that a pattern finds, once each.
func named(text, pattern string) []string {
	found := map[string]bool{}
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found[match[1]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// The page names the attributes, spans and variables that the code has, and no others. What runs really export is held against
// the page by dev/e2e.
func TestThePageTellsOfWhatIsThere(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "tracing.md"))
	require.NoError(t, err)
	var source strings.Builder
	for _, folder := range []string{"ops/tracing", "stream", "dingtalk", "ledger"} {
		files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			source.Write(text)
		}
	}
	const attribute = `["` + "`" + `]((?:daka|db|error)\.[a-z_.]+)["` + "`" + `]`
	require.NotEmpty(t, named(source.String(), attribute))
	require.Equal(t, named(source.String(), attribute), named(string(page), attribute))
	for _, span := range named(source.String(), `Tracer?\.Start\(ctx, "([^"]+)"`) {
		require.Contains(t, string(page), "`"+span, "the span %q", span)
	}
	for _, variable := range []string{
		variableDisabled, variableExporter, variableEndpoint, variableTracesEndpoint, variableProtocol, variableTracesProtocol,
		exporterNone, exporterOTLP, protocolHTTP,
	} {
		require.Contains(t, string(page), "`"+variable+"`")
	}
	require.Equal(t, 1500*time.Millisecond, FlushTime)
	require.Contains(t, string(page), "1.5 seconds")
}
