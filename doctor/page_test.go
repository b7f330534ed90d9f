package doctor_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/doctor"
)

// row is what docs/doctor.md says of a check.
type row struct{ looks, warning, fault, next string }

func (r row) of(s doctor.Severity) string {
	if s == doctor.Warning {
		return r.warning
	}
	return r.fault
}

const none = "–"

// page reads the table of checks.
func page(t *testing.T) map[string]row {
	t.Helper()
	text, err := os.ReadFile("../docs/doctor.md")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(text), "## The checks")
	require.True(t, ok)
	rows := map[string]row{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if name := strings.Trim(cells[0], "` "); strings.HasPrefix(line, "| `") {
			require.Len(t, cells, 5, line)
			require.NotContains(t, rows, name)
			rows[name] = row{cells[1], cells[2], cells[3], cells[4]}
		}
	}
	return rows
}

// rowOf is the name under which a check stands on the page.
func rowOf(check string) string {
	family, _, inside := strings.Cut(check, "/")
	if inside && slices.Contains([]string{"permission", "events", "api"}, family) {
		return family + "/*"
	}
	return check
}

// constants are the names of checks in the code.
func constants(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var names []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(spec.Names[0].Name, "check") || len(spec.Values) == 0 {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
				value, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				names = append(names, value)
			}
			return true
		})
	}
	return names
}

// TestThePageListsEveryCheck: what docs/doctor.md says can be found is found, with that severity, when its fault is injected, and
// nothing else is; and every check of the code, and everything that is seen where all is well, has its row.
func TestThePageListsEveryCheck(t *testing.T) {
	rows := page(t)
	covered := map[string]bool{"warning " + doctor.Uncounted(errors.New("no")).Check: true}
	for name, c := range illnesses() {
		severity, check, _ := strings.Cut(c.found, " ")
		require.Contains(t, rows, rowOf(check), name)
		require.NotEqual(t, none, rows[rowOf(check)].of(doctor.Severity(severity)), "%s: the page does not say that %s can be a %s", name, check, severity)
		covered[severity+" "+rowOf(check)] = true
	}
	for name, r := range rows {
		require.NotEmpty(t, r.looks)
		for _, severity := range []doctor.Severity{doctor.Warning, doctor.Fault} {
			require.Equal(t, r.of(severity) != none, covered[string(severity)+" "+name], "is a %s of %s shown by a test?", severity, name)
		}
	}
	seen := constants(t)
	for _, f := range newWard(t).examine().Findings {
		seen = append(seen, f.Check)
	}
	for _, check := range seen {
		if check == "permission" || check == "clock" { // only what is below them is a check
			continue
		}
		require.Contains(t, rows, rowOf(check))
	}
	for name := range rows {
		family, _, _ := strings.Cut(name, "/")
		require.True(t, slices.Contains(seen, name) || family == "api" || slices.ContainsFunc(seen, func(check string) bool { return rowOf(check) == name }),
			"the page has %s, which is no check", name)
	}
}

// TestThePagesSayWhatItCosts holds the pages to the bound on calls.
func TestThePagesSayWhatItCosts(t *testing.T) {
	calls := strconv.Itoa(doctor.Calls)
	for name, words := range map[string]string{
		"docs/doctor.md":  "at most " + calls + " calls that DingTalk bills",
		"README.md":       "at most " + calls + " calls",
		"README.zh-CN.md": "最多 " + calls + " 次调用",
	} {
		text, err := os.ReadFile("../" + name)
		require.NoError(t, err)
		require.Contains(t, string(text), words, name)
	}
}
