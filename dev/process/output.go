//go:build unix

package process

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const (
	tailLines  = 12
	longest    = 4096     // bytes of a line that are looked at and shown
	largestLog = 10 << 20 // then a new one is begun
)

// warning finds lines that somebody should see: the log's own levels, and what Go prints when it dies.
var warning = regexp.MustCompile(`\blevel=(WARN|ERROR)|"level":"(WARN|ERROR|warn|error)"|^panic: |^fatal error: `)

// crash is how Go's runtime begins to tell of its end. It ends with status 2, as a program does that refuses its settings.
var crash = regexp.MustCompile(`^panic: |^fatal error: |^goroutine \d+ \[`)

// output takes a child's bytes, keeps them in the file and the last lines in mind.
type output struct {
	mu      sync.Mutex
	file    *os.File
	partial []byte
	last    []string
	crashed bool // Go's runtime has printed why it gave up
	warn    func(string)
}

func newOutput(spec Spec) (*output, error) {
	out := &output{warn: spec.WarnFunc}
	if spec.LogFile == "" {
		return out, nil
	}
	if err := os.MkdirAll(filepath.Dir(spec.LogFile), 0o750); err != nil {
		return nil, fmt.Errorf("make the folder for %s's log: %w", spec.Name, err)
	}
	if err := rotate(spec.LogFile); err != nil {
		return nil, fmt.Errorf("rotate %s's log: %w", spec.Name, err)
	}
	file, err := os.OpenFile(spec.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open %s's log: %w", spec.Name, err)
	}
	out.file = file
	return out, nil
}

func rotate(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || info.Size() < largestLog {
		return err
	}
	return os.Rename(path, path+".old")
}

// Write never fails: a full disk must not end the child.
func (o *output) Write(chunk []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.file != nil {
		_, _ = o.file.Write(chunk)
	}
	rest := chunk
	for {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		o.partial = append(o.partial, line[:min(len(line), max(0, longest-len(o.partial)))]...)
		if !found {
			return len(chunk), nil
		}
		o.line(string(o.partial))
		o.partial, rest = o.partial[:0], after
	}
}

func (o *output) line(text string) {
	o.last = append(o.last, text)
	if len(o.last) > tailLines {
		o.last = o.last[1:]
	}
	o.crashed = o.crashed || crash.MatchString(text)
	if o.warn != nil && warning.MatchString(text) {
		o.warn(text)
	}
}

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.TrimSpace(strings.Join(append(slices.Clip(o.last), string(o.partial)), "\n"))
}

func (o *output) close() {
	if o.file != nil {
		_ = o.file.Close()
	}
}
