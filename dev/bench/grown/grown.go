package grown

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"dakasync/attendance"
	"dakasync/dev/bench/rig"
	"dakasync/ledger"
	"dakasync/postgres"
)

// Options say how large the grown ledger is. The defaults are a million punches.
type Options struct {
	People int
	Dates  int
	Kept   int // of the dates, the newest: versions and events of the others were pruned
	Rounds int
}

// Defaults take about five minutes on two cores. Ten million punches are 2,500 people and 2,000 dates.
func Defaults() Options { return Options{People: 1000, Dates: 500, Kept: 366, Rounds: 7} } //nolint:mnd // As said.

// The ledgers that it is compared with.
const (
	smallPeople, smallDates = 60, 7
	monthDates              = 31
)

// Measure fills the ledgers and measures them in turns, and returns the chapter.
func Measure(ctx context.Context, place rig.Place, o Options) (_ string, err error) {
	server, err := postgres.Start(ctx, postgres.Options{Dir: place.Dir, Parameters: map[string]string{
		"shared_buffers": "512MB", "max_wal_size": "8GB", "wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off", "checkpoint_timeout": "30min",
		"max_parallel_maintenance_workers": "1",
	}})
	if err != nil {
		return "", err
	}
	b := &bench{server: server, last: attendance.DateOf(time.Now(), zone).AddDays(-1)}
	defer func() {
		b.close(context.WithoutCancel(ctx))
		err = errors.Join(err, server.Stop(context.WithoutCancel(ctx)))
	}()
	f, err := b.measure(ctx, o)
	if err != nil {
		return "", err
	}
	return report(*f)
}

// bench holds the ledgers.
type bench struct {
	server    *postgres.Server
	last      attendance.Date
	templates *templates
	ledgers   []*side
	took      time.Duration // to fill the last one
}

// side is one ledger that is measured. It has one connection, whose plans are as old as a worker's.
type side struct {
	name  string
	size  size
	store *ledger.Store
	sql   *pgx.Conn // for payroll's questions
	fresh int       // dates that were written after the last
}

func (b *bench) close(ctx context.Context) {
	for _, s := range b.ledgers {
		s.close(ctx)
	}
}

func (b *bench) measure(ctx context.Context, o Options) (*figures, error) {
	f := &figures{Options: o, Version: b.server.Version()}
	var err error
	if f.First, err = b.firstMinutes(ctx); err != nil {
		return nil, err
	}
	if err := b.learn(ctx); err != nil {
		return nil, err
	}
	for _, l := range []struct {
		name string
		size size
	}{{"small", size{people: smallPeople, dates: smallDates}}, {"month", size{people: o.People, dates: monthDates}}, {"grown", size{o.People, o.Dates, o.Kept}}} {
		s, err := b.fill(ctx, l.name, l.size)
		if err != nil {
			return nil, fmt.Errorf("the %s ledger: %w", l.name, err)
		}
		b.ledgers = append(b.ledgers, s)
		f.FillTime = b.took
		rig.Sayf("grown: the %s ledger holds %d user-days: %s", l.name, l.size.userDays(), f.FillTime.Round(time.Second))
	}
	if f.Tables, err = sizes(ctx, b.ledgers[len(b.ledgers)-1].sql); err != nil {
		return nil, err
	}
	f.Lines, err = b.turns(ctx, o.Rounds)
	return f, err
}

// database makes a migrated ledger.
func (b *bench) database(ctx context.Context, name string) (string, error) {
	if err := b.server.CreateDatabase(ctx, name); err != nil {
		return "", err
	}
	s, err := ledger.Open(ctx, ledger.Options{URL: b.server.URL(name), CorpID: corp, Location: zone})
	if err != nil {
		return "", err
	}
	defer s.Close()
	return b.server.URL(name), s.Migrate(ctx)
}

// learn has the ledger write what is multiplied.
func (b *bench) learn(ctx context.Context) error {
	s, err := b.open(ctx, "model")
	if err != nil {
		return err
	}
	defer s.close(context.WithoutCancel(ctx))
	b.templates, err = model{store: s.store, sql: s.sql}.templates(ctx)
	return err
}

func (s *side) close(ctx context.Context) {
	s.store.Close()
	_ = s.sql.Close(ctx)
}

func (b *bench) open(ctx context.Context, name string) (*side, error) {
	url, err := b.database(ctx, name)
	if err != nil {
		return nil, err
	}
	s := &side{name: name}
	if s.store, err = ledger.Open(ctx, ledger.Options{URL: url, CorpID: corp, Location: zone, MaxConns: 1}); err != nil {
		return nil, err
	}
	if s.sql, err = pgx.Connect(ctx, url); err != nil {
		s.store.Close()
		return nil, fmt.Errorf("connect: %w", err)
	}
	return s, nil
}

// fill makes a ledger and fills it, and looks whether it is what it should be.
func (b *bench) fill(ctx context.Context, name string, of size) (_ *side, err error) {
	s, err := b.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close(context.WithoutCancel(ctx))
		}
	}()
	s.size = of
	began := time.Now()
	filler, err := pgx.Connect(ctx, b.server.URL(name))
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = filler.Close(context.WithoutCancel(ctx)) }()
	f := &fill{url: b.server.URL(name), size: of, last: b.last, templates: b.templates, sql: filler}
	if err := f.multiply(ctx); err != nil {
		return nil, err
	}
	b.took = time.Since(began)
	written, err := b.open(ctx, name+"_written")
	if err != nil {
		return nil, err
	}
	defer written.close(context.WithoutCancel(ctx))
	return s, f.verify(ctx, model{store: written.store, sql: written.sql})
}
