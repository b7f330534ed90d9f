// Command starter listens to DingTalk Stream and makes every event durable
// before it acknowledges it: as a run in Temporal, or, while Temporal is away,
// as a row in PostgreSQL that is relayed later. It calls no DingTalk API.
//
// It starts and acknowledges with either of the two stores away. Settings come
// from the environment; see package config.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"dakasync/config"
	"dakasync/ledger"
	"dakasync/ops"
	"dakasync/ops/tracing"
	"dakasync/stream"
	"dakasync/temporal"
	"dakasync/workflows"
)

// connections bounds the PostgreSQL connections of one starter: four for the
// relay, four for inserts, and some for what must not wait for them.
const connections = 12

func main() {
	if status, done := ops.Arguments("starter", os.Args[1:], os.Stdout, os.Stderr); done {
		os.Exit(status)
	}
	os.Exit(ops.Run("starter", os.Stderr, start))
}

func start(ctx context.Context, stop *ops.Stack) error {
	c, err := config.Load(config.ForStarter)
	if err != nil {
		return err // It names every fault.
	}
	log := ops.NewLogger(os.Stderr, slog.Level(c.Log.Level), string(c.Log.Format))
	stop.LogTo(log)

	health := ops.NewServer(log)
	if err := health.Start(ctx, string(c.Process.HTTPAddr)); err != nil {
		return err // It names the address and the setting.
	}
	stop.Push("health page", health.Stop)

	traces := tracing.Start(ctx, "starter", log, workflows.EventTypes()...)
	stop.Push("traces", traces.Stop)

	store, err := ledger.Open(context.WithoutCancel(ctx), ledger.Options{
		URL: c.Database.URL.Reveal(), CorpID: c.Company.CorpID, Location: c.Company.Location(), Logger: log, MaxConns: connections,
		Tracer: traces.Tracer(),
	})
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	stop.Push("PostgreSQL", func(context.Context) error { store.Close(); return nil })

	if c.Temporal.Options.MetricsHandler, err = temporal.NewMetrics(health.Registry()); err != nil {
		return err // It says what failed.
	}
	traces.Carry(&c.Temporal.Options)
	runs, err := temporal.NewClient(c.Temporal.Options, c.PayloadCodec(), log)
	if err != nil {
		return err // It names the address.
	}
	stop.Push("Temporal", func(context.Context) error { runs.Close(); return nil })

	return listen(ctx, stop, c, log, health, store, runs, traces.Tracer())
}

// listen runs until ctx ends; then every frame under way is answered first.
func listen(
	ctx context.Context, stop *ops.Stack, c config.Config, log *slog.Logger, health *ops.Server, store *ledger.Store, runs client.Client,
	tracer trace.Tracer,
) error {
	metrics := stream.NewMetrics(health.Registry())
	pushes := stream.NewPushTally(store, log)
	go pushes.Run(ctx)
	stop.Push("count of pushes", pushes.Flush)
	starter := &runStarter{client: runs, options: c.Temporal.Options, queue: c.Temporal.TaskQueue, log: log}
	intake := stream.NewIntake(stream.Options{
		CorpID: c.Company.CorpID, Location: c.Company.Location(), Policy: c.Company.PII,
		Starter: starter, Inbox: inbox{store}, Metrics: metrics, Pushes: pushes, Log: log, Tracer: tracer,
	})
	listener := stream.NewListener(stream.ListenerOptions{
		ClientID: c.App.ClientID, ClientSecret: c.App.ClientSecret, APIURL: string(c.App.APIURL),
		Connections: c.App.StreamConnections, Intake: intake, Metrics: metrics, Log: log,
		Coverage: coverage{store: store, starter: processName()}, Recovery: recovery{starter, c.Company.CorpID},
	})
	health.Check("stream", listener.Check)
	health.Check("store", anyOf(starter.Health, ops.CheckFunc(store.Ping).Of("DATABASE_URL")))

	// What the listener hands over must outlive it: it stops first.
	relay, stopRelay := context.WithCancel(context.WithoutCancel(ctx))
	var group errgroup.Group
	group.Go(func() error { intake.Run(relay); return nil })
	group.Go(func() error { listener.Run(ctx); stopRelay(); return nil })
	group.Go(func() error { return ops.IgnoreStop(ctx, awaitSchema(ctx, store, log)) })
	group.Go(func() error {
		return ops.IgnoreStop(ctx, temporal.EnsureWhenUp(ctx, runs, c.Temporal.Options, temporal.Setup{
			Namespace: c.Temporal.Options.Namespace, Queue: c.Temporal.TaskQueue, CorpID: c.Company.CorpID,
			Location: c.Company.Location(), DrainInterval: c.Sync.DrainInterval, Sealer: c.Temporal.Ring.Sealer(),
		}, log))
	})
	return group.Wait() // Each part says what failed.
}

// awaitSchema waits for the schema, and writes whose ledger it is.
func awaitSchema(ctx context.Context, store *ledger.Store, log *slog.Logger) error {
	if err := store.WaitForSchema(ctx); err != nil {
		return err // The ledger says what failed.
	}
	return ops.UntilUp(ctx, log, "the ledger", store.SaveCompany)
}

// anyOf is well while one of the stores is: either can take an event. The first
// may be silent without costing the second its time.
func anyOf(first, second ops.CheckFunc) ops.CheckFunc {
	return func(ctx context.Context) error {
		half, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		firstErr := first(half)
		if firstErr == nil {
			return nil
		}
		if err := second(ctx); err != nil {
			return fmt.Errorf("neither store answers: %w; %w", firstErr, err)
		}
		return nil
	}
}
