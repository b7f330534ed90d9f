//go:build unix

package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const prefix = "dakasync_test_"

// MigrateFunc brings the schema of the database at the URL up. It must leave no connection open: a template that is in
// use cannot be copied.
type MigrateFunc func(ctx context.Context, databaseURL string) error

// Database makes a database for the test, dropped when the test ends, and returns its URL. The key names the schema that
// migrate makes; with migrate nil the database is empty.
func Database(tb testing.TB, key string, migrate MigrateFunc) string {
	tb.Helper()
	databaseURL, err := newDatabase(tb.Context(), key, migrate)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 10*time.Second)
		defer cancel()
		if err := drop(ctx, databaseURL); err != nil {
			tb.Errorf("pgtest: %v", err)
		}
	})
	return databaseURL
}

func newDatabase(ctx context.Context, key string, migrate MigrateFunc) (string, error) {
	base, err := serverURL(ctx)
	if err != nil {
		return "", err
	}
	connection, err := pgx.Connect(ctx, base)
	if err != nil {
		return "", fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	template := "template0"
	if migrate != nil {
		if template, err = ensureTemplate(ctx, connection, base, key, migrate); err != nil {
			return "", err
		}
	}
	name := prefix + strings.ToLower(rand.Text()[:16])
	if err := create(ctx, connection, name, template); err != nil {
		return "", err
	}
	return withDatabase(base, name)
}

// ensureTemplate migrates a template once for all who share the server: they take turns, and a template has its final
// name only when it is whole.
func ensureTemplate(ctx context.Context, connection *pgx.Conn, base, key string, migrate MigrateFunc) (string, error) {
	sum := sha256.Sum256([]byte(key))
	name := prefix + "template_" + hex.EncodeToString(sum[:8])
	if _, err := connection.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended($1, 0))", name); err != nil {
		return "", fmt.Errorf("wait for the template: %w", err)
	}
	defer func() {
		_, _ = connection.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(hashtextextended($1, 0))", name)
	}()
	var exists bool
	err := connection.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists)
	if err != nil {
		return "", fmt.Errorf("look for the template: %w", err)
	}
	if exists {
		return name, nil
	}
	return name, makeTemplate(ctx, connection, base, name, migrate)
}

func makeTemplate(ctx context.Context, connection *pgx.Conn, base, name string, migrate MigrateFunc) error {
	draft := name + "_draft"
	if _, err := connection.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(draft)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("remove an unfinished template: %w", err)
	}
	if err := create(ctx, connection, draft, "template0"); err != nil {
		return err
	}
	draftURL, err := withDatabase(base, draft)
	if err != nil {
		return err
	}
	if err := migrate(ctx, draftURL); err != nil {
		return fmt.Errorf("migrate the template: %w", err)
	}
	if _, err := connection.Exec(ctx, "ALTER DATABASE "+quote(draft)+" RENAME TO "+quote(name)); err != nil {
		return fmt.Errorf("finish the template (is a connection of migrate still open?): %w", err)
	}
	return nil
}

// create copies the template's files: faster than the write-ahead log for databases as small as these.
func create(ctx context.Context, connection *pgx.Conn, name, template string) error {
	var version int
	if err := connection.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return fmt.Errorf("ask for the server's version: %w", err)
	}
	strategy := ""
	const strategySince = 150000
	if version >= strategySince {
		strategy = " STRATEGY FILE_COPY"
	}
	if _, err := connection.Exec(ctx, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(template)+strategy); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

func drop(ctx context.Context, databaseURL string) error {
	base, err := serverURL(ctx)
	if err != nil {
		return err
	}
	connection, err := pgx.Connect(ctx, base)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	address, err := url.Parse(databaseURL)
	if err != nil {
		return fmt.Errorf("read the database's URL: %w", err)
	}
	name := strings.TrimPrefix(address.Path, "/")
	if _, err := connection.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

func withDatabase(base, name string) (string, error) {
	address, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("TEST_DATABASE_URL is no URL") //nolint:perfsprint // The cause repeats the password.
	}
	address.Path = "/" + name
	return address.String(), nil
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
