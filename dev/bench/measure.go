package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"time"
)

const (
	starterAim = 64 << 20
	workerAim  = 128 << 20

	// idleTime is how long the programs stand ready before their idle memory is read.
	idleTime = 5 * time.Second
	// historiesRead is how many runs of a round are taken apart.
	historiesRead = 50
)

// bench is one whole measurement.
type bench struct {
	plan    Plan
	rig     *rig
	product *product
	empties *empties
	figures Figures
}

// measureAll brings everything up, measures, and takes everything down.
func measureAll(ctx context.Context, root string, plan Plan, keep bool) (_ Figures, err error) {
	dir, err := os.MkdirTemp("", "dakasync-bench-")
	if err != nil {
		return Figures{}, fmt.Errorf("make the data folder: %w", err)
	}
	if err := os.Chmod(dir, dirMode); err != nil {
		return Figures{}, fmt.Errorf("open the data folder to the database server: %w", err)
	}
	if keep {
		say("data and logs are in %s", dir)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	r, err := startRig(ctx, root, dir, plan)
	if err != nil {
		return Figures{}, err
	}
	defer func() { err = errors.Join(err, r.stop(context.WithoutCancel(ctx))) }()
	b := &bench{plan: plan, rig: r, product: newProduct(r)}
	b.figures = Figures{Plan: plan, Machine: thisMachine(r.cluster.Postgres.Version())}
	if err := b.measure(ctx); err != nil {
		return Figures{}, err
	}
	return b.figures, nil
}

func (b *bench) measure(ctx context.Context) error {
	if err := b.readIdle(ctx); err != nil {
		return err
	}
	empties, err := startEmpties(b.rig)
	if err != nil {
		return err
	}
	b.empties = empties
	say("warming up")
	if _, err := b.pair(ctx, b.plan.WarmUp); err != nil {
		return err
	}
	if err := b.measureEven(ctx); err != nil {
		return err
	}
	if err := b.measureBursts(ctx); err != nil {
		return err
	}
	return b.readPeaks()
}

// readIdle reads the memory of the product before its first event.
func (b *bench) readIdle(ctx context.Context) error {
	say("reading idle memory")
	timer := time.NewTimer(idleTime) // not for a condition: idleness is what is measured
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	for _, of := range []programMemory{{Program: starter, Aim: starterAim}, {Program: worker, Aim: workerAim}} {
		now, err := memoryOf(b.rig.programs[of.Program].Pid())
		if err != nil {
			return err
		}
		of.Idle = now.Resident
		b.figures.Memory = append(b.figures.Memory, of)
	}
	return nil
}

// pair is a burst of both.
func (b *bench) pair(ctx context.Context, count int) (pair, error) {
	var p pair
	var err error
	if p.Product, err = b.product.burst(ctx, count); err != nil {
		return p, err
	}
	p.Empty, err = b.empties.burst(ctx, count, b.plan.InFlight)
	return p, err
}

func (b *bench) measureEven(ctx context.Context) error {
	count := b.plan.Rate * b.plan.EvenSeconds
	for n := range b.plan.EvenRounds {
		say("even round %d of %d: %d events a second", n+1, b.plan.EvenRounds, b.plan.Rate)
		watches := map[string]*memoryWatch{}
		for _, name := range []string{starter, worker} {
			watches[name] = watchMemory(b.rig.programs[name].Pid())
		}
		var p pair
		var err error
		p.Product, err = b.product.even(ctx, count, b.plan.Rate)
		for i := range b.figures.Memory {
			m := &b.figures.Memory[i]
			m.Even = max(m.Even, watches[m.Program].end())
		}
		if err != nil {
			return err
		}
		if p.Empty, err = b.empties.even(ctx, count, b.plan.Rate); err != nil {
			return err
		}
		b.figures.Even = append(b.figures.Even, p)
	}
	return b.readStages(ctx)
}

func (b *bench) readStages(ctx context.Context) error {
	last := b.figures.Even[len(b.figures.Even)-1]
	ofProduct, err := stagesOf(ctx, b.rig.temporal, last.Product, historiesRead)
	if err != nil {
		return err
	}
	ofEmpty, err := stagesOf(ctx, b.rig.temporal, last.Empty, historiesRead)
	if err != nil {
		return err
	}
	b.figures.ProductStages, b.figures.EmptyStages = medians(ofProduct), medians(ofEmpty)
	return nil
}

func (b *bench) measureBursts(ctx context.Context) error {
	meter, err := newMeter(ctx, b.rig)
	if err != nil {
		return err
	}
	stopProfile, err := startProfile(b.plan.Profile)
	if err != nil {
		return err
	}
	defer stopProfile()
	for n := range b.plan.BurstRounds {
		say("saturating round %d of %d: %d events", n+1, b.plan.BurstRounds, b.plan.Burst)
		var p pair
		if err := meter.during(&meter.product, func() (err error) {
			p.Product, err = b.product.burst(ctx, b.plan.Burst)
			return err
		}); err != nil {
			return err
		}
		if err := meter.during(&meter.empty, func() (err error) {
			p.Empty, err = b.empties.burst(ctx, b.plan.Burst, b.plan.InFlight)
			return err
		}); err != nil {
			return err
		}
		say("  product %.1f/s, empty %.1f/s", p.Product.rate(), p.Empty.rate())
		b.figures.Burst = append(b.figures.Burst, p)
	}
	b.figures.CPU = meter.perEvent(b.plan.Burst * b.plan.BurstRounds)
	return nil
}

// startProfile profiles this process into a file, if there is to be one.
func startProfile(path string) (stopFunc func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	file, err := os.Create(path) //nolint:gosec // Where the user wants it.
	if err != nil {
		return nil, fmt.Errorf("make the profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, fmt.Errorf("start the profile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close()
	}, nil
}

func (b *bench) readPeaks() error {
	for i := range b.figures.Memory {
		m := &b.figures.Memory[i]
		now, err := memoryOf(b.rig.programs[m.Program].Pid())
		if err != nil {
			return err
		}
		m.Saturated = now.Peak
	}
	return nil
}
