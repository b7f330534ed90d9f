package queue

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/dev/bench/rig"
	"dakasync/dev/bench/rounds"
)

const readyTimeout = 90 * time.Second

// cpu is CPU time by the part of the system that spent it.
type cpu struct {
	Programs time.Duration // the side's own
	Postgres time.Duration
	Rest     time.Duration // Temporal server, simulator and bench: one process
}

// Together is all of it.
func (c cpu) Together() time.Duration { return c.Programs + c.Postgres + c.Rest }

// each is what one of so many events costs.
func (c cpu) each(events int) cpu {
	n := time.Duration(max(1, events))
	return cpu{Programs: c.Programs / n, Postgres: c.Postgres / n, Rest: c.Rest / n}
}

// memory is that of a side's programs together.
func (s *side) memory() (rig.Memory, error) {
	var sum rig.Memory
	for _, program := range s.programs {
		one, err := rig.MemoryOf(program.Pid())
		if err != nil {
			return sum, err
		}
		sum.Resident += one.Resident
		sum.Peak += one.Peak
	}
	return sum, nil
}

// meter reads CPU times.
type meter struct{ postmaster int }

func newMeter(ctx context.Context, database *pgx.Conn) (meter, error) {
	var backend int
	if err := database.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return meter{}, fmt.Errorf("find the database server's process: %w", err)
	}
	parent, err := rig.ParentOf(backend) // every connection is a child of the server
	return meter{postmaster: parent}, err
}

// during adds what a round costs to the side's sum.
func (m meter) during(s *side, do func() (rounds.Round, error)) (rounds.Round, error) {
	before, err := m.read(s)
	if err != nil {
		return nil, err
	}
	samples, err := do()
	if err != nil {
		return nil, err
	}
	after, err := m.read(s)
	s.CPU.Programs += after.Programs - before.Programs
	s.CPU.Postgres += after.Postgres - before.Postgres
	s.CPU.Rest += after.Rest - before.Rest
	return samples, err
}

func (m meter) read(s *side) (cpu, error) {
	var now cpu
	for _, program := range s.programs {
		own, err := rig.CPUOf(program.Pid(), false)
		if err != nil {
			return now, err
		}
		now.Programs += own
	}
	var err error
	if now.Postgres, err = rig.CPUOf(m.postmaster, true); err != nil {
		return now, err
	}
	now.Rest, err = rig.CPUOf(os.Getpid(), false)
	return now, err
}
