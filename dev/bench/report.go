package main

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"
	"time"
)

const (
	half = 0.5
	most = 0.99
)

//go:embed performance.md.tmpl
var reportTemplate string

// report is the document, whole.
func report(figures Figures) (string, error) { return fill("performance.md", view{figures}) }

// section is what the document says of months.
func section(m months) (string, error) { return fill("months", m) }

func fill(name string, with any) (string, error) {
	parsed, err := template.New("performance.md").Funcs(template.FuncMap{
		"ms": showMilliseconds, "mib": func(bytes int64) string { return fmt.Sprintf("%.0f", float64(bytes)/(1<<20)) },
		"whole": func(value float64) string { return fmt.Sprintf("%.0f", value) },
		"times": func(value float64) string { return fmt.Sprintf("%.2f", value) }, "rate": func(value float64) string { return fmt.Sprintf("%.1f", value) },
		"cells": func(cells []string) string { return strings.Join(cells, " | ") }, "rules": func(cells []string) string { return strings.Repeat("---|", len(cells)) },
	}).Parse(reportTemplate)
	if err != nil {
		return "", fmt.Errorf("read the report's template: %w", err)
	}
	var text strings.Builder
	if err := parsed.ExecuteTemplate(&text, name, with); err != nil {
		return "", fmt.Errorf("write the report: %w", err)
	}
	return text.String(), nil
}

func showMilliseconds(value float64) string {
	if value < 10 { //nolint:mnd // Small values deserve a decimal.
		return fmt.Sprintf("%.1f", value)
	}
	return fmt.Sprintf("%.0f", value)
}

// view is what the template asks for.
type view struct{ Figures }

// line is one row of a table: an amount of both, and their ratio.
type line struct {
	Name                  string
	Product, Empty, Ratio float64
}

// compare takes the median over the rounds of an amount of both sides, and of its ratio.
func compare(name string, pairs []pair, value func(round) float64) line {
	return line{
		Name:    name,
		Product: medianOf(pairs, func(p pair) float64 { return value(p.Product) }),
		Empty:   medianOf(pairs, func(p pair) float64 { return value(p.Empty) }),
		Ratio:   medianOf(pairs, func(p pair) float64 { return ratio(value(p.Product), value(p.Empty)) }),
	}
}

func at(share float64, times func(round) []time.Duration) func(round) float64 {
	return func(r round) float64 { return milliseconds(quantile(times(r), share)) }
}

// Throughput at saturation.
func (v view) Throughput() line { return compare("rows a second", v.Burst, round.rate) }

// Latencies at the even pace.
func (v view) Latencies() []line {
	return []line{
		compare("ack (against a bare start), p50", v.Even, at(half, round.durables)),
		compare("ack (against a bare start), p99", v.Even, at(most, round.durables)),
		compare("time to row (against the last step), p50", v.Even, at(half, round.rows)),
		compare("time to row (against the last step), p99", v.Even, at(most, round.rows)),
	}
}

// Saturated are the acks while everything is busy.
func (v view) Saturated() []line {
	return []line{
		compare("ack, p50", v.Burst, at(half, round.durables)),
		compare("ack, p99", v.Burst, at(most, round.durables)),
	}
}

// StageLines is where the time goes.
func (v view) StageLines() []line {
	lines := make([]line, 0, stageCount)
	for i, name := range stageNames() {
		product, empty := milliseconds(v.OfProduct.Stages[i]), milliseconds(v.OfEmpty.Stages[i])
		lines = append(lines, line{Name: name, Product: product, Empty: empty, Ratio: ratio(product, empty)})
	}
	return lines
}

// CPULines is what an event costs.
func (v view) CPULines() []line {
	lines := make([]line, 0, stageCount)
	total := line{Name: "together"}
	for _, c := range v.CPU {
		one := line{Name: c.Part, Product: milliseconds(c.Product), Empty: milliseconds(c.Empty)}
		lines, total.Product, total.Empty = append(lines, one), total.Product+one.Product, total.Empty+one.Empty
	}
	total.Ratio = ratio(total.Product, total.Empty)
	return append(lines, total)
}

// Within says whether a program kept its aim.
func (m programMemory) Within() string {
	if max(m.Idle, m.Even) <= m.Aim {
		return "kept"
	}
	return "missed"
}
