package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// meter adds up the CPU time of the parts of the system, apart for the product's rounds and the empty ones.
type meter struct {
	parts          []part
	product, empty []time.Duration
}

// part is a process, or a process with its children.
type part struct {
	name     string
	pid      int
	children bool
}

func newMeter(ctx context.Context, r *rig) (*meter, error) {
	// Every connection is a child of the server.
	var backend int
	if err := r.database.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return nil, fmt.Errorf("find the database server's process: %w", err)
	}
	server, err := statOf(backend)
	if err != nil {
		return nil, err
	}
	parts := []part{
		{name: "starter", pid: r.programs[starter].Pid()},
		{name: "worker", pid: r.programs[worker].Pid()},
		{name: "empty workflow's worker", pid: r.programs[emptyWorker].Pid()},
		{name: "PostgreSQL (ledger and Temporal's data)", pid: server.parent, children: true},
		{name: "Temporal server, with the simulator and the bench in its process", pid: os.Getpid()},
	}
	return &meter{parts: parts, product: make([]time.Duration, len(parts)), empty: make([]time.Duration, len(parts))}, nil
}

// during adds what a round costs to the sums.
func (m *meter) during(sums []time.Duration, do func() (round, error)) (round, error) {
	before, err := m.read()
	if err != nil {
		return nil, err
	}
	samples, err := do()
	if err != nil {
		return nil, err
	}
	after, err := m.read()
	if err != nil {
		return nil, err
	}
	for i := range m.parts {
		sums[i] += after[i] - before[i]
	}
	return samples, nil
}

func (m *meter) read() ([]time.Duration, error) {
	values := make([]time.Duration, len(m.parts))
	for i, part := range m.parts {
		var err error
		if values[i], err = cpuOf(part.pid, part.children); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (m *meter) perEvent(events int) []programCPU {
	list := make([]programCPU, 0, len(m.parts))
	for i, part := range m.parts {
		list = append(list, programCPU{
			Part: part.name, Product: m.product[i] / time.Duration(events), Empty: m.empty[i] / time.Duration(events),
		})
	}
	return list
}
