// Package rounds holds what a round of a measurement gave, and the little statistics that the chapters need: the order in which
// sides take turns, medians over rounds that did, and ratios between them. It measures nothing itself.
package rounds

import (
	"slices"
	"time"
)

// Sample is one event, or one empty run.
type Sample struct {
	Run     string // workflow ID
	Pushed  time.Time
	Durable time.Duration // push to ack, or the time that the start took
	Row     time.Time     // when its row was committed, or its last step ran
}

// Round is a series of samples that were made without a pause.
type Round []Sample

// Durables are the times from push to ack.
func (r Round) Durables() []time.Duration {
	list := make([]time.Duration, 0, len(r))
	for _, s := range r {
		list = append(list, s.Durable)
	}
	return list
}

// Rows are the times from push to row.
func (r Round) Rows() []time.Duration {
	list := make([]time.Duration, 0, len(r))
	for _, s := range r {
		list = append(list, s.Row.Sub(s.Pushed))
	}
	return list
}

// Rate is rows a second, from the first push to the last row.
func (r Round) Rate() float64 {
	if len(r) == 0 {
		return 0
	}
	first := slices.MinFunc(r, func(a, b Sample) int { return a.Pushed.Compare(b.Pushed) }).Pushed
	last := slices.MaxFunc(r, func(a, b Sample) int { return a.Row.Compare(b.Row) }).Row
	return float64(len(r)) / last.Sub(first).Seconds()
}

// At is the value in milliseconds that a share of a round's times does not exceed.
func At(share float64, times func(Round) []time.Duration) func(Round) float64 {
	return func(r Round) float64 { return Milliseconds(Quantile(times(r), share)) }
}

// Against is the median over rounds that took turns of the ratio of a value of one side to that of another.
func Against(side, other []Round, value func(Round) float64) float64 {
	ratios := make([]float64, 0, len(side))
	for n := range min(len(side), len(other)) {
		ratios = append(ratios, Ratio(value(side[n]), value(other[n])))
	}
	return Median(ratios)
}
