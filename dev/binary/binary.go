// Package binary builds dakasync's programs as users get them: from the root module alone, without the workspace whose
// development dependencies would raise their versions.
//
// Source and module cache are authoritative: Go's own build cache decides what is compiled again.
package binary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ErrNoRepository says that no folder upwards holds the module.
var ErrNoRepository = errors.New("this is not dakasync's repository: run it from there")

// Root is the repository's folder, found upwards from the working folder.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod")) //nolint:gosec // Only looked at.
		if err == nil && bytes.HasPrefix(text, []byte("module dakasync\n")) {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", ErrNoRepository
		}
		dir = parent
	}
}

// Build compiles programs of the root module into a folder. With race the race detector is built in.
func Build(ctx context.Context, root, into string, race bool, programs ...string) error {
	return BuildTagged(ctx, root, into, "", race, programs...)
}

// BuildTagged is Build with build tags, comma-separated.
func BuildTagged(ctx context.Context, root, into, tags string, race bool, programs ...string) error {
	if err := os.MkdirAll(into, 0o755); err != nil { //nolint:gosec // Programs may be run by anybody.
		return fmt.Errorf("make the folder for the programs: %w", err)
	}
	// Without symbol tables linking takes half the time; a panic names its lines all the same.
	arguments := []string{"build", "-ldflags", "-s -w", "-tags", tags, "-o", into + string(filepath.Separator)}
	cgo := "CGO_ENABLED=0"
	if race {
		arguments, cgo = append(arguments, "-race"), "CGO_ENABLED=1"
	}
	for _, program := range programs {
		arguments = append(arguments, "./"+program)
	}
	command := exec.CommandContext(ctx, "go", arguments...) //nolint:gosec // Our own programs.
	command.Dir = root
	command.Env = append(os.Environ(), "GOWORK=off", cgo)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %v: %w\n%s", programs, err, bytes.TrimSpace(output))
	}
	return nil
}
