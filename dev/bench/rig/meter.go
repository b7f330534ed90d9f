package rig

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/dev/process"
)

// CPU is CPU time by the part of the system that spent it.
type CPU struct {
	Programs time.Duration // those that were asked about
	Postgres time.Duration // ledger and Temporal's data
	Rest     time.Duration // Temporal server, simulator and bench: one process
}

// Together is all of it.
func (c CPU) Together() time.Duration { return c.Programs + c.Postgres + c.Rest }

// Minus is what was spent since another reading.
func (c CPU) Minus(d CPU) CPU {
	return CPU{Programs: c.Programs - d.Programs, Postgres: c.Postgres - d.Postgres, Rest: c.Rest - d.Rest}
}

// Plus is the sum.
func (c CPU) Plus(d CPU) CPU {
	return CPU{Programs: c.Programs + d.Programs, Postgres: c.Postgres + d.Postgres, Rest: c.Rest + d.Rest}
}

// Each is what one of so many events costs.
func (c CPU) Each(events int) CPU {
	n := time.Duration(max(1, events))
	return CPU{Programs: c.Programs / n, Postgres: c.Postgres / n, Rest: c.Rest / n}
}

// Meter reads CPU times of the database server, of this process, and of programs.
type Meter struct{ postmaster int }

// NewMeter finds the database server's process by one of its connections.
func NewMeter(ctx context.Context, database *pgx.Conn) (Meter, error) {
	var backend int
	if err := database.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return Meter{}, fmt.Errorf("find the database server's process: %w", err)
	}
	parent, err := ParentOf(backend) // every connection is a child of the server
	return Meter{postmaster: parent}, err
}

// During adds what something costs to a sum; where it fails, nothing.
func (m Meter) During(sum *CPU, programs []*process.Process, do func() error) error {
	before, err := m.Read(programs...)
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	after, err := m.Read(programs...)
	if err != nil {
		return err
	}
	*sum = sum.Plus(after.Minus(before))
	return nil
}

// Read is what was spent so far, since each process began.
func (m Meter) Read(programs ...*process.Process) (CPU, error) {
	var now CPU
	for _, program := range programs {
		own, err := CPUOf(program.Pid(), false)
		if err != nil {
			return now, err
		}
		now.Programs += own
	}
	var err error
	if now.Postgres, err = CPUOf(m.postmaster, true); err != nil {
		return now, err
	}
	now.Rest, err = CPUOf(os.Getpid(), false)
	return now, err
}
