// Package path measures an event's path from the socket to the committed row, beside the same workflow with empty activities on the same
// server, and beside the leanest workflow that does the job at all: the chapter on throughput, latency, CPU and memory.
//
// PostgreSQL's own commit timestamps are authoritative for when a row was there, the simulator's delivery records for when an event was
// acknowledged, and the histories of the runs for where the time went. The sides take turns in one run, so that a slow or busy machine slows
// all of them; figures are medians over the rounds, and ratios are taken round by round. It measures no DingTalk: the simulator
// answers at once, without quotas, limits and faults.
package path

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"dakasync/dev/bench/punches"
	"dakasync/dev/bench/rig"
	"dakasync/dev/bench/rounds"
	"dakasync/dev/process"
	"dakasync/simulator/platform"
)

const (
	starterAim = 64 << 20
	workerAim  = 128 << 20

	// idleTime is how long the programs stand ready before their idle memory is read.
	idleTime = 5 * time.Second
	// historiesRead is how many runs of a side are taken apart.
	historiesRead = 120
)

// bench is one whole measurement.
type bench struct {
	options Options
	rig     *rig.Rig
	product *rig.Installation // in its default shape
	sides   []*side
	figures figures
	began   time.Time
}

// Measure measures, and returns the chapter.
func Measure(ctx context.Context, place rig.Place, o Options) (_ string, err error) {
	if err := o.check(); err != nil {
		return "", err
	}
	b := &bench{options: o}
	if b.rig, err = rig.Start(ctx, place, rig.Options{Programs: []string{rig.Worker, rig.Starter}}); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, b.rig.Stop(context.WithoutCancel(ctx))) }()
	b.began = time.Now() // it takes minutes to build the programs for the first time
	b.figures = figures{Options: o, Machine: rig.ThisMachine(b.rig.Cluster.Postgres.Version())}
	if err := b.measure(ctx); err != nil {
		return "", err
	}
	return report(b.figures)
}

func (b *bench) measure(ctx context.Context) error {
	for _, step := range []func(context.Context) error{b.bringUp, b.warmUp, b.measureEven, b.readHistories, b.measureBursts} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	b.figures.Sides = b.sides
	return b.readPeaks()
}

// bringUp installs the product, reads its idle memory, and starts the rest.
func (b *bench) bringUp(ctx context.Context) error {
	var err error
	if b.product, err = b.install(ctx, "product"); err != nil {
		return err
	}
	if err := b.readIdle(ctx); err != nil {
		return err
	}
	empty, err := startEmptyWorker(b.rig)
	if err != nil {
		return err
	}
	queued, err := b.install(ctx, "queued", "DAKASYNC_LIVE_CALLS=queued")
	if err != nil {
		return err
	}
	emptyInTask := b.emptySide("empty, in-task", "the same workflow as the first, with steps that do nothing", emptyInline, empty)
	emptyQueued := b.emptySide("empty, queued", "the same workflow as the second, with steps that do nothing", emptyApart, empty)
	b.figures.Lean = b.emptySide("one activity", "a workflow of one empty activity, the leanest of which the server itself remembers that the call was made", emptyRegular, empty)
	b.sides = append(b.sides,
		b.productSide("product, in-task", "an event of dakasync as it comes; the call is made within the run's first task", b.product, emptyInTask),
		b.productSide("product, queued", "the same with `DAKASYNC_LIVE_CALLS=queued`; the call is an activity of its own", queued, emptyQueued),
		emptyInTask, emptyQueued, b.figures.Lean,
	)
	return nil
}

// install makes an installation with its own company.
func (b *bench) install(ctx context.Context, name string, environment ...string) (*rig.Installation, error) {
	source, err := b.rig.StartSource(ctx, b.options.Employees, func(s *platform.Settings) { s.InFlight = b.options.InFlight })
	if err != nil {
		return nil, err
	}
	return b.rig.Install(ctx, name, source, environment, rig.Worker, rig.Starter)
}

