// Package cluster is what every dakasync process leans on, on one machine: a private PostgreSQL server, and an embedded
// Temporal server that keeps its data in it.
//
// Start returns when both can be used, or leaves nothing running. The data folder is authoritative: everything is there
// again at the next start. Stop ends Temporal first, so that it can write down what it holds.
package cluster

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"

	"dakasync/dev/temporalite"
	"dakasync/postgres"
)

// Database is the product's own.
const Database = "dakasync"

// Options says where the data is and which ports are preferred; where one is taken, and with 0, it is any free one.
type Options struct {
	Dir          string
	PostgresPort int
	TemporalPort int
	UIPort       int
	NoUI         bool
	// Volatile gives up durability for speed: for tests.
	Volatile bool
	// Parameters are PostgreSQL's settings to add to ours.
	Parameters map[string]string
	// Dynamic adds Temporal dynamic configuration.
	Dynamic map[string]any
	Logger  *slog.Logger
}

// Cluster is both servers, running.
type Cluster struct {
	Postgres *postgres.Server
	Temporal *temporalite.Server
}

// Start brings both servers up. The context bounds the start only.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	server, err := postgres.Start(ctx, postgres.Options{
		Dir: filepath.Join(options.Dir, "postgres"), Port: options.PostgresPort, Volatile: options.Volatile,
		Parameters: options.Parameters, Logger: options.Logger,
	})
	if err != nil {
		return nil, err
	}
	if err := server.CreateDatabase(ctx, Database); err != nil {
		return nil, errors.Join(err, server.Stop(context.WithoutCancel(ctx)))
	}
	temporal, err := temporalite.Start(ctx, temporalite.Options{
		SQL:          temporalite.SQL{Address: server.Address(), User: postgres.User, Password: server.Password()},
		FrontendPort: options.TemporalPort, UIPort: options.UIPort, NoUI: options.NoUI,
		LogFile: filepath.Join(options.Dir, "temporal.log"), Dynamic: options.Dynamic,
	})
	if err != nil {
		return nil, errors.Join(err, server.Stop(context.WithoutCancel(ctx)))
	}
	return &Cluster{Postgres: server, Temporal: temporal}, nil
}

// DatabaseURL is the address of the product's database.
func (c *Cluster) DatabaseURL() string { return c.Postgres.URL(Database) }

// Stop ends Temporal, then PostgreSQL. The context bounds PostgreSQL's orderly end.
func (c *Cluster) Stop(ctx context.Context) error {
	return errors.Join(c.Temporal.Stop(), c.Postgres.Stop(ctx))
}
