package path

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

//go:embed path.md.tmpl
var reportTemplate string

// figures is everything that was measured.
type figures struct {
	Options Options
	Machine rig.Machine
	Sides   []*side
	Lean    *side // the leanest of them
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

// cell is an amount, and its ratio to that of the same shape with empty steps; zero for none.
type cell struct{ Value, Ratio float64 }

// row is one line of a table: a side and its amounts.
type row struct {
	Name  string
	Cells []cell
}

// value is an amount of a round, from the even rounds or the bursts.
type value struct {
	of  func(*side) []rounds.Round
	how func(rounds.Round) float64
}

func even(s *side) []rounds.Round  { return s.Even }
func burst(s *side) []rounds.Round { return s.Burst }

// rows are all sides with some amounts.
func (f figures) rows(values ...value) []row {
	rows := make([]row, 0, len(f.Sides))
	for _, s := range f.Sides {
		r := row{Name: s.Name}
		for _, v := range values {
			c := cell{Value: rounds.MedianOf(v.of(s), v.how)}
			if s.Like != nil {
				c.Ratio = rounds.Against(v.of(s), v.of(s.Like), v.how)
			}
			r.Cells = append(r.Cells, c)
		}
		rows = append(rows, r)
	}
	return rows
}

// Throughput at saturation, and the acks meanwhile.
func (f figures) Throughput() []row {
	rows := f.rows(value{burst, rounds.Round.Rate}, value{burst, rounds.At(rounds.Half, rounds.Round.Durables)}, value{burst, rounds.At(rounds.Most, rounds.Round.Durables)})
	for n, s := range f.Sides {
		lean := cell{}
		if s.Like != nil {
			lean.Ratio = rounds.Against(s.Burst, f.Lean.Burst, rounds.Round.Rate)
		}
		rows[n].Cells = slices.Insert(rows[n].Cells, 1, lean)
	}
	return rows
}

// Latencies at the even pace: acks, then rows.
func (f figures) Latencies() []row {
	return f.rows(
		value{even, rounds.At(rounds.Half, rounds.Round.Durables)}, value{even, rounds.At(rounds.Most, rounds.Round.Durables)},
		value{even, rounds.At(rounds.Half, rounds.Round.Rows)}, value{even, rounds.At(rounds.Most, rounds.Round.Rows)},
	)
}

// CPU is what an event costs, by part and together.
func (f figures) CPU() []row {
	rows := make([]row, 0, len(f.Sides))
	for _, s := range f.Sides {
		r := row{Name: s.Name}
		for _, of := range []func(rig.CPU) time.Duration{
			func(c rig.CPU) time.Duration { return c.Programs }, func(c rig.CPU) time.Duration { return c.Postgres },
			func(c rig.CPU) time.Duration { return c.Rest }, rig.CPU.Together,
		} {
			c := cell{Value: rounds.Milliseconds(of(s.CPU))}
			if s.Like != nil {
				c.Ratio = rounds.Ratio(of(s.CPU), of(s.Like.CPU))
			}
			r.Cells = append(r.Cells, c)
		}
		rows = append(rows, r)
	}
	return rows
}

// Stages is where the time of a run goes.
func (f figures) Stages() []row {
	rows := make([]row, 0, stageCount)
	for n, name := range stageNames() {
		r := row{Name: name}
		for _, s := range f.Sides {
			r.Cells = append(r.Cells, cell{Value: rounds.Milliseconds(s.Anatomy.Stages[n])})
		}
		rows = append(rows, r)
	}
	return rows
}
