package main

import "time"

// Figures is everything that was measured.
type Figures struct {
	Plan    Plan
	Machine Machine
	// Even and Burst hold the product's and the empty workflow's rounds in turn.
	Even, Burst []pair
	// What the runs of both are made of, at the even pace.
	OfProduct, OfEmpty anatomy
	Memory             []programMemory
	CPU                []programCPU
	Months             *months // nil: not measured
}

// pair is a round of the product, and the round of the empty workflow beside it.
type pair struct{ Product, Empty round }

// programMemory is the resident memory of one program, in bytes.
type programMemory struct {
	Program   string
	Aim       int64
	Idle      int64 // ready, before any event
	Even      int64 // the most at the even pace
	Saturated int64 // the most of all, saturation included
}

// programCPU is what an event costs a part of the system at saturation.
type programCPU struct {
	Part           string
	Product, Empty time.Duration // of CPU time, for one event and one empty run
}

// Machine says in general words where it ran.
type Machine struct {
	System     string
	Cores      int
	MemoryGiB  int64
	Go         string
	PostgreSQL string
	Temporal   string
	SDK        string
}