func (b *bench) productSide(name, words string, i *rig.Installation, like *side) *side {
	p := punches.New(b.rig, i)
	return &side{
		Name: name, Words: words, Like: like, evenFunc: p.Even, burstFunc: p.Burst,
		programs: []*process.Process{i.Programs[rig.Worker], i.Programs[rig.Starter]},
	}
}

func (b *bench) emptySide(name, words, workflow string, worker *process.Process) *side {
	e := &empties{rig: b.rig, workflow: workflow, inFlight: b.options.InFlight}
	return &side{Name: name, Words: words, programs: []*process.Process{worker}, evenFunc: e.even, burstFunc: e.burst}
}

// readIdle reads the memory of the product before its first event.
func (b *bench) readIdle(ctx context.Context) error {
	rig.Sayf("reading idle memory")
	timer := time.NewTimer(idleTime) // not for a condition: idleness is what is measured
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	for _, of := range []programMemory{{Program: rig.Starter, Aim: starterAim}, {Program: rig.Worker, Aim: workerAim}} {
		now, err := rig.MemoryOf(b.product.Programs[of.Program].Pid())
		if err != nil {
			return err
		}
		of.Idle = now.Resident
		b.figures.Memory = append(b.figures.Memory, of)
	}
	return nil
}

func (b *bench) warmUp(ctx context.Context) error {
	rig.Sayf("warming up")
	return rounds.Turns(0, b.sides, func(s *side) error {
		_, err := s.burstFunc(ctx, b.options.WarmUp)
		return err
	})
}

func (b *bench) measureEven(ctx context.Context) error {
	count := b.options.Rate * b.options.EvenSeconds
	watches := map[string]*rig.MemoryWatch{}
	for _, m := range b.figures.Memory {
		watches[m.Program] = rig.WatchMemory(b.product.Programs[m.Program].Pid())
	}
	for n := range b.options.EvenRounds {
		rig.Sayf("even round %d of %d: %d events a second", n+1, b.options.EvenRounds, b.options.Rate)
		if err := rounds.Turns(n, b.sides, func(s *side) error {
			samples, err := s.evenFunc(ctx, count, b.options.Rate)
			s.Even = append(s.Even, samples)
			return err
		}); err != nil {
			return err
		}
	}
	for i := range b.figures.Memory {
		m := &b.figures.Memory[i]
		m.Even = watches[m.Program].End()
	}
	return nil
}

func (b *bench) readHistories(ctx context.Context) error {
	for _, s := range b.sides {
		var all rounds.Round
		for _, samples := range s.Even {
			all = append(all, samples...)
		}
		var err error
		if s.Anatomy, err = dissect(ctx, b.rig.Temporal, all, historiesRead); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) measureBursts(ctx context.Context) error {
	meter, err := rig.NewMeter(ctx, b.product.Database)
	if err != nil {
		return err
	}
	stopProfile, err := startProfile(b.options.Profile)
	if err != nil {
		return err
	}
	defer stopProfile()
	for n := range b.options.BurstRounds {
		if n > 0 && time.Since(b.began) > b.options.Budget {
			rig.Sayf("the machine is slow: %d rounds must do", n)
			break
		}
		rig.Sayf("saturating round %d of %d: %d events", n+1, b.options.BurstRounds, b.options.Burst)
		if err := rounds.Turns(n, b.sides, func(s *side) error {
			var samples rounds.Round
			err := meter.During(&s.CPU, s.programs, func() (err error) {
				samples, err = s.burstFunc(ctx, b.options.Burst)
				return err
			})
			s.Burst = append(s.Burst, samples)
			rig.Sayf("  %s %.1f/s", s.Name, samples.Rate())
			return err
		}); err != nil {
			return err
		}
	}
	for _, s := range b.sides {
		s.CPU = s.CPU.Each(b.options.Burst * len(s.Burst))
	}
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
		now, err := rig.MemoryOf(b.product.Programs[m.Program].Pid())
		if err != nil {
			return err
		}
		m.Saturated = now.Peak
	}
	return nil
}
