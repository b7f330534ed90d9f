package compose

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// instructions are a Dockerfile's, continued lines joined, comments left out.
func instructions(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	require.NoError(t, err)
	joined := strings.ReplaceAll(string(text), "\\\n", " ")
	var all [][]string
	for line := range strings.Lines(joined) {
		if words := strings.Fields(line); len(words) > 0 && !strings.HasPrefix(words[0], "#") {
			all = append(all, words)
		}
	}
	return all
}

// finalStage is what users run.
func finalStage(t *testing.T) [][]string {
	t.Helper()
	all := instructions(t)
	for i, words := range slices.Backward(all) {
		if words[0] == "FROM" {
			return all[i:]
		}
	}
	t.Fatal("no FROM")
	return nil
}

func TestTheImageRunsAsNobodyInParticular(t *testing.T) {
	var user string
	for _, words := range finalStage(t) {
		if words[0] == "USER" {
			user = words[1]
		}
	}
	require.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, user, "by number: the image has no /etc/passwd")
}

func TestBaseImagesArePinned(t *testing.T) {
	stages := map[string]bool{"scratch": true, "$PROGRAMS": true}
	var first string
	for _, words := range instructions(t) {
		if words[0] != "FROM" {
			continue
		}
		if !stages[words[1]] {
			require.Regexp(t, `^[a-z]+:\d+\.\d+\.\d+-[a-z]+$`, words[1])
			first = cmp.Or(first, words[1])
		}
		stages[words[len(words)-1]] = true
	}
	require.Contains(t, instructions(t), []string{"ARG", "PROGRAMS=build"}, "they are built, unless a release gives its own")
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(module)
	require.Equal(t, "golang:"+string(version[1])+"-bookworm", first, "the module's own version of Go")
}

func TestWhatIsCopiedAndBuiltIsThere(t *testing.T) {
	built := map[string]bool{}
	for _, words := range instructions(t) {
		switch {
		case words[0] == "COPY" && !strings.HasPrefix(words[1], "--from"):
			for _, source := range words[1 : len(words)-1] {
				if source == "$TARGETPLATFORM/" {
					continue // A release's context, made by GoReleaser.
				}
				_, err := os.Stat(filepath.Join(root, source))
				require.NoError(t, err)
			}
		case words[0] == "RUN" && slices.Contains(words, "build"):
			require.Contains(t, strings.Join(words, " "), "-o /programs/")
			for _, word := range words {
				if name, ok := strings.CutPrefix(word, "./"); ok {
					require.FileExists(t, filepath.Join(root, name, "main.go"))
					built["/bin/"+name] = true
				}
			}
		}
	}
	require.Len(t, built, 4)
	for name, service := range everything(t).Services {
		if service.Build != nil {
			require.True(t, built[service.Entrypoint[0]], "%s runs %s", name, service.Entrypoint[0])
		}
	}
}

func TestTheBuildIsStaticAndOutsideTheWorkspace(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	require.NoError(t, err)
	require.Regexp(t, `(?s)ENV GOWORK=off CGO_ENABLED=0.*RUN go build`, string(text))
}

func TestSecretsStayOutOfTheImage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	require.NoError(t, err)
	for _, line := range []string{".git", ".env", "*.env"} {
		require.Contains(t, strings.Split(string(text), "\n"), line)
	}
}
