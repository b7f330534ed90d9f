package chart

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"

	"dakasync/config"
	"dakasync/ops"
	"dakasync/workflows"
)

// What docs/deployment.md says is read here.

func document(t *testing.T) string {
	t.Helper()
	return read(t, "docs/deployment.md")
}

// defaults are the chart's values.
func defaults(t *testing.T) map[string]any {
	t.Helper()
	var all map[string]any
	require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, "deploy/helm/dakasync/values.yaml")), &all))
	return all
}

// lookUp finds a value by its dotted path.
func lookUp(values map[string]any, path string) (any, bool) {
	var at any = values
	for key := range strings.SplitSeq(path, ".") {
		table, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		if at, ok = table[key]; !ok {
			return nil, false
		}
	}
	return at, true
}

func TestTheDocumentNamesValuesThatAreThere(t *testing.T) {
	all := defaults(t)
	paths := regexp.MustCompile("(?:`|--set )((?:image|settings|secrets|secretFiles|temporal|database|migrations|versioning|worker|starter|podDisruptionBudget|metrics|networkPolicy)(?:\\.[A-Za-z]+)*)(?:[:=]|`)").
		FindAllStringSubmatch(document(t), -1)
	require.Greater(t, len(paths), 15)
	for _, match := range paths {
		if strings.HasPrefix(match[1], "settings.") {
			continue // Below, by their names.
		}
		_, ok := lookUp(all, match[1])
		require.True(t, ok, match[1])
	}
	_, ok := lookUp(all, "worker.replica")
	require.False(t, ok)
}

func TestTheDocumentNamesSettingsThatAreThere(t *testing.T) {
	names := map[string]bool{}
	for _, s := range config.Settings() {
		names[s.Name] = true
	}
	found := regexp.MustCompile(`\b(?:(?:DAKASYNC|DINGTALK)_[A-Z_]*[A-Z]|DATABASE_URL|TEMPORAL_[A-Z_]*[A-Z])\b`).FindAllString(document(t), -1)
	require.Greater(t, len(found), 8)
	for _, name := range found {
		require.True(t, names[name] || strings.HasPrefix(name, "TEMPORAL_") && known(name), name)
	}
}

func TestTheDocumentsFilesAreThere(t *testing.T) {
	text := document(t)
	files := regexp.MustCompile("`((?:deploy|dev|docs)/[a-z/._-]+|Dockerfile|docker-compose\\.yml|\\.goreleaser\\.yaml|\\.env\\.example|values\\.yaml)`").FindAllStringSubmatch(text, -1)
	require.Greater(t, len(files), 6)
	for _, match := range files {
		path := match[1]
		if path == "values.yaml" {
			path = "deploy/helm/dakasync/values.yaml"
		}
		_, err := os.Stat(filepath.Join(root, path))
		require.NoError(t, err)
	}
	for _, match := range regexp.MustCompile(`\]\(([a-z.-]+\.md)\)`).FindAllStringSubmatch(text, -1) {
		_, err := os.Stat(filepath.Join(root, "docs", match[1]))
		require.NoError(t, err)
	}
}

// TestTheDocumentsExamplesAreTheCases: the YAML of the Temporal Cloud is that of the rendered cases.
func TestTheDocumentsExamplesAreTheCases(t *testing.T) {
	blocks := regexp.MustCompile(`(?m)((?:^      .*\n)+)`).FindAllString(document(t), -1)
	var shown []any
	for _, block := range blocks {
		var example map[string]any
		if strings.HasPrefix(strings.TrimSpace(block), "temporal:") {
			require.NoError(t, yaml.UnmarshalStrict([]byte(block), &example))
			shown = append(shown, example["temporal"])
		}
	}
	require.Equal(t, []any{values(t, "cloud-api-key")["temporal"], values(t, "cloud-mtls")["temporal"]}, shown)
}

