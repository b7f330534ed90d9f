package main

import (
	"slices"
	"time"
)

// sample is one event, or one empty run.
type sample struct {
	Run     string // workflow ID
	Pushed  time.Time
	Durable time.Duration // push to ack, or the time that the start took
	Row     time.Time     // when its row was committed, or its last step ran
}

// round is a series of samples that were made without a pause.
type round []sample

// durables are the times from push to ack.
func (r round) durables() []time.Duration {
	list := make([]time.Duration, 0, len(r))
	for _, s := range r {
		list = append(list, s.Durable)
	}
	return list
}

// rows are the times from push to row.
func (r round) rows() []time.Duration {
	list := make([]time.Duration, 0, len(r))
	for _, s := range r {
		list = append(list, s.Row.Sub(s.Pushed))
	}
	return list
}

// rate is rows a second, from the first push to the last row.
func (r round) rate() float64 {
	if len(r) == 0 {
		return 0
	}
	first := slices.MinFunc(r, func(a, b sample) int { return a.Pushed.Compare(b.Pushed) }).Pushed
	last := slices.MaxFunc(r, func(a, b sample) int { return a.Row.Compare(b.Row) }).Row
	return float64(len(r)) / last.Sub(first).Seconds()
}
