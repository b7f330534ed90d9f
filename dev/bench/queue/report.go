package queue

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"dakasync/dev/bench/rig"
	"dakasync/dev/bench/rounds"
)

//go:embed queue.md.tmpl
var reportTemplate string

// figures is everything that was measured.
type figures struct {
	Options Options
	Machine rig.Machine
	Sides   []*side // the product first
}

// report is the chapter.
func report(f figures) (string, error) {
	parsed, err := template.New("queue").Funcs(template.FuncMap{
		"show": rounds.Show, "times": func(value float64) string { return fmt.Sprintf("%.2f", value) },
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

// cell is an amount of one side, and the product's ratio to it.
type cell struct{ Value, Ratio float64 }

// row is one line of the table.
type row struct {
	Name  string
	Cells []cell
}

// Rows are the whole table. The ratios of rounds are medians over rounds that took turns.
func (f figures) Rows() []row {
	even := func(s *side) []rounds.Round { return s.Even }
	burst := func(s *side) []rounds.Round { return s.Burst }
	const mebibyte = 1 << 20
	return []row{
		f.line("rows a second, saturated", burst, rounds.Round.Rate),
		f.line("ack p50, ms", even, rounds.At(rounds.Half, rounds.Round.Durables)),
		f.line("ack p99, ms", even, rounds.At(rounds.Most, rounds.Round.Durables)),
		f.line("time to row p50, ms", even, rounds.At(rounds.Half, rounds.Round.Rows)),
		f.line("time to row p99, ms", even, rounds.At(rounds.Most, rounds.Round.Rows)),
		f.sum("CPU of an event: own programs, ms", func(s *side) float64 { return rounds.Milliseconds(s.CPU.Programs) }),
		f.sum("CPU of an event: PostgreSQL, ms", func(s *side) float64 { return rounds.Milliseconds(s.CPU.Postgres) }),
		f.sum("CPU of an event: Temporal server, simulator and bench, ms", func(s *side) float64 { return rounds.Milliseconds(s.CPU.Rest) }),
		f.sum("CPU of an event: together, ms", func(s *side) float64 { return rounds.Milliseconds(s.CPU.Together()) }),
		f.sum("memory of own programs, idle, MiB", func(s *side) float64 { return float64(s.Idle) / mebibyte }),
		f.sum("memory of own programs, most, MiB", func(s *side) float64 { return float64(s.Peak) / mebibyte }),
	}
}

func (f figures) line(name string, of func(*side) []rounds.Round, value func(rounds.Round) float64) row {
	r := row{Name: name}
	for n, s := range f.Sides {
		c := cell{Value: rounds.MedianOf(of(s), value)}
		if n > 0 {
			c.Ratio = rounds.Against(of(f.Sides[0]), of(s), value)
		}
		r.Cells = append(r.Cells, c)
	}
	return r
}

func (f figures) sum(name string, of func(*side) float64) row {
	r := row{Name: name}
	for n, s := range f.Sides {
		c := cell{Value: of(s)}
		if n > 0 {
			c.Ratio = rounds.Ratio(of(f.Sides[0]), c.Value)
		}
		r.Cells = append(r.Cells, c)
	}
	return r
}