func TestTheDocumentsFiguresAreTheFiles(t *testing.T) {
	text := document(t)
	require.Contains(t, text, fmt.Sprintf("end within %d seconds of a SIGTERM", int(ops.DrainTime.Seconds())))
	require.Contains(t, text, fmt.Sprintf("it runs as user %d", imageUser))
	for _, attribute := range workflows.SearchAttributes() {
		require.Contains(t, text, "`"+attribute+"`")
	}
	for _, program := range []string{"worker", "starter"} {
		require.Contains(t, read(t, program+"/main.go"), "const connections = 12\n", "each opens at most 12")
	}
	require.Contains(t, text, "each worker and each starter opens at most 12 to PostgreSQL")
	compose := read(t, "docker-compose.yml")
	require.Contains(t, compose, `NUM_HISTORY_SHARDS: "4"`)
	require.Contains(t, compose, "--retention 30d")
	require.Contains(t, compose, "up to 120 connections")
	require.Contains(t, text, "up to 120 by Compose's settings")

	egress, err := json.Marshal(defaults(t)["networkPolicy"].(map[string]any)["egress"])
	require.NoError(t, err)
	require.Regexp(t, `443.*5432.*7233`, string(egress))
	require.Contains(t, text, "out go DNS, 443, 5432 and 7233")

	measured := read(t, "docs/performance.md")
	row := regexp.MustCompile(`(?ms)^### CPU$.*?^\| product, in-task((?: \| [0-9.]+ \(\*\*[0-9.]+\*\*\)){4}) \|$`).FindStringSubmatch(measured)
	require.NotNil(t, row, "the milliseconds of CPU of an event")
	cells := regexp.MustCompile(`\| ([0-9.]+) `).FindAllStringSubmatch(row[1], -1)
	for at, said := range map[int]float64{0: 4, 3: 24} { // its own programs, and all together
		is, err := strconv.ParseFloat(cells[at][1], 64)
		require.NoError(t, err)
		require.InDelta(t, 1, said/is, 0.5, "reckon the growing anew: %v", cells[at])
	}
	require.Contains(t, text, "about 24 ms of CPU")
	require.Contains(t, text, "part of it 4 ms")
}

// TestTheDocumentsInstallation: the four things that its command says are enough.
func TestTheDocumentsInstallation(t *testing.T) {
	command := regexp.MustCompile(`(?s)helm -n attendance install .*?\n\n`).FindString(document(t))
	sets := regexp.MustCompile(`--set ([^= ]+)=(\S+)`).FindAllStringSubmatch(command, -1)
	require.Len(t, sets, 4)
	given := map[string]any{"settings": map[string]any{}, "temporal": map[string]any{}, "image": map[string]any{}}
	for _, set := range sets {
		table, key, _ := strings.Cut(set[1], ".")
		given[table].(map[string]any)[key] = set[2]
	}
	require.Empty(t, rendered(t, given).faults())
	for _, ref := range defaults(t)["secrets"].(map[string]any) {
		require.Equal(t, "dakasync", ref.(map[string]any)["name"])
		require.Contains(t, document(t), "--from-literal="+ref.(map[string]any)["key"].(string)+"=")
	}
}

// TestTheReleasesHelmCommands: those of docs/operations.md put a build beside the old one, and take that away again.
func TestTheReleasesHelmCommands(t *testing.T) {
	commands := regexp.MustCompile(`(?m)^    helm -n attendance upgrade .*$`).FindAllString(read(t, "docs/operations.md"), -1)
	require.Len(t, commands, 2)
	given := values(t, "least")
	require.NoError(t, strvals.ParseInto("versioning.deployment=attendance,image.tag=1.4.0", given))
	for i, workers := range []int{2, 1} {
		for _, set := range regexp.MustCompile(`--set '?([^ ']+)`).FindAllStringSubmatch(commands[i], -1) {
			require.NoError(t, strvals.ParseInto(set[1], given))
		}
		r := rendered(t, given)
		require.Empty(t, r.faults())
		require.Len(t, r.deployments("worker"), workers, commands[i])
	}
}
