// Package months counts what DingTalk would bill, in simulated months: the chapters on calls. Companies live in virtual time (package
// dev/month), in every way of answering events, and a company on the free edition lets the governor choose. The largest companies have a chapter of
// their own (see Largest), as their months take hours.
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

	monthGC  = 800 // percent
	parallel = 8

	governedPeople  = 200
	governedReserve = 10 // percent: the product's default
)

// monthTable is one company, in every mode.
type monthTable struct {
	Employees int
	Workdays  int
	Approvals int // percent of the simulator's usual number
	Reports   []month.Report
}

// figures are all that the chapter shows.
type figures struct {
	Tables   []monthTable
	Governed month.Report
	Edition  budget.Edition
}

// Options say which companies live, and how long.
type Options struct {
	Many int // workdays of a company of 1,000 beside that of 60; 0: without it
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
	return sizes
}

// Measure lets the companies live through their months, and returns the chapter.
func Measure(ctx context.Context, place rig.Place, o Options) (string, error) {
	f := figures{}
	f.Edition, _ = budget.EditionOf(budget.EditionStandard)
	limits := f.Edition.Budget(governedReserve, time.Hour)
	limits.Window = -1 // the governor chooses
	err := together(ctx, place, func(live liveFunc) {
		f.Tables = tables(o.sizes(), live)
		live(&f.Governed, month.Options{Employees: governedPeople, To: firstOfJune().AddDate(0, 1, 0), Budget: &limits, Quotas: true},
			fmt.Sprintf("%d employees, governed", governedPeople))
	})
	if err != nil {
		return "", err
	}
	return report("months.md.tmpl", f)
}

// liveFunc has a company live through its time, and puts its report in its place.
type liveFunc func(into *month.Report, o month.Options, words string)

// tables are the companies' tables, whose reports come in as they live.
func tables(sizes []size, live liveFunc) []monthTable {
	all := make([]monthTable, len(sizes))
	for n, size := range sizes {
		all[n] = monthTable{Employees: size.employees, Workdays: size.workdays, Approvals: size.approvals, Reports: make([]month.Report, len(size.modes))}
		for i, mode := range size.modes {
			lives := month.Options{
				Employees: size.employees, Workdays: size.workdays, Approvals: size.approvals, Step: size.step, Mode: mode.Mode, Window: mode.Window, Parallel: parallel,
			}
			live(&all[n].Reports[i], lives, fmt.Sprintf("%d employees, %s", size.employees, modeWords(mode.Mode, mode.Window)))
		}
	}
	return all
}

// together lets two companies live at a time, on one server of PostgreSQL: one alone waits for it half of the time.
func together(ctx context.Context, place rig.Place, all func(live liveFunc)) (err error) {
	server, err := postgres.Start(ctx, postgres.Options{
		Dir: place.Dir, Volatile: true, Parameters: map[string]string{
			"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "1h", "wal_level": "minimal", "max_wal_senders": "0",
		},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	// The months make garbage in a small heap.
	defer debug.SetGCPercent(debug.SetGCPercent(monthGC))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	all(func(into *month.Report, o month.Options, words string) {
		group.Go(func() error {
			var err error
			*into, err = oneMonth(ctx, server, o, words)
			return err
		})
	})
	return group.Wait()
}

// monthModes are those of the tables.
func monthModes() []budget.Decision {
	return []budget.Decision{
		{Mode: budget.ModeLive},
		{Mode: budget.ModeBatched, Window: time.Minute},
		{Mode: budget.ModeBatched, Window: 5 * time.Minute},
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
