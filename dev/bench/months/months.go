// Package months counts what DingTalk would bill, in simulated months: the chapter on calls. Companies live in virtual time (package
// dev/month), in every way of answering events, and a company on the free edition lets the governor choose.
//
// Only where every table of the ledger equals the simulator's truth are its calls counted: a difference is an error.
package months

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"dakasync/budget"
	"dakasync/dev/bench/rig"
	"dakasync/dev/month"
	"dakasync/postgres"
	"dakasync/simulator/company"
)

// The simulated months. All begin with the first of June 2026, a Monday.
const (
	monthWorkdays = 22
	monthPeople   = 60
	manyPeople    = 1000
	mostPeople    = 10_000

	// The simulator's company starts four or five approvals a person and month, to meet every case; an ordinary office about one.
	usual  = 100 // percent
	office = 20

	fiveMinutes = 5 * time.Minute

	monthGC  = 400 // percent
	parallel = 8

	governedPeople  = 200
	governedReserve = 10 // percent: the product's default
	forecastFrom    = 10 // the forecast counts from this day of the month on
)

// monthTable is one company, in every mode.
type monthTable struct {
	Employees int
	Workdays  int
	Approvals int // percent of the simulator's usual number
	Reports   []month.Report
}

// months are all that the section on calls shows.
type figures struct {
	Tables   []monthTable
	Governed month.Report
	Edition  budget.Edition
}

// Options say which companies live, and how long.
type Options struct {
	Many    int // workdays of a company of 1,000 beside that of 60; 0: without it
	Largest int // workdays of companies of 10,000 in batches of five minutes; 0: without them
}

// size is a company, how many workdays it is simulated, and in which modes.
type size struct {
	employees, workdays int
	approvals           int // percent of the simulator's usual number
	step                time.Duration
	modes               []budget.Decision
}

// largeStep is how finely time passes in large companies.
const largeStep = 5 * time.Second

func (o Options) sizes() []size {
	sizes := []size{{monthPeople, monthWorkdays, usual, time.Second, monthModes()}}
	if o.Many > 0 {
		sizes = append(sizes, size{manyPeople, o.Many, usual, largeStep, monthModes()})
	}
	if o.Largest > 0 {
		five := []budget.Decision{{Mode: budget.ModeBatched, Window: fiveMinutes}}
		sizes = append(sizes, size{mostPeople, o.Largest, usual, largeStep, five}, size{mostPeople, o.Largest, office, largeStep, five})
	}
	return sizes
}

// Measure lets the companies live through their months, and returns the chapter.
func Measure(ctx context.Context, place rig.Place, o Options) (_ string, err error) {
	server, err := postgres.Start(ctx, postgres.Options{
		Dir: place.Dir, Volatile: true, Parameters: map[string]string{"shared_buffers": "256MB", "max_wal_size": "2GB", "wal_level": "minimal", "max_wal_senders": "0"},
	})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	// The months make garbage in a small heap.
	defer debug.SetGCPercent(debug.SetGCPercent(monthGC))
	lived, err := liveMonths(ctx, server, o)
	if err != nil {
		return "", err
	}
	return report(*lived)
}

// liveMonths lets two companies live at a time: one alone waits for PostgreSQL half of it.
func liveMonths(ctx context.Context, server *postgres.Server, o Options) (*figures, error) {
	all := &figures{Tables: make([]monthTable, len(o.sizes()))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	live := func(into *month.Report, o month.Options, words string) {
		group.Go(func() error {
			var err error
			*into, err = oneMonth(ctx, server, o, words)
			return err
		})
	}
	for n, size := range o.sizes() {
		all.Tables[n] = monthTable{Employees: size.employees, Workdays: size.workdays, Approvals: size.approvals, Reports: make([]month.Report, len(size.modes))}
		for i, mode := range size.modes {
			lives := month.Options{
				Employees: size.employees, Workdays: size.workdays, Approvals: size.approvals, Step: size.step, Mode: mode.Mode, Window: mode.Window, Parallel: parallel,
			}
			live(&all.Tables[n].Reports[i], lives, fmt.Sprintf("%d employees, %s", size.employees, modeWords(mode.Mode, mode.Window)))
		}
	}
	all.Edition, _ = budget.EditionOf(budget.EditionStandard)
	limits := all.Edition.Budget(governedReserve, time.Hour)
	limits.Window = -1 // the governor chooses
	live(&all.Governed, month.Options{Employees: governedPeople, To: firstOfJune().AddDate(0, 1, 0), Budget: &limits, Quotas: true},
		fmt.Sprintf("%d employees, governed", governedPeople))
	return all, group.Wait()
}

// monthModes are those of the tables.
func monthModes() []budget.Decision {
	return []budget.Decision{
		{Mode: budget.ModeLive},
		{Mode: budget.ModeBatched, Window: time.Minute},
		{Mode: budget.ModeBatched, Window: fiveMinutes},
		{Mode: budget.ModeBatched, Window: 15 * time.Minute},
		{Mode: budget.ModeSweep},
	}
}

func firstOfJune() time.Time {
	return time.Date(2026, time.June, 1, 0, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60)) //nolint:mnd // China Standard Time.
}

var errLedgerDiffers = errors.New("the ledger differs from the truth")

// oneMonth has a database of its own, which goes when it is over. A ledger that differs from the truth has earned no figures.
func oneMonth(ctx context.Context, server *postgres.Server, o month.Options, words string) (month.Report, error) {
	name := "month_" + strings.ToLower(rand.Text())
	if err := server.CreateDatabase(ctx, name); err != nil {
		return month.Report{}, err
	}
	o.DatabaseURL, o.Seed, o.From = server.URL(name), 1, firstOfJune()
	began := time.Now()
	report, err := month.Run(ctx, o)
	rig.Sayf("%s: %d punches, %d calls, least %d; %s", words, report.Punches, report.Total(), report.Least.Total(), time.Since(began).Round(time.Second))
	if err != nil {
		return report, fmt.Errorf("%s: %w", words, err)
	}
	if n := len(report.Differences); n > 0 {
		for _, difference := range report.Differences[:min(n, 20)] {
			rig.Sayf("%s", difference)
		}
		return report, fmt.Errorf("%s: %w in %d places", words, errLedgerDiffers, n)
	}
	report.Truth = company.Truth{} // it takes much room
	return report, dropDatabase(ctx, server, name)
}

func dropDatabase(ctx context.Context, server *postgres.Server, name string) error {
	connection, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	_, err = connection.Exec(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	return errors.Join(err, connection.Close(ctx))
}
