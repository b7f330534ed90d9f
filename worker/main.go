// Command worker runs the workflows and activities: it reads DingTalk and
// writes the ledger. Any number of workers share the work.
//
// A worker waits for Temporal and PostgreSQL when they are away at its start.
// Told to stop, it finishes what it can within ten seconds; the rest is taken
// over by another worker. Settings come from the environment; see package
// config.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"dakasync/config"
	"dakasync/dingtalk"
	"dakasync/gate"
	"dakasync/ledger"
	"dakasync/ops"
	"dakasync/ops/tracing"
	"dakasync/temporal"
	"dakasync/workflows"
)

// connections bounds the PostgreSQL connections of one worker.
const connections = 12

// garbage is how much more than what lives a worker lets its memory grow, in percent: at the runtime's own 100 it uses
// less than half of the 128 MiB that it may, and pays for that with each event.
const garbage = 200

func main() {
	if status, done := ops.Arguments("worker", os.Args[1:], os.Stdout, os.Stderr); done {
		os.Exit(status)
	}
	os.Exit(ops.Run("worker", os.Stderr, start))
}

func start(ctx context.Context, stop *ops.Stack) error {
	c, err := config.Load(config.ForWorker)
	if err != nil {
		return err // It names every fault.
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	log := ops.NewLogger(os.Stderr, slog.Level(c.Log.Level), string(c.Log.Format))
	stop.LogTo(log)

	health := ops.NewServer(log)
	if err := health.Start(ctx, string(c.Process.HTTPAddr)); err != nil {
		return err // It names the address and the setting.
	}
	stop.Push("health page", health.Stop)

	traces := tracing.Start(ctx, "worker", log, workflows.EventTypes()...)
	stop.Push("traces", traces.Stop)

	store, err := ledger.Open(context.WithoutCancel(ctx), ledger.Options{
		URL: c.Database.URL.Reveal(), CorpID: c.Company.CorpID, Location: c.Company.Location(), Logger: log, MaxConns: connections,
		Tracer: traces.Tracer(),
	})
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	stop.Push("PostgreSQL", func(context.Context) error { store.Close(); return nil })

	health.Registry().MustRegister(newCompleteness(context.WithoutCancel(ctx), store, c.Company.Location(), log))
	health.Registry().MustRegister(newSpending(context.WithoutCancel(ctx), store, c.Sync.Budget(), log))
	health.Registry().MustRegister(newCondition(context.WithoutCancel(ctx), store, log))
	calls := newCallCounter(store, health.Registry(), log)
	go calls.tally.Run(ctx)
	stop.Push("count of calls", calls.tally.Flush)

	asker, err := newDingTalk(c, log, store, calls, traces.Tracer())
	if err != nil {
		return err // It names the setting.
	}
	if c.Temporal.Options.MetricsHandler, err = temporal.NewMetrics(health.Registry()); err != nil {
		return err // It says what failed.
	}
	traces.Carry(&c.Temporal.Options)
	runs, err := temporal.NewClient(c.Temporal.Options, c.PayloadCodec(), log)
	if err != nil {
		return err // It names the address.
	}
	stop.Push("Temporal", func(context.Context) error { runs.Close(); return nil })

	p := &pollers{config: c, log: log, client: runs, store: store, dingtalk: asker, failed: make(chan error, 1)}
	health.Check("postgresql", ops.CheckFunc(store.Ping).Of("DATABASE_URL"))
	health.Check("polling", p.check)
	stop.Push("workers", p.stop)
	return work(ctx, c, log, p)
}

// newDingTalk makes the client whose calls are spaced over the whole fleet and
// counted.
func newDingTalk(
	c config.Config, log *slog.Logger, store *ledger.Store, calls *callCounter, tracer trace.Tracer,
) (*dingtalk.Client, error) {
	return dingtalk.New(dingtalk.Options{ // The caller passes it on.
		ClientID: c.App.ClientID, ClientSecret: c.App.ClientSecret, APIURL: string(c.App.APIURL), OAPIURL: string(c.App.OAPIURL),
		Location: c.Company.Location(), OperatorUserID: c.App.OperatorUserID, MakeUpCodes: c.Sync.MakeUpProcessCodes,
		Policy: c.Company.PII, Logger: log, Tracer: tracer,
		GateFunc: gate.New(store, c.Sync.QPS, log).Wait, CountFunc: calls.count,
	})
}

// work brings up what the workers stand on, then lets them poll until ctx ends.
func work(ctx context.Context, c config.Config, log *slog.Logger, p *pollers) error {
	schema := p.store.WaitForSchema
	if c.Database.Migrate {
		schema = func(ctx context.Context) error {
			return ops.UntilUp(ctx, log, "PostgreSQL (schema)", p.store.Migrate) // It says what was waited for.
		}
	}
	if err := schema(ctx); err != nil {
		return ops.IgnoreStop(ctx, err)
	}
	if err := ops.UntilUp(ctx, log, "PostgreSQL (the company's row)", p.store.SaveCompany); err != nil {
		return ops.IgnoreStop(ctx, err)
	}
	if err := ops.UntilUp(ctx, log, "Temporal (workers)", p.start); err != nil {
		return ops.IgnoreStop(ctx, err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.wait(ctx) })
	group.Go(func() error {
		return ops.IgnoreStop(ctx, temporal.EnsureWhenUp(ctx, p.client, c.Temporal.Options, temporal.Setup{
			Namespace: c.Temporal.Options.Namespace, Queue: c.Temporal.TaskQueue, CorpID: c.Company.CorpID,
			Location: c.Company.Location(), DrainInterval: c.Sync.DrainInterval, Sealer: c.Temporal.Ring.Sealer(),
		}, log))
	})
	if c.Temporal.Deployment != "" {
		group.Go(func() error {
			return ops.IgnoreStop(ctx, ops.UntilUp(ctx, log, "the deployment's current version", func(ctx context.Context) error {
				return temporal.PromoteFirst(ctx, p.client.WorkerDeploymentClient(), c.Temporal.Deployment, c.Temporal.BuildID)
			}))
		})
	}
	return group.Wait() // Each part says what failed.
}
