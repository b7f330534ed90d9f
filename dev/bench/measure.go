package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"time"
)

const (
	starterAim = 64 << 20
	workerAim  = 128 << 20

	// idleTime is how long the programs stand ready before their idle memory is read.
	idleTime = 5 * time.Second
	// historiesRead is how many runs of either side are taken apart.
	historiesRead = 120
)

// bench is one whole measurement.
type bench struct {
	plan    Plan
	rig     *rig
	product *product
	empties *empties
	figures Figures
	began   time.Time
}

// measureAll brings everything up, measures, and takes everything down.
func measureAll(ctx context.Context, root string, plan Plan, keep bool) (_ Figures, err error) {
	dir, err := dataFolder()
	if err != nil {
		return Figures{}, err
	}
	if keep {
		sayf("data and logs are in %s", dir)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	began := time.Now()
	r, err := startRig(ctx, root, dir, plan)
	if err != nil {
		return Figures{}, err
	}
	defer func() { err = errors.Join(err, r.stop(context.WithoutCancel(ctx))) }()
	b := &bench{plan: plan, rig: r, product: newProduct(r), began: began}
	b.figures = Figures{Plan: plan, Machine: thisMachine(r.cluster.Postgres.Version())}
	if err := b.measure(ctx); err != nil {
		return Figures{}, err
	}
	if plan.Months {
		if b.figures.Months, err = measureMonths(ctx, dir, plan); err != nil {
			return Figures{}, err
		}
	}
	return b.figures, nil
}

// dataFolder is a new folder that the database server's account may use.
func dataFolder() (string, error) {
	dir, err := os.MkdirTemp("", "dakasync-bench-")
	if err != nil {
		return "", fmt.Errorf("make the data folder: %w", err)
	}
	if err := os.Chmod(dir, dirMode); err != nil {
		return "", errors.Join(fmt.Errorf("open the data folder to the database server: %w", err), os.RemoveAll(dir))
	}
	return dir, nil
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
	if err := b.warmUp(ctx); err != nil {
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
	sayf("reading idle memory")
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

// take makes a round of both, the product first in every second one: what else the machine does hits both alike.
func take(n int, p *pair, product, empty func() (round, error)) error {
	sides := []struct {
		into *round
		do   func() (round, error)
	}{{&p.Product, product}, {&p.Empty, empty}}
	if n%2 == 1 {
		slices.Reverse(sides)
	}
	for _, side := range sides {
		var err error
		if *side.into, err = side.do(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) warmUp(ctx context.Context) error {
	sayf("warming up")
	if _, err := b.product.burst(ctx, b.plan.WarmUp); err != nil {
		return err
	}
	_, err := b.empties.burst(ctx, b.plan.WarmUp, b.plan.InFlight)
	return err
}

func (b *bench) measureEven(ctx context.Context) error {
	count := b.plan.Rate * b.plan.EvenSeconds
	for n := range b.plan.EvenRounds {
		sayf("even round %d of %d: %d events a second", n+1, b.plan.EvenRounds, b.plan.Rate)
		var p pair
		if err := take(n, &p,
			func() (round, error) { return b.evenProduct(ctx, count) },
			func() (round, error) { return b.empties.even(ctx, count, b.plan.Rate) },
		); err != nil {
			return err
		}
		b.figures.Even = append(b.figures.Even, p)
	}
	return b.readHistories(ctx)
}

// evenProduct watches the memory meanwhile.
func (b *bench) evenProduct(ctx context.Context, count int) (round, error) {
	watches := map[string]*memoryWatch{}
	for _, name := range []string{starter, worker} {
		watches[name] = watchMemory(b.rig.programs[name].Pid())
	}
	samples, err := b.product.even(ctx, count, b.plan.Rate)
	for i := range b.figures.Memory {
		m := &b.figures.Memory[i]
		m.Even = max(m.Even, watches[m.Program].end())
	}
	return samples, err
}

func (b *bench) readHistories(ctx context.Context) error {
	var ofProduct, ofEmpty round
	for _, p := range b.figures.Even {
		ofProduct, ofEmpty = append(ofProduct, p.Product...), append(ofEmpty, p.Empty...)
	}
	var err error
	if b.figures.OfProduct, err = dissect(ctx, b.rig.temporal, ofProduct, historiesRead); err != nil {
		return err
	}
	b.figures.OfEmpty, err = dissect(ctx, b.rig.temporal, ofEmpty, historiesRead)
	return err
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
		if n > 0 && time.Since(b.began) > b.plan.Budget {
			sayf("the machine is slow: %d rounds must do", n)
			break
		}
		sayf("saturating round %d of %d: %d events", n+1, b.plan.BurstRounds, b.plan.Burst)
		var p pair
		if err := take(n, &p,
			func() (round, error) {
				return meter.during(meter.product, func() (round, error) { return b.product.burst(ctx, b.plan.Burst) })
			},
			func() (round, error) {
				return meter.during(meter.empty, func() (round, error) { return b.empties.burst(ctx, b.plan.Burst, b.plan.InFlight) })
			},
		); err != nil {
			return err
		}
		sayf("  product %.1f/s, empty %.1f/s", p.Product.rate(), p.Empty.rate())
		b.figures.Burst = append(b.figures.Burst, p)
	}
	b.figures.CPU = meter.perEvent(b.plan.Burst * len(b.figures.Burst))
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
