package sweep

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"dakasync/dev/bench/rounds"
)

//go:embed sweep.md.tmpl
var chapterTemplate string

const mebi = 1 << 20

// report is the chapter. The first sweep is what the others are compared with.
func report(sweeps []sweepOf) (string, error) {
	parsed, err := template.New("sweep").Funcs(template.FuncMap{
		"mebibytes": func(bytes int64) string { return fmt.Sprintf("%.0f", float64(bytes)/mebi) },
		"seconds":   func(d time.Duration) string { return rounds.Show(d.Seconds()) },
		"against":   func(s sweepOf) string { return fmt.Sprintf("%.2f", s.each()/sweeps[0].each()) },
	}).Parse(chapterTemplate)
	if err != nil {
		return "", fmt.Errorf("read the chapter's template: %w", err)
	}
	var text strings.Builder
	if err := parsed.Execute(&text, map[string]any{"Purposes": purposes(), "Sweeps": sweeps}); err != nil {
		return "", fmt.Errorf("write the chapter: %w", err)
	}
	return text.String(), nil
}

// each is how many milliseconds one employee takes.
func (s *sweepOf) each() float64 { return rounds.Milliseconds(s.Took) / float64(s.Employees) }

// Each is that in words.
func (s *sweepOf) Each() string { return fmt.Sprintf("%.1f", s.each()) }

// Rate is user-days a second.
func (s *sweepOf) Rate() string { return rounds.Show(float64(s.Employees) / s.Took.Seconds()) }

// Columns are the calls by purpose, and the fewest.
func (s *sweepOf) Columns() []string {
	cells := make([]string, 0, len(purposes()))
	for _, purpose := range purposes() {
		cells = append(cells, fmt.Sprintf("%d (%d)", s.Calls[purpose], s.Least[purpose]))
	}
	return cells
}

// Ratio of all calls to the fewest.
func (s *sweepOf) Ratio() string {
	return fmt.Sprintf("%.2f", rounds.Ratio(float64(s.Calls.Total()), float64(s.Least.Total())))
}

// Halves is how the worker's memory in the second half of the time compares with that in the first.
func (s *sweepOf) Halves() string {
	return fmt.Sprintf("%.2f", rounds.Ratio(float64(s.LastHalf), float64(s.FirstHalf)))
}
