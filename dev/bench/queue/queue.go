// Package queue measures the job that dakasync does for a punch on a plain queue in PostgreSQL (River) beside dakasync itself, in turns:
// the chapter on the alternative that a user would pick, with what is lost and won.
//
// The side on River is a process of its own that uses the product's own stream connections, decoding, DingTalk client and ledger; only what
// remembers the work is another. It does what a punch's run does up to its look for an approval, and nothing else of the product. Rows,
// commit times and acks are judged as in the chapter on the path: PostgreSQL's commit timestamps and the simulator's delivery records are
// authoritative. A job that fails is retried by River, and its row is waited for; one that does not come is an error of the chapter.
package queue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"dakasync/dev/bench/punches"
	"dakasync/dev/bench/rig"
	"dakasync/dev/bench/rounds"
	"dakasync/dev/process"
	"dakasync/simulator/platform"
)

// Options say how much is measured.
type Options struct {
	Rate        int // events a second of an even round
	EvenSeconds int
	EvenRounds  int
	Burst       int // events of a saturating round
	BurstRounds int
	InFlight    int // unacknowledged events of a saturating round
	WarmUp      int // events of every side before anything is measured
	Employees   int
}

// Defaults are what the document is made with.
func Defaults() Options {
	return Options{Rate: 20, EvenSeconds: 8, EvenRounds: 3, Burst: 160, BurstRounds: 5, InFlight: 32, WarmUp: 60, Employees: 600}
}

const readyTimeout = 90 * time.Second

var errOptions = errors.New("rounds, seconds and events must be 1 or more")

// side is dakasync, or a form of the job on River.
type side struct {
	Name, Words string
	Even, Burst []rounds.Round
	CPU         rig.CPU // of an event, in the end
	Idle        int64   // bytes resident, of all its programs together
	Peak        int64   // the most of each, added up

	programs []*process.Process
	punches  *punches.Puncher
}

// Measure measures, and returns the chapter.
func Measure(ctx context.Context, place rig.Place, o Options) (_ string, err error) {
	if min(o.Rate, o.EvenSeconds, o.EvenRounds, o.Burst, o.BurstRounds) < 1 {
		return "", errOptions
	}
	r, err := rig.Start(ctx, place, rig.Options{Programs: []string{rig.Worker, rig.Starter}})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, r.Stop(context.WithoutCancel(ctx))) }()
	b := &bench{options: o, rig: r}
	for _, step := range []func(context.Context) error{b.bringUp, b.warmUp, b.even, b.bursts} {
		if err := step(ctx); err != nil {
			return "", err
		}
	}
	return report(figures{Options: o, Machine: rig.ThisMachine(r.Cluster.Postgres.Version()), Sides: b.sides})
}

// bench is one whole measurement.
type bench struct {
	options Options
	rig     *rig.Rig
	sides   []*side // the product first
	meter   rig.Meter
}

// bringUp installs the sides, each with a company, a platform and a ledger of its own.
func (b *bench) bringUp(ctx context.Context) error {
	product, err := b.install(ctx, "product", rig.Worker, rig.Starter)
	if err != nil {
		return err
	}
	if b.meter, err = rig.NewMeter(ctx, product.Database); err != nil {
		return err
	}
	b.add("product", "dakasync, starter and worker, on Temporal, as it comes: of a punch's call, too, "+
		"the answer is paid for again if the worker dies before it is written", product, product.Programs[rig.Worker], product.Programs[rig.Starter])
	for _, form := range []struct{ name, form, words string }{
		{"River", formWhole, "one process and one job that does all: an answer is paid for again if the process dies before it is written"},
		{"River, stepped", formStepped, "the same in three steps, the paid answer kept in the job's row before it is written"},
	} {
		i, err := b.install(ctx, "river_"+form.form)
		if err != nil {
			return err
		}
		program, err := b.startProgram(ctx, i, form.form)
		if err != nil {
			return err
		}
		b.add(form.name, form.words, i, program)
	}
	return nil
}

func (b *bench) install(ctx context.Context, name string, programs ...string) (*rig.Installation, error) {
	source, err := b.rig.StartSource(ctx, b.options.Employees, func(s *platform.Settings) { s.InFlight = b.options.InFlight })
	if err != nil {
		return nil, err
	}
	return b.rig.Install(ctx, name, source, nil, programs...)
}

// startProgram starts a side on River: this program, with another argument.
func (b *bench) startProgram(ctx context.Context, i *rig.Installation, form string) (*process.Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	program, err := b.rig.Run("river-"+form, self, []string{ProgramArgument, form}, i.Environment("127.0.0.1:0"))
	if err != nil {
		return nil, err
	}
	return program, b.rig.Until(ctx, "a Stream connection", readyTimeout, func(context.Context) bool { return i.Platform.Connections() > 0 })
}

func (b *bench) add(name, words string, i *rig.Installation, programs ...*process.Process) {
	b.sides = append(b.sides, &side{Name: name, Words: words, programs: programs, punches: punches.New(b.rig, i)})
}

// warmUp reads the memory of programs that have seen no event, then lets them see some.
func (b *bench) warmUp(ctx context.Context) error {
	for _, s := range b.sides {
		now, err := s.memory()
		if err != nil {
			return err
		}
		s.Idle = now.Resident
	}
	rig.Sayf("warming up")
	return b.turns(0, func(s *side) error {
		_, err := s.punches.Burst(ctx, b.options.WarmUp)
		return err
	})
}

func (b *bench) even(ctx context.Context) error {
	for n := range b.options.EvenRounds {
		rig.Sayf("even round %d of %d: %d events a second", n+1, b.options.EvenRounds, b.options.Rate)
		if err := b.turns(n, func(s *side) error {
			samples, err := s.punches.Even(ctx, b.options.Rate*b.options.EvenSeconds, b.options.Rate)
			s.Even = append(s.Even, samples)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) bursts(ctx context.Context) error {
	for n := range b.options.BurstRounds {
		rig.Sayf("saturating round %d of %d: %d events", n+1, b.options.BurstRounds, b.options.Burst)
		if err := b.turns(n, func(s *side) error {
			var samples rounds.Round
			err := b.meter.During(&s.CPU, s.programs, func() (err error) {
				samples, err = s.punches.Burst(ctx, b.options.Burst)
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
		now, err := s.memory()
		if err != nil {
			return err
		}
		s.Peak, s.CPU = now.Peak, s.CPU.Each(b.options.Burst*len(s.Burst))
	}
	return nil
}

// turns lets every side take its turn, and says whose has failed.
func (b *bench) turns(n int, takeFunc func(*side) error) error {
	return rounds.Turns(n, b.sides, func(s *side) error {
		if err := takeFunc(s); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		return nil
	})
}
