// Package screen prints lines that stay, and one line at the bottom that is written over as things change.
//
// Where the output is no terminal nothing is written over: the live line is then printed as any other, once in a while.
// What cannot be written is lost; nothing depends on it.
package screen

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

const (
	clearLine = "\r\x1b[2K"
	// calm is how often the live line is repeated where it cannot be written over.
	calm = 10 * time.Second
)

// Screen is what a person watches.
type Screen struct {
	mu       sync.Mutex
	to       io.Writer
	terminal bool
	nowFunc  func() time.Time
	live     string
	last     time.Time
}

// New writes to a file, which may be a terminal.
func New(file *os.File) *Screen {
	info, err := file.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	return &Screen{to: file, terminal: terminal, nowFunc: time.Now}
}

// Print writes a line that stays.
func (s *Screen) Print(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terminal && s.live != "" {
		_, _ = fmt.Fprint(s.to, clearLine)
	}
	_, _ = fmt.Fprintln(s.to, line)
	if s.terminal && s.live != "" {
		_, _ = fmt.Fprint(s.to, s.live)
	}
}

// Live replaces the line at the bottom.
func (s *Screen) Live(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terminal {
		s.live = line
		_, _ = fmt.Fprint(s.to, clearLine+line)
		return
	}
	if now := s.nowFunc(); now.Sub(s.last) >= calm {
		s.last = now
		_, _ = fmt.Fprintln(s.to, line)
	}
}

// EndLive leaves the live line as it is and goes on below it.
func (s *Screen) EndLive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terminal && s.live != "" {
		_, _ = fmt.Fprintln(s.to)
	}
	s.live = ""
}
