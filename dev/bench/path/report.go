package path

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"dakasync/dev/bench/rig"
	"dakasync/dev/bench/rounds"
)

//go:embed path.md.tmpl
var reportTemplate string

// figures is everything that was measured.
type figures struct {
	Options Options
	Machine rig.Machine
	Sides   []*side // the product first
	Memory  []programMemory
}

// programMemory is the resident memory of one program, in bytes.
type programMemory struct {
	Program   string
	Aim       int64
	Idle      int64 // ready, before any event
	Even      int64 // the most at the even pace
	Saturated int64 // the most of all, saturation included
}

// Within says whether a program kept its aim.
func (m programMemory) Within() string {
	if max(m.Idle, m.Even) <= m.Aim {
		return "kept"
	}
	return "missed"
}

// report is the chapter.
func report(f figures) (string, error) {
	parsed, err := template.New("path").Funcs(template.FuncMap{
		"ms": rounds.Show, "mib": func(bytes int64) string { return fmt.Sprintf("%.0f", float64(bytes)/(1<<20)) },
		"whole": func(value float64) string { return fmt.Sprintf("%.0f", value) },
		"times": func(value float64) string { return fmt.Sprintf("%.2f", value) }, "rate": func(value float64) string { return fmt.Sprintf("%.1f", value) },
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

// row is one line of a table with a column for every side.
type row struct {
	Name  string
	Cells []cell
}

// line compares an amount of the sides; the product's ratio to itself is left zero.
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

func even(s *side) []rounds.Round  { return s.Even }
func burst(s *side) []rounds.Round { return s.Burst }

// Throughput at saturation.
func (f figures) Throughput() row { return f.line("rows a second", burst, rounds.Round.Rate) }

// Latencies at the even pace.
func (f figures) Latencies() []row {
	return []row{
		f.line("ack, p50", even, rounds.At(rounds.Half, rounds.Round.Durables)),
		f.line("ack, p99", even, rounds.At(rounds.Most, rounds.Round.Durables)),
		f.line("time to row, p50", even, rounds.At(rounds.Half, rounds.Round.Rows)),
		f.line("time to row, p99", even, rounds.At(rounds.Most, rounds.Round.Rows)),
	}
}

// Saturated are the acks while everything is busy.
func (f figures) Saturated() []row {
	return []row{
		f.line("ack, p50", burst, rounds.At(rounds.Half, rounds.Round.Durables)),
		f.line("ack, p99", burst, rounds.At(rounds.Most, rounds.Round.Durables)),
	}
}

// CPU is what an event costs, by part.
func (f figures) CPU() []row {
	parts := []struct {
		name string
		of   func(cpu) float64
	}{
		{"its own programs", func(c cpu) float64 { return rounds.Milliseconds(c.Programs) }},
		{"PostgreSQL (ledger and Temporal's data)", func(c cpu) float64 { return rounds.Milliseconds(c.Postgres) }},
		{"Temporal server, with the simulator and the bench in its process", func(c cpu) float64 { return rounds.Milliseconds(c.Temporal) }},
		{"together", func(c cpu) float64 { return rounds.Milliseconds(c.Together()) }},
	}
	rows := make([]row, 0, len(parts))
	for _, part := range parts {
		r := row{Name: part.name}
		for n, s := range f.Sides {
			c := cell{Value: part.of(s.CPU)}
			if n > 0 {
				c.Ratio = rounds.Ratio(part.of(f.Sides[0].CPU), c.Value)
			}
			r.Cells = append(r.Cells, c)
		}
		rows = append(rows, r)
	}
	return rows
}

// Stages is where the time of a run goes.
func (f figures) Stages() []row {
	var rows []row
	for n, name := range stageNames() {
		r := row{Name: name}
		for _, s := range f.Sides {
			r.Cells = append(r.Cells, cell{Value: rounds.Milliseconds(s.Anatomy.Stages[n])})
		}
		rows = append(rows, r)
	}
	return rows
}
