package temporalite

import (
	"context"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/server/common/log"
	postgresversion "go.temporal.io/server/schema/postgresql/v12"
	toolschema "go.temporal.io/server/tools/common/schema"
	toolsql "go.temporal.io/server/tools/sql"
)

// lockKey keeps two servers from making the same databases at once.
const lockKey = 0x64616b61

// prepareDatabases makes Temporal's two databases, or brings their schema up to the server module's.
func prepareDatabases(ctx context.Context, sql SQL, logger log.Logger) error {
	connection, err := connect(ctx, sql)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }() // Closing lets the lock go.
	if _, err := connection.Exec(ctx, "SELECT pg_advisory_lock($1)", lockKey); err != nil {
		return fmt.Errorf("wait for another server's preparations: %w", err)
	}
	for _, database := range []struct{ name, schema, version string }{
		{mainDatabase, "postgresql/v12/temporal", postgresversion.Version},
		{visibilityDatabase, "postgresql/v12/visibility", postgresversion.VisibilityVersion},
	} {
		if err := prepare(ctx, connection, sql, database.name, database.schema, database.version, logger); err != nil {
			return fmt.Errorf("prepare database %s: %w", database.name, err)
		}
	}
	return nil
}

func prepare(ctx context.Context, connection *pgx.Conn, sql SQL, name, schema, version string, logger log.Logger) error {
	var exists bool
	err := connection.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists)
	if err != nil {
		return fmt.Errorf("look for it: %w", err)
	}
	if exists {
		return onDatabase(sql, name, logger, func(database toolschema.DB) error {
			return toolschema.NewUpdateSchemaTask(database, &toolschema.UpdateConfig{SchemaName: schema}, logger).Run()
		})
	}
	return makeDatabase(ctx, connection, sql, name, schema, version, logger)
}

// makeDatabase fills a draft and gives it its name at the end: a database that is there is whole.
func makeDatabase(ctx context.Context, connection *pgx.Conn, sql SQL, name, schema, version string, logger log.Logger) error {
	draft := name + "_draft"
	if _, err := connection.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(draft)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("remove an unfinished one: %w", err)
	}
	if _, err := connection.Exec(ctx, "CREATE DATABASE "+quote(draft)); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	err := onDatabase(sql, draft, logger, func(database toolschema.DB) error {
		setup := &toolschema.SetupConfig{SchemaName: schema, InitialVersion: version}
		return toolschema.NewSetupSchemaTask(database, setup, logger).Run()
	})
	if err != nil {
		return err
	}
	// The version row carries the database's name.
	if err := renameVersion(ctx, sql, draft, name); err != nil {
		return err
	}
	if _, err := connection.Exec(ctx, "ALTER DATABASE "+quote(draft)+" RENAME TO "+quote(name)); err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	return nil
}

func renameVersion(ctx context.Context, sql SQL, draft, name string) error {
	connection, err := pgx.Connect(ctx, sql.url(draft))
	if err != nil {
		return fmt.Errorf("connect to %s: %w", draft, err)
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	if _, err := connection.Exec(ctx, "UPDATE schema_version SET db_name = $1 WHERE db_name = $2", name, draft); err != nil {
		return fmt.Errorf("note the schema's version: %w", err)
	}
	return nil
}

func onDatabase(sql SQL, name string, logger log.Logger, taskFunc func(toolschema.DB) error) error {
	database, err := toolsql.NewConnection(sqlConfig(sql, name, 1), logger)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer database.Close()
	if err := taskFunc(database); err != nil {
		return fmt.Errorf("bring its schema up: %w", err)
	}
	return nil
}

func connect(ctx context.Context, sql SQL) (*pgx.Conn, error) {
	connection, err := pgx.Connect(ctx, sql.url("postgres"))
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL at %s: %w", sql.Address, err)
	}
	return connection, nil
}

func (s SQL) url(database string) string {
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(s.User, s.Password), Host: s.Address, Path: "/" + database,
		RawQuery: "sslmode=disable",
	}
	return address.String()
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
