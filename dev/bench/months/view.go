package months

import (
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"dakasync/budget"
	"dakasync/dev/bench/rounds"
	"dakasync/dev/month"
)

//go:embed *.md.tmpl
var templates embed.FS

// report is a chapter, by its template's name.
func report(name string, figures any) (string, error) {
	parsed, err := template.New("chapters").Funcs(template.FuncMap{
		"cells":    func(cells []string) string { return strings.Join(cells, " | ") },
		"rules":    func(cells []string) string { return strings.Repeat("---|", len(cells)) },
		"purposes": purposes,
	}).ParseFS(templates, "*.md.tmpl")
	if err != nil {
		return "", fmt.Errorf("read the chapter's template: %w", err)
	}
	var text strings.Builder
	if err := parsed.ExecuteTemplate(&text, name, figures); err != nil {
		return "", fmt.Errorf("write the chapter: %w", err)
	}
	return text.String(), nil
}

// modeWords name a way of answering events.
func modeWords(mode budget.Mode, window time.Duration) string {
	switch mode {
	case budget.ModeBatched:
		return "batched, " + shortly(window)
	case budget.ModeSweep:
		return "sweep only"
	default:
		return string(mode)
	}
}

// shortly leaves out what is zero.
func shortly(d time.Duration) string {
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// callLine is one way of answering events in one company; calls are for 1,000 punches.
type callLine struct {
	Words    string
	Columns  []string // by purpose
	Together string
	Least    string
	Ratio    string
	Wait     string // until a punch's row is there: median and 99th percentile
}

// purposes are the columns.
func purposes() []string {
	names := make([]string, 0, len(month.Purposes()))
	for _, p := range month.Purposes() {
		names = append(names, string(p))
	}
	return names
}

// Lines are the table's.
func (t monthTable) Lines() []callLine {
	lines := make([]callLine, 0, 1+len(t.Reports))
	naive := callLine{Words: "naive: each punch asked for", Columns: make([]string, len(month.Purposes())), Together: "1000", Wait: "seconds"}
	naive.Columns[0] = "1000"
	lines = append(lines, naive)
	for _, r := range t.Reports {
		line := callLine{
			Words: modeWords(r.Mode, r.Window), Together: perThousand(r, r.Total()), Least: perThousand(r, r.Least.Total()),
			Wait: "a night",
		}
		// Failed pushes are read by the clock: the least has as many of them.
		calls, least := r.Total()-r.Calls[month.ForDrains], r.Least.Total()-r.Least[month.ForDrains]
		line.Ratio = fmt.Sprintf("%.2f", float64(calls)/float64(max(1, least)))
		for _, p := range month.Purposes() {
			line.Columns = append(line.Columns, perThousand(r, r.Calls[p]))
		}
		switch {
		case r.Mode == budget.ModeLive:
			line.Wait = "seconds" // calls take no time here
		case r.Mode == budget.ModeBatched && len(r.Waits) > 0:
			line.Wait = shortly(rounds.Quantile(r.Waits, rounds.Half)) + " / " + shortly(rounds.Quantile(r.Waits, rounds.Most))
		}
		lines = append(lines, line)
	}
	return lines
}

// Leasts are the least calls of the table's modes by purpose.
func (t monthTable) Leasts() []callLine {
	lines := make([]callLine, 0, len(t.Reports))
	for _, r := range t.Reports {
		line := callLine{Words: modeWords(r.Mode, r.Window)}
		for _, p := range month.Purposes() {
			line.Columns = append(line.Columns, perThousand(r, r.Least[p]))
		}
		lines = append(lines, line)
	}
	return lines
}

// Punches of the table's company.
func (t monthTable) Punches() int { return t.Reports[0].Punches }

// Dates are how many the table's time has.
func (t monthTable) Dates() int {
	return int(t.Reports[0].To.Sub(t.Reports[0].From) / (24 * time.Hour))
} //nolint:mnd // A day.

func perThousand(r month.Report, calls int) string {
	value := r.PerThousand(calls)
	if value > 0 && value < 10 { //nolint:mnd // Small values deserve a decimal.
		return fmt.Sprintf("%.1f", value)
	}
	return fmt.Sprintf("%.0f", value)
}

// GovernedCalls and GovernedPushes are what the governed month came to.
func (m figures) GovernedCalls() int { return m.Governed.Total() }

// GovernedPushes are all frames.
func (m figures) GovernedPushes() int {
	total := 0
	for _, n := range m.Governed.Pushes {
		total += n
	}
	return total
}

// Chosen are the modes that the governor chose.
func (m figures) Chosen() []string {
	lines := make([]string, 0, len(m.Governed.Decisions))
	for _, d := range m.Governed.Decisions {
		words := modeWords(d.Mode, d.Window)
		if d.Thrift {
			words += ", thrifty"
		}
		lines = append(lines, fmt.Sprintf("%s: **%s**. %s", d.DecidedAt.Format("2 January 15:04"), words, d.Reason))
	}
	return lines
}

// forecastLine is what was expected at the end of a day.
type forecastLine struct {
	Day                  int
	Calls, Forecast      int
	Off                  string
	Pushes, PushForecast int
	PushOff              string
}

// Forecasts are those of each day against the end.
func (m figures) Forecasts() []forecastLine {
	lines := make([]forecastLine, 0, len(m.Governed.Days))
	end := m.Governed.Days[len(m.Governed.Days)-1]
	for n, d := range m.Governed.Days {
		lines = append(lines, forecastLine{
			Day: n + 1, Calls: d.Calls, Forecast: d.Decision.ForecastCalls, Off: off(d.Decision.ForecastCalls, end.Calls),
			Pushes: d.Pushes, PushForecast: d.Decision.ForecastPushes, PushOff: off(d.Decision.ForecastPushes, end.Pushes),
		})
	}
	return lines
}

// off is by how much a forecast missed the end.
func off(forecast, end int) string {
	return fmt.Sprintf("%+.1f %%", 100*(float64(forecast)/float64(max(1, end))-1)) //nolint:mnd // Percent.
}
