package main

import (
	"github.com/schollz/progressbar/v3"
)

// meter shows how far long work is: as a bar on standard error where a person looks
// on, else as a line for each change.
type meter struct {
	*app

	bar  *progressbar.ProgressBar
	said string
}

// show shows a look.
func (m *meter) show(l look) {
	switch {
	case m.terminal && l.total > 0:
		m.draw(l)
	case l.line != m.said:
		m.end()
		m.sayf("%s", l.line)
		m.said = l.line
	}
}

// draw moves the bar. That it cannot be drawn is no reason to stop the work.
func (m *meter) draw(l look) {
	if m.bar == nil {
		m.bar = progressbar.NewOptions(l.total, progressbar.OptionSetWriter(m.errOut), progressbar.OptionSetWidth(30),
			progressbar.OptionSetElapsedTime(true), progressbar.OptionSetPredictTime(false), progressbar.OptionClearOnFinish())
	}
	if m.bar.GetMax() != l.total {
		m.bar.ChangeMax(l.total)
	}
	m.bar.Describe(l.line)
	_ = m.bar.Set(min(l.done, l.total))
}

// end takes the bar away.
func (m *meter) end() {
	if m.bar != nil {
		_ = m.bar.Clear()
		m.bar = nil
	}
}
