package crowd

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"time"

	"dakasync/dev/bench/rig"
	"dakasync/dev/bench/rounds"
)

//go:embed crowd.md.tmpl
var reportTemplate string

// figures is everything that was measured.
type figures struct {
	Options Options
	Machine rig.Machine
	Sides   []*side // the first is alone
}

// rows are the times from push to row of all rounds.
func (s *side) rows() []time.Duration {
	var all []time.Duration
	for _, round := range s.Rounds {
		all = append(all, round.Rows()...)
	}
	return all
}

// Half, Most and Longest are times from push to row, in milliseconds.
func (s *side) Half() float64    { return rounds.Milliseconds(rounds.Quantile(s.rows(), rounds.Half)) }
func (s *side) Most() float64    { return rounds.Milliseconds(rounds.Quantile(s.rows(), rounds.Most)) }
func (s *side) Longest() float64 { return rounds.Milliseconds(slices.Max(s.rows())) }

// Punches is how many were measured.
func (s *side) Punches() int { return len(s.rows()) }

// Later is by how much a side's punches came later than those that were alone: half of them, and all but one in a hundred.
func (f figures) Later(s *side) []float64 {
	alone := f.Sides[0]
	return []float64{s.Half() - alone.Half(), s.Most() - alone.Most()}
}

// Wait is what one call in the way costs, in milliseconds.
func (f figures) Wait() float64 { return rounds.Milliseconds(f.Options.OneCall()) }

// Verdict says whether a side's punches were delayed by more than one call.
func (f figures) Verdict(s *side) string {
	if slices.Max(f.Later(s)) <= f.Wait() {
		return "kept"
	}
	return "missed"
}

// report is the chapter.
func report(f figures) (string, error) {
	parsed, err := template.New("crowd").Funcs(template.FuncMap{
		"ms": rounds.Milliseconds, "whole": func(value float64) string { return fmt.Sprintf("%.0f", value) },
		"signed": func(value float64) string { return fmt.Sprintf("%+.0f", value) },
		"show":   rounds.Show,
	}).Parse(reportTemplate)
	if err != nil {
		return "", fmt.Errorf("read the chapter's template: %w", err)
	}
	var text strings.Builder
	if err := parsed.Execute(&text, f); err != nil {
		return "", fmt.Errorf("write the chapter: %w", err)
	}
	return text.String(), nil
}
