// Package crowd measures how long a live punch takes while a backfill goes on: the chapter on priorities.
//
// It guarantees that the backfills are started as dakactl does, that each round finds them under way, and that what they do meanwhile is
// counted: a side whose backfills got nowhere is an error. PostgreSQL's own commit timestamps are authoritative for when a punch's row was
// there. The sides take turns in one run, so that a slow or busy machine slows all of them. It measures no fleet: there is one worker.
package crowd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dakasync/dev/bench/punches"
	"dakasync/dev/bench/rig"
	"dakasync/dev/bench/rounds"
	"dakasync/simulator/company"
	"dakasync/simulator/platform"
)

const (
	quietPeople  = 150 // who punch meanwhile, and whom no backfill is about
	warmUp       = 20  // punches before anything is measured
	settleTime   = 90 * time.Second
	underWay     = 10 // answered calls after which backfills are under way
	spareDays    = 4  // of the company's past, beyond those of a backfill
	everyAPI     = "*"
	databaseName = "crowd"
)

// side is what goes on beside the punches.
type side struct {
	Name   string
	Runs   int // backfills at once; the range is cut so
	Rounds []rounds.Round

	UserDays float64 // that the backfills got, a second
	Calls    float64 // that they made, a second
}

// bench is one whole measurement.
type bench struct {
	options Options
	rig     *rig.Rig
	into    *rig.Installation
	puncher *punches.Puncher
	users   []string // whom the backfills are about
	sides   []*side
	begun   int // backfills' rounds
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
	if err := b.bringUp(ctx); err != nil {
		return "", err
	}
	if err := b.measure(ctx); err != nil {
		return "", err
	}
	return report(figures{Options: o, Machine: rig.ThisMachine(b.rig.Cluster.Postgres.Version()), Sides: b.sides})
}

// bringUp makes a company that has worked all that time, whose DingTalk takes its time and throttles.
func (b *bench) bringUp(ctx context.Context) error {
	now := time.Now()
	source := &rig.Source{Company: company.New(company.Options{
		Seed: 1, Employees: b.options.Employees + quietPeople, CorpID: "dingcrowd", Start: now.AddDate(0, 0, -b.options.Days-spareDays), Quiet: true,
	})}
	source.Company.Advance(now)
	for _, employee := range source.Company.Employees()[:b.options.Employees] {
		b.users = append(b.users, employee.UserID)
	}
	if err := live(source.Company, b.users, b.options.Days); err != nil {
		return err
	}
	settings := platform.Defaults()
	settings.QPS = b.options.QPS
	source.Platform = platform.New(platform.Options{Company: source.Company, Settings: &settings})
	if err := source.Platform.Start(ctx, "127.0.0.1:0"); err != nil {
		return err
	}
	b.rig.After(source.Platform.Close)
	source.Platform.AddFault(platform.Fault{Path: everyAPI, Delay: b.options.Latency})

	environment := []string{fmt.Sprintf("DAKASYNC_QPS=%d", b.options.QPS)}
	if b.options.Queued {
		environment = append(environment, "DAKASYNC_LIVE_CALLS=queued")
	}
	var err error
	if b.into, err = b.rig.Install(ctx, databaseName, source, environment, rig.Worker, rig.Starter); err != nil {
		return err
	}
	b.puncher = punches.New(b.rig, b.into, b.users...)
	_, err = b.puncher.Even(ctx, warmUp, b.options.PerSecond)
	return err
}

// live has people come and go on every workday up to yesterday. Those who punch meanwhile have no past.
func live(c *company.Company, users []string, days int) error {
	const come, gone = 8*time.Hour + 50*time.Minute, 18*time.Hour + 5*time.Minute
	today := company.DateOf(c.Now())
	for day := today - company.Date(days); day < today; day++ {
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			continue
		}
		for n, user := range users {
			for _, at := range []time.Duration{come, gone} {
				moment := day.In(c.Location()).Add(at + time.Duration(n)*time.Second)
				if _, err := c.Punch(company.PunchRequest{User: user, At: moment}); err != nil {
					return fmt.Errorf("make the company's past: %w", err)
				}
			}
		}
	}
	return nil
}

// measure lets the sides take turns.
func (b *bench) measure(ctx context.Context) error {
	weeks := len(b.ranges(weekly))
	b.sides = []*side{{Name: "alone"}, {Name: "beside a backfill", Runs: 1}, {Name: fmt.Sprintf("beside %d backfills", weeks), Runs: weeks}}
	for n := range b.options.Rounds {
		if err := rounds.Turns(n, b.sides, func(s *side) error {
			if err := b.round(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

var errNowhere = errors.New("the backfills got nowhere")

// round pushes punches while the side's backfills go on.
func (b *bench) round(ctx context.Context, s *side) error {
	rig.Sayf("crowd: %s", s.Name)
	running, err := b.startBackfills(ctx, s.Runs)
	if err != nil {
		return err
	}
	before, err := running.progress(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	round, err := b.puncher.Even(ctx, b.options.PerSecond*b.options.Seconds, b.options.PerSecond)
	if err != nil {
		return err
	}
	after, err := running.progress(ctx)
	if err != nil {
		return err
	}
	s.Rounds = append(s.Rounds, round)
	if s.Runs == 0 {
		return nil
	}
	if after.userDays == before.userDays {
		return errNowhere
	}
	share := time.Since(began).Seconds() * float64(b.options.Rounds)
	s.UserDays += float64(after.userDays-before.userDays) / share
	s.Calls += float64(after.calls-before.calls) / share
	return running.end(ctx)
}
