package ledger

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	versionTable    = "dakasync.schema_version"
	lockEvery       = 1   // seconds between two tries for the migration lock
	lockTries       = 300 // after that many, whoever holds it is stuck
	schemaPollFirst = 200 * time.Millisecond
	schemaPollMost  = 5 * time.Second
)

// Migrate brings the schema up to what this program knows. Several may do so
// at once: one works, the others wait. A schema that is newer stays as it is.
func (s *Store) Migrate(ctx context.Context) error {
	return s.withMigrations(ctx, func(p *goose.Provider) error {
		done, err := p.Up(ctx)
		for _, m := range done {
			s.logger.InfoContext(ctx, "the ledger's schema was brought up", "version", m.Source.Version)
		}
		return err // The caller wraps it.
	})
}

// MigrateDown takes the whole schema down, with all that is in it.
func (s *Store) MigrateDown(ctx context.Context) error {
	return s.withMigrations(ctx, func(p *goose.Provider) error {
		_, err := p.DownTo(ctx, 0)
		return err // The caller wraps it.
	})
}

func (s *Store) withMigrations(ctx context.Context, work func(*goose.Provider) error) error {
	const what = "migrate the ledger"
	// Two sessions that create a schema at once can collide even with IF NOT EXISTS.
	err := s.transact(ctx, "migrate", func(b *batch) {
		b.lock("schema")
		b.exec("CREATE SCHEMA IF NOT EXISTS dakasync")
		b.exec(`COMMENT ON SCHEMA dakasync IS 'The attendance ledger of dakasync. Read the comments of tables and columns.'`)
	}, nil)
	if err != nil {
		return failure(what, err)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockEvery, lockTries))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	db := stdlib.OpenDBFromPool(s.pool)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithTableName(versionTable), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return errors.Join(failure(what, err), db.Close())
	}
	if err := work(provider); err != nil {
		return errors.Join(failure(what, err), provider.Close())
	}
	if err := provider.Close(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Version is the schema's version; 0 when there is none.
func (s *Store) Version(ctx context.Context) (int64, error) {
	var version int64
	err := s.pool.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM `+versionTable+` WHERE is_applied`).Scan(&version)
	if err = failure("read the schema's version", err); errors.Is(err, ErrSchema) {
		return 0, nil
	}
	return version, err
}

// WantedVersion is the schema version that this program needs.
func WantedVersion() (int64, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, fmt.Errorf("list the migrations: %w", err)
	}
	var wanted int64
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("number of migration %s: %w", name, err)
		}
		wanted = max(wanted, version)
	}
	return wanted, nil
}

// WaitForSchema returns when the schema is at least as new as this program
// needs. It waits for PostgreSQL and for whoever migrates, and says so.
func (s *Store) WaitForSchema(ctx context.Context) error {
	wanted, err := WantedVersion()
	if err != nil {
		return err
	}
	pause := schemaPollFirst
	for tries := 0; ; tries++ {
		version, err := s.Version(ctx)
		if err == nil && version >= wanted {
			return nil
		}
		if tries > 0 && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "waiting for the ledger's schema: start a worker with DAKASYNC_MIGRATE=true or run dakactl migrate",
				"wanted", wanted, "found", version, "error", err, "again_in", pause)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the ledger's schema: %w", ctx.Err())
		case <-time.After(pause):
			pause = min(2*pause, schemaPollMost)
		}
	}
}
